"""Which of several models to ask next: those that answered with a limit rest until it is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from zhipu_client.errors import (
    APIConnectionError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)

__all__ = ["Resting"]

#: Another model, of another limit or another server, may answer where one failed with these.
_ANOTHER_MAY_ANSWER = (RateLimitError, QuotaExceededError, ServerError, APIConnectionError)


class Resting:
    """Which of several models to ask, and how long one that failed is passed over.

    Threads and event loops may share it.

    Args:
        seconds: How long a model rests whose error says no time of its own.
        clock: The time in seconds since the epoch, as `time.time` has it: reset times are dates.

    Examples:
        >>> from zhipu_client import RateLimitError
        >>> resting = Resting(seconds=60.0, clock=lambda: 1000.0)
        >>> resting.rest(0, RateLimitError("busy", code="1302", status=429))
        True
        >>> resting.order(3)
        [1, 2, 0]
    """

    def __init__(self, *, seconds: float, clock: Callable[[], float] = time.time) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until: dict[int, float] = {}
        self._lock = threading.Lock()

    def order(self, count: int) -> list[int]:
        """Return the places of ``count`` models: those that rest last, the soonest ready first."""
        now = self._clock()
        with self._lock:
            until = dict(self._until)
        return sorted(range(count), key=lambda place: max(until.get(place, now), now))

    def rest(self, place: int, error: BaseException) -> bool:
        """Return whether another model may answer after this error, and let this one rest.

        A stream that broke in the middle says no: its reader has a part of the answer already.
        """
        if not isinstance(error, _ANOTHER_MAY_ANSWER) or getattr(error, "partial", None):
            return False
        reset_at = getattr(error, "reset_at", None)
        asked = getattr(error, "retry_after", None)
        until = self._clock() + (self._seconds if asked is None else asked)
        with self._lock:
            self._until[place] = until if reset_at is None else reset_at.timestamp()
        return True

    def answered(self, place: int) -> None:
        """Let a model that answers rest no longer."""
        with self._lock:
            self._until.pop(place, None)
