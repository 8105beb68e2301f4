"""The end of a thread's wait, asked for by another thread."""

from __future__ import annotations

import _thread
from contextlib import suppress

from zhipu_client._io.clock import Clock, SystemClock
from zhipu_client.errors import APIConnectionError

__all__ = ["Stop"]


class Stop:
    """Wakes up one thread that waits for a place, or until it may try again.

    Not a `threading.Event`, whose `set` takes a lock: the garbage collector may run what wakes us
    in this very thread, at any moment of the wait.
    """

    __slots__ = ("_baton", "asked")

    def __init__(self) -> None:
        self._baton = _thread.allocate_lock()
        self._baton.acquire()
        #: True once nothing is to be waited for any more.
        self.asked = False

    def ask(self) -> None:
        """End this wait and all later ones; may be called by any thread."""
        self.asked = True
        self.wake()

    def wake(self) -> None:
        """Let the thread that waits look again."""
        with suppress(RuntimeError):  # it was woken a moment ago, too
            self._baton.release()

    def wait(self, seconds: float) -> bool:
        """Wait to be woken up; return False when nobody did.

        Raises:
            APIConnectionError: It was asked for.
        """
        woken = not self.asked and self._baton.acquire(timeout=seconds)
        if self.asked:
            raise APIConnectionError("closed by another thread", sent=False)
        return woken

    def sleep(self, clock: Clock, seconds: float) -> None:
        """Wait on a clock; as `wait`, but for all of this time."""
        if type(clock) is not SystemClock:  # one that a test put in moves on by itself
            clock.sleep(seconds)
            return
        until = clock.monotonic() + seconds
        while (left := until - clock.monotonic()) > 0:
            self.wait(left)
