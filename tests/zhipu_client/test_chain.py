"""Many jobs as one: order, budget, failures. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from zhipu_client._request import Request
from zhipu_client.work._chain import Chain, Once
from zhipu_client.work._job import Around

AROUND = Around(site=None, open=lambda *_: pytest.fail("nothing is opened"))


def request(name: str) -> Request[str]:
    return Request(method="POST", path=f"/{name}", parse=lambda reply: reply.data)


class Steps:
    """A job of several requests; their answers are its pieces."""

    def __init__(self, name: str, count: int) -> None:
        self.name, self.count = name, count
        self.closed = False

    def begin(self, around: Around) -> Steps:
        if self.count < 0:
            raise ValueError(self.name)
        self._left = list(range(self.count))
        self._got: dict[int, str] = {}
        self._next = 0
        self._error: Exception | None = None
        return self

    in_flight = 4
    blocking = False

    def take(self) -> tuple[int, Request[str]] | None:
        if not self._left or self._error:
            return None
        number = self._left.pop(0)
        return number, request(f"{self.name}{number}")

    def done(self, number: int, value: str) -> None:
        self._got[number] = value

    def failed(self, number: int, error: Exception) -> None:
        self._error = error

    def ready(self) -> list[str]:
        found = []
        while self._next in self._got:
            found.append(self._got.pop(self._next))
            self._next += 1
        return found

    def result(self, pieces: list[Any]) -> list[Any]:
        if self._error:
            raise self._error
        return pieces

    def report(self, error: BaseException, pieces: list[Any]) -> None:
        error.steps = [*pieces, *self._got.values()]  # type: ignore[attr-defined]

    def close(self) -> None:
        self.closed = True


def drive(
    chain: Chain[str, str],
    pick: Callable[[list[int]], int] = lambda waiting: 0,
    fail: tuple[str, ...] = (),
) -> tuple[list[Any], list[str], Exception | None]:
    """What the engines do, one answer at a time: pieces, requests in their order, the error."""
    work = chain.begin(AROUND)
    pieces: list[Any] = []
    asked: list[str] = []
    waiting: list[tuple[int, str]] = []
    while True:
        while len(waiting) < work.in_flight and (taken := work.take()) is not None:
            waiting.append((taken[0], taken[1].path[1:]))
            asked.append(taken[1].path[1:])
        if not waiting:
            break
        number, name = waiting.pop(pick([n for n, _ in waiting]))
        if name in fail:
            work.failed(number, RuntimeError(name))
        else:
            work.done(number, name)
        pieces.extend(work.ready())
    pieces.extend(work.ready())
    work.close()
    try:
        work.result([])
    except Exception as error:
        return pieces, asked, error
    return pieces, asked, None


WHOLE = [("a", "a0"), ("a", "a1"), ("a", None), ("b", None), ("c", "c0"), ("c", None)]


def jobs() -> list[tuple[str, Steps]]:
    return [("a", Steps("a", 2)), ("b", Steps("b", 0)), ("c", Steps("c", 1))]


@pytest.mark.parametrize("in_flight", [1, 2, 9])
@pytest.mark.parametrize("pick", [lambda w: 0, lambda w: len(w) - 1], ids=["oldest", "newest"])
def test_pieces_come_in_order_whatever_comes_first(in_flight, pick):
    made = jobs()
    pieces, asked, error = drive(Chain(made, in_flight), pick)
    assert error is None
    assert pieces == WHOLE
    assert sorted(asked) == ["a0", "a1", "c0"]
    assert all(job.closed for _, job in made)


def test_jobs_are_begun_as_they_are_needed():
    begun = []

    def many():
        for number in range(1000):
            begun.append(number)
            yield str(number), Steps(str(number), 1)

    work = Chain(many(), 2).begin(AROUND)
    assert work.take() is not None
    assert work.take() is not None
    assert len(begun) == 2
    while work.take() is not None:
        pass
    assert len(begun) <= 5


@pytest.mark.parametrize("in_flight", [1, 2, 9])
def test_a_failure_ends_it_after_what_came_before(in_flight):
    made = [("a", Steps("a", 2)), ("b", Steps("b", 3)), ("c", Steps("c", 1))]
    pieces, asked, error = drive(Chain(made, in_flight), fail=("b1",))
    assert pieces == [("a", "a0"), ("a", "a1"), ("a", None), ("b", "b0")]
    assert str(error) == "b1"
    assert error.source == "b"
    # What was asked for behind the failure is not lost.
    assert error.later.get("c", ([], None))[0] == (["c0"] if "c0" in asked else [])
    assert all(job.closed for _, job in made if job.closed or job.name != "c" or "c0" in asked)


def test_nothing_behind_a_failure_is_begun():
    made = [("a", Steps("a", 2)), ("b", Steps("b", 1)), ("c", Steps("c", 1))]
    _, asked, error = drive(Chain(made, 1), fail=("a0",))
    assert (asked, str(error)) == (["a0"], "a0")


@pytest.mark.parametrize("in_flight", [1, 9])
def test_a_job_that_cannot_begin_has_its_turn_too(in_flight):
    made = [("a", Steps("a", 2)), ("b", Steps("b", -1)), ("c", Steps("c", 1))]
    pieces, asked, error = drive(Chain(made, in_flight))
    assert pieces == [("a", "a0"), ("a", "a1"), ("a", None)]
    assert asked == ["a0", "a1"]
    assert isinstance(error, ValueError)
    assert (error.source, error.later) == ("b", {})


@pytest.mark.parametrize("in_flight", [1, 9])
def test_failures_can_be_skipped(in_flight):
    told = []

    def skip(key: str, error: Exception) -> bool:
        told.append((key, str(error)))
        return key != "z"

    made = [
        ("a", Steps("a", 2)),
        ("b", Steps("b", -1)),
        ("c", Steps("c", 1)),
        ("d", Steps("d", 1)),
    ]
    pieces, _, error = drive(Chain(made, in_flight, skip), fail=("a1",))
    assert error is None
    assert pieces == [
        ("a", "a0"),
        ("a", None),
        ("b", None),
        ("c", "c0"),
        ("c", None),
        ("d", "d0"),
        ("d", None),
    ]
    assert told == [("a", "a1"), ("b", "b")]


def test_one_request_is_a_job_too():
    chain = Chain([("x", Once(request("one"))), ("y", Once(request("two")))], 4)
    assert drive(chain)[0] == [("x", "one"), ("x", None), ("y", "two"), ("y", None)]
    pieces, _, error = drive(chain, fail=("two",))
    assert pieces == [("x", "one"), ("x", None)]
    assert str(error) == "two"


def test_what_is_begun_while_it_is_closed_is_closed_too():
    job = Steps("late", 1)
    work: Any = None

    def jobs():
        work.close()  # as from another thread, when its task was cancelled
        yield "late", job

    work = Chain(jobs(), 1).begin(AROUND)
    work.take()
    assert job.closed
    assert work.take() is None
