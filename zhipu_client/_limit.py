"""How many requests may be in flight: counting only. Who waits, and how, is for ``_io``."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AdaptiveLimit"]

#: What is left of the requests in flight after a refusal.
DECREASE = 0.7
#: Seconds without a refusal after which the limit is lifted.
REOPEN_AFTER = 60.0


@dataclass(slots=True)
class AdaptiveLimit:
    """Additive increase, multiplicative decrease; open until the service first refuses.

    The service limits the requests in flight per account and model, does not say where the limit
    lies, and answers 1302 above it. So nothing is held back before the first 1302.

    Attributes:
        limit: The most that may be in flight, or None while open.
        in_flight: What is in flight now.
    """

    limit: int | None = None
    in_flight: int = 0
    _safe: int = 1
    _careful: int = 0
    _successes: int = 0
    _refused_at: float = 0.0

    def free(self, now: float, *, careful: bool = False) -> bool:
        """May one more start?

        Args:
            now: Seconds, on any clock that never goes back.
            careful: For a call on its last try: it waits for a place that was served before, and
                leaves it to others to find out whether there is one more. They do not try
                while it is under way: the service might refuse it in their place.
        """
        if self.limit is not None and now - self._refused_at > REOPEN_AFTER:
            self.limit = None
        if self.limit is None:
            return True
        return self.in_flight < (self._safe if careful or self._careful else self.limit)

    def start(self, *, careful: bool = False) -> None:
        """One more is in flight."""
        self.in_flight += 1
        self._careful += careful

    def end(self, *, careful: bool = False) -> None:
        """One less is in flight."""
        self.in_flight = max(0, self.in_flight - 1)
        self._careful = max(0, self._careful - careful)

    def forget(self) -> None:
        """Nothing is in flight after all: it was in the process that this one was forked from."""
        self.in_flight = self._careful = 0

    def fresh(self, now: float) -> bool:
        """Is nothing in flight, and nothing known that a new one would not know?"""
        return self.free(now) and self.limit is None and self.in_flight == 0

    def succeeded(self) -> None:
        """A request was served. A round of them at the limit raises it by one."""
        if self.limit is None or self.in_flight < self.limit:
            return
        self._successes += 1
        if self._successes >= self.limit:
            self._successes = 0
            self._safe = self.limit
            self.limit += 1

    def refused(self, now: float) -> None:
        """A request was refused with 1302 (it still counts as in flight)."""
        lower = max(1, int(self.in_flight * DECREASE))
        self.limit = lower if self.limit is None else min(self.limit, lower)
        self._safe = self.limit
        self._successes = 0
        self._refused_at = now
