"""A key in the address of an MCP server, in its path too: sent, and shown by nothing."""

from __future__ import annotations

import asyncio
import json
import pickle
from enum import Enum
from typing import Any

import pytest
from langchain_core.load import dumps
from langchain_core.tracers import BaseTracer
from llama_index.core.callbacks import CallbackManager
from llama_index.core.callbacks.base_handler import BaseCallbackHandler

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from tests.reliability import scenarios as say
from tests.reliability.server import Exchange, FaultServer, Scenario

from .server import said, scripted
from .subjects import ADAPTERS, KEY, WAYS, Ask, Way, run

SECRET = "N2E4ZjQwMTUtYWJjZC00"


class _Named(str, Enum):  # noqa: UP042 - `str()` of it is its name, other than of a StrEnum
    SERVER = f"https://m.example/mcp?key={SECRET}"


ADDRESSES = [
    f"https://m.example/mcp/{SECRET}/sse",
    f"https://m.example/mcp?Authorization={SECRET}",
    f"https://me:{SECRET}@m.example/mcp",
    _Named.SERVER,
]
addresses = pytest.mark.parametrize("address", ADDRESSES, ids=["path", "query", "password", "enum"])


def _tools(address: str) -> list[dict[str, Any]]:
    return [
        {"type": "mcp", "mcp": {"server_label": "nested", "server_url": address}},
        {"type": "mcp", "server_label": "flat", "server_url": address},
    ]


@addresses
@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("way", WAYS)
def test_it_is_sent(adapter: str, way: Way, address: str) -> None:
    with scripted(said("ok")) as server:
        done = run(server, adapter, way, _ask(adapter, address), {})
    assert done.text == "ok"
    assert [tool["mcp"]["server_url"] for tool in done.requests[0]["tools"]] == [address] * 2


def _ask(adapter: str, address: str) -> Ask:
    name = "tools" if adapter == "langchain" else "server_tools"
    return Ask(more={name: _tools(address)})


def _repeats(status: int) -> Scenario:
    """A refusal that has the whole request in it, once as JSON and once as a text in JSON."""

    async def serve(exchange: Exchange) -> None:
        sent = exchange.request.json
        body = {"error": {"code": "1210", "message": f"bad: {json.dumps(sent)}"}, "input": sent}
        await say.answer(body, status)(exchange)

    return serve


@addresses
@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [400, 422, 500])
def test_no_error_shows_it(adapter: str, way: Way, status: int, address: str) -> None:
    with FaultServer(_repeats(status)) as server:
        error: Any = run(server, adapter, way, _ask(adapter, address), {}).exception
    assert error.status == status
    assert SECRET in json.dumps([one.json for one in server.requests])
    for text in (str(error), repr(error), repr(error.body), repr(vars(error))):
        assert SECRET not in text
    assert "nested" in repr(error.body)


@addresses
def test_nothing_that_is_written_down_has_it(address: str) -> None:
    where = {"api_key": KEY, "base_url": "http://127.0.0.1:9/v4"}
    bound = ChatZhipuAI(**where).bind_tools(_tools(address))
    more = ChatZhipuAI(**where, model_kwargs={"tools": _tools(address)})
    llm = ZhipuAI(**where, server_tools=_tools(address))
    shown = [
        repr(bound), dumps(bound), str(bound), repr(more), dumps(more), repr(more.model_dump()),
        repr(llm), str(llm), repr(llm.to_dict()), llm.to_json(), llm.model_dump_json(),
        *(repr(pickle.dumps(one)) for one in (bound, more, llm)),
    ]  # fmt: skip
    for text in shown:
        assert SECRET not in text


@addresses
@pytest.mark.parametrize("way", WAYS)
def test_no_trace_has_it(way: Way, address: str) -> None:
    seen: list[str] = []

    class Runs(BaseTracer):
        def _persist_run(self, run: Any) -> None:
            seen.append(f"{run!r} {run.model_dump_json(serialize_as_any=True, fallback=str)}")

    class Events(BaseCallbackHandler):
        def on_event_start(self, event_type: Any, payload: Any = None, *args: Any, **_: Any) -> str:
            seen.append(f"{payload!r}")
            return ""

        def on_event_end(self, event_type: Any, payload: Any = None, *args: Any, **_: Any) -> None:
            seen.append(f"{payload!r}")

        def start_trace(self, trace_id: str | None = None) -> None:
            pass

        def end_trace(self, trace_id: str | None = None, trace_map: Any = None) -> None:
            pass

    with scripted(said("ok")) as server:
        where: dict[str, Any] = {"api_key": KEY, "base_url": server.base_url}
        chain = ChatZhipuAI(**where, callbacks=[Runs()]).bind_tools(_tools(address))
        llm = ZhipuAI(**where, callback_manager=CallbackManager([Events([], [])]))
        asyncio.run(_asked(way, chain, llm, {"server_tools": _tools(address)}))
    assert len(server.requests) == 2
    assert seen
    assert not [text for text in seen if SECRET in text]


async def _asked(way: Way, chain: Any, llm: Any, more: dict[str, Any]) -> None:
    if way == "whole":
        chain.invoke("hi")
        llm.complete("hi", **more)
    elif way == "stream":
        list(chain.stream("hi"))
        list(llm.stream_complete("hi", **more))
    elif way == "awhole":
        await chain.ainvoke("hi")
        await llm.acomplete("hi", **more)
    else:
        assert [piece async for piece in chain.astream("hi")]
        assert [piece async for piece in await llm.astream_complete("hi", **more)]
