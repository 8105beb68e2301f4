"""The model against the emulator: calls, streams, fields, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core import exceptions as core
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableBinding

from langchain_zhipu import ChatZhipuAI
from tests.langchain_zhipu.chat.wire import HEAD, USAGE, body, call, delta, to_wire
from zhipu_client import PRESETS, InvalidRequestError
from zhipu_client.dialects import dialect_of
from zhipu_emulator import Answer

Make = Callable[..., ChatZhipuAI]
Say = Callable[..., None]
Sent = Callable[[], list[dict[str, Any]]]


def total(chunks: Any) -> Any:
    found: Any = None
    for chunk in chunks:
        found = chunk if found is None else found + chunk
    return found


async def atotal(chunks: Any) -> Any:
    found: Any = None
    async for chunk in chunks:
        found = chunk if found is None else found + chunk
    return found


WHOLE = body("stop", USAGE, content="four", reasoning_content="2+2")
PIECES = [delta(reasoning_content="2+2"), delta(content="fo"), delta(content="ur")]
PIECES.append(delta("stop", USAGE, content=""))


def check(message: AIMessage, request_id: str = HEAD["id"]) -> None:
    assert message.content == "four"
    assert message.additional_kwargs == {"reasoning_content": "2+2"}
    assert message.content_blocks[0] == {"type": "reasoning", "reasoning": "2+2"} or (
        message.content_blocks[0]["type"] == "reasoning"
    )
    assert message.usage_metadata == {
        "input_tokens": 9,
        "output_tokens": 7,
        "total_tokens": 16,
        "input_token_details": {"cache_read": 4},
        "output_token_details": {"reasoning": 3},
    }
    metadata = message.response_metadata
    assert metadata["finish_reason"] == "stop"
    assert metadata["model_name"] == "glm-4.7"
    assert metadata["id"] == HEAD["id"]
    assert metadata["request_id"] == request_id
    assert metadata["created"] == HEAD["created"]
    assert metadata["model_provider"] == "zhipu"
    assert metadata["token_usage"] == USAGE


def test_invoke(model: ChatZhipuAI, server: Any) -> None:
    server.script(Answer(json=WHOLE))
    check(model.invoke("2+2?"))


async def test_ainvoke(model: ChatZhipuAI, server: Any) -> None:
    server.script(Answer(json=WHOLE))
    check(await model.ainvoke("2+2?"))


def test_stream(model: ChatZhipuAI, server: Any) -> None:
    server.script(Answer(chunks=PIECES))
    chunks = list(model.stream("2+2?"))
    assert len(chunks) == 4
    check(total(chunks), server.requests[0]["json"]["request_id"])


async def test_astream(model: ChatZhipuAI, server: Any) -> None:
    server.script(Answer(chunks=PIECES))
    check(await atotal(model.astream("2+2?", request_id="request-7")), "request-7")


def test_streaming_true_makes_invoke_use_the_stream(make: Make, server: Any, sent: Sent) -> None:
    server.script(Answer(chunks=PIECES))
    message = make(streaming=True).invoke("2+2?")
    check(message, sent()[0]["request_id"])
    assert sent()[0]["stream"] is True


def test_batch_and_abatch_keep_the_order(model: ChatZhipuAI) -> None:
    found = model.batch(["a", "b", "c"])
    assert len(found) == 3
    assert all(isinstance(message, AIMessage) for message in found)


def test_all_fields_are_sent_under_their_names(make: Make, say: Say, sent: Sent) -> None:
    say("ok")
    make(
        temperature=0.0, top_p=0.5, max_tokens=100, stop=["x"], do_sample=True, thinking=True,
        clear_thinking=False, request_id="request-1", user_id="user-1234",
        extra_body={"seed": 7}, sensitive_word_check={"type": "ALL"}, model_kwargs={"other": 1},
        watermark_enabled=False, meta={"a": "b"},
    ).invoke("hi")  # fmt: skip
    request = sent()[0]
    assert request.pop("messages") == [{"role": "user", "content": "hi"}]
    assert request == {
        "model": "glm-4.7", "temperature": 0.0, "top_p": 0.5, "max_tokens": 100, "stop": ["x"],
        "do_sample": True, "thinking": {"type": "enabled", "clear_thinking": False},
        "request_id": "request-1", "user_id": "user-1234", "seed": 7, "other": 1,
        "sensitive_word_check": {"type": "ALL"}, "watermark_enabled": False, "meta": {"a": "b"},
    }  # fmt: skip


def test_a_calls_own_arguments_win(make: Make, say: Say, sent: Sent) -> None:
    say("ok")
    make(temperature=0.1, extra_body={"a": 1, "b": 1}).invoke(
        "hi",
        model="glm-4.6",
        temperature=0.9,
        thinking=False,
        stop=["y"],
        extra_body={"b": 2},
        unheard_of=3,
    )
    request = sent()[0]
    assert (request["model"], request["temperature"], request["stop"]) == ("glm-4.6", 0.9, ["y"])
    assert request["thinking"] == {"type": "disabled"}
    assert (request["a"], request["b"], request["unheard_of"]) == (1, 2, 3)


@pytest.mark.parametrize(
    ("thinking", "sent_as"),
    [
        (None, None),
        ("auto", None),
        (True, {"type": "enabled"}),
        (False, {"type": "disabled"}),
        ("disabled", {"type": "disabled"}),
        ({"type": "enabled", "clear_thinking": True}, {"type": "enabled", "clear_thinking": True}),
    ],
)
def test_thinking_in_all_its_forms(
    make: Make, say: Say, sent: Sent, thinking: Any, sent_as: Any
) -> None:
    say("ok")
    make(thinking=thinking).invoke("hi")
    assert sent()[0].get("thinking") == sent_as


def test_glm_5_3_cannot_stop_thinking(make: Make, say: Say, sent: Sent) -> None:
    say("ok", "ok")
    with pytest.warns(UserWarning, match="always thinks"):
        make(model="glm-5.3", thinking=False).invoke("hi")
    with pytest.warns(UserWarning, match="'high' is sent"):
        make(model="glm-5.3", reasoning_effort="medium").invoke("hi")
    first, second = sent()
    assert first["reasoning_effort"] == "low"
    assert "thinking" not in first
    assert second["reasoning_effort"] == "high"


def test_legacy_models_get_a_temperature_they_take(make: Make, say: Say, sent: Sent) -> None:
    say("ok", "ok")
    make(model="glm-4-plus", temperature=0).invoke("hi")
    make(model="glm-4-plus", temperature=1).invoke("hi")
    assert [r["temperature"] for r in sent()] == [0.01, 0.99]


def test_tool_stream_is_on_where_the_model_can(make: Make, say: Say, sent: Sent) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    say(*["ok"] * 5)
    list(make().bind_tools([tool]).stream("hi"))
    make().bind_tools([tool]).invoke("hi")
    list(make(tool_stream=False).bind_tools([tool]).stream("hi"))
    list(make(model="glm-4.5-air").bind_tools([tool]).stream("hi"))
    list(make().stream("hi"))
    assert [r.get("tool_stream") for r in sent()] == [True, None, False, None, None]


@pytest.mark.parametrize(
    ("settings", "history", "kept"),
    [
        ({}, "tool_loop", False),
        ({"clear_thinking": False}, "all", True),
        ({"thinking": {"type": "enabled", "clear_thinking": False}}, "all", True),
        ({"reasoning_history": "all"}, "all", True),
        ({"clear_thinking": False, "reasoning_history": "none"}, "none", False),
        ({"model": "glm-4-plus", "reasoning_history": "all"}, "none", False),
    ],
)
def test_reasoning_history_follows_the_settings(
    make: Make, say: Say, sent: Sent, settings: Any, history: str, kept: bool
) -> None:
    say("ok")
    earlier = AIMessage("a", additional_kwargs={"reasoning_content": "old"})
    make(**settings).invoke([HumanMessage("1"), earlier, HumanMessage("2")])
    assert ("reasoning_content" in sent()[0]["messages"][1]) is kept, history


@pytest.mark.parametrize("clear", [True, False])
@pytest.mark.parametrize("given", ["field", "dict"])
def test_a_call_s_own_clear_thinking_decides_both_what_is_said_and_what_is_kept(
    make: Make, say: Say, sent: Sent, given: str, clear: bool
) -> None:
    say("ok", "ok")
    earlier = AIMessage("a", additional_kwargs={"reasoning_content": "old"})
    field = {"clear_thinking": clear}
    own = field if given == "field" else {"thinking": {"type": "enabled", **field}}
    for settings in (
        {"clear_thinking": not clear},
        {"thinking": {"type": "enabled", "clear_thinking": not clear}},
    ):
        make(**settings).invoke([HumanMessage("1"), earlier, HumanMessage("2")], **own)
        body = sent()[-1]
        assert body["thinking"]["clear_thinking"] is clear
        assert ("reasoning_content" in body["messages"][1]) is not clear


def test_on_the_coding_endpoint_reasoning_is_kept(server: Any) -> None:
    from zhipu_client.conversation import build

    earlier = AIMessage("a", additional_kwargs={"reasoning_content": "old"})
    history = [HumanMessage("1"), earlier, HumanMessage("2")]
    built = build({"model": "glm-4.7"}, dialect=dialect_of(PRESETS["zai-coding"]), streaming=False)
    sent = to_wire(history, reasoning_history=built.history)
    assert sent[1]["reasoning_content"] == "old"


# --- bad input: refused before anything is sent


@pytest.mark.parametrize(
    ("settings", "kwargs", "field"),
    [
        ({"temperature": 1.5}, {}, "temperature"),
        ({}, {"temperature": -0.1}, "temperature"),
        ({}, {"max_tokens": 10**7}, "max_tokens"),
        ({}, {"max_tokens": 0}, "max_tokens"),
        ({}, {"thinking": "very"}, "thinking"),
        ({}, {"response_format": {"type": "xml"}}, "response_format"),
        ({}, {"n": 0}, "n"),
        ({}, {"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"user_id": "abc"}, {}, "user_id"),
    ],
)
def test_bad_values_are_refused_by_name(
    make: Make, server: Any, settings: Any, kwargs: Any, field: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        make(**settings).invoke("hi", **kwargs)
    assert isinstance(caught.value, core.ModelInvalidRequestError)
    assert caught.value.field == field
    assert server.requests == []


def test_an_empty_prompt_is_refused(model: ChatZhipuAI, server: Any) -> None:
    with pytest.raises(InvalidRequestError, match="messages"):
        model.invoke("")
    assert server.requests == []


def test_bad_blocks_tools_and_files_are_refused(
    model: ChatZhipuAI, make: Make, server: Any, tmp_path: Any
) -> None:
    vision = make(model="glm-4.6v")
    image = {"type": "image", "url": "https://x/y.png"}
    with pytest.raises(InvalidRequestError, match=r"content\[0\] is an image, but glm-4\.7"):
        model.invoke([HumanMessage([image])])
    with pytest.raises(InvalidRequestError, match="hologram"):
        model.invoke([HumanMessage([{"type": "hologram"}])])
    with pytest.raises(InvalidRequestError, match="No such file"):
        vision.invoke([HumanMessage([{"type": "image", "path": tmp_path / "gone.png"}])])
    with pytest.raises(InvalidRequestError, match="at most"):
        vision.invoke(
            [
                HumanMessage(
                    [{"type": "image", "mime_type": "image/png", "base64": "A" * 68 * 2**20}]
                )
            ]
        )
    with pytest.raises(InvalidRequestError, match="name"):
        model.bind_tools([{"type": "function", "function": {"name": ""}}])
    assert server.requests == []


async def test_async_reads_files_and_refuses_the_same(
    make: Make, tmp_path: Any, sent: Sent
) -> None:
    vision = make(model="glm-4.6v")
    file = tmp_path / "a.png"
    with pytest.raises(InvalidRequestError, match="No such file"):
        await vision.ainvoke([HumanMessage([{"type": "image", "path": file}])])
    assert sent() == []


def test_no_key_bad_key_bad_preset_at_construction(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidRequestError, match="no API key") as caught:
        ChatZhipuAI()
    assert caught.value.field == "api_key"
    with pytest.raises(InvalidRequestError, match="line break") as caught:
        ChatZhipuAI(api_key="top\nsecret")
    assert "secret" not in str(caught.value)
    with pytest.raises(InvalidRequestError, match="presets are"):
        ChatZhipuAI(api_key="k.s", base_url="bigmodle")
    with pytest.raises(InvalidRequestError, match="timeout"):
        ChatZhipuAI(api_key="k.s", timeout=-1)


# --- errors of the service


def failing(code: str, status: int) -> Answer:
    return Answer(json={"error": {"code": code, "message": "m"}}, status=status)


def test_errors_are_typed_and_not_retried_in_vain(make: Make, server: Any) -> None:
    server.script(failing("1113", 429))
    with pytest.raises(core.ModelPermissionDeniedError) as caught:
        make().invoke("hi")
    assert (caught.value.code, caught.value.is_retryable) == ("1113", False)  # type: ignore[attr-defined]
    assert len(server.requests) == 1


def test_context_overflow_by_code_and_by_finish_reason(model: ChatZhipuAI, server: Any) -> None:
    server.script(failing("1261", 400))
    with pytest.raises(core.ContextOverflowError):
        model.invoke("hi")
    server.script(Answer(json=body("model_context_window_exceeded", USAGE, content="ha")))
    with pytest.raises(core.ContextOverflowError) as caught:
        model.invoke("hi")
    assert caught.value.partial["choices"][0]["message"]["content"] == "ha"  # type: ignore[attr-defined]
    end = delta("model_context_window_exceeded", USAGE)
    server.script(Answer(chunks=[delta(content="ha"), end]))
    with pytest.raises(core.ContextOverflowError):
        list(model.stream("hi"))


def test_an_error_frame_inside_a_stream_is_typed(make: Make, server: Any) -> None:
    frame = {"error": {"code": "1302", "message": "slow down"}}
    server.script(Answer(chunks=[delta(content="ha"), frame]))
    seen: list[str] = []
    with pytest.raises(core.ModelRateLimitError) as caught:
        seen.extend(chunk.text for chunk in make().stream("hi"))
    assert "ha" in seen
    assert caught.value.partial["choices"][0]["message"]["content"] == "ha"  # type: ignore[attr-defined]


def test_a_cut_stream_is_an_error_with_the_partial_answer(make: Make, server: Any) -> None:
    server.script(Answer(chunks=[delta(content="ha")], done=False))
    with pytest.raises(core.ModelConnectionError) as caught:
        list(make().stream("hi"))
    assert "ha" in str(caught.value.partial)  # type: ignore[attr-defined]


def test_a_sensitive_answer_is_a_refusal_block(model: ChatZhipuAI, server: Any) -> None:
    flagged = [{"role": "assistant", "level": 1}]
    server.script(Answer(json={**body("sensitive", USAGE, content="x"), "content_filter": flagged}))
    message = model.invoke("hi")
    block: Any = message.content_blocks[-1]
    value = block if block["type"] == "refusal" else block["value"]
    assert value["type"] == "refusal"
    assert value["extras"] == {"category": "sensitive", "content_filter": flagged}
    assert message.response_metadata["content_filter"] == flagged


def test_unknown_finish_reasons_pass(model: ChatZhipuAI, server: Any) -> None:
    server.script(Answer(json=body("brand_new", USAGE, content="x")))
    assert model.invoke("hi").response_metadata["finish_reason"] == "brand_new"


# --- server tools


SEARCH = [{"title": "T", "link": "https://a", "content": "c", "refer": "ref_1", "media": ""}]


@pytest.mark.parametrize("streamed", [False, True])
def test_web_search_becomes_blocks_and_citations(
    model: ChatZhipuAI, server: Any, sent: Sent, streamed: bool
) -> None:
    bound = model.bind_tools([{"type": "web_search", "web_search": {"enable": True}}])
    if streamed:
        end = {**delta("stop", USAGE), "web_search": SEARCH}
        server.script(Answer(chunks=[delta(content="answer"), end]))
        message = total(bound.stream("news?"))
    else:
        server.script(Answer(json={**body("stop", USAGE, content="answer"), "web_search": SEARCH}))
        message = bound.invoke("news?")
    text, asked, result = message.content_blocks
    assert text["annotations"] == [
        {
            "type": "citation",
            "url": "https://a",
            "title": "T",
            "cited_text": "c",
            "extras": {"refer": "ref_1"},
        }
    ]
    assert (asked["type"], asked["name"]) == ("server_tool_call", "web_search")
    assert (result["type"], result["output"]) == ("server_tool_result", SEARCH)
    assert message.response_metadata["web_search"] == SEARCH
    options = {"enable": True, "search_engine": "search_std", "search_result": True}
    assert sent()[0]["tools"] == [{"type": "web_search", "web_search": options}]


# --- streams that are left early


async def test_streams_left_early_leave_nothing_behind(make: Make) -> None:
    model = make(max_concurrency=2)
    for _ in range(10):
        for _chunk in model.stream("Tell me a long story."):
            break
        async for _chunk in model.astream("Tell me a long story."):
            break
    for stream in [model.stream("hi") for _ in range(3)]:
        next(stream)
        stream.close()  # type: ignore[attr-defined]
    assert model.invoke("hi").content
    assert (await model.ainvoke("hi")).content


# --- voice


def test_voice_answers_are_audio_blocks_and_go_back_by_id(
    make: Make, server: Any, sent: Sent
) -> None:
    voice = make(model="glm-4-voice")
    audio = {"id": "a1", "data": "UklGRg==", "expires_at": 1}
    server.script(Answer(json=body("stop", USAGE, content="hi", audio=audio)))
    answer = voice.invoke("say hi")
    block: Any = answer.content_blocks[-1]
    assert (block["type"], block["base64"], block["id"]) == ("audio", "UklGRg==", "a1")
    server.script(Answer(json=body("stop", USAGE, content="again")))
    voice.invoke([HumanMessage("say hi"), answer, HumanMessage("again")])
    assert sent()[1]["messages"][1]["audio"] == {"id": "a1"}


# --- leaked calls


@pytest.mark.parametrize("streamed", [False, True])
def test_leaked_calls_are_repaired_when_asked_for(make: Make, server: Any, streamed: bool) -> None:
    text = "<tool_call>f\n<arg_key>a</arg_key><arg_value>1</arg_value></tool_call>"
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    bound = make(repair_tool_calls=True).bind_tools([tool])
    if streamed:
        server.script(Answer(chunks=[delta(reasoning_content=text), delta("stop", USAGE)]))
        message = total(bound.stream("hi"))
    else:
        server.script(Answer(json=body("stop", USAGE, content="", reasoning_content=text)))
        message = bound.invoke("hi")
    assert [(c["name"], c["args"]) for c in message.tool_calls] == [("f", {"a": 1})]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_leaked_call_is_the_call_that_was_demanded(
    make: Make, server: Any, sent: Sent, streamed: bool
) -> None:
    text = "<tool_call>f\n<arg_key>a</arg_key><arg_value>1</arg_value></tool_call>"
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    bound = make(repair_tool_calls=True).bind_tools([tool], tool_choice="any")
    server.script(Answer(message={"role": "assistant", "content": text}))
    message = total(bound.stream("hi")) if streamed else bound.invoke("hi")
    assert [(c["name"], c["args"]) for c in message.tool_calls] == [("f", {"a": 1})]
    assert message.content == ""
    assert len(sent()) == 1


@pytest.mark.parametrize("text", ["<think>hm</think>4 <", "<think>hm </th", "<thi"])
def test_a_stream_without_a_finish_reason_loses_nothing(make: Make, server: Any, text: str) -> None:
    model = make(model="glm-4.1v-thinking-flash")
    server.script(Answer(chunks=[delta(content=text)]), Answer(json=body("stop", content=text)))
    streamed, whole = total(model.stream("hi")), model.invoke("hi")
    assert streamed.content == whole.content
    assert streamed.additional_kwargs == whole.additional_kwargs


@pytest.mark.parametrize("name", ["glm-4.1v-thinking-flash", "zai-org/GLM-4.1V-9B-Thinking"])
@pytest.mark.parametrize("streamed", [False, True])
def test_reasoning_between_tags_is_reasoning(
    make: Make, server: Any, streamed: bool, name: str
) -> None:
    model = make(model=name)
    text = "<think>hm, two</think>\n\nfour"
    if streamed:
        pieces = [delta(content=text[n : n + 5]) for n in range(0, len(text), 5)]
        server.script(Answer(chunks=[*pieces, delta("stop", USAGE, content="")]))
        message = total(model.stream("hi"))
    else:
        server.script(Answer(json=body("stop", USAGE, content=text)))
        message = model.invoke("hi")
    assert message.content == "four"
    assert message.additional_kwargs == {"reasoning_content": "hm, two"}


# --- the rest


def test_usage_callback_counts_both_ways(model: ChatZhipuAI, server: Any) -> None:
    handler = UsageMetadataCallbackHandler()
    server.script(Answer(json=WHOLE), Answer(chunks=PIECES))
    model.invoke("hi", config={"callbacks": [handler]})
    list(model.stream("hi", config={"callbacks": [handler]}))
    assert handler.usage_metadata["glm-4.7"]["total_tokens"] == 32


def test_llm_output_adds_up(model: ChatZhipuAI, server: Any) -> None:
    server.script(Answer(json=WHOLE), Answer(json=WHOLE))
    output = model.generate([[HumanMessage("a")], [HumanMessage("b")]]).llm_output
    assert output is not None
    assert output["token_usage"]["total_tokens"] == 32
    assert output["model_name"] == "glm-4.7"


def test_bind_tools_gives_a_binding_and_choice_none_sends_no_tools(
    model: ChatZhipuAI, say: Say, sent: Sent
) -> None:
    def f(a: int) -> int:
        """Do."""
        return a

    bound = model.bind_tools([f], tool_choice="none", strict=True, parallel_tool_calls=False)
    assert isinstance(bound, RunnableBinding)
    say("ok")
    bound.invoke("hi")
    assert "tools" not in sent()[0]
    assert "tool_choice" not in sent()[0]


def test_native_mode_leaves_the_choice_to_the_server(make: Make, say: Say, sent: Sent) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    native = make(tool_choice_mode="native")
    server_says = {"content": "", "tool_calls": [call("f", "{}", "c1")]}
    say(server_says, server_says, '{"a": 1}')
    native.bind_tools([tool], tool_choice="any").invoke("hi")
    native.bind_tools([tool], tool_choice="f").invoke("hi")
    schema = {"title": "X", "type": "object", "properties": {"a": {"type": "integer"}}}
    native.with_structured_output(schema, method="json_schema").invoke("hi")
    first, second, third = sent()
    assert first["tool_choice"] == "required"
    assert second["tool_choice"] == {"type": "function", "function": {"name": "f"}}
    assert third["response_format"]["type"] == "json_schema"
    assert len(third["messages"]) == 1


def test_json_mode_stays_json_mode_in_native_mode(make: Make, say: Say, sent: Sent) -> None:
    schema = {"title": "X", "type": "object", "properties": {"a": {"type": "integer"}}}
    say('{"a": 1}', '{"a": 1}')
    native = make(tool_choice_mode="native")
    assert native.with_structured_output(schema, method="json_mode").invoke("hi") == {"a": 1}
    native.with_structured_output(method="json_mode").invoke("hi in JSON")
    with_schema, without = sent()
    assert with_schema["response_format"] == without["response_format"] == {"type": "json_object"}
    assert '"properties"' in with_schema["messages"][0]["content"]
    assert len(without["messages"]) == 1
