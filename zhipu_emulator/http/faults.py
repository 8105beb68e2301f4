"""Faults, one request at a time: by the header ``x-emulator-fault`` or ``Server.script``.

Several go together, separated by ``;``: ``error=1302; retry-after=2``. The module
``scripting.fault_kinds`` lists them all. ``N`` counts events of a stream (bytes of an answer that
is not streamed) that still go out.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from zhipu_emulator.http import connections
from zhipu_emulator.http.errors import ServiceError, flat
from zhipu_emulator.http.responses import DONE, frame, json_response

if TYPE_CHECKING:
    from starlette.types import Message, Scope, Send

    from zhipu_emulator.http.state import State

_PING = b": ping\n\n"
_PING_EVERY = 0.05
_FOREVER = 3600.0
_FRAMING = (b"content-length", b"transfer-encoding", b"connection")
_WATCH = 0.05
_PAGE = (
    "<html>\r\n<head><title>{0} {1}</title></head>\r\n<body>\r\n<center><h1>{0} {1}</h1></center>"
    "\r\n</body>\r\n</html>\r\n"
)
_REASONS = {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out"}


def instead(orders: Mapping[str, str], language: str) -> Response | None:
    """The reply that a fault puts in the place of the endpoint's."""
    headers = {"Retry-After": orders["retry-after"]} if "retry-after" in orders else {}
    if "error" in orders:
        error = _error(orders["error"], orders.get("message"))
        return json_response(error.body(language), error.status, headers)
    if "status" in orders:
        status = int(orders["status"])
        page = _PAGE.format(status, _REASONS.get(status, "Error"))
        return Response(page, status, {**headers, "Content-Type": "text/html"})
    if "empty" in orders:
        return Response(b"", int(orders["empty"] or 200), headers)
    if "string-error" in orders:
        text = {"error": "Too many requests, please try again later"}
        return json_response(text, int(orders["string-error"] or 429), headers)
    if "flat" in orders:
        error = ServiceError(orders["flat"] or "500")
        return json_response(flat(int(error.code), error.message(language)))
    return None


def _error(order: str, message: str | None) -> ServiceError:
    code, _, status = order.partition("/")
    return ServiceError(code, message, status=int(status) if status else None)


