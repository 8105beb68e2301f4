"""A loopback HTTP server that misbehaves on demand, byte by byte.

It knows no web framework, no HTTP library and nothing of the emulator: what goes over the wire is
written out by the scenario that a test queues. One event loop in a background thread carries all
servers of a process; a server is one listening socket, so it starts in about a millisecond and
each test has its own, with its own counters.

    with FaultServer(stream(*frames, end="rst"), answer({"choices": []})) as server:
        client = Client(base_url=server.base_url, api_key="x.y")

The first request gets the first scenario, the second the second, and the last one repeats.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

__all__ = ["Exchange", "FaultServer", "Framing", "Received", "Scenario", "loop_thread"]

Framing = Literal["chunked", "length", "close"]
Scenario = Callable[["Exchange"], Awaitable[None]]

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def loop_thread() -> asyncio.AbstractEventLoop:
    """The loop that all servers of this process run on, started by the first one."""
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="fault-servers", daemon=True).start()
        return _loop


@dataclass
class Received:
    """One request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    #: Which connection of the server it came on, from 0.
    connection: int
    at: float = field(default_factory=time.monotonic)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def prompt(self) -> str:
        """The text of the last message."""
        content = self.json["messages"][-1]["content"]
        return content if isinstance(content, str) else str(content[-1].get("text"))

    @property
    def streamed(self) -> bool:
        return bool(self.body) and self.json.get("stream") is True


class Gone(Exception):
    """The client has closed the connection; the scenario ends."""


class Exchange:
    """One request and the means to answer it, properly or not."""

    def __init__(
        self,
        server: FaultServer,
        request: Received,
        number: int,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self.server = server
        self.request = request
        #: Requests that this server had before this one.
        self.number = number
        self._reader, self._writer = streams
        self._framing: Framing = "length"
        self.keep = True

    async def raw(self, data: bytes) -> None:
        """Write bytes as they are."""
        self._writer.write(data)
        try:
            await self._writer.drain()
        except OSError as error:
            raise Gone from error

    async def head(
        self,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        *,
        framing: Framing = "chunked",
        length: int | None = None,
    ) -> None:
        """The status line and headers; ``length`` only with the framing of that name."""
        self._framing = framing
        lines = [f"HTTP/1.1 {status} Said so"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if framing == "chunked":
            lines.append("Transfer-Encoding: chunked")
        elif framing == "length":
            lines.append(f"Content-Length: {length or 0}")
        else:
            lines.append("Connection: close")
            self.keep = False
        await self.raw("\r\n".join([*lines, "", ""]).encode("latin-1"))

    async def body(self, data: bytes) -> None:
        """A piece of the body in the framing that the head announced."""
        if self._framing != "chunked":
            await self.raw(data)
        elif data:
            await self.raw(b"%x\r\n%b\r\n" % (len(data), data))

    async def finish(self) -> None:
        """The proper end of the body."""
        if self._framing == "chunked":
            await self.raw(b"0\r\n\r\n")

    async def fin(self) -> None:
        """Close the connection in order, wherever the answer was."""
        self.keep = False
        with contextlib.suppress(OSError):
            await self._writer.drain()
            self._writer.close()

    async def rst(self, *, after: float = 0.02) -> None:
        """Reset the connection; the pause lets what was sent arrive before."""
        await asyncio.sleep(after)
        self.keep = False
        linger = struct.pack("ii", 1, 0)
        with contextlib.suppress(OSError):
            sock = self._writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._writer.transport.abort()

    async def until_gone(self, limit: float) -> bool:
        """Wait until the client hangs up; False when it is still there after ``limit`` seconds."""
        try:
            async with asyncio.timeout(limit):
                gone = await self._reader.read(1) == b""
        except TimeoutError:
            return False
        except OSError:
            gone = True
        self.keep = False
        return gone


class FaultServer:
    """One listening socket on 127.0.0.1 with a queue of scenarios. A context manager.

    Args:
        script: What the first, second, … request gets; the last one repeats.
        tls: The server side of TLS, for ``https``.
    """

    def __init__(self, *script: Scenario, tls: ssl.SSLContext | None = None) -> None:
        self.script = list(script)
        self.tls = tls
        self.requests: list[Received] = []
        #: Connections accepted since the start, and those still open.
        self.accepted = 0
        self.open = 0
        self.in_flight = 0
        self.most_in_flight = 0
        #: What went wrong inside a scenario; a test that ends with any of these fails.
        self.failures: list[BaseException] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._change = threading.Condition()

    def __enter__(self) -> Self:
        self._loop = loop_thread()
        sock = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = int(sock.getsockname()[1])
        self._run(self._listen(sock))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._run(self._stop())
        if self.failures and error is None:
            raise self.failures[0]

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.url}/api/paas/v4"

    def wait_for(self, what: Callable[[FaultServer], bool], limit: float = 5.0) -> bool:
        """Wait until ``what(server)`` is true; False when it is not after ``limit`` seconds."""
        with self._change:
            return self._change.wait_for(lambda: what(self), limit)

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self, sock: socket.socket) -> None:
        self._server = await asyncio.start_server(self._serve, sock=sock, ssl=self.tls)

    async def _stop(self) -> None:
        # A connection that is being accepted right now would be lost half made.
        for _ in range(5):
            await asyncio.sleep(0)
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        with self._change:
            yield
            self._change.notify_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        # asyncio sets it for sockets that it made itself only; without it each answer that is
        # written in two pieces takes 40 ms.
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._changing():
            number, self.accepted, self.open = self.accepted, self.accepted + 1, self.open + 1
        try:
            while await self._one(reader, writer, number):
                pass
        except (OSError, Gone, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        except BaseException as error:
            self.failures.append(error)
        finally:
            self._tasks.discard(task)
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()
            with self._changing():
                self.open -= 1

    async def _one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int
    ) -> bool:
        request = await _read_request(reader, connection)
        if request is None:
            return False
        with self._changing():
            number = len(self.requests)
            self.requests.append(request)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        exchange = Exchange(self, request, number, (reader, writer))
        try:
            await self.script[min(number, len(self.script) - 1)](exchange)
        finally:
            with self._changing():
                self.in_flight -= 1
        return exchange.keep and request.headers.get("connection", "").lower() != "close"


async def _read_request(reader: asyncio.StreamReader, connection: int) -> Received | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *rest = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.split(":", 1) for line in rest if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    if headers.get("transfer-encoding") == "chunked":
        body = b"".join([piece async for piece in _dechunk(reader)])
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, path, headers, body, connection)


async def _dechunk(reader: asyncio.StreamReader) -> Any:
    while size := int((await reader.readline()).strip() or b"0", 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readline()
