"""A connection that was used before, and is found to be closed when a request goes out on it.

A server may close an idle connection at any moment. What is sent then is lost, and nobody is to
blame: no attempt was made. The trace of httpx (https://www.python-httpx.org/advanced/extensions/)
says whether a request went out on a new connection and how far it came.
"""

from __future__ import annotations

from typing import Any

from zhipu_client._io.time_limits import Deadline
from zhipu_client._request import Kind
from zhipu_client.errors import APIConnectionError, APITimeoutError

__all__ = ["Trail"]


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
        self._limit.trace(event, info)
        where, _, what = event.rpartition(".")
        step = where.rpartition(".")[2]
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
