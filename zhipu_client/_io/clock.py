"""Time, behind an interface: tests put their own clock in and wait for nothing."""

from __future__ import annotations

import random
import time
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """The time, as the client needs it."""

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait, blocking the thread."""

    async def asleep(self, seconds: float) -> None:
        """Wait, leaving the event loop free."""

    def jitter(self) -> float:
        """Return a random number in [0, 1)."""


class SystemClock:
    """The machine's clock."""

    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)
    jitter = staticmethod(random.random)

    async def asleep(self, seconds: float) -> None:
        import anyio

        await anyio.sleep(seconds)
