"""The scenarios that the checks queue on a `FaultServer`. Each call returns one."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from .frames import TEXT, completion, error_body, stream_frames
from .server import Exchange, Framing, Scenario

__all__ = [
    "Ending",
    "answer",
    "by_mode",
    "chosen",
    "close_early",
    "dribble",
    "echo",
    "endless_line",
    "error",
    "flood",
    "framing_dribbles",
    "gzipped",
    "heads_dribble",
    "healthy",
    "interim",
    "packed",
    "page",
    "pings",
    "redirect",
    "reset_early",
    "short_body",
    "stalled",
    "stream",
]

#: How a stream ends: whole; in order; reset; or not at all until the client leaves.
Ending = Literal["whole", "fin", "rst", "hold"]
SSE = {"Content-Type": "text/event-stream;charset=UTF-8"}
JSON = {"Content-Type": "application/json; charset=UTF-8"}


def page(
    body: bytes,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    kind: str = "text/html",
) -> Scenario:
    """Any body, in one piece with a length."""

    async def run(exchange: Exchange) -> None:
        fields = {"Content-Type": kind, **(headers or {})}
        await exchange.head(status, fields, framing="length", length=len(body))
        await exchange.body(body)

    return run


def answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Scenario:
    """A JSON body."""
    body = json.dumps(data, ensure_ascii=False).encode()
    return page(body, status, headers, kind=JSON["Content-Type"])


def error(
    status: int, code: str | None = None, headers: Mapping[str, str] | None = None, **more: Any
) -> Scenario:
    """An error in the service's shape."""
    return answer(error_body(code, **more), status, headers)


