"""C09: calls made while a stream is read neither wait for it for ever nor flood past it."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing
from pathlib import Path

import pytest

from zhipu_client import InvalidRequestError
from zhipu_client._io import gates

from . import scenarios as say
from .clocks import FastClock
from .conftest import Drive
from .drivers import Driver, Outcome
from .frames import TEXT, delta
from .server import Exchange, FaultServer, Scenario

CALLS = 40
OPEN = say.stream(*(delta("x") for _ in range(3)), end="hold")


def _account(places: int) -> Scenario:
    """The service takes so many requests at a time; the prompt "outer" gets an endless stream."""

    def pick(exchange: Exchange) -> Scenario:
        if exchange.server.in_flight > places:
            return say.error(429, "1302")
        return OPEN if exchange.request.prompt == "outer" else say.healthy(after=0.02)

    return say.chosen(pick)


def _within(driver: Driver, calls: int) -> list[Outcome]:
    """Start calls at the first piece of a stream, and wait for all of them before the next."""

    async def tasks() -> list[Outcome]:
        async with aclosing(driver.subject.apieces("outer")) as source:  # type: ignore[type-var]
            async for _ in source:
                return list(await asyncio.gather(*(driver.acomplete() for _ in range(calls))))
        return []

    def threads() -> list[Outcome]:
        with closing(driver.subject.pieces("outer")) as source:  # type: ignore[type-var]
            next(source)
            with ThreadPoolExecutor(calls) as pool:
                contexts = [contextvars.copy_context() for _ in range(calls)]
                return list(pool.map(lambda context: context.run(driver.complete), contexts))

    return driver.run(tasks()) if driver.is_async else threads()


def test_C09_many_calls_within_a_stream_are_all_served(drive: Drive, fast_clock: FastClock) -> None:
    with FaultServer(_account(5)) as server:
        outcomes = _within(drive(server, clock=fast_clock), CALLS)
        assert [outcome.ok().text for outcome in outcomes] == [TEXT] * CALLS
        # No storm: how often each is refused before the limit is found depends on the machine.
        assert len(server.requests) <= 5 * CALLS


@pytest.mark.parametrize("shared", [False, True], ids=["own gate", "shared with others"])
def test_C09_those_within_a_stream_pass_a_closed_gate_one_at_a_time(
    drive: Drive, fast_clock: FastClock, shared: bool, tmp_path: Path
) -> None:
    """The gate is closed to one place, which the stream has."""
    options = {"shared_limit": tmp_path / "limit"} if shared else {}
    refusal = say.error(429, "1302")
    with FaultServer(refusal, _account(100)) as server:
        driver = drive(server, clock=fast_clock, **options)
        driver.stream("outer", take=1).ok()  # closes the gate
        assert server.wait_for(lambda s: s.in_flight == 0)
        for outcome in _within(driver, 2):
            assert outcome.ok().text == TEXT
        assert server.most_in_flight == 2


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_C09_under_a_ceiling_what_is_begun_within_a_stream_waits(
    drive: Drive, streamed: bool
) -> None:
    async def tasks(driver: Driver) -> Outcome:
        async with aclosing(driver.subject.apieces("outer")) as source:  # type: ignore[type-var]
            async for _ in source:
                one = driver.astream if streamed else driver.acomplete
                task = asyncio.create_task(one())
                await asyncio.sleep(0.1)
                assert not task.done()
                break
        return await task

    def threads(driver: Driver) -> Outcome:
        one: Callable[[], Outcome] = driver.stream if streamed else driver.complete
        with ThreadPoolExecutor(1) as pool:
            with closing(driver.subject.pieces("outer")) as source:  # type: ignore[type-var]
                next(source)
                task = pool.submit(contextvars.copy_context().run, one)
                with pytest.raises(TimeoutError):
                    task.result(0.1)
            return task.result(10)

    with FaultServer(_account(2)) as server:
        driver = drive(server, max_concurrency=1)
        outcome = driver.run(tasks(driver)) if driver.is_async else threads(driver)
        assert outcome.ok().text == TEXT


def test_C09_under_a_ceiling_a_stream_whose_reader_waits_is_not_waited_for(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates, "LOOK_AGAIN", 0.05)
    monkeypatch.setattr(gates, "STUCK", 0.2)
    with FaultServer(_account(2)) as server:
        for outcome in _within(drive(server, max_concurrency=1), 3):
            assert "max_concurrency=1" in str(outcome.failed(InvalidRequestError))


def test_C09_under_a_ceiling_the_reader_itself_cannot_wait_for_its_own_stream(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates, "LOOK_AGAIN", 0.05)
    monkeypatch.setattr(gates, "STUCK", 0.2)  # LangChain starts a task for each call

    async def task(driver: Driver) -> Outcome:
        async with aclosing(driver.subject.apieces("outer")) as source:  # type: ignore[type-var]
            async for _ in source:
                return await driver.acomplete()
        return Outcome()

    def thread(driver: Driver) -> Outcome:
        with closing(driver.subject.pieces("outer")) as source:  # type: ignore[type-var]
            next(source)
            return driver.complete()

    with FaultServer(_account(2)) as server:
        driver = drive(server, max_concurrency=1)
        outcome = driver.run(task(driver)) if driver.is_async else thread(driver)
        error = outcome.failed(InvalidRequestError)
        assert "max_concurrency=1" in str(error)