class FaultySend:
    """An ASGI ``send`` that spoils what goes through it."""

    def __init__(self, orders: Mapping[str, str], scope: Scope, send: Send, state: State) -> None:
        self._orders = orders
        self._scope = scope
        self._send = send
        self._state = state
        self._streams = False
        self._sent = 0  # events of a stream
        self._over = False
        self._head: Message = {}
        self._written: list[bytes] = []  # kept where it is needed

    async def begin(self) -> bool:
        """Faults before the answer; False where the answer comes without one."""
        if "delay" in self._orders:
            await self._silence(float(self._orders["delay"]))
        if "drop" in self._orders:
            await connections.cut(self._scope, reset=self._orders["drop"] == "rst")
            return False
        return True

    async def __call__(self, message: Message) -> None:
        """Pass a message on, or not."""
        if self._over:
            return
        if message["type"] == "http.response.start":
            await self._send(self._start(message))
        elif message["type"] == "http.response.body":
            body, more = message.get("body", b""), message.get("more_body", False)
            await (self._event(body, more=more) if self._streams else self._whole(body, more=more))
        else:
            await self._send(message)

    def _start(self, message: Message) -> Message:
        headers = [(name.lower(), value) for name, value in message["headers"]]
        self._streams = any(
            name == b"content-type" and value.startswith(b"text/event-stream")
            for name, value in headers
        )
        if "type" in self._orders:
            headers = [pair for pair in headers if pair[0] != b"content-type"]
            headers.append((b"content-type", self._orders["type"].encode()))
        if "coding" in self._orders:
            headers.append((b"content-encoding", self._orders["coding"].encode()))
        self._head = {**message, "headers": headers}
        return self._head

    async def _whole(self, body: bytes, *, more: bool) -> None:
        for kind in ("cut", "reset", "stall"):
            if kind in self._orders:
                count, seconds = _count(self._orders[kind])
                await self._write(body[:count], more=True)
                await self._end(kind, seconds)
                if self._over:
                    return
                body = body[count:]
        transport = connections.transport_of(self._scope)
        if "extra" in self._orders and transport is not None:
            # Where the length is known, this is the end already.
            connections.cork(transport, on=True)
        await self._write(body, more=True)
        if not more:
            await self._finish()

    async def _event(self, event: bytes, *, more: bool) -> None:
        if event:
            for kind in ("cut", "reset", "stall", "ping-stall", "error-frame"):
                if kind in self._orders and self._sent == _count(self._orders[kind])[0]:
                    await self._end(kind, _count(self._orders[kind])[1])
                    if self._over:
                        return
            for piece in self._spoiled(event):
                await self._write(piece, more=True)
            self._sent += 1
        if not more:
            await self._finish()

    async def _finish(self) -> None:
        end: Message = {"type": "http.response.body", "body": b"", "more_body": False}
        transport = connections.transport_of(self._scope)
        if "extra" not in self._orders or transport is None:
            await self._send(end)
            return
        # In one piece with the end, so that who waits for the end has both.
        connections.cork(transport, on=True)
        await self._send(end)
        transport.write(_on_the_wire(self._head, b"".join(self._written)))
        connections.cork(transport, on=False)

    async def _end(self, kind: str, value: float) -> None:
        if kind in ("cut", "reset"):
            self._over = True
            await connections.cut(self._scope, reset=kind == "reset")
        elif kind == "stall":
            await self._silence(value or _FOREVER)
        elif kind == "ping-stall":
            loop = asyncio.get_running_loop()
            until = loop.time() + (value or _FOREVER)
            while loop.time() < until and connections.transport_of(self._scope):
                await self._write(_PING, more=True)
                await asyncio.sleep(_PING_EVERY)
            self._over = True
            await connections.cut(self._scope)
        else:
            error = ServiceError(str(int(value)))
            body = {**error.body(self._scope["emulator.language"])}
            await self._write(frame({**body, "request_id": self._state.new_id()}), more=True)
            await self._write(DONE, more=False)
            self._over = True

    async def _silence(self, seconds: float) -> None:
        """Wait, but not longer than the client is there."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        there = partial(connections.transport_of, self._scope)
        while (left := until - loop.time()) > 0 and there() is not None:  # noqa: ASYNC110
            await asyncio.sleep(min(left, _WATCH))

    async def _write(self, data: bytes, *, more: bool) -> None:
        size = int(self._orders.get("chop") or 0) or max(len(data), 1)
        pause = float(self._orders.get("pace") or 0)
        pieces = [data[i : i + size] for i in range(0, len(data), size)] or [b""]
        for index, piece in enumerate(pieces):
            last = index == len(pieces) - 1
            if "extra" in self._orders:
                self._written.append(piece)
            await self._send(
                {"type": "http.response.body", "body": piece, "more_body": more or not last}
            )
            if pause:
                await asyncio.sleep(pause)

    def _spoiled(self, event: bytes) -> list[bytes]:
        orders, found = self._orders, _parsed(event)
        finishing = found is not None and "finish_reason" in (found.get("choices") or [{}])[0]
        if "no-finish" in orders and (finishing or event == DONE):
            return []
        if "no-done" in orders and event == DONE:
            return []
        for kind in ("splice", "garbage", "bad-utf8"):
            if kind in orders and self._sent == _count(orders[kind])[0]:
                event = self._broken(kind, event, found)
        if found is not None and "call-index" in orders:
            event = _reindexed(event, found, int(orders["call-index"]))
        events = [event]
        if finishing and found is not None and "finish-twice" in orders:
            first = {key: value for key, value in found.items() if key != "usage"}
            events = [frame(first), event]
        if "crlf" in orders:
            events = [one.replace(b"\n", b"\r\n") for one in events]
        return [_PING] * int(orders.get("ping") or 0) + events

    def _broken(self, kind: str, event: bytes, found: dict[str, Any] | None) -> bytes:
        if kind == "garbage":
            return b'data: {"id": oops\n\n'
        if kind == "bad-utf8":
            return event.rstrip(b"\n}") + b"\xff\xfe}\n\n"
        other = frame({**(found or {}), "id": self._state.new_id()})
        return event[: len(event) // 2] + other


def _on_the_wire(head: Message, body: bytes) -> bytes:
    kept = [pair for pair in head["headers"] if pair[0] not in _FRAMING]
    headers = [*kept, (b"content-length", b"%d" % len(body))]
    lines = [b"HTTP/1.1 %d OK" % head["status"], *(b"%b: %b" % pair for pair in headers)]
    return b"\r\n".join([*lines, b"", body])


def _count(order: str) -> tuple[int, float]:
    count, _, value = order.partition("/")
    return int(count or 0), float(value or 0)


def _parsed(event: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(event.removeprefix(b"data:"))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _reindexed(event: bytes, found: dict[str, Any], index: int) -> bytes:
    choices = found.get("choices") or [{}]
    calls = choices[0].get("delta", {}).get("tool_calls")
    if not calls:
        return event
    for call in calls:
        call["index"] = index
    return frame(found)
