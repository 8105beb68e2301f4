"""`ZhipuAI` on the wire: what it sends, what it makes of the answers."""

from __future__ import annotations

import asyncio
import time

import pytest
from llama_index.core.base.llms.types import (
    ChatMessage,
    DocumentBlock,
    MessageRole,
    TextBlock,
    ToolCallBlock,
)
from llama_index.core.tools import FunctionTool

from llama_index_zhipu import ToolNotCalledError, ZhipuAI
from tests.llama_index_zhipu.stub import call, chunk, chunks, last, reply
from zhipu_client import (
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    ContextOverflowError,
    InsufficientBalanceError,
    InvalidRequestError,
    RateLimitError,
    ServerError,
    StreamIncompleteError,
    Timeout,
)

ASK = [ChatMessage(role="user", content="?")]


def weather(city: str) -> str:
    """Weather of a city."""
    return f"{city}: sunny"


WEATHER = FunctionTool.from_defaults(weather)


async def four(llm, **kwargs):
    """The four chat calls, each to its last response."""
    yield llm.chat(ASK, **kwargs)
    *_, final = llm.stream_chat(ASK, **kwargs)
    yield final
    yield await llm.achat(ASK, **kwargs)
    stream = await llm.astream_chat(ASK, **kwargs)
    async for final in stream:  # noqa: B007
        pass
    yield final


async def test_all_eight_methods(stub, llm):
    stub.put(reply("a"), chunks("a"), reply("a"), chunks("a"))
    async for response in four(llm):
        assert response.message.content == "a"
        assert response.additional_kwargs["total_tokens"] == 18
    stub.put(reply("b"), chunks("b", "c"), reply("b"), chunks("b", "c"))
    assert llm.complete("?").text == "b"
    assert [made.text for made in llm.stream_complete("?")] == ["b", "bc", "bc"]
    assert (await llm.acomplete("?")).text == "b"
    stream = await llm.astream_complete("?")
    assert [(made.text, made.delta) async for made in stream] == [
        ("b", "b"),
        ("bc", "c"),
        ("bc", ""),
    ]
    assert [request.get("stream", False) for request in stub.requests] == [False, True] * 4
    assert all(r["messages"] == [{"role": "user", "content": "?"}] for r in stub.requests)


async def test_nothing_is_sent_that_was_not_asked_for(stub, llm):
    llm.chat(ASK)
    assert set(stub.requests[0]) <= {"model", "messages", "request_id"}


async def test_fields_then_additional_kwargs_then_the_call(stub, make):
    llm = make(
        temperature=0.1,
        max_tokens=10,
        additional_kwargs={"top_p": 0.5, "max_tokens": 20, "seed": 1},
        extra_body={"x": 1, "y": 1},
    )
    async for _ in four(llm, temperature=0.9, extra_body={"y": 2}, best_of=1):
        sent = stub.requests[-1]
        assert (sent["temperature"], sent["top_p"], sent["max_tokens"]) == (0.9, 0.5, 20)
        assert (sent["seed"], sent["x"], sent["y"], sent["best_of"]) == (1, 1, 2, 1)


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({}, None),
        ({"thinking": True}, {"type": "enabled"}),
        ({"thinking": False}, {"type": "disabled"}),
        ({"thinking": "disabled"}, {"type": "disabled"}),
        ({"thinking": {"type": "enabled", "x": 1}}, {"type": "enabled", "x": 1}),
        ({"clear_thinking": False}, {"clear_thinking": False}),
        ({"thinking": True, "clear_thinking": False}, {"type": "enabled", "clear_thinking": False}),
    ],
)
def test_thinking(stub, make, fields, sent):
    make(**fields).chat(ASK)
    make().chat(ASK, **fields)
    assert [request.get("thinking") for request in stub.requests] == [sent, sent]


