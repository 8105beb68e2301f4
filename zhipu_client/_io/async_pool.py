"""A pool of asynchronous connections: last used first, every step O(1).

httpcore's own pool (1.0) gives a cancelled request's connection away for good and looks at every
connection for each request: 200 requests at once on a warm pool take five times as long as need
be. This one keeps httpcore's connections, which are sound, and replaces only who gets which.
It has no limit: the number in flight is the gate's to decide.
"""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import AsyncIterator, Iterable
from types import TracebackType
from typing import Any, Self, TypeAlias

import anyio
import httpcore

from zhipu_client._io.async_backend import ClosingBackend
from zhipu_client._io.asyncio_streams import AsyncioBackend
from zhipu_client._io.leftover_bytes import left_over

__all__ = ["LastUsedFirstPool"]

_Host: TypeAlias = tuple[bytes, bytes, int]


class LastUsedFirstPool:
    """Takes the place of ``httpx.AsyncHTTPTransport``'s ``httpcore.AsyncConnectionPool``.

    Args:
        ssl_context: For https.
        keepalive_expiry: Seconds that an idle connection is kept.
        max_idle: Idle connections kept per host.
        socket_options: For each new socket.
    """

    def __init__(
        self,
        ssl_context: ssl.SSLContext | None,
        *,
        keepalive_expiry: float,
        max_idle: int,
        socket_options: Iterable[Any] = (),
    ) -> None:
        self._ssl_context = ssl_context
        self._keepalive_expiry = keepalive_expiry
        self._max_idle = max_idle
        self._socket_options = list(socket_options)
        over_anyio = ClosingBackend(httpcore.AnyIOBackend(), self._socket_options)
        self._backend = AsyncioBackend(over_anyio)
        self._idle: dict[_Host, deque[httpcore.AsyncHTTPConnection]] = {}
        self._busy: dict[httpcore.AsyncHTTPConnection, _Host] = {}

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send one request on the connection used last, or on a new one."""
        while True:
            connection = await self._take(request.url.origin)
            try:
                response = await connection.handle_async_request(request)
            except httpcore.ConnectionNotAvailable:
                # It closed between the look at it and the request: nothing was sent.
                await self._discard(connection)
                continue
            except BaseException:
                await self._discard(connection)
                raise
            _quicken(connection)
            return httpcore.Response(
                response.status,
                headers=response.headers,
                content=_Body(response.stream, self, connection),
                extensions=response.extensions,
            )

    async def _take(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        host = (origin.scheme, origin.host, origin.port)
        idle = self._idle.get(host)
        while idle:
            connection = idle.pop()
            fresh = connection.is_available() and not connection.has_expired()
            if fresh and not left_over(connection):
                self._busy[connection] = host
                return connection
            await self._discard(connection)
        connection = httpcore.AsyncHTTPConnection(
            origin=origin,
            ssl_context=self._ssl_context,
            keepalive_expiry=self._keepalive_expiry,
            socket_options=self._socket_options,
            network_backend=self._backend,
        )
        self._busy[connection] = host
        return connection

    async def _discard(self, connection: httpcore.AsyncHTTPConnection) -> None:
        self._busy.pop(connection, None)
        # Shielded: the usual reason to be here is that the task was cancelled.
        with anyio.CancelScope(shield=True):
            await connection.aclose()

    async def release(self, connection: httpcore.AsyncHTTPConnection) -> None:
        """Keep the connection of a finished response if it can serve again."""
        if connection not in self._busy:
            return
        if not connection.is_idle() or left_over(connection):
            await self._discard(connection)
            return
        idle = self._idle.setdefault(self._busy.pop(connection), deque())
        idle.append(connection)
        # The left end was used longest ago, so one look there keeps the whole queue fresh.
        while len(idle) > self._max_idle or (len(idle) > 1 and idle[0].has_expired()):
            await self._discard(idle.popleft())

    async def aclose(self) -> None:
        """Close every connection, idle or not."""
        for connection in self._all():
            await self._discard(connection)

    def close_sockets(self) -> None:
        """Close without an event loop, for when the one these belong to is gone."""
        for connection in self._all():
            inner = getattr(connection, "_connection", None)
            stream = getattr(inner, "_network_stream", None)
            raw = stream.get_extra_info("socket") if stream is not None else None
            if raw is not None:
                # asyncio hands out a TransportSocket, whose own close is deprecated.
                getattr(raw, "_sock", raw).close()

    def _all(self) -> list[httpcore.AsyncHTTPConnection]:
        found = [*self._busy, *(one for idle in self._idle.values() for one in idle)]
        self._idle.clear()
        self._busy.clear()
        return found

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()


def _quicken(connection: Any) -> None:
    """Let the locks of a connection be taken at once where they are free.

    As httpcore makes them, each lets the event loop run first: three turns a call.
    """
    if getattr(connection, "_is_quick", False):
        return
    connection._is_quick = True
    inner = getattr(connection, "_connection", None)
    locks = (getattr(connection, "_request_lock", None), getattr(inner, "_state_lock", None))
    for lock in locks:  # nobody has one of them: the connection serves one request
        if lock is not None and hasattr(lock, "_anyio_lock"):
            lock._anyio_lock = anyio.Lock(fast_acquire=True)


class _Body:
    """A response's bytes; gives the connection back when they end, break or are dropped."""

    def __init__(
        self, inner: Any, pool: LastUsedFirstPool, connection: httpcore.AsyncHTTPConnection
    ) -> None:
        self._inner = inner
        self._pool = pool
        self._connection = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._inner:
                yield part
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        with anyio.CancelScope(shield=True):
            try:
                await self._inner.aclose()
            finally:
                await self._pool.release(self._connection)
