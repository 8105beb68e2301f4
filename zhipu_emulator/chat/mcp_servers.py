"""The ``mcp`` tool inside a chat: servers are asked for their tools, and one that fits is called.

Servers on this machine only, where ``Options.fetch_loopback`` allows that, with the package ``mcp``
installed. Whatever goes wrong is the ``error`` of the call's item, as the service has it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from zhipu_emulator.chat.tokens import count_text
from zhipu_emulator.content.fetching import is_loopback

if TYPE_CHECKING:
    from zhipu_emulator.chat.answer import Call, Reply
    from zhipu_emulator.chat.checks import ChatRequest
    from zhipu_emulator.http.state import State

__all__ = ["Served", "served"]

_SECONDS = 20.0
_TRANSPORTS = ("streamable-http", "sse")

Decide = Callable[["ChatRequest"], "Reply"]


@dataclass(frozen=True)
class Served:
    """What servers brought.

    Attributes:
        asked: The request with the results, which are billed as a part of the prompt.
        calls: The items for the answer's ``tool_calls``.
    """

    asked: ChatRequest
    calls: tuple[Mapping[str, Any], ...] = ()


class _UnusableError(Exception):
    """A server cannot be used; the text is for the answer."""


async def served(asked: ChatRequest, state: State, decide: Decide) -> Served:
    """Ask the servers of a request.

    Args:
        asked: The request.
        state: Whether this machine may be asked.
        decide: Makes up an answer; its calls are what a server is asked.
    """
    given = asked.raw.get("tools") or () if "mcp" in asked.facts.tools else ()
    servers = [tool["mcp"] for tool in given if tool["type"] == "mcp"]
    items: list[Mapping[str, Any]] = []
    said: list[Mapping[str, Any]] = []
    for server in servers:
        found, results = await _asked(server, asked, state, decide)
        items += [{"id": f"call_{state.new_hex()}", "type": "mcp", "mcp": item} for item in found]
        said += results
    if not said:
        return Served(asked, tuple(items))
    billed = asked.prompt_tokens + sum(count_text(str(one.get("content"))) for one in said)
    grown = replace(asked, messages=[*asked.messages, *said], prompt_tokens=billed)
    return Served(grown, tuple(items))


async def _asked(
    server: Mapping[str, Any], asked: ChatRequest, state: State, decide: Decide
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The items of one server, and the messages that its results are read as."""
    label = str(server.get("server_label") or "")
    listed: dict[str, Any] = {"id": f"mcp_{state.new_hex()}", "type": "mcp_list_tools"}
    listed["server_label"] = label
    items, said = [listed], list[dict[str, Any]]()
    try:
        async with _session(server, state) as session:
            tools = await _tools(session, server.get("allowed_tools"))
            listed["tools"] = tools
            for call in decide(_offering(asked, tools)).calls:
                item = await _called(session, call)
                items.append({"id": f"mcp_{state.new_hex()}", "server_label": label, **item})
                said += _as_messages(call, item, state)
    except Exception as error:  # noqa: BLE001 - a server's faults are a part of the answer
        (items[-1] if len(items) == 1 else listed)["error"] = _reason(error)
    return items, said


def _reason(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__


@asynccontextmanager
async def _session(server: Mapping[str, Any], state: State) -> AsyncIterator[Any]:
    url, kind = str(server.get("server_url") or ""), server.get("transport_type") or _TRANSPORTS[0]
    if kind not in _TRANSPORTS:
        raise _UnusableError(f"transport_type must be one of {', '.join(_TRANSPORTS)}")
    if not url:
        raise _UnusableError("the emulator has no server of this label: give a server_url")
    if urlsplit(url).scheme not in ("http", "https") or not is_loopback(state, url):
        raise _UnusableError(
            "the emulator asks servers on this machine only, and only with fetch_loopback=True"
        )
    try:
        from mcp import ClientSession
    except ImportError:
        raise _UnusableError("the emulator needs the package mcp for this") from None
    headers = server.get("headers")
    named = {str(k): str(v) for k, v in headers.items()} if isinstance(headers, Mapping) else {}
    async with asyncio.timeout(_SECONDS):
        async with _streams(kind, url, named) as (read, write), ClientSession(read, write) as made:
            await made.initialize()
            yield made


@asynccontextmanager
async def _streams(kind: str, url: str, headers: dict[str, str]) -> AsyncIterator[tuple[Any, Any]]:
    import httpx
    from mcp.client.sse import sse_client
    from mcp.client.streamable_http import streamable_http_client

    # No redirects and no proxies: nothing here may leave the machine.
    def client(headers: Any = None, timeout: Any = _SECONDS, auth: Any = None) -> httpx.AsyncClient:
        return httpx.AsyncClient(headers=headers, timeout=timeout, auth=auth, trust_env=False)

    if kind == "sse":
        async with sse_client(url, headers, httpx_client_factory=client) as (read, write):
            yield read, write
        return
    async with (
        client(headers) as http,
        streamable_http_client(url, http_client=http) as (read, write, _),
    ):
        yield read, write


async def _tools(session: Any, allowed: Any) -> list[dict[str, Any]]:
    found = (await session.list_tools()).tools
    return [
        {
            "name": tool.name,
            "description": tool.description or "",
            "annotations": tool.annotations.model_dump(exclude_none=True)
            if tool.annotations
            else {},
            "input_schema": tool.inputSchema,
        }
        for tool in found
        if not isinstance(allowed, list) or not allowed or tool.name in allowed
    ]


def _offering(asked: ChatRequest, tools: list[dict[str, Any]]) -> ChatRequest:
    """The request as if the tools of the server were its only functions."""
    functions = [
        {
            "name": tool["name"],
            "description": tool["description"],
            "parameters": tool["input_schema"],
        }
        for tool in tools
    ]
    return replace(asked, functions=functions, choice="auto", json_mode=False)


async def _called(session: Any, call: Call) -> dict[str, Any]:
    known = {"type": "mcp_call", "name": call.name, "arguments": call.arguments}
    try:
        answer = await session.call_tool(call.name, json.loads(call.arguments))
    except Exception as error:  # noqa: BLE001 - as above
        return {**known, "error": _reason(error)}
    content = [part.model_dump(exclude_none=True, mode="json") for part in answer.content]
    if answer.isError:
        return {**known, "error": _words(content)}
    return {**known, "output": {"content": content}}


def _words(content: list[dict[str, Any]]) -> str:
    return "\n".join(str(part["text"]) for part in content if part.get("type") == "text")


def _as_messages(call: Call, item: Mapping[str, Any], state: State) -> list[dict[str, Any]]:
    identity = f"call_{state.new_hex()}"
    function = {"name": call.name, "arguments": call.arguments}
    made = {"id": identity, "type": "function", "function": function}
    said = item["error"] if "error" in item else _words(item["output"]["content"])
    return [
        {"role": "assistant", "content": "", "tool_calls": [made]},
        {"role": "tool", "tool_call_id": identity, "content": said},
    ]