def test_other_fields_on_the_wire(stub, make):
    llm = make(
        model="glm-5.2",
        reasoning_effort="high",
        do_sample=False,
        stop="END",
        tool_stream=True,
        user_id="user-12345",
        response_format={"type": "json_object"},
    )
    llm.chat(ASK, request_id="request-1")
    sent = stub.requests[0]
    assert sent["reasoning_effort"] == "high"
    assert (sent["do_sample"], sent["stop"]) == (False, ["END"])
    assert "tool_stream" not in sent
    assert (sent["user_id"], sent["request_id"]) == ("user-12345", "request-1")
    assert sent["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize("policy", [None, "none", "all"])
def test_reasoning_goes_back_in_the_tool_loop(stub, make, policy):
    stub.put(reply("", reasoning="why", tool_calls=[call("weather", '{"city": "x"}')]))
    llm = make(reasoning_history=policy)
    message = llm.chat(ASK).message
    result = ChatMessage(role="tool", content="r", additional_kwargs={"tool_call_id": "call_1"})
    llm.chat([*ASK, message, result])
    sent = stub.requests[1]["messages"][1]
    assert sent.get("reasoning_content") == (None if policy == "none" else "why")
    llm.chat([*ASK, message, result, ChatMessage(role="assistant", content="a"), *ASK])
    sent = stub.requests[2]["messages"][1]
    assert sent.get("reasoning_content") == ("why" if policy == "all" else None)


def test_preserved_thinking_sends_all_reasoning_back(stub, make):
    stub.put(reply("a", reasoning="why"))
    llm = make(clear_thinking=False)
    message = llm.chat(ASK).message
    llm.chat([*ASK, message, *ASK])
    assert stub.requests[1]["messages"][1]["reasoning_content"] == "why"


def test_web_search(stub, make):
    found = [{"title": "T", "link": "https://x.example", "content": "C", "refer": "ref_1"}]
    stub.put(reply("a", web_search=found), chunks("a", web_search=found))
    llm = make(web_search={"count": 3})
    response = llm.chat(ASK)
    tool = stub.requests[0]["tools"][0]
    assert tool["type"] == "web_search"
    assert tool["web_search"]["count"] == 3
    assert tool["web_search"]["search_result"] is True
    *_, streamed = llm.stream_chat(ASK)
    for answer in (response, streamed):
        assert [block.block_type for block in answer.message.blocks] == ["text", "citation"]
        assert answer.additional_kwargs["web_search"] == found


def test_server_tools_stand_beside_functions(stub, make):
    retrieval = {"type": "retrieval", "retrieval": {"knowledge_id": "1"}}
    llm = make(server_tools=[retrieval])
    llm.chat_with_tools([WEATHER], "?")
    assert [tool["type"] for tool in stub.requests[0]["tools"]] == ["function", "retrieval"]


async def test_tools(stub, llm):
    made = [call("weather", '{"city": "北京"}')]
    stub.put(*[reply("", tool_calls=made), chunks(tool_calls=made)] * 2)
    found = [llm.chat_with_tools([WEATHER], "?")]
    *_, streamed = llm.stream_chat_with_tools([WEATHER], "?")
    found += [streamed, await llm.achat_with_tools([WEATHER], "?")]
    async for response in await llm.astream_chat_with_tools([WEATHER], "?"):
        streamed = response
    for response in [*found, streamed]:
        (selection,) = llm.get_tool_calls_from_response(response)
        assert (selection.tool_name, selection.tool_kwargs) == ("weather", {"city": "北京"})
    sent = stub.requests[0]
    assert "tool_choice" not in sent
    assert "parallel_tool_calls" not in sent
    assert sent["tools"][0]["function"]["name"] == "weather"


def test_no_call_where_one_was_expected(llm):
    response = llm.chat_with_tools([WEATHER], "?")
    assert llm.get_tool_calls_from_response(response, error_on_no_tool_call=False) == []
    with pytest.raises(ValueError, match="at least one tool call"):
        llm.get_tool_calls_from_response(response)


def test_parallel_calls_only_when_allowed(stub, llm):
    two = [call("weather", identity="c1", index=0), call("weather", identity="c2", index=1)]
    stub.put(*[reply("", tool_calls=two)] * 2)
    many = llm.chat_with_tools([WEATHER], "?", allow_parallel_tool_calls=True)
    single = llm.chat_with_tools([WEATHER], "?")
    assert len(llm.get_tool_calls_from_response(many)) == 2
    assert len(llm.get_tool_calls_from_response(single)) == 1
    assert len(single.message.additional_kwargs["tool_calls"]) == 1


def test_predict_and_call(stub, llm):
    stub.put(reply("", tool_calls=[call("weather", '{"city": "x"}')]))
    assert llm.predict_and_call([WEATHER], "?").response == "x: sunny"


def test_tool_choice_none_sends_no_tools(stub, llm):
    llm.chat_with_tools([WEATHER], "?", tool_choice="none")
    assert "tools" not in stub.requests[0]


async def test_a_forced_tool_is_asked_for_and_asked_for_again(stub, llm):
    made = [call("weather", '{"city": "x"}')]
    stub.put(
        *[reply("I could tell you."), reply("", tool_calls=made)],
        *[chunks("I could tell you."), chunks(tool_calls=made)],
        *[reply("I could tell you."), reply("", tool_calls=made)],
        *[chunks("I could tell you."), chunks(tool_calls=made)],
    )
    found = [llm.chat_with_tools([WEATHER], "?", tool_required=True)]
    *_, streamed = llm.stream_chat_with_tools([WEATHER], "?", tool_choice="weather")
    found += [streamed, await llm.achat_with_tools([WEATHER], "?", tool_choice="required")]
    async for response in await llm.astream_chat_with_tools([WEATHER], "?", tool_required=True):
        streamed = response
    for response in [*found, streamed]:
        assert llm.get_tool_calls_from_response(response)[0].tool_kwargs == {"city": "x"}
        assert response.additional_kwargs["total_tokens"] == 36  # both tries were paid for
        assert response.raw["usage"]["total_tokens"] == 36
    assert len(stub.requests) == 8
    assert "tool_choice" not in stub.requests[0]
    first, second = stub.requests[0]["messages"], stub.requests[1]["messages"]
    assert first[0]["role"] == "system"
    assert "weather" in first[0]["content"]
    assert second[len(first)] == {"role": "assistant", "content": "I could tell you."}
    assert second[-1]["role"] == "user"


def test_a_forced_tool_takes_arguments_from_the_text(stub, llm):
    stub.put(reply('Sure:\n```json\n{"city": "x"}\n```'), chunks('{"city": ', '"x"}'))
    response = llm.chat_with_tools([WEATHER], "?", tool_required=True)
    *_, streamed = llm.stream_chat_with_tools([WEATHER], "?", tool_required=True)
    for answer in (response, streamed):
        assert llm.get_tool_calls_from_response(answer)[0].tool_kwargs == {"city": "x"}
        assert answer.message.additional_kwargs["tool_calls"]
    assert len(stub.requests) == 2


async def test_a_tool_that_is_never_called_is_an_error(stub, llm):
    stub.put(reply("no"), reply("never"), chunks("no"), chunks("never"))
    with pytest.raises(ToolNotCalledError, match="'never'") as caught:
        llm.chat_with_tools([WEATHER], "?", tool_required=True)
    assert caught.value.response.message.content == "never"
    with pytest.raises(ToolNotCalledError):
        async for _ in await llm.astream_chat_with_tools([WEATHER], "?", tool_required=True):
            pass


def test_a_named_tool_is_the_only_one_sent(stub, llm):
    other = FunctionTool.from_defaults(weather, name="other")
    stub.put(reply("", tool_calls=[call("other")]))
    llm.chat_with_tools([WEATHER, other], "?", tool_choice="other")
    assert [tool["function"]["name"] for tool in stub.requests[0]["tools"]] == ["other"]


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("required", "required"),
        ("weather", {"type": "function", "function": {"name": "weather"}}),
    ],
)
def test_native_choice(stub, make, choice, sent):
    make(tool_choice_mode="native").chat_with_tools([WEATHER], "?", tool_choice=choice)
    assert stub.requests[0]["tool_choice"] == sent
    assert len(stub.requests) == 1


