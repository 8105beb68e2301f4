"""httpcore's asynchronous backends, without the socket that a handshake leaves when cancelled.

httpcore closes a connection whose TLS handshake fails, but not one whose handshake is cancelled:
by the caller, or by a limit of ours.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Iterable
from typing import Any

import anyio
import httpcore

__all__ = ["ClosingBackend"]


class ClosingBackend(httpcore.AsyncNetworkBackend):
    """A backend of httpcore's whose streams close when they are cancelled within a handshake.

    Args:
        inner: The backend.
        socket_options: For each new socket, also where httpcore forgets them (behind a proxy).
    """

    def __init__(self, inner: httpcore.AsyncNetworkBackend, socket_options: Iterable[Any]) -> None:
        self._inner = inner
        self._socket_options = list(socket_options)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        options = socket_options or self._socket_options
        return _closing(await self._inner.connect_tcp(host, port, timeout, local_address, options))

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


def _closing(stream: httpcore.AsyncNetworkStream) -> httpcore.AsyncNetworkStream:
    # On the object, not around it: every read would pay for another layer. And weak: in a circle
    # a dropped connection would stay open until the cyclic collector runs.
    function = functools.partial(_start_tls, weakref.ref(stream))
    stream.start_tls = function  # type: ignore[method-assign]
    return stream


async def _start_tls(
    weak: weakref.ref[httpcore.AsyncNetworkStream], *args: Any, **kwargs: Any
) -> httpcore.AsyncNetworkStream:
    stream = weak()
    if stream is None:  # not so: whoever calls this has it
        raise httpcore.ConnectError("the connection is gone")
    try:
        return _closing(await type(stream).start_tls(stream, *args, **kwargs))
    except BaseException:
        with anyio.CancelScope(shield=True):
            await stream.aclose()
        raise
