"""A deadline for blocking reads, below httpx.

httpx bounds the gap between two bytes; what users mean by a timeout is the whole. A blocking read
cannot be cancelled from outside, so the socket's own timeout is shortened to what is left.
"""

from __future__ import annotations

import socket
import ssl
from _thread import get_ident
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import httpcore

from zhipu_client._io.gc_safety import busy
from zhipu_client._io.trace import Deadline

__all__ = ["DeadlineBackend", "blocking", "deadline"]

A = TypeVar("A")
R = TypeVar("R")

#: A socket waits for so much of what is left, so that the next read need not set it; but all of it
#: where that is less than so many seconds.
_LESS, _SHORT = 0.9, 0.1
#: The most bytes that are written under one look at the clock.
WRITTEN_AT_ONCE = 16384

_deadline: ContextVar[Deadline | None] = ContextVar("zhipu_deadline", default=None)


@contextmanager
def deadline(limit: Deadline) -> Iterator[None]:
    """End blocking operations inside when ``limit`` has passed."""
    token = _deadline.set(limit)
    try:
        yield
    finally:
        _deadline.reset(token)


class blocking:  # noqa: N801 - reads as a word: ``with blocking(limit):``
    """Around blocking calls into httpx: `deadline` and `gc_safety.inside` in one, used again.

    Each chunk of a stream is read inside of one, so it is cheap.
    """

    __slots__ = ("_first", "_limit", "_token")

    def __init__(self, limit: Deadline) -> None:
        self._limit = limit

    def __enter__(self) -> None:
        thread = get_ident()
        self._first = thread not in busy
        busy.add(thread)
        self._token = _deadline.set(self._limit)

    def __exit__(self, *exc_info: object) -> None:
        _deadline.reset(self._token)
        if self._first:  # else what called us, through the garbage collector, still is inside
            busy.discard(get_ident())


def _left(
    timeout: float | None, error: type[Exception], blocking: socket.socket | None = None
) -> float | None:
    limit = _deadline.get()
    if limit is None:
        return timeout
    if blocking is not None:
        limit.socket = blocking
    if limit.aborted:  # by another thread
        raise httpcore.ReadError("closed")
    left = limit.left
    if left <= 0:
        raise error("the deadline has passed")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner
        self._socket: socket.socket = inner.get_extra_info("socket")
        #: Whether what is read from the socket is not what was sent: within TLS to a proxy.
        self._is_wrapped = isinstance(inner.get_extra_info("ssl_object"), ssl.SSLObject)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = _left(timeout, httpcore.ReadTimeout, self._socket)
        if left is None or self._is_wrapped:
            return self._inner.read(max_bytes, left)
        try:
            return self._within(left, self._socket.recv, max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces: a peer that takes a few bytes now and then would pass the timeout of each.
        view = memoryview(buffer)
        while view:
            left, piece = (
                _left(timeout, httpcore.WriteTimeout, self._socket),
                view[:WRITTEN_AT_ONCE],
            )
            if left is None or self._is_wrapped:
                self._inner.write(bytes(piece), left)
                view = view[WRITTEN_AT_ONCE:]
                continue
            try:
                view = view[self._within(left, self._socket.send, piece) :]
            except TimeoutError as error:
                raise httpcore.WriteTimeout(str(error)) from error
            except OSError as error:
                raise httpcore.WriteError(str(error)) from error

    def _within(self, left: float, work: Callable[[A], R], given: A) -> R:
        """Return what ``work`` of the socket gives within so many seconds.

        A stream has thousands of reads, each with about as much time as the one before it. So the
        socket keeps its timeout, which is a system call to set, and is asked again if need be.
        """
        while True:
            wait = self._socket.gettimeout() or 0.0
            if not left / 2 <= wait <= left:
                wait = left if left < _SHORT else left * _LESS
                self._socket.settimeout(wait)
            try:
                return work(given)
            except TimeoutError as error:
                if error.errno is not None:
                    # The system has given the peer up (ETIMEDOUT), and says so once: asked again,
                    # the socket would be at its end, as after a whole answer.
                    raise ConnectionError(str(error)) from error
                left -= wait
                if left <= 0:
                    raise

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: Any,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout, self._socket)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class DeadlineBackend(httpcore.NetworkBackend):
    """httpcore's own blocking backend, with `deadline` applied.

    Args:
        socket_options: For each new socket for which httpcore names none.
    """

    def __init__(self, socket_options: Iterable[Any] = ()) -> None:
        self._socket_options = list(socket_options)
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        options = socket_options or self._socket_options
        failed: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in _addresses(host, port):  # else each of them would have the whole time
            left = _left(timeout, httpcore.ConnectTimeout)
            try:
                inner = self._inner.connect_tcp(address, port, left, local_address, options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
                continue
            return _Stream(inner)
        raise failed

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from error
    return list(dict.fromkeys(str(row[4][0]) for row in found))