def test_json_schema_becomes_json_mode_with_the_schema_told(stub, llm):
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "A", "schema": schema}}
    stub.put(reply('{"a": 1}'))
    llm.chat(ASK, response_format=wanted)
    sent = stub.requests[0]
    assert sent["response_format"] == {"type": "json_object"}
    assert '"integer"' in sent["messages"][0]["content"]


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, "1000", AuthenticationError),
        (429, "1113", InsufficientBalanceError),
        (429, "1302", RateLimitError),
        (400, "1210", BadRequestError),
        (400, "1261", ContextOverflowError),
        (400, "1301", ContentFilterError),
        (500, "1234", ServerError),
    ],
)
async def test_errors_are_typed(stub, make, status, code, error):
    llm = make(max_retries=0)
    for _ in range(4):
        stub.put((status, {"error": {"code": code, "message": "m"}}))
    for attempt in (
        lambda: llm.chat(ASK),
        lambda: list(llm.stream_chat(ASK)),
        lambda: llm.complete("?"),
    ):
        with pytest.raises(error) as caught:
            attempt()
        assert caught.value.code == code
    with pytest.raises(error):
        await llm.achat(ASK)
    assert len(stub.requests) == 4


def test_one_retry_layer(stub, make):
    stub.default = (500, {"error": {"code": "1234", "message": "m"}})
    with pytest.raises(ServerError):
        make(max_retries=1).chat(ASK)
    assert len(stub.requests) == 2


