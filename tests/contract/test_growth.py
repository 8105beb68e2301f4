"""Twice as many calls in one answer are about twice the work: function calls are counted.

Seconds depend on the machine. How many of Python's functions run does not, and grows fourfold where
each chunk looks at all calls before it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest
from langchain_core.messages import HumanMessage
from llama_index.core.llms import ChatMessage

import langchain_zhipu
import zhipu_client
from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI

Fragment = dict[str, Any]
TOOL = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Add.",
        "parameters": {"type": "object", "properties": {"a": {"type": "string"}}},
    },
}
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
FEW, MANY = 60, 120
#: Of a linear way of working at most; a quadratic one has 4 in the end.
MOST = 2.4


def _calls(count: int, index: int | None = None) -> list[Fragment]:
    return [
        {
            "index": number if index is None else index,
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": "add", "arguments": json.dumps({"a": str(number)})},
        }
        for number in range(count)
    ]


def _fragments(count: int, *, new_ids: bool) -> Iterator[Fragment]:
    """One call in pieces, each with an id of its own or without any."""
    for number in range(count):
        arguments = '{"a": "' if number == 0 else '"}' if number == count - 1 else "more "
        function = {"arguments": arguments, **({"name": "add"} if number == 0 else {})}
        named = {"id": f"call_{number}"} if new_ids or number == 0 else {}
        yield {"index": 0, **named, "function": function}


#: The fragments of each delta of a stream; None: one answer in one piece.
STREAMS: dict[str, Callable[[int], list[list[Fragment]] | None]] = {
    "in one piece": lambda count: None,
    "in one chunk": lambda count: [_calls(count)],
    "a chunk each": lambda count: [[one] for one in _calls(count)],
    "a chunk each, all with the index 0": lambda count: [[one] for one in _calls(count, 0)],
    "one call in fragments": lambda count: [[f] for f in _fragments(count, new_ids=False)],
    "a new id a fragment": lambda count: [[f] for f in _fragments(count, new_ids=True)],
}


def _server(count: int, deltas: list[list[Fragment]] | None) -> httpx.Client:
    end = {"index": 0, "finish_reason": "tool_calls"}
    if deltas is None:
        message = {"role": "assistant", "content": "", "tool_calls": _calls(count)}
        whole = {"id": "1", "choices": [{**end, "message": message}], "usage": USAGE}
        reply = httpx.Response(200, json=whole)
        return httpx.Client(transport=httpx.MockTransport(lambda _: reply))
    return _events([{"tool_calls": found} for found in deltas], end)


def _events(deltas: list[dict[str, Any]], end: dict[str, Any]) -> httpx.Client:
    return httpx.Client(transport=_stream(deltas, end))


def _stream(deltas: list[dict[str, Any]], end: dict[str, Any]) -> httpx.MockTransport:
    chunks: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": one}]} for one in deltas]
    chunks.append({"choices": [{**end, "delta": {}}], "usage": USAGE})
    body = b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks)
    kind = {"Content-Type": "text/event-stream"}
    answer = httpx.Response(200, headers=kind, content=body + b"data: [DONE]\n\n")
    return httpx.MockTransport(lambda _: answer)


def _langchain(settings: dict[str, Any], streamed: bool) -> Any:
    model = ChatZhipuAI(**settings)
    if not streamed:
        return model.invoke("hello", tools=[TOOL]).tool_calls
    # Not `stream`: LangChain itself adds each chunk to all before it.
    chunks = list(model._stream([HumanMessage("hello")], tools=[TOOL]))
    return [call for chunk in chunks for call in chunk.message.tool_call_chunks]


def _llama_index(settings: dict[str, Any], streamed: bool) -> Any:
    """As agents do: the calls of each chunk are read."""
    model = ZhipuAI(**settings)
    messages = [ChatMessage(role="user", content="hello")]
    if not streamed:
        return model.get_tool_calls_from_response(model.chat(messages, tools=[TOOL]))
    found: Any = []
    for response in model.stream_chat(messages, tools=[TOOL]):
        found = model.get_tool_calls_from_response(response, error_on_no_tool_call=False)
    return found


ADAPTERS = {"langchain": _langchain, "llama_index": _llama_index}


def _steps(work: Callable[[], Any], within: str | tuple[str, ...] = "") -> int:
    """How many functions of Python ran, of the files whose paths begin so."""
    steps = 0

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal steps
        steps += event == "call" and frame.f_code.co_filename.startswith(within)

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        found = work()
    finally:
        sys.setprofile(before)
    assert found
    return steps


@pytest.mark.parametrize("how", STREAMS)
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_twice_the_calls_are_twice_the_work(adapter: str, how: str) -> None:
    def run(count: int) -> Any:
        deltas = STREAMS[how](count)
        settings = {"model": "glm-4.7", "api_key": "a.b", "http_client": _server(count, deltas)}
        return lambda: ADAPTERS[adapter](settings, deltas is not None)

    _steps(run(3))  # what is made once
    few, many = _steps(run(FEW)), _steps(run(MANY))
    assert many < MOST * few


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_so_are_twice_the_pieces_of_streamed_sound(adapter: str) -> None:
    piece = base64.b64encode(bytes(480)).decode()

    def run(count: int) -> Any:
        deltas = [{"audio": {"id": "spoken", "data": piece}} for _ in range(count)]
        http = _events(deltas, {"index": 0, "finish_reason": "stop"})
        settings = {"model": "glm-4-voice", "api_key": "a.b", "http_client": http}
        if adapter == "langchain":
            return lambda: list(ChatZhipuAI(**settings)._stream([HumanMessage("hello")]))
        messages = [ChatMessage(role="user", content="hello")]
        return lambda: list(ZhipuAI(**settings).stream_chat(messages))

    _steps(run(3))
    assert _steps(run(MANY)) < MOST * _steps(run(FEW))


async def _as_events(model: Any, version: Any) -> list[Any]:
    found = model.astream_events("hello", version=version)
    return [event async for event in (await found if asyncio.iscoroutine(found) else found)]


async def _as_messages_of_a_graph(model: Any) -> list[Any]:
    from langgraph.graph import MessagesState, StateGraph

    async def said(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState).add_node("model", said).set_entry_point("model").compile()
    asked: Any = {"messages": [HumanMessage("hello")]}
    return [found async for found in graph.astream(asked, stream_mode="messages")]


#: Ways in which programs watch a model of LangChain while it writes.
WATCHED: dict[str, Callable[[Any], Coroutine[Any, Any, list[Any]]]] = {
    "events, version 2": lambda model: _as_events(model, "v2"),
    "events, version 3": lambda model: _as_events(model, "v3"),
    "messages of a graph": _as_messages_of_a_graph,
}


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
@pytest.mark.parametrize("how", WATCHED)
def test_so_is_one_call_in_fragments_that_is_watched(how: str) -> None:
    """Our own functions are counted: what LangChain does with our chunks is not ours to promise.

    Counted apart, langchain-core 1.8 is linear too: for each chunk it takes 26 to 44 steps, beside
    about 92 of ours.
    """
    ours = tuple(str(Path(package.__file__).parent) for package in (zhipu_client, langchain_zhipu))

    def run(count: int) -> Any:
        deltas = [{"tool_calls": [one]} for one in _fragments(count, new_ids=False)]
        transport = _stream(deltas, {"index": 0, "finish_reason": "tool_calls"})
        http = httpx.AsyncClient(transport=transport)
        model = ChatZhipuAI(model="glm-4.7", api_key="a.b", http_async_client=http)
        return lambda: asyncio.run(WATCHED[how](model.bind_tools([TOOL])))

    _steps(run(3))
    assert _steps(run(MANY), ours) < MOST * _steps(run(FEW), ours)
