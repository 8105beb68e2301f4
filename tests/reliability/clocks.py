"""Clocks for the client: back-offs are recorded instead of slept."""

from __future__ import annotations

import asyncio
import random
import time

__all__ = ["SOON", "FakeClock", "FastClock"]

#: Seconds, on a busy machine too. The peers of the tests that use it go on for ten or more.
SOON = 5.0


class FakeClock:
    """Real time, except that a sleep is over at once and moves the clock on."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead

    def sleep(self, seconds: float) -> None:
        self._note(seconds)

    async def asleep(self, seconds: float) -> None:
        self._note(seconds)
        await asyncio.sleep(0)

    def jitter(self) -> float:
        return random.random()

    def _note(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._ahead += seconds


class FastClock(FakeClock):
    """Sleeps a tenth of the time: for checks in which the order of events matters."""

    FACTOR = 0.1

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds * self.FACTOR)
        self._note(seconds * (1 - self.FACTOR))

    async def asleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self.FACTOR)
        self._note(seconds * (1 - self.FACTOR))
