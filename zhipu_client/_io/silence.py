"""The end of a wait for the bytes of a stream, with one timer a stream, for asyncio.

A cancel scope around each read would cost more than the read. Here nothing is cancelled: the socket
is shut down in both directions, and the reader finds the end of the stream.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from zhipu_client._io.trace import shut_down

__all__ = ["Silence", "silence_of"]


class Silence:
    """Watches that a reader does not wait too long.

    Args:
        loop: The event loop.
        blocking: The socket that is read from.
    """

    __slots__ = ("_loop", "_socket", "_timer", "_until", "_waits", "over")

    def __init__(self, loop: asyncio.AbstractEventLoop, blocking: socket.socket) -> None:
        self._loop = loop
        self._socket = blocking
        self._until = 0.0
        self._waits = False
        self._timer: asyncio.TimerHandle | None = None
        #: True once a wait was too long, and was ended.
        self.over = False

    def begin(self, seconds: float) -> None:
        """Note that a wait begins, and how long it may be."""
        self._until = until = self._loop.time() + seconds
        self._waits = True
        timer = self._timer
        if timer is None or timer.when() > until:
            self.stop()
            self._waits = True
            self._timer = self._loop.call_at(until, self._look)

    def end(self) -> None:
        """Note that the wait is over. The timer runs on: the next wait needs it again."""
        self._waits = False

    def stop(self) -> None:
        """Stop watching."""
        self._waits = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if not self._waits:
            return
        if self._loop.time() < self._until:
            self._timer = self._loop.call_at(self._until, self._look)
        else:
            self.over = True
            shut_down(self._socket)


def silence_of(loop: asyncio.AbstractEventLoop | None, response: Any) -> Silence | None:
    """Return what watches the reading of a response of httpx; None where that is not possible.

    Args:
        loop: The running event loop, or None for trio.
        response: It may be of a caller's own client, of a mock, or played back.
    """
    stream = response.extensions.get("network_stream") if loop is not None else None
    found = stream.get_extra_info("socket") if stream is not None else None
    found = getattr(found, "_sock", found)  # asyncio has an object of its own around it
    if loop is None or not isinstance(found, socket.socket):
        return None
    return Silence(loop, found)
