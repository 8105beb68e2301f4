"""C09: adapters that are made for each request share a gate if their key functions are equal."""

from __future__ import annotations

import asyncio
import gc
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from zhipu_client._io import accounts

from .busy import Account, LoopClock, StepClock, virtual_loop
from .drivers import Driver, Outcome
from .frames import TEXT
from .subjects import KEY, SUBJECTS

CALLS = 40
_numbers = itertools.count()


class Vault:
    """Gives a new key at each access: it is rotated."""

    def __init__(self) -> None:
        self.asked = 0

    def rotated(self) -> str:
        self.asked += 1
        return f"{KEY}{self.asked}"

    async def arotated(self) -> str:
        return self.rotated()


class Odd:
    """A function that cannot be compared, or has no hash."""

    def __init__(self, method: str) -> None:
        self.method = method

    def __call__(self) -> str:
        return KEY

    def __eq__(self, other: object) -> bool:
        if self.method == "eq":
            raise RuntimeError("not to be compared")
        return self is other

    def __hash__(self) -> int:
        if self.method == "hash":
            raise RuntimeError("not to be hashed")
        return 7


@dataclass(frozen=True)
class Token:
    """Equal for one user, and gives a new key at each call."""

    user: str

    def __call__(self) -> str:
        return f"{KEY}{next(_numbers)}"


def _run(name: str, mode: str, account: Account, key: Callable[[], Any]) -> list[Outcome]:
    """Many calls at once, each with an adapter of its own."""
    url = f"http://127.0.0.1:9/keys-{next(_numbers)}/api/paas/v4"
    clock: Any = StepClock() if mode == "sync" else LoopClock()

    def make() -> Driver:
        options = {**account.clients(), "api_key": key(), "clock": clock}
        return Driver(SUBJECTS[name](url, **options), "sync")

    drivers = [make() for _ in range(CALLS)]  # one after the other: making them patches a module
    if mode == "sync":
        account._sleep = clock.sleep
        with clock.running(), ThreadPoolExecutor(CALLS) as pool:
            return list(pool.map(lambda driver: driver.complete(), drivers))

    async def together() -> list[Outcome]:
        return list(await asyncio.gather(*(driver.acomplete() for driver in drivers)))

    with asyncio.Runner(loop_factory=virtual_loop) as runner:
        return runner.run(together())


@pytest.mark.parametrize("method", ["eq", "hash"])
@pytest.mark.parametrize("name", SUBJECTS)
def test_C09_functions_that_cannot_be_compared(name: str, method: str) -> None:
    outcomes = _run(name, "sync", Account(4, 25), lambda: Odd(method))
    assert [outcome.ok().text for outcome in outcomes] == [TEXT] * CALLS


def test_C09_an_account_lives_as_long_as_one_of_its_equal_functions() -> None:
    first, second = Token("me"), Token("me")
    account = accounts.remember(first, "one")
    assert accounts.remember(second, "another") == account
    del first
    gc.collect()
    assert accounts.remember(Token("me"), "a third") == account
    assert second is not None


@pytest.mark.parametrize("kind", ["method", "lambda"])
@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("name", SUBJECTS)
def test_C09_adapters_made_for_each_request(name: str, mode: str, kind: str) -> None:
    vault = Vault()

    def method() -> Any:  # a new object, equal to the others
        return vault.rotated if mode == "sync" else vault.arotated

    def function() -> Any:  # unequal, but of one key
        async def give() -> str:
            return KEY

        return (lambda: KEY) if mode == "sync" else give

    account = Account(4, 25)
    outcomes = _run(name, mode, account, method if kind == "method" else function)
    assert [outcome.ok().text for outcome in outcomes] == [TEXT] * CALLS
    assert account.refused <= 2 * CALLS
    if kind == "method":
        assert vault.asked == account.served + account.refused  # once for each try
