"""`astream_events` v2 and v3, and what LangGraph streams with ``stream_mode="messages"``."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.language_models.chat_model_stream import AsyncChatModelStream, ChatModelStream
from langchain_core.messages import AIMessage, AIMessageChunk, ToolMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from langchain_tests.utils.stream_lifecycle import assert_valid_event_stream

from langchain_zhipu import ChatZhipuAI

Make = Callable[..., ChatZhipuAI]
Say = Callable[..., None]
Sent = Callable[[], list[dict[str, Any]]]

CALL = {
    "content": "",
    "reasoning_content": "I must look.",
    "tool_calls": [
        {"id": "call_1", "type": "function", "index": 0,
         "function": {"name": "weather", "arguments": '{"city": "杭州"}'}},
        {"id": "call_2", "type": "function", "index": 1,
         "function": {"name": "weather", "arguments": '{"city": "Paris"}'}},
    ],
}  # fmt: skip
ANSWER = {"content": "Rain in both.", "reasoning_content": "Both say rain."}


@tool
def weather(city: str) -> str:
    """The weather of a city.

    Args:
        city: Its name.
    """
    return f"rain in {city}"


def total(chunks: list[AIMessageChunk]) -> AIMessageChunk:
    found = chunks[0]
    for chunk in chunks[1:]:
        found = found + chunk
    return found


@pytest.fixture
def beta() -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=Warning, module="langchain")
        warnings.filterwarnings("ignore", message=".*beta.*")
        yield


async def test_v2_events_tell_the_chunks_and_the_whole(make: Make, say: Say) -> None:
    say(ANSWER)
    chain = ChatPromptTemplate.from_messages([("human", "{question}")]) | make()
    events = [event async for event in chain.astream_events({"question": "?"}, version="v2")]
    names = [event["event"] for event in events if "chat_model" in event["event"]]
    assert names[0] == "on_chat_model_start"
    assert names[-1] == "on_chat_model_end"
    assert set(names[1:-1]) == {"on_chat_model_stream"}
    chunks = [e["data"]["chunk"] for e in events if e["event"] == "on_chat_model_stream"]
    whole = next(e["data"]["output"] for e in events if e["event"] == "on_chat_model_end")
    summed = total(chunks)
    for message in (summed, whole):
        assert message.content == ANSWER["content"]
        assert message.additional_kwargs["reasoning_content"] == ANSWER["reasoning_content"]
        assert message.response_metadata["finish_reason"] == "stop"
        assert message.usage_metadata["output_tokens"] > 0
    start = next(e for e in events if e["event"] == "on_chat_model_start")
    assert start["metadata"]["ls_provider"] == "zhipu"
    assert start["metadata"]["ls_model_name"] == "glm-4.7"


async def test_v2_events_of_tool_calls(make: Make, say: Say) -> None:
    say(CALL)
    model = make().bind_tools([weather])
    events = [event async for event in model.astream_events("?", version="v2")]
    whole = events[-1]["data"]["output"]
    assert [call["args"] for call in whole.tool_calls] == [{"city": "杭州"}, {"city": "Paris"}]
    assert whole.invalid_tool_calls == []


def test_v3_events_are_reasoning_then_text(make: Make, say: Say, beta: Any) -> None:
    say(ANSWER, ANSWER)
    stream = make().stream_events("?", version="v3")
    assert isinstance(stream, ChatModelStream)
    assert_valid_event_stream(list(stream))
    stream = make().stream_events("?", version="v3")
    assert str(stream.reasoning) == ANSWER["reasoning_content"]
    assert str(stream.text) == ANSWER["content"]
    output = stream.output
    assert [block["type"] for block in output.content_blocks] == ["reasoning", "text"]
    assert output.response_metadata["finish_reason"] == "stop"
    assert output.usage_metadata["output_tokens"] > 0


async def test_v3_events_async_with_parallel_calls(make: Make, say: Say, beta: Any) -> None:
    say(CALL, CALL)
    model = make().bind_tools([weather])
    stream = await model.astream_events("?", version="v3")
    assert isinstance(stream, AsyncChatModelStream)
    assert_valid_event_stream([event async for event in stream])
    output = await (await model.astream_events("?", version="v3")).output
    assert [block["type"] for block in output.content_blocks] == [
        "reasoning",
        "tool_call",
        "tool_call",
    ]
    assert [call["args"]["city"] for call in output.tool_calls] == ["杭州", "Paris"]


def test_a_v3_output_goes_back_with_its_reasoning_once(
    make: Make, say: Say, sent: Sent, beta: Any
) -> None:
    say(CALL, ANSWER)
    model = make().bind_tools([weather])
    output = model.stream_events("?", version="v3").output
    results = [ToolMessage("rain", tool_call_id=call["id"]) for call in output.tool_calls]
    model.invoke([("human", "?"), output, *results])
    again = sent()[1]["messages"][1]
    assert again["reasoning_content"] == "I must look."
    assert [c["id"] for c in again["tool_calls"]] == [c["id"] for c in output.tool_calls]


# --- LangGraph


def agent_of(model: ChatZhipuAI) -> Any:
    return create_agent(model, tools=[weather])


def check_run(chunks: list[tuple[Any, dict[str, Any]]]) -> None:
    from_model = [c for c, metadata in chunks if metadata["langgraph_node"] == "model"]
    from_tools = [c for c, metadata in chunks if metadata["langgraph_node"] == "tools"]
    assert all(isinstance(c, AIMessageChunk) for c in from_model)
    assert len(from_model) > 4
    assert {m.content for m in from_tools} == {"rain in 杭州", "rain in Paris"}
    first, second = by_id(from_model)
    assert first.additional_kwargs["reasoning_content"] == "I must look."
    assert [call["args"]["city"] for call in first.tool_calls] == ["杭州", "Paris"]
    assert second.content == "Rain in both."
    assert second.additional_kwargs["reasoning_content"] == "Both say rain."
    assert chunks[0][1]["ls_provider"] == "zhipu"


def by_id(chunks: list[AIMessageChunk]) -> list[AIMessageChunk]:
    turns: dict[Any, list[AIMessageChunk]] = {}
    for chunk in chunks:
        turns.setdefault(chunk.id, []).append(chunk)
    return [total(turn) for turn in turns.values()]


def test_langgraph_streams_messages(make: Make, say: Say, sent: Sent) -> None:
    say(CALL, ANSWER)
    question = {"messages": [("human", "Weather in Hangzhou and Paris?")]}
    chunks = list(agent_of(make()).stream(question, stream_mode="messages"))
    check_run(chunks)
    # The second request carries the reasoning of the loop that is going on.
    assert sent()[1]["messages"][1]["reasoning_content"] == "I must look."
    assert all(body["stream"] for body in sent())


async def test_langgraph_streams_messages_async(make: Make, say: Say) -> None:
    say(CALL, ANSWER)
    question = {"messages": [("human", "Weather in Hangzhou and Paris?")]}
    stream = agent_of(make()).astream(question, stream_mode="messages")
    check_run([chunk async for chunk in stream])


def test_the_state_holds_what_the_stream_said(make: Make, say: Say) -> None:
    say(CALL, ANSWER)
    question = {"messages": [("human", "?")]}
    streamed, state = [], None
    for mode, part in agent_of(make()).stream(question, stream_mode=["messages", "values"]):
        if mode == "messages":
            streamed.append(part[0])
        else:
            state = part["messages"]
    last = by_id([c for c in streamed if isinstance(c, AIMessageChunk)])[-1]
    kept = state[-1]
    assert type(kept) is AIMessage
    assert (kept.content, kept.additional_kwargs) == (last.content, last.additional_kwargs)
    assert kept.id == last.id
    assert kept.usage_metadata == last.usage_metadata
