"""C09: the gate that closes only after the service has refused."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing

import pytest

from . import scenarios as say
from .clocks import FakeClock, FastClock
from .conftest import Drive
from .drivers import Driver
from .frames import TEXT, delta, stream_frames
from .server import Exchange, FaultServer, Scenario

CALLS, EACH = 40, 0.03


def _limited(places: int) -> Scenario:
    """The service takes ``places`` requests at a time and refuses the others."""

    serving: set[int] = set()

    async def run(exchange: Exchange) -> None:
        if len(serving) >= places:
            await say.error(429, "1302")(exchange)
            return
        serving.add(exchange.number)
        try:
            await say.healthy(after=EACH)(exchange)
        finally:
            serving.discard(exchange.number)

    return run


@pytest.mark.parametrize("places", [5, 1])
@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_C09_all_calls_succeed_under_a_limit(
    drive: Drive, fast_clock: FastClock, streamed: bool, places: int
) -> None:
    calls = CALLS if places > 1 else 12
    with FaultServer(_limited(places)) as server:
        driver = drive(server, clock=fast_clock)
        for outcome in driver.many(["hello"] * calls, streamed=streamed):
            assert outcome.ok().text == TEXT
        refused = len(server.requests) - calls
        # The first burst of 35 is how the limit is found; after it there is no storm.
        assert refused <= 60


def test_C09_the_gate_is_open_before_the_first_refusal(drive: Drive) -> None:
    with FaultServer(say.together(CALLS)) as server:
        for outcome in drive(server).many(["hello"] * CALLS):
            outcome.ok()
        assert server.most_in_flight == CALLS
        assert len(server.requests) == CALLS


def test_C09_other_failures_do_not_close_it(drive: Drive, clock: FakeClock) -> None:
    script = [say.error(429, "1305"), say.error(503), say.error(429, "1303")]
    with FaultServer(*script, say.healthy(), say.together(20)) as server:
        driver = drive(server, clock=clock, max_retries=3)
        driver.complete().ok()
        for outcome in driver.many(["hello"] * 20):
            outcome.ok()
        assert server.most_in_flight == 20


def test_C09_the_gate_is_shared_by_objects_and_split_by_model(
    drive: Drive, fast_clock: FastClock
) -> None:
    with FaultServer(_limited(2)) as server:
        one, other = drive(server, clock=fast_clock), drive(server, clock=fast_clock)
        for outcome in one.many(["hello"] * 10):
            outcome.ok()
        seen = len(server.requests)
        # The second object knows already: of 6 at once, few are refused.
        for outcome in other.many(["hello"] * 6):
            outcome.ok()
        assert len(server.requests) - seen <= 6 + 6


def test_C09_max_concurrency_is_a_hard_ceiling(drive: Drive) -> None:
    with FaultServer(say.healthy(after=0.02)) as server:
        driver = drive(server, max_concurrency=3)
        for streamed in (False, True):
            for outcome in driver.many(["hello"] * 15, streamed=streamed):
                assert outcome.ok().text == TEXT
        assert server.most_in_flight == 3
        assert len(server.requests) == 30


def test_C09_a_stream_gives_its_place_back(drive: Drive) -> None:
    """Whole, broken, or left by its reader: a lost place would stop the third call for good."""
    broken = say.stream(delta("你好"), end="rst")
    endless = say.stream(*(delta("x") for _ in range(500)), pause=0.005)
    script = (say.stream(*stream_frames()), broken, endless, say.healthy())
    with FaultServer(*script) as server:
        driver = drive(server, max_concurrency=1, max_retries=0, timeout=10)
        driver.stream().ok()
        assert driver.stream().error is not None
        driver.stream(take=1).ok()
        assert driver.complete().ok().text == TEXT


def test_C09_cancelled_waiters_leave_the_queue(drive_async: Drive) -> None:
    async def work(driver: Driver) -> None:
        first = asyncio.create_task(driver.acomplete())
        await asyncio.sleep(0.05)
        waiting = [asyncio.create_task(driver.acomplete()) for _ in range(5)]
        await asyncio.sleep(0.05)
        for task in waiting[:4]:
            task.cancel()
        await asyncio.gather(*waiting[:4], return_exceptions=True)
        assert (await first).ok().text == TEXT
        assert (await waiting[4]).ok().text == TEXT

    with FaultServer(say.healthy(after=0.2)) as server:
        driver = drive_async(server, max_concurrency=1, timeout=10)
        driver.run(work(driver))
        assert len(server.requests) == 2


def test_C09_a_call_within_a_stream_of_the_same_model_cannot_deadlock(drive: Drive) -> None:
    """The gate is closed to one place, and the stream that is being read holds it."""

    async def nested(driver: Driver) -> str:
        async with aclosing(driver.subject.apieces("outer")) as source:  # type: ignore[type-var]
            async for _ in source:
                return (await driver.acomplete("inner")).ok().text
        return ""

    def nested_sync(driver: Driver) -> str:
        for _ in driver.subject.pieces("outer"):
            return driver.complete("inner").ok().text
        return ""

    def pick(exchange: Exchange) -> Scenario:
        if exchange.number == 0:
            return say.error(429, "1302")
        if exchange.request.prompt == "outer":
            return say.stream(*stream_frames(), pause=0.1)
        return say.healthy()

    clock = FakeClock()
    with FaultServer(say.chosen(pick)) as server:
        driver = drive(server, clock=clock, timeout=10)
        driver.complete().ok()  # closes the gate
        result: list[str] = []
        work = threading.Thread(
            target=lambda: result.append(
                asyncio.run(nested(driver)) if driver.is_async else nested_sync(driver)
            ),
            daemon=True,
        )
        work.start()
        work.join(10)
        assert result == [TEXT]
