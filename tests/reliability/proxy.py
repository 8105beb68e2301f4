"""A CONNECT proxy on loopback: tunnels bytes, and remembers who asked for what."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from types import TracebackType
from typing import Self

from .server import loop_thread

__all__ = ["ConnectProxy"]


class ConnectProxy:
    """Tunnels ``CONNECT`` requests, forwards plain ``http://`` ones. A context manager.

    Args:
        status: What a CONNECT is answered with; anything but 200 refuses it.
        to: Where tunnels really lead, as ``(host, port)``; None for where they asked to go.
        dribbles: Answer a CONNECT a byte each so many seconds, without an end.
    """

    def __init__(
        self,
        status: int = 200,
        to: tuple[str, int] | None = None,
        dribbles: float | None = None,
    ) -> None:
        self.status = status
        self.to = to
        self.dribbles = dribbles
        #: The request lines that came.
        self.asked: list[str] = []
        self.tunnelled = 0

    def __enter__(self) -> Self:
        self._loop = loop_thread()
        sock = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        asyncio.run_coroutine_threadsafe(self._listen(sock), self._loop).result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._server.close)

    async def _listen(self, sock: socket.socket) -> None:
        self._server = await asyncio.start_server(self._serve, sock=sock)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            line = head.split(b"\r\n", 1)[0].decode()
            self.asked.append(line)
            method, target, _ = line.split(" ")
            if method == "CONNECT":
                await self._tunnel(target, reader, writer)
            else:
                await self._forward(target, head, reader, writer)
        writer.close()

    async def _tunnel(
        self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self.dribbles is not None:
            writer.write(b"HTTP/1.1 200 So\r\nX-Padding: ")
            for _ in range(int(10 / self.dribbles)):
                writer.write(b"a")
                await writer.drain()
                await asyncio.sleep(self.dribbles)
            return
        writer.write(b"HTTP/1.1 %d So\r\nContent-Length: 0\r\n\r\n" % self.status)
        if self.status != 200:
            await writer.drain()
            return
        host, _, port = target.rpartition(":")
        far = await asyncio.open_connection(*(self.to or (host, int(port))))
        self.tunnelled += 1
        await asyncio.gather(_pump(reader, far[1]), _pump(far[0], writer))

    async def _forward(
        self, target: str, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        host, _, port = target.split("/")[2].partition(":")
        far = await asyncio.open_connection(*(self.to or (host, int(port or 80))))
        far[1].write(head)
        self.tunnelled += 1
        await asyncio.gather(_pump(reader, far[1]), _pump(far[0], writer))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    with contextlib.suppress(OSError):
        sink.close()
