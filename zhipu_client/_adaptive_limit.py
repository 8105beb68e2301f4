"""How many requests may be in flight: counting only. Who waits, and how, is for ``_io``.

Only served requests say that there is room. Time alone is not evidence: with answers of 40 seconds
a minute may pass in which nothing has ended, and whoever then lifts the limit starts everything
that waits against a service that is as full as before.

* Open until the service first refuses (1302).
* A refusal closes it to 0.7 of what was in flight.
* A round of requests served at the limit raises it by one.
* After a minute in which requests were served and none was refused it reopens: at once where
  nobody has to wait for it. Where calls wait, it is doubled for the next such minute: to start
  them all at once would be the storm that the limit is there to prevent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["AdaptiveLimit", "FixedLimit", "Limit"]

#: What is left of the requests in flight after a refusal.
DECREASE = 0.7
#: Seconds of served requests without a refusal after which it reopens.
REOPEN_AFTER = 60.0
#: Seconds after a refusal at which an unused limit is not worth its memory any more.
FORGET_AFTER = 3600.0


class Limit(Protocol):
    """Decides whether a request may start: `AdaptiveLimit`, or a fixed number."""

    @property
    def in_flight(self) -> int: ...
    def free(self, *, careful: bool = False) -> bool: ...
    def start(self, *, careful: bool = False) -> None: ...
    def end(self, *, careful: bool = False) -> None: ...
    def forget(self) -> None: ...
    def fresh(self, now: float) -> bool: ...
    def succeeded(self, now: float, *, waiting: bool = False) -> None: ...
    def refused(self, now: float) -> None: ...


@dataclass(slots=True)
class FixedLimit:
    """A number of places that never changes."""

    places: int
    in_flight: int = 0

    def free(self, *, careful: bool = False) -> bool:
        del careful  # for `AdaptiveLimit` alone
        return self.in_flight < self.places

    def start(self, *, careful: bool = False) -> None:
        del careful
        self.in_flight += 1

    def end(self, *, careful: bool = False) -> None:
        del careful
        self.in_flight -= 1

    def forget(self) -> None:
        self.in_flight = 0

    def fresh(self, now: float) -> bool:
        del now
        return self.in_flight == 0

    def succeeded(self, now: float, *, waiting: bool = False) -> None:
        del now, waiting

    def refused(self, now: float) -> None:
        del now


@dataclass(slots=True)
class AdaptiveLimit:
    """Additive increase, multiplicative decrease; open until the service first refuses.

    The service limits the requests in flight per account and model, does not say where the limit
    lies, and answers 1302 above it. So no request waits before the first 1302.

    Attributes:
        limit: The most that may be in flight, or None while open.
        in_flight: What is in flight now.
        refused_at: When the service last refused, on the clock of the calls; 0: never.
    """

    limit: int | None = None
    in_flight: int = 0
    refused_at: float = 0.0
    _safe: int = 1
    _careful: int = 0
    _successes: int = 0
    #: When the first request was served since the last refusal (or doubling); None: not yet.
    _served_since: float | None = None

    def free(self, *, careful: bool = False) -> bool:
        """Return whether one more request may start.

        Args:
            careful: For a call that a refusal would end: it waits for a place that was served
                before, and leaves it to others to find out whether there is one more. They do
                not try while it is under way: the service might refuse it in their place.
        """
        if self.limit is None:
            return True
        return self.in_flight < (self._safe if careful or self._careful else self.limit)

    def start(self, *, careful: bool = False) -> None:
        """Count one more request in flight."""
        self.in_flight += 1
        self._careful += careful

    def end(self, *, careful: bool = False) -> None:
        """Count one request less in flight."""
        self.in_flight = max(0, self.in_flight - 1)
        self._careful = max(0, self._careful - careful)

    def count(self, in_flight: int, careful: int) -> None:
        """Set what is in flight now, where others have counted it."""
        self.in_flight, self._careful = in_flight, careful

    def forget(self) -> None:
        """Count nothing in flight: the requests belong to the process that this one came from."""
        self.count(0, 0)

    def fresh(self, now: float) -> bool:
        """Return whether a new limit would do the same: nothing in flight, nothing learnt."""
        old = now - self.refused_at > FORGET_AFTER
        return self.in_flight == 0 and (self.limit is None or old)

    def succeeded(self, now: float, *, waiting: bool = False) -> None:
        """Note that a request was served (it still counts as in flight).

        Args:
            now: Seconds, on any clock that never goes back.
            waiting: True when calls wait for a place.
        """
        if self.limit is None:
            return
        binding = waiting or self.in_flight >= self.limit
        if self._served_since is None:
            self._served_since = now
        if now - self._served_since > REOPEN_AFTER:
            self._served_since = now
            self._successes = 0
            self._safe = self.limit
            self.limit = self.limit * 2 if binding else None
        elif self.in_flight >= self.limit:
            self._successes += 1
            if self._successes >= self.limit:
                self._successes = 0
                self._safe = self.limit
                self.limit += 1

    def refused(self, now: float) -> None:
        """Note that a request was refused with 1302 (it still counts as in flight)."""
        lower = max(1, int(self.in_flight * DECREASE))
        self.limit = lower if self.limit is None else min(self.limit, lower)
        self._safe = self.limit
        self._successes = 0
        self._served_since = None
        self.refused_at = now