def test_no_money_is_not_retried(stub, make):
    stub.default = (429, {"error": {"code": "1113", "message": "m"}})
    with pytest.raises(InsufficientBalanceError):
        make(max_retries=5).chat(ASK)
    assert len(stub.requests) == 1


@pytest.mark.parametrize("events", [[chunk({"content": "a"}), '{"choices": [{"in'], ["{"]])
async def test_a_broken_stream_is_told(stub, llm, events):
    stub.default = events
    llm.max_retries = 0
    with pytest.raises(StreamIncompleteError):
        list(llm.stream_chat(ASK))
    with pytest.raises(StreamIncompleteError):
        async for _ in await llm.astream_chat(ASK):
            pass


def test_an_error_inside_a_stream_is_typed_and_has_the_part(stub, llm):
    stub.put([chunk({"content": "a"}), {"error": {"code": "1302", "message": "m"}}])
    with pytest.raises(RateLimitError) as caught:
        list(llm.stream_chat(ASK))
    assert caught.value.code == "1302"
    assert caught.value.partial["choices"][0]["message"]["content"] == "a"


async def test_content_safety(stub, make):
    filtered = [{"role": "assistant", "level": 1}]
    stub.put(*[reply("a", finish="sensitive", content_filter=filtered)] * 2)
    stub.put([chunk({"content": "a"}), last("sensitive", content_filter=filtered)])
    response = make().chat(ASK)
    assert response.additional_kwargs["finish_reason"] == "sensitive"
    assert response.additional_kwargs["content_filter"] == filtered
    strict = make(raise_on_content_filter=True)
    with pytest.raises(ContentFilterError) as caught:
        strict.chat(ASK)
    assert caught.value.content_filter == filtered
    with pytest.raises(ContentFilterError):
        async for _ in await strict.astream_chat(ASK):
            pass


async def test_leaving_a_stream_ends_the_request(stub, llm):
    for leave in ("close", "drop", "aclose", "cancel"):
        stub.put([chunk({"content": "a"})] * 500)
        stub.pause, stub.written = 0.02, 0
        stub.left.clear()
        if leave in ("close", "drop"):
            stream = llm.stream_chat(ASK)
            next(stream)
            if leave == "close":
                stream.close()
            else:
                del stream
        elif leave == "aclose":
            astream = await llm.astream_chat(ASK)
            await anext(astream)
            await astream.aclose()
        else:

            async def reading():
                async for _ in await llm.astream_chat(ASK):
                    pass

            task = asyncio.create_task(reading())
            while not stub.written:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await asyncio.to_thread(stub.left.wait, 5), leave
        assert stub.written < 400


async def test_async_does_not_block(stub, llm):
    stub.default = lambda request: time.sleep(0.3) or reply("a")
    started = time.monotonic()
    gaps = []

    async def ticking():
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            gaps.append(time.monotonic() - before)

    ticker = asyncio.create_task(ticking())
    await asyncio.gather(*(llm.achat(ASK) for _ in range(4)))
    ticker.cancel()
    assert time.monotonic() - started < 1.1  # four after another would take 1.2
    assert max(gaps) < 0.3


def test_one_object_in_several_event_loops(stub, llm):
    for _ in range(3):
        assert asyncio.run(llm.achat(ASK)).message.content == "ok"


def test_options_of_a_call_for_the_client(stub, make):
    llm = make(default_headers={"x-a": "1"}, max_retries=3)
    stub.put((500, {"error": {"code": "1234", "message": "m"}}))
    with pytest.raises(ServerError):
        llm.chat(ASK, max_retries=0, headers={"x-b": "2"})
    assert stub.headers[0]["x-a"] == "1"
    assert stub.headers[0]["x-b"] == "2"
    assert set(stub.requests[0]) <= {"model", "messages", "request_id"}


