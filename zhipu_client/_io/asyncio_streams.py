"""Connections over asyncio's own transports, for httpcore.

httpcore comes to asyncio by way of anyio, whose streams stop and start the selector around every
read and let the event loop run at every write: half of what a chunk of a stream costs. Here anyio
makes the connection to a name, with its care for several addresses and for a caller who goes away,
and then asyncio's transport is read and written.
"""

from __future__ import annotations

import asyncio
import ipaddress
import select
import ssl
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import anyio
import httpcore

__all__ = ["AsyncioBackend"]

#: Pieces that wait for a reader, from which on the peer has to: each has up to 256 KB.
_WAITING = 2


class AsyncioBackend(httpcore.AsyncNetworkBackend):
    """A backend of httpcore's for asyncio.

    Args:
        inner: What makes connections, over anyio. Its streams are used as they are where they have
            no transport of asyncio's.
    """

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        if local_address is None and isinstance(loop, asyncio.BaseEventLoop) and _is_address(host):
            return await _connected(loop, host, port, timeout, socket_options or ())
        made = await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        over_anyio = getattr(made, "_stream", None)
        transport = getattr(over_anyio, "_transport", None)
        before = getattr(over_anyio, "_protocol", None)
        if not isinstance(transport, asyncio.Transport) or not hasattr(before, "read_queue"):
            return made
        protocol = _Protocol(before)
        transport.set_protocol(protocol)
        return _Stream(transport, protocol)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _connected(
    loop: asyncio.AbstractEventLoop,
    host: str,
    port: int,
    timeout: float | None,
    options: Iterable[Any],
) -> httpcore.AsyncNetworkStream:
    """Connect to an address. It needs no race between several, which costs more than connecting."""
    try:
        with anyio.fail_after(timeout):
            transport, protocol = await loop.create_connection(_Protocol, host, port)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(str(error)) from error
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    transport.set_write_buffer_limits(0)  # a write waits until the system has it all
    found = transport.get_extra_info("socket")
    for option in options:
        found.setsockopt(*option)
    return _Stream(transport, protocol)


class _Protocol(asyncio.Protocol):
    """What has come and was not read yet.

    Args:
        before: The protocol that anyio had in its place, if it had.
    """

    def __init__(self, before: Any = None) -> None:
        self.read_queue: deque[bytes] = deque(before.read_queue if before is not None else ())
        self.over = bool(before is not None and before.is_at_eof)
        self.error: Exception | None = before.exception if before is not None else None
        #: Who waits for bytes; who waits for those that were written to be on their way.
        self.reader: asyncio.Future[bool] | None = None
        self.writer: asyncio.Future[bool] | None = None
        self.transport: asyncio.Transport | None = None
        self.is_full = False
        self.is_tls = False

    def data_received(self, data: bytes) -> None:
        self.read_queue.append(bytes(data))  # asyncio's proactor has a bytearray
        if len(self.read_queue) >= _WAITING and self.transport is not None:
            self.transport.pause_reading()
        _wake(self.reader)

    def eof_received(self) -> bool:
        self.over = True
        _wake(self.reader)
        return not self.is_tls  # the answer to the end is not to close, but asyncio's TLS will

    def connection_lost(self, exc: Exception | None) -> None:
        self.over, self.transport = True, None
        self.error = self.error or exc
        _wake(self.reader)
        _wake(self.writer)

    def pause_writing(self) -> None:
        self.is_full = True

    def resume_writing(self) -> None:
        self.is_full = False
        _wake(self.writer)


class _Stream(httpcore.AsyncNetworkStream):
    """One connection."""

    def __init__(self, transport: asyncio.Transport, protocol: _Protocol) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = protocol.transport = transport
        self._protocol = protocol
        self._closed = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        protocol = self._protocol
        if protocol.read_queue:
            await asyncio.sleep(0)  # a peer that is faster than its reader leaves others a turn
        elif not (protocol.over or self._closed):
            self._transport.resume_reading()
            protocol.reader = self._loop.create_future()
            try:
                if not await self._within(timeout, protocol.reader):
                    raise httpcore.ReadTimeout
            finally:
                protocol.reader = None
        if self._closed:
            raise httpcore.ReadError("the connection was closed")
        if not protocol.read_queue:
            if protocol.error is not None:
                raise httpcore.ReadError(str(protocol.error)) from protocol.error
            return b""
        data = protocol.read_queue.popleft()
        if len(data) > max_bytes:
            protocol.read_queue.appendleft(data[max_bytes:])
            data = data[:max_bytes]
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        protocol = self._protocol
        self._check_writable()
        self._transport.write(buffer)
        if protocol.is_full:
            protocol.writer = self._loop.create_future()
            try:
                if not await self._within(timeout, protocol.writer):
                    raise httpcore.WriteTimeout
            finally:
                protocol.writer = None
            self._check_writable()

    def _check_writable(self) -> None:
        if self._closed or self._transport.is_closing() or self._protocol.error is not None:
            reason = self._protocol.error or "the connection was closed"
            raise httpcore.WriteError(str(reason)) from self._protocol.error

    async def _within(self, seconds: float | None, waiter: asyncio.Future[bool]) -> bool:
        """Wait to be woken; False where that took too long."""
        if seconds is None:
            return await waiter
        timer = self._loop.call_later(seconds, _give_up, waiter)
        try:
            return await waiter
        finally:
            timer.cancel()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self._protocol.is_tls = True
        try:
            with anyio.fail_after(timeout):
                transport = await self._loop.start_tls(
                    self._transport,
                    self._protocol,
                    ssl_context,
                    server_hostname=server_hostname,
                    ssl_handshake_timeout=None if timeout is None else timeout + 60,
                )
        except BaseException as error:
            with anyio.CancelScope(shield=True):
                await self.aclose()
            if isinstance(error, TimeoutError):
                raise httpcore.ConnectTimeout from error
            if isinstance(error, OSError):  # that of TLS too
                raise httpcore.ConnectError(str(error)) from error
            raise
        if transport is None:
            raise httpcore.ConnectError("the connection was closed")
        transport.set_write_buffer_limits(1)  # at 0 it would wait for itself
        self._closed = True  # the new one closes the connection
        return _Stream(transport, self._protocol)

    async def aclose(self) -> None:
        self._closed = True
        self._transport.abort()
        await asyncio.sleep(0)  # its socket is closed at the loop's next turn

    def get_extra_info(self, info: str) -> Any:
        if info == "client_addr":
            return self._transport.get_extra_info("sockname")
        if info == "server_addr":
            return self._transport.get_extra_info("peername")
        if info == "is_readable":
            return bool(self._protocol.read_queue) or self._protocol.over or self._has_news()
        return self._transport.get_extra_info(info)

    def _has_news(self) -> bool:
        """Return whether the socket has something that the event loop has not looked at yet."""
        found = self._transport.get_extra_info("socket")
        number = -1 if found is None else found.fileno()
        if number < 0:
            return True
        if not hasattr(select, "poll"):
            return bool(select.select([number], [], [], 0)[0])
        poll = select.poll()
        poll.register(number, select.POLLIN)
        return bool(poll.poll(0))

    def __del__(self) -> None:
        # The event loop keeps a transport that it reads from, whoever else has dropped it.
        if not getattr(self, "_closed", True):
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._transport.abort)


def _wake(waiter: asyncio.Future[bool] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(True)


def _give_up(waiter: asyncio.Future[bool]) -> None:
    if not waiter.done():
        waiter.set_result(False)
