"""The time an attempt may take: to connect, then to the head of an answer, or to its end.

httpx bounds the wait for each byte; what users mean by a timeout is the whole of a wait. A peer
that sends a byte now and then, or interim answers (1xx) without end, passes the former for ever.
httpcore says how far a request is through its ``trace`` extension.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, Literal

from zhipu_client._io.clock import Clock

__all__ = ["Deadline", "shut_down"]

What = Literal["head", "content", "whole"]


class Deadline:
    """The limits of one attempt, on the client's clock.

    Args:
        clock: Time.
        what: What must have come by then. The time for a head counts from the request on.
        seconds: How long that may take.
        connect: How long a connection may take: TCP, the proxy, and TLS.
    """

    __slots__ = (
        "_clock",
        "_connect",
        "_seconds",
        "_until",
        "aborted",
        "connecting",
        "moved",
        "reached",
        "socket",
        "what",
    )

    def __init__(self, clock: Clock, what: What, seconds: float, connect: float = 0.0) -> None:
        self._clock = clock
        self.what = what
        self._seconds = seconds
        self._connect = connect
        self._until = clock.monotonic() + seconds + (connect if what == "head" else 0.0)
        #: What the attempt waits at, where that blocks a thread.
        self.socket: socket.socket | None = None
        self.aborted = False
        #: Called whenever the limit has changed.
        self.moved: Callable[[], None] | None = None
        #: Until when there must be a connection, while one is made; else None.
        self.connecting: float | None = None
        #: True once there is a connection to the first peer: the service, or a proxy.
        self.reached = False

    @property
    def left(self) -> float:
        """Return the seconds that are left; zero or less once the limit has passed."""
        until = self._until if self.connecting is None else min(self._until, self.connecting)
        return until - self._clock.monotonic()

    def abort(self) -> bool:
        """End the wait of a thread that is blocked: it wakes up, and the peer learns of it.

        Closing the socket would do neither. Returns False when nothing blocks that is known here.
        """
        self.aborted = True  # first: whoever blocks next looks at it
        return self.socket is not None and shut_down(self.socket)

    def trace(self, event: str, facts: dict[str, Any]) -> None:
        """Take an event of httpcore's."""
        if event.endswith("connect_tcp.complete"):
            self.reached = True
            return
        if event.endswith("connect_tcp.started"):
            if self.connecting is None:
                self.connecting = self._clock.monotonic() + self._connect
        elif event.endswith(("send_request_headers.started", "send_request_body.complete")):
            if getattr(facts.get("request"), "method", b"") == b"CONNECT" or (
                self.connecting is not None and event.endswith("complete")
            ):
                return  # the tunnel through a proxy is a part of connecting
            self.connecting = None
            if self.what == "head":
                self._until = self._clock.monotonic() + self._seconds
        else:
            return
        if self.moved is not None:
            self.moved()


def shut_down(blocking: socket.socket) -> bool:
    """End both directions of a socket; False when it had ended already."""
    try:
        # Past `ssl.SSLSocket.shutdown`, which takes the TLS layer away from under the reader.
        socket.socket.shutdown(blocking, socket.SHUT_RDWR)
    except OSError:
        return False
    return True