def test_out_of_range_is_refused_before_sending(stub, llm):
    with pytest.raises(InvalidRequestError) as caught:
        llm.chat(ASK, temperature=3)
    assert caught.value.field == "temperature"
    assert not stub.requests


@pytest.mark.parametrize(
    ("model", "window", "tools"),
    [
        ("glm-4.7", 204_800, True),
        ("GLM-4.7", 204_800, True),
        ("zai-org/GLM-4.7-FP8", 204_800, True),
        ("glm-4.7-20260101", 204_800, True),
        ("accounts/fireworks/models/glm-4p6", 204_800, True),
        ("GLM-4.6V-AWQ-4bit", 131_072, True),
        ("hf.co/unsloth/GLM-4.5-Air-GGUF:Q4_K_M", 131_072, True),
        ("glm-5.2", 1_048_576, True),
        ("glm-4.5v", 65_536, True),
        ("glm-6", 204_800, True),
        ("glm-4.55", 131_072, True),
        ("my-own-finetune", 131_072, True),
    ],
)
def test_metadata(make, model, window, tools):
    found = make(model=model).metadata
    assert (found.context_window, found.is_function_calling_model) == (window, tools)
    assert (found.model_name, found.is_chat_model, found.num_output) == (model, True, -1)
    assert found.system_role == MessageRole.SYSTEM


def test_metadata_can_be_overridden(make):
    llm = make(context_window=1000, is_function_calling_model=False, max_tokens=50)
    found = llm.metadata
    assert (found.context_window, found.is_function_calling_model, found.num_output) == (
        1000,
        False,
        50,
    )


def test_arguments_of_the_old_package_and_of_openai_like(stub):
    old = ZhipuAI("glm-4", "key.secret", 0.3, 100, 12.0, {"top_p": 0.5})
    assert (old.model, old.temperature, old.max_tokens, old.timeout) == ("glm-4", 0.3, 100, 12.0)
    like = ZhipuAI(
        model="glm-4.7",
        api_base=stub.base_url,
        api_key="k",
        is_chat_model=True,
        is_function_calling_model=True,
        context_window=1234,
        max_retries=1,
        reuse_client=False,
        default_headers={"x-a": "1"},
    )
    assert like.base_url == stub.base_url
    assert like.metadata.context_window == 1234
    assert like.complete("?").text == "ok"


def test_an_argument_that_does_not_exist_is_told():
    with pytest.warns(UserWarning, match="temprature"):
        ZhipuAI(api_key="k", temprature=0.5)


def test_a_missing_key_is_told_at_once():
    with pytest.raises(InvalidRequestError, match="ZHIPUAI_API_KEY"):
        ZhipuAI()


@pytest.mark.parametrize("variable", ["ZHIPUAI_API_KEY", "ZHIPU_API_KEY", "ZAI_API_KEY"])
def test_the_key_from_the_environment(monkeypatch, stub, variable):
    monkeypatch.setenv(variable, "from.environment")
    ZhipuAI(base_url=stub.base_url).complete("?")
    assert stub.headers[0]["authorization"] == "Bearer from.environment"


async def test_the_key_from_a_function(stub, make):
    keys = iter(["k1", "k2"])
    llm = make(api_key=lambda: next(keys))
    llm.complete("?")
    await llm.acomplete("?")

    async def later():
        return "k3"

    await make(api_key=later).acomplete("?")
    sent = [headers["authorization"] for headers in stub.headers]
    assert sent == ["Bearer k1", "Bearer k2", "Bearer k3"]


def test_settings_may_be_changed(stub, llm):
    llm.complete("?")
    llm.api_key = "another.key"
    llm.timeout = Timeout(connect=1.0)
    llm.complete("?")
    assert stub.headers[1]["authorization"] == "Bearer another.key"


def test_content_safety_of_one_call(stub, llm):
    stub.default = reply("a", finish="sensitive")
    with pytest.raises(ContentFilterError):
        llm.chat(ASK, raise_on_content_filter=True)
    assert "raise_on_content_filter" not in stub.requests[0]