def stream(
    *frames: bytes,
    end: Ending = "whole",
    framing: Framing = "chunked",
    pause: float = 0.0,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Scenario:
    """Events, each written by itself, and an ending. ``pause`` seconds between two of them."""

    async def run(exchange: Exchange) -> None:
        await exchange.head(status, {**SSE, **(headers or {})}, framing=framing)
        for item in frames:
            await exchange.body(item)
            if pause:
                await asyncio.sleep(pause)
        await _end(exchange, end)

    return run


async def _end(exchange: Exchange, end: Ending) -> None:
    if end == "whole":
        await exchange.finish()
    elif end == "fin":
        await exchange.fin()
    elif end == "rst":
        await exchange.rst()
    else:
        await exchange.until_gone(10)


def chosen(pick: Callable[[Exchange], Scenario]) -> Scenario:
    """A scenario chosen by looking at the request."""

    async def run(exchange: Exchange) -> None:
        await pick(exchange)(exchange)

    return run


def by_mode(plain: Scenario, streamed: Scenario) -> Scenario:
    """One scenario for calls that ask for a stream and one for those that do not."""
    return chosen(lambda exchange: streamed if exchange.request.streamed else plain)


def healthy(text: str = TEXT, *, after: float = 0.0) -> Scenario:
    """The whole answer, streamed or not as asked, ``after`` seconds."""
    frames = stream_frames() if text == TEXT else stream_frames(text)
    mode = by_mode(answer(completion(text)), stream(*frames))

    async def run(exchange: Exchange) -> None:
        if after:
            await asyncio.sleep(after)
        await mode(exchange)

    return run


def together(count: int, *, limit: float = 20.0) -> Scenario:
    """The whole answer, once ``count`` requests were in flight, or after ``limit`` seconds."""
    answered = healthy()

    async def run(exchange: Exchange) -> None:
        await asyncio.to_thread(
            exchange.server.wait_for, lambda server: server.most_in_flight >= count, limit
        )
        await answered(exchange)

    return run


def echo(*, after: float = 0.0) -> Scenario:
    """The whole answer says the prompt again."""
    return chosen(lambda exchange: healthy(exchange.request.prompt, after=after))


def reset_early() -> Scenario:
    """Reset before any byte of an answer."""

    async def run(exchange: Exchange) -> None:
        await exchange.rst(after=0)

    return run


def close_early() -> Scenario:
    """Close in order before any byte of an answer."""

    async def run(exchange: Exchange) -> None:
        await exchange.fin()

    return run


def short_body(body: bytes, keep: int) -> Scenario:
    """Announce all of the body, send ``keep`` bytes of it and close."""

    async def run(exchange: Exchange) -> None:
        await exchange.head(200, JSON, framing="length", length=len(body))
        await exchange.body(body[:keep])
        await exchange.fin()

    return run


def dribble(body: bytes, every: float, *, status: int = 200) -> Scenario:
    """A byte each ``every`` seconds."""

    async def run(exchange: Exchange) -> None:
        await exchange.head(status, JSON, framing="length", length=len(body))
        for number in range(len(body)):
            await exchange.body(body[number : number + 1])
            if await exchange.until_gone(every):
                return

    return run


def stalled(*frames: bytes) -> Scenario:
    """Some events, then silence with the connection open; without events, silence at once."""

    async def run(exchange: Exchange) -> None:
        if frames:
            await exchange.head(200, SSE)
        for item in frames:
            await exchange.body(item)
        await exchange.until_gone(10)

    return run


def pings(*frames: bytes, every: float, ping: bytes = b": ping\n\n") -> Scenario:
    """Some events, then only pings, until the client leaves."""

    async def run(exchange: Exchange) -> None:
        await exchange.head(200, SSE)
        for item in frames:
            await exchange.body(item)
        for _ in range(int(10 / every)):
            await exchange.body(ping)
            if await exchange.until_gone(every):
                return

    return run


def heads_dribble(every: float) -> Scenario:
    """The head of an answer, a byte each ``every`` seconds, without an end."""

    async def run(exchange: Exchange) -> None:
        await exchange.raw(b"HTTP/1.1 200 OK\r\nX-Padding: ")
        for _ in range(int(10 / every)):
            await exchange.raw(b"a")
            if await exchange.until_gone(every):
                return

    return run


def interim(every: float = 0.0) -> Scenario:
    """Interim answers (103), one each ``every`` seconds, without an end."""

    async def run(exchange: Exchange) -> None:
        async with asyncio.timeout(10):
            while True:
                await exchange.raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
                if await exchange.until_gone(every or 0.001):
                    return

    return run


def framing_dribbles(*frames: bytes, every: float) -> Scenario:
    """Some events, then a chunk's extension that comes byte by byte: bytes, but none of a body."""

    async def run(exchange: Exchange) -> None:
        await exchange.head(200, SSE)
        for item in frames:
            await exchange.body(item)
        await exchange.raw(b"1;x=")
        for _ in range(int(10 / every)):
            await exchange.raw(b"a")
            if await exchange.until_gone(every):
                return

    return run


def flood(*frames: bytes, filler: bytes) -> Scenario:
    """Some events, then ``filler`` as fast as it is read, without an end."""

    async def run(exchange: Exchange) -> None:
        await exchange.head(200, SSE)
        for item in frames:
            await exchange.body(item)
        async with asyncio.timeout(30):
            while True:
                await exchange.body(filler)

    return run


def redirect(to: str, status: int = 307) -> Scenario:
    return page(b"", status, {"Location": to})


def endless_line(megabytes: int) -> Scenario:
    """One event line of that many megabytes that has no end."""
    block = b"x" * 65536

    async def run(exchange: Exchange) -> None:
        await exchange.head(200, SSE)
        await exchange.body(b'data: {"choices": "')
        for _ in range(megabytes * 16):
            await exchange.body(block)
        await exchange.fin()

    return run


def gzipped(parts: Iterable[bytes], kind: str = JSON["Content-Type"]) -> Scenario:
    """A body that is compressed; ``parts`` are packed beforehand."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    body = b"".join([packer.compress(part) for part in parts]) + packer.flush()
    return packed(body, "gzip", kind)


def packed(body: bytes, coding: str, kind: str = JSON["Content-Type"]) -> Scenario:
    """A body as it is, with a ``Content-Encoding``."""
    return page(body, 200, {"Content-Encoding": coding}, kind)
