"""HTTP on the socket: uvicorn's protocol, with a handle on each connection."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from collections.abc import MutableMapping

# By the client's address, which a request's scope carries: the protocol is out of reach there.
_OPEN: dict[tuple[int, tuple[str, int] | None], asyncio.Transport] = {}


class Protocol(H11Protocol):
    """Remembers the transports, so that a fault can cut or reset the connection it came on."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        _OPEN[_place(self.server, self.client)] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """A client has gone, or was made to."""
        _OPEN.pop(_place(self.server, self.client), None)
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: Any) -> None:
        """Another protocol has the connection from here on."""
        _OPEN.pop(_place(self.server, self.client), None)
        super().handle_websocket_upgrade(event)


def _place(server: Any, client: Any) -> Any:
    return (server[1] if server else 0, tuple(client) if client else None)


def transport_of(scope: MutableMapping[str, Any]) -> asyncio.Transport | None:
    """The connection that a request came on."""
    return _OPEN.get(_place(scope.get("server"), scope.get("client")))


def cork(transport: asyncio.Transport, *, on: bool) -> None:
    """Let the system collect what is written, or send what it has; nothing where it cannot."""
    option = getattr(socket, "TCP_CORK", None)
    if option is not None and not transport.is_closing():
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.IPPROTO_TCP, option, int(on))


async def cut(scope: MutableMapping[str, Any], *, reset: bool = False) -> None:
    """Close the connection under a request: politely (FIN), or with a reset (RST).

    Returns when it is closed, so that nothing the application still sends gets out.
    """
    transport = transport_of(scope)
    if transport is None:
        return
    if reset:
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # What is written but not yet sent is to arrive; the reset comes after it.
        while transport.get_write_buffer_size():  # noqa: ASYNC110
            await asyncio.sleep(0)
        transport.abort()
    else:
        transport.close()
    while transport_of(scope) is transport:  # noqa: ASYNC110 - the protocol has no event for it
        await asyncio.sleep(0.001)