def test_messages_are_made_for_the_model_of_the_call(stub, make):
    url = "https://x.example/a.pdf"
    document = [ChatMessage(role="user", blocks=[DocumentBlock(url=url)])]
    make(model="glm-4.7").chat(document, model="glm-4.5v")
    (part,) = stub.requests[0]["messages"][0]["content"]
    assert part == {"type": "file_url", "file_url": {"url": url}}


@pytest.mark.parametrize(
    ("field", "value", "limit"),
    [
        ("thinking", 3, "'enabled' or 'disabled'"),
        ("reasoning_history", "some", "'tool_loop', 'all' or 'none'"),
        ("tool_choice_mode", "force", "'auto', 'native' or 'emulate'"),
        ("stop", 3, "valid string"),
        ("server_tools", "web_search", "valid list"),
        ("extra_body", "x", "valid dictionary"),
        ("max_tokens", 0, "greater than 0"),
        ("model", 5, "valid string"),
    ],
)
def test_a_call_takes_what_the_constructor_takes(stub, make, field, value, limit):
    llm = make()
    for attempt in (
        lambda: make(**{field: value}),
        lambda: llm.chat(ASK, **{field: value}),
        lambda: make(additional_kwargs={field: value}).chat(ASK),
    ):
        with pytest.raises(InvalidRequestError, match=limit) as caught:
            attempt()
        assert (caught.value.field, caught.value.value) == (field, value)
    assert not stub.requests


def test_a_call_takes_the_other_names_of_fields(stub, make):
    llm = make(additional_kwargs={"request_timeout": 7.0})
    llm.chat(ASK, model_name="glm-4.6")
    assert stub.requests[0]["model"] == "glm-4.6"
    assert "request_timeout" not in stub.requests[0]


@pytest.mark.parametrize(
    ("name", "field"),
    [("zhipuai_api_key", "api_key"), ("api_base", "base_url"), ("auth", "auth")],
)
def test_no_call_tells_the_settings_of_the_llm_abroad(stub, llm, name, field):
    with pytest.raises(InvalidRequestError, match="make another model") as caught:
        llm.chat(ASK, **{name: "planted"})
    assert caught.value.field == field
    assert "planted" not in str(caught.value)
    assert not stub.requests


@pytest.mark.parametrize("tools", [[WEATHER], [3], {"type": "function"}])
def test_tools_that_are_none_are_refused(stub, llm, tools):
    with pytest.raises(InvalidRequestError, match=r"tools"):
        llm.chat(ASK, tools=tools)
    assert not stub.requests


def test_videos_images_and_text_of_one_message(stub, make):
    from llama_index.core.base.llms.types import ImageBlock

    llm = make(model="glm-4.6v")
    llm.chat(
        [
            ChatMessage(
                role="user",
                blocks=[TextBlock(text="see"), ImageBlock(url="https://x.example/a.png")],
            )
        ]
    )
    assert [p["type"] for p in stub.requests[0]["messages"][0]["content"]] == ["text", "image_url"]
    with pytest.raises(InvalidRequestError):
        make(model="glm-4.7").chat(
            [ChatMessage(role="user", blocks=[ImageBlock(url="https://x.example/a.png")])]
        )


def test_the_message_of_an_answer_can_be_sent_again_as_it_is(stub, llm):
    made = [call("weather", '{"city": "x"}')]
    stub.put(chunks("a", reasoning=["w"], tool_calls=made))
    *_, final = llm.stream_chat(ASK)
    result = ChatMessage(role="tool", content="r", additional_kwargs={"tool_call_id": "call_1"})
    llm.chat([*ASK, final.message, result])
    sent = stub.requests[1]["messages"]
    assert sent[1]["reasoning_content"] == "w"
    assert sent[1]["tool_calls"][0]["id"] == sent[2]["tool_call_id"]
    assert any(isinstance(block, ToolCallBlock) for block in final.message.blocks)


async def test_one_answer_is_all_that_a_response_holds(stub):
    llm = ZhipuAI(model="my-glm", api_key="id.secret", base_url=stub.base_url, dialect="openai")
    for way in (llm.chat, llm.stream_chat):
        with pytest.raises(InvalidRequestError, match="n must be 1"):
            list(way([ChatMessage(content="hi")], n=2))
    assert stub.requests == []
