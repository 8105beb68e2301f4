"""C09: an account that is full is waited for, as long as it serves anybody."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from zhipu_client import RateLimitError

from .busy import Account, LoopClock, StepClock, virtual_loop
from .drivers import Driver, Outcome
from .frames import TEXT
from .subjects import SUBJECTS

CALLS = 40
Run = Callable[..., list[Outcome]]
_numbers = itertools.count()


def _url() -> str:
    """One for each run: the gate of an account belongs to the process."""
    return f"http://127.0.0.1:9/{next(_numbers)}/api/paas/v4"


@pytest.fixture(
    params=[(name, mode) for name in SUBJECTS for mode in ("sync", "async")], ids="-".join
)
def run(request: pytest.FixtureRequest) -> Run:
    """``run(account, calls)`` makes so many calls at once; one run per product and mode."""
    name, mode = request.param

    def threads(account: Account, calls: int, *, streamed: bool) -> list[Outcome]:
        clock = StepClock()
        account._sleep = clock.sleep
        driver = Driver(SUBJECTS[name](_url(), clock=clock, **account.clients()), "sync")
        one = driver.stream if streamed else driver.complete
        with clock.running(), ThreadPoolExecutor(calls) as pool:
            return list(pool.map(one, ["hello"] * calls))

    def tasks(account: Account, calls: int, *, streamed: bool) -> list[Outcome]:
        driver = Driver(SUBJECTS[name](_url(), clock=LoopClock(), **account.clients()), "sync")
        one = driver.astream if streamed else driver.acomplete

        async def together() -> list[Outcome]:
            return list(await asyncio.gather(*(one() for _ in range(calls))))

        with asyncio.Runner(loop_factory=virtual_loop) as runner:
            return runner.run(together())

    def start(account: Account, calls: int = CALLS, *, streamed: bool = False) -> list[Outcome]:
        return (threads if mode == "sync" else tasks)(account, calls, streamed=streamed)

    return start


@pytest.mark.parametrize("places", [1, 4])
@pytest.mark.parametrize("seconds", [5, 25, 40, 120])
def test_C09_all_calls_are_served_however_long_answers_take(
    run: Run, seconds: int, places: int
) -> None:
    calls = CALLS if places > 1 else 10
    account = Account(places, seconds)
    for outcome in run(account, calls):
        assert outcome.ok().text == TEXT
    assert account.served == calls
    # All but the first few find out once; then at most about one a round.
    assert account.refused <= 2 * calls


def test_C09_streams_too(run: Run) -> None:
    account = Account(4, 40)
    for outcome in run(account, streamed=True):
        assert outcome.ok().text == TEXT
    assert account.refused <= 2 * CALLS


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_C09_an_account_that_lets_nothing_in_is_an_error_after_a_minute(
    run: Run, caplog: pytest.LogCaptureFixture, streamed: bool
) -> None:
    account = Account(0, 1)
    with caplog.at_level(logging.INFO, "zhipu_client"):
        (outcome,) = run(account, 1, streamed=streamed)
    error = outcome.failed(RateLimitError, status=429, code="1302", retryable=True)
    assert "Refused for 60 s" in str(error)
    assert 8 <= account.refused <= 15
    said = [r for r in caplog.records if r.name == "zhipu_client" and r.levelno == logging.INFO]
    assert len(said) == 1
    assert "1302" in said[0].getMessage()


def test_C09_many_calls_on_such_an_account_all_end(run: Run) -> None:
    account = Account(0, 1)
    for outcome in run(account, 10):
        assert "Refused for" in str(outcome.failed(RateLimitError))
    assert account.refused <= 10 * 15
