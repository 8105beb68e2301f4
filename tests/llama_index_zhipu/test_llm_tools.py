"""Tools of `ZhipuAI` on the wire: offered, forced, called."""

from __future__ import annotations

import pytest
from llama_index.core.tools import FunctionTool

from llama_index_zhipu import ToolNotCalledError
from tests.llama_index_zhipu.asking import ASK, WEATHER, weather
from tests.llama_index_zhipu.stub import call, chunks, reply
from zhipu_client import InvalidRequestError


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


@pytest.mark.parametrize("tools", [[WEATHER], [3], {"type": "function"}])
def test_tools_that_are_none_are_refused(stub, llm, tools):
    with pytest.raises(InvalidRequestError, match=r"tools"):
        llm.chat(ASK, tools=tools)
    assert not stub.requests
