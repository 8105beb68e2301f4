"""What happens to every request before an endpoint sees it: record, authenticate, faults."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from zhipu_emulator.http import auth, errors, faults
from zhipu_emulator.http.faults import FaultySend
from zhipu_emulator.http.json_depth import decoded
from zhipu_emulator.http.responses import DONE, frame, json_response, sse_response
from zhipu_emulator.scripting.items import Answer, Fault, Item

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from zhipu_emulator.http.state import State

_CONSOLE = ("/api/v1/", "/api/monitor/")
_CONTROL = "/emulator/"
_CHAT = "/chat/completions"
_PUBLIC = ("/files/", "/pages/")  # what answers link to: fetched without a key


class Gateway:
    """ASGI middleware around the router."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self.app = app
        self.state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = await _read(receive, self.state.options.max_body)
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        scope["emulator.language"] = self._language(headers)
        record = _record(scope, headers, body)
        scope["emulator.record"] = record
        control = scope["path"].startswith(_CONTROL)
        if not control:
            with self.state.lock:
                self.state.requests.add(record, self.state.options.keep_bytes)
        if scope["path"].startswith(_PUBLIC):
            await self.app(scope, _replay(body, receive), send)
            return
        try:
            scope["emulator.key"] = auth.authenticate(
                headers.get("authorization"),
                self.state.options.api_keys,
                self.state.options.clock(),
            )
        except errors.ServiceError as error:
            await self._refuse(error, scope, receive, send)
            return
        if control:
            await self.app(scope, _replay(body, receive), send)
            return
        asked = record["json"] if isinstance(record["json"], dict) else {}
        model = asked.get("model") or asked.get("agent_id")
        limit = self.state.options.max_in_flight if model else None
        with self.state.slot((scope["emulator.key"], str(model)[:100]), limit) as granted:
            if granted:
                if self.state.options.latency:
                    await asyncio.sleep(self.state.options.latency)
                await self._answer(scope, _replay(body, receive), send)
                return
        await self._refuse(errors.ServiceError("1302"), scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the key, record the opening, and let the endpoint talk."""
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        scope["emulator.language"] = self._language(headers)
        record = _record({**scope, "method": "WEBSOCKET"}, headers, b"")
        with self.state.lock:
            self.state.requests.add(record, self.state.options.keep_bytes)
        options = self.state.options
        try:
            scope["emulator.key"] = auth.authenticate(
                headers.get("authorization"), options.api_keys, options.clock()
            )
        except errors.ServiceError as error:
            await receive()  # the opening
            await self._refuse(error, scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the endpoint answer, or what was ordered instead."""
        try:
            item = self._ordered(scope)
        except ValueError as error:
            refusal = errors.ServiceError("1210", str(error))
            await self._refuse(refusal, scope, receive, send)
            return
        fault = item.fault if isinstance(item, Answer) else item
        if fault is not None:
            spoiling = FaultySend(fault.orders, scope, send, self.state)
            if not await spoiling.begin():
                return
            send = spoiling
            scope["emulator.finish"] = fault.orders.get("finish")
        scope["emulator.habits"] = (
            *(item.habits if isinstance(item, Answer) else ()),
            *(fault.habits if fault is not None else ()),
        )
        if item is None and self.state.options.scripted_only and scope["path"].endswith(_CHAT):
            why = self.state.script.why_nothing(scope["path"], scope["emulator.record"]["json"])
            refusal = errors.ServiceError("1210", why)
            await self._refuse(refusal, scope, receive, send)
            return
        app: ASGIApp = self.app
        if isinstance(item, Answer):
            scope["emulator.answer"] = item
            app = _scripted(item) or app
        elif fault is not None:
            app = faults.instead(fault.orders, scope["emulator.language"]) or app
        await app(scope, receive, send)

    def _ordered(self, scope: Scope) -> Item:
        for name, value in scope["headers"]:
            if name == b"x-emulator-fault":
                return Fault.parse(value.decode("latin-1"))
        ordered = self.state.script.take(scope["path"], scope["emulator.record"]["json"])
        return self.state.fault() if ordered is None else ordered

    def _language(self, headers: dict[str, str]) -> str:
        english = headers.get("accept-language", "").lower().startswith("en")
        return "en" if english or self.state.options.site == "zai" else "zh"

    async def _refuse(
        self, error: errors.ServiceError, scope: Scope, receive: Receive, send: Send
    ) -> None:
        language = scope["emulator.language"]
        if scope["path"].startswith(_CONSOLE):
            reply = json_response(errors.flat(int(error.code), error.message(language)))
        else:
            reply = json_response(error.body(language), error.status, error.headers)
        await reply(scope, receive, send)


def _scripted(answer: Answer) -> Response | None:
    """The response that an answer asks for; None when the endpoint is to write it."""
    if answer.frames is not None or answer.chunks is not None:
        frames = list(answer.frames or (frame(chunk) for chunk in answer.chunks or ()))
        if answer.frames is None and answer.done:
            frames.append(DONE)
        return sse_response(frames, answer.status, answer.headers)
    if answer.message is not None or answer.made_up:
        return None
    return json_response(answer.json, answer.status, answer.headers)


async def _read(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        part = message.get("body", b"")
        size += len(part)
        if size <= limit:
            parts.append(part)
        if not message.get("more_body"):
            break
    return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _record(scope: Scope, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    shown = dict(headers)
    if "authorization" in shown:
        shown["authorization"] = auth.masked(shown["authorization"])
    parsed: Any = None
    if "json" in headers.get("content-type", "") or body[:1] in (b"{", b"["):
        try:
            parsed = decoded(body)
        except ValueError:
            parsed = None
    return {
        "method": scope["method"],
        "path": scope["path"],
        "query": dict(parse_qsl(scope["query_string"].decode("latin-1"))),
        "headers": shown,
        "json": parsed,
        "size": len(body),
    }
