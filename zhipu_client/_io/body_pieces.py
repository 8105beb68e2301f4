"""The bytes of a body over HTTP/1.1: all that one read of the socket has brought in one piece.

httpcore hands a body on in the chunks that the server made of it, each through five generators and
two context managers, and one read may bring hundreds. Here the same parser (h11) of the same
connection is asked for everything that is there. Where a body comes another way (a recording, a
transport or client of somebody else, HTTP/2), its own stream is read.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any, NoReturn, Self

import h11
import httpcore
import httpx

__all__ = ["apieces", "pieces"]

#: httpcore's stream reports what it reads to who listens here.
_LOG = logging.getLogger("httpcore.http11")
#: What this needs of a connection of httpcore.
_PARTS = ("_h11_state", "_network_stream", "READ_NUM_BYTES")


def pieces(response: Any) -> Iterator[bytes]:
    """Return the unread body of a blocking response of httpx, as it comes over the connection."""
    connection = _connection_of(response)
    return iter(response.stream) if connection is None else _Pieces(response, connection)


def apieces(response: Any, *, within: float | None = None) -> AsyncIterator[bytes]:
    """Return the same for an asynchronous response.

    Args:
        response: Of httpx.
        within: Seconds after which who waits for a piece ends that; None where nobody does.
    """
    connection = _connection_of(response)
    if connection is None:
        return aiter(response.stream)
    return _AsyncPieces(response, connection, within)


def _connection_of(response: Any) -> Any:
    """Return the connection of httpcore that a body comes over; None where that is not known."""
    found = response.stream
    if type(found).__module__ != "httpx._transports.default" or _LOG.isEnabledFor(logging.DEBUG):
        return None
    found = getattr(found, "_httpcore_stream", None)
    for name in ("_inner", "_stream"):  # of our pool, of httpcore's
        found = getattr(found, name, found)
    connection = getattr(found, "_connection", None)
    return connection if all(hasattr(connection, name) for name in _PARTS) else None


class _Body:
    """What the parser has understood of a body."""

    __slots__ = ("_broken", "_network", "_over", "_parser", "_size", "_timeout", "_waits")

    def __init__(self, response: Any, connection: Any, within: float | None = None) -> None:
        timeouts = response.request.extensions.get("timeout") or {}
        self._timeout: float | None = timeouts.get("read")
        if within is not None and self._timeout is not None and within <= self._timeout:
            self._timeout = None  # a timer for each read is a tenth of a chunk
        self._parser = connection._h11_state
        self._network = connection._network_stream
        self._size = connection.READ_NUM_BYTES
        #: Whether the parser has nothing more until the network has; whether the body is over.
        self._waits = self._over = False
        self._broken: h11.RemoteProtocolError | None = None

    def _take(self) -> bytes:
        """Return all that has come. What is wrong behind it is raised the next time."""
        if self._broken is not None:
            _raise_as_httpx(self._broken)
        found: list[Any] = []
        next_event = self._parser.next_event
        try:
            while (event := next_event()) is not h11.NEED_DATA:
                if type(event) is not h11.Data:
                    self._over = True
                    break
                found.append(event.data)
        except h11.RemoteProtocolError as error:
            if not found:
                _raise_as_httpx(error)
            self._broken = error
        self._waits = not self._over and self._broken is None
        return b"".join(found)


class _Pieces(_Body):
    __slots__ = ()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        while not self._over:
            if self._waits:
                try:
                    data = self._network.read(self._size, self._timeout)
                except Exception as error:  # noqa: BLE001 - raised again
                    _raise_as_httpx(error)
                self._parser.receive_data(data)
            piece = self._take()
            if piece:
                return piece
        raise StopIteration


class _AsyncPieces(_Body):
    __slots__ = ()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while not self._over:
            if self._waits:
                try:
                    data = await self._network.read(self._size, self._timeout)
                except Exception as error:  # noqa: BLE001 - raised again
                    _raise_as_httpx(error)
                self._parser.receive_data(data)
            piece = self._take()
            if piece:
                return piece
        raise StopAsyncIteration


def _raise_as_httpx(error: Exception) -> NoReturn:
    """Raise httpx's error for one of httpcore or h11; any other as it is."""
    if isinstance(error, h11.RemoteProtocolError):
        raise httpx.RemoteProtocolError(str(error)) from error
    if isinstance(error, (httpcore.NetworkError, httpcore.TimeoutException)):
        raise getattr(httpx, type(error).__name__)(str(error)) from error
    raise error
