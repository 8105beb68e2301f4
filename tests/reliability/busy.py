"""An account that takes a few requests at a time, on a clock that no test has to wait for.

Answers of two minutes to forty calls are twenty minutes. Here nothing is slept: time goes on when
nobody has anything to do. For tasks that is the event loop's own time; for threads, a clock that
goes on to the next moment somebody sleeps for, once no thread has moved for a little while.
"""

from __future__ import annotations

import asyncio
import heapq
import json
import selectors
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from .frames import completion, error_body, stream_frames

__all__ = ["Account", "LoopClock", "StepClock", "virtual_loop"]


class _Selector(selectors.DefaultSelector):
    """Where a loop would wait for its next timer, its time goes on instead."""

    ahead = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(timeout if timeout is None else 0)
        if not ready and timeout:
            self.ahead += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._shifted = _Selector()
        super().__init__(self._shifted)

    def time(self) -> float:
        return self._shifted.ahead


def virtual_loop() -> asyncio.AbstractEventLoop:
    """An event loop whose timers are due as soon as nothing else is."""
    return _Loop()


class LoopClock:
    """The time of the running loop, and once it is over, the time it ended at."""

    _seen = 0.0

    def monotonic(self) -> float:
        try:
            self._seen = asyncio.get_running_loop().time()
        except RuntimeError:
            pass  # a gate outlives the loop, and is looked at when others are thinned out
        return self._seen

    def sleep(self, seconds: float) -> None:
        raise AssertionError("blocked the event loop")

    async def asleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def jitter(self) -> float:
        return 0.0


class StepClock:
    """Time for threads. ``running`` moves it on, from one sleeper to the next."""

    STILL = 0.01  # real seconds without a sleeper more, until all are taken to be asleep

    def __init__(self) -> None:
        self._now = 0.0
        self._changed = threading.Condition()
        self._sleepers: list[tuple[float, int, threading.Event]] = []
        self._count = 0
        self._over = False

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        woken = threading.Event()
        with self._changed:
            self._count += 1
            heapq.heappush(self._sleepers, (self._now + seconds, self._count, woken))
            self._changed.notify_all()
        woken.wait()

    async def asleep(self, seconds: float) -> None:
        raise AssertionError("a task on the clock for threads")

    def jitter(self) -> float:
        return 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let time pass."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()
            thread.join()

    def _run(self) -> None:
        with self._changed:
            while not self._over:
                if self._changed.wait(self.STILL) or not self._sleepers:
                    continue
                self._now = max(self._now, self._sleepers[0][0])
                while self._sleepers and self._sleepers[0][0] <= self._now:
                    heapq.heappop(self._sleepers)[2].set()


class Account:
    """The service as one account sees it, in the place of httpx's transport.

    Args:
        places: Requests that it takes at a time; above that it refuses (1302).
        seconds: How long each answer takes.
        sleep: How a thread waits.
    """

    def __init__(
        self, places: int, seconds: float, sleep: Callable[[float], None] | None = None
    ) -> None:
        self.places = places
        self.seconds = seconds
        self.served = self.refused = 0
        self._sleep = sleep
        self._in_flight = 0
        self._lock = threading.Lock()

    def clients(self) -> dict[str, Any]:
        """Settings that lead a client or an adapter here."""
        return {
            "http_client": httpx.Client(transport=httpx.MockTransport(self._answer)),
            "http_async_client": httpx.AsyncClient(transport=httpx.MockTransport(self._aanswer)),
        }

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if not self._begin():
            return self._refusal()
        assert self._sleep is not None
        self._sleep(self.seconds)
        return self._served(request)

    async def _aanswer(self, request: httpx.Request) -> httpx.Response:
        if not self._begin():
            return self._refusal()
        await asyncio.sleep(self.seconds)
        return self._served(request)

    def _begin(self) -> bool:
        with self._lock:
            full = self._in_flight >= self.places
            self.refused += full
            self._in_flight += not full
            return not full

    def _refusal(self) -> httpx.Response:
        return httpx.Response(429, json=error_body("1302"))

    def _served(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self._in_flight -= 1
            self.served += 1
        if not json.loads(request.content).get("stream"):
            return httpx.Response(200, json=completion())
        return httpx.Response(
            200, headers={"Content-Type": "text/event-stream"}, stream=_Events(stream_frames())
        )


class _Events(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, frames: list[bytes]) -> None:
        self._frames = frames

    def __iter__(self) -> Iterator[bytes]:
        yield from self._frames

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for frame in self._frames:
            yield frame
