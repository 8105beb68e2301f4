"""One attempt as httpcore's trace shows it: how long it may take, and whether it was one at all.

httpx bounds the wait for each byte; what users mean by a timeout is the whole of a wait. A peer
that sends a byte now and then, or interim answers (1xx) without end, passes the former for ever.

A server may close an idle connection at any moment. What is sent on it then is lost, and nobody is
to blame: no attempt was made. The trace of httpx (https://www.python-httpx.org/advanced/extensions/)
says whether a request went out on a new connection and how far it came.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import cache
from types import TracebackType
from typing import Any, Literal

from zhipu_client._io.clock import Clock
from zhipu_client._request import Kind
from zhipu_client.errors import APIConnectionError, APITimeoutError

__all__ = ["Deadline", "Trail", "shut_down", "within"]

_IDLE_TOO_LONG = 408
#: Steps from which on the time for the head of an answer counts.
_SENDING = {("send_request_headers", "started"), ("send_request_body", "complete")}
#: The other steps that somebody wants to know of.
_HEARD = frozenset({"send_request_headers", "send_request_body", "receive_response_headers"})
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

    def restart(self, seconds: float, now: float) -> None:
        """Set how long it may take from now on."""
        self._until = now + seconds

    def abort(self) -> bool:
        """End the wait of a thread that is blocked: it wakes up, and the peer learns of it.

        Closing the socket would do neither. Returns False when nothing blocks that is known here.
        """
        self.aborted = True  # first: whoever blocks next looks at it
        return self.socket is not None and shut_down(self.socket)

    def trace(self, step: str, what: str, facts: dict[str, Any]) -> None:
        """Take an event of httpcore's: a step on the way of a request, and what became of it."""
        if step == "connect_tcp" and what == "complete":
            self.reached = True
            return
        if step == "connect_tcp" and what == "started":
            if self.connecting is None:
                self.connecting = self._clock.monotonic() + self._connect
        elif (step, what) in _SENDING:
            if getattr(facts.get("request"), "method", b"") == b"CONNECT" or (
                self.connecting is not None and what == "complete"
            ):
                return  # the tunnel through a proxy is a part of connecting
            self.connecting = None
            if self.what == "head":
                self._until = self._clock.monotonic() + self._seconds
        else:
            return
        if self.moved is not None:
            self.moved()


class within:  # noqa: N801 - reads as a word: ``with within(limit, late):``
    """Ends what is awaited inside when the limit has passed, however often it is moved.

    Args:
        limit: The limit.
        late: Makes the error for that.
    """

    __slots__ = ("_late", "_limit", "_now", "_scope")

    def __init__(self, limit: Deadline, late: Callable[[], Exception]) -> None:
        self._limit = limit
        self._late = late

    def __enter__(self) -> None:
        import anyio  # which a blocking call does without

        self._now = anyio.current_time
        self._scope = anyio.CancelScope(deadline=self._now() + self._limit.left)
        self._scope.__enter__()
        self._limit.moved = self._move

    def _move(self) -> None:
        self._scope.deadline = self._now() + self._limit.left

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._limit.moved = None
        # trio's scope says True without an error, too.
        if self._scope.__exit__(kind, error, traceback) and error is not None:
            raise self._late() from None


class Trail:
    """What is known of the way of one request.

    A transport that reports nothing (a mock, a recording) leaves everything unknown, and then no
    request goes out again.

    Args:
        limit: What else has to know how far the request is; httpx takes one listener only.
    """

    __slots__ = ("_answered", "_connected", "_limit", "_sent", "_unsent")

    def __init__(self, limit: Deadline) -> None:
        self._limit = limit
        self._connected = False
        self._sent = False
        self._unsent = False
        self._answered = False

    def hear(self, event: str, info: Any) -> None:
        """Take an event of the trace."""
        found = _step_of(event)
        if found is None:
            return
        step, what = found
        self._limit.trace(step, what, info)
        if step.startswith("connect_"):
            self._connected = True
        elif step in {"send_request_headers", "send_request_body"}:
            self._sent = True
            self._unsent = self._unsent or what == "failed"
        elif step == "receive_response_headers" and what == "complete":
            self._answered = True

    async def ahear(self, event: str, info: Any) -> None:
        """Take an event of the trace, for asynchronous clients."""
        self.hear(event, info)

    def stale(self, error: Exception, kind: Kind) -> bool:
        """Whether a request failed because its connection had been closed before.

        Args:
            error: What it failed with.
            kind: What may be done again. A creation that is billed goes out again only where the
                connection did not take the whole of the request: then nothing can have been made
                of it.
        """
        if not isinstance(error, APIConnectionError) or isinstance(error, APITimeoutError):
            return False
        if self._connected or not self._sent or self._answered:
            return False
        return kind != "paid" or self._unsent

    def unasked(self, response: Any, kind: Kind) -> bool:
        """Whether an answer was on its way before the request: 408, the end of an idle connection.

        Some servers and balancers say so before they close it. A creation that is billed never goes
        out again for it: a gateway may word its own time limit so.

        Args:
            response: httpx's, its body unread.
            kind: What may be done again.
        """
        if response.status_code != _IDLE_TOO_LONG or kind == "paid":
            return False
        closes = "close" in response.headers.get("connection", "").lower()
        return closes and self._sent and not self._connected


@cache
def _step_of(event: str) -> tuple[str, str] | None:
    """Return the step that an event of httpcore is about, and what became of it.

    None for a step that nobody wants to know of. httpcore has few events.
    """
    where, _, what = event.rpartition(".")
    step = where.rpartition(".")[2]
    return (step, what) if step in _HEARD or step.startswith("connect_") else None


def shut_down(blocking: socket.socket) -> bool:
    """End both directions of a socket; False when it had ended already."""
    try:
        # Past `ssl.SSLSocket.shutdown`, which takes the TLS layer away from under the reader.
        socket.socket.shutdown(blocking, socket.SHUT_RDWR)
    except OSError:
        return False
    return True
