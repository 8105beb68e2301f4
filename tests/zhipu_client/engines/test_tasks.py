"""Waiting for tasks, on a clock of the test's own."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest

from zhipu_client import (
    APIConnectionError,
    InvalidRequestError,
    TaskFailedError,
    TaskTimeoutError,
    await_result,
    wait_result,
)
from zhipu_client.tasks import Task


class FakeClock:
    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)

    def jitter(self) -> float:
        return 0.0


@pytest.fixture
def wait(kind: str):
    if kind == "sync":
        return wait_result

    def later(*args: Any, **given: Any) -> Any:
        return asyncio.run(await_result(*args, **given))

    return later


def states(*words: str):
    left = list(words)

    def answer(_: dict[str, Any]) -> dict[str, Any]:
        word = left.pop(0) if len(left) > 1 else left[0]
        found: dict[str, Any] = {"task_status": word, "request_id": "r-1"}
        if word == "SUCCESS":
            found["image_result"] = [{"url": "https://example.com/a.png"}]
        return found

    return answer


def test_looks_until_the_task_has_ended(wait, make_client) -> None:
    clock = FakeClock()
    client = make_client(states(*["PROCESSING"] * 9, "SUCCESS"))
    found = wait(client, "t-1", clock=clock)
    assert found.urls == ["https://example.com/a.png"]
    assert clock.pauses[:4] == [1.0, 1.5, 2.25, 3.375]
    assert max(clock.pauses) == 10.0


def test_a_task_that_has_ended_already_is_not_waited_for(wait, make_client) -> None:
    clock = FakeClock()
    wait(make_client(states("SUCCESS")), Task(id="t-1"), clock=clock)
    assert clock.pauses == []


@pytest.mark.parametrize("word", ["FAIL", "FAILED"])
def test_a_failure_is_an_error(wait, make_client, word: str) -> None:
    with pytest.raises(TaskFailedError, match="task t-1 failed") as caught:
        wait(make_client(states("PROCESSING", word)), "t-1", clock=FakeClock())
    assert (caught.value.task_id, caught.value.request_id) == ("t-1", "r-1")
    assert not caught.value.retryable


def test_a_task_that_never_ends_is_given_up(wait, make_client) -> None:
    clock = FakeClock()
    client = make_client(states("PROCESSING"))
    with pytest.raises(TaskTimeoutError, match="still running after 60 seconds") as caught:
        wait(client, "t-1", timeout=60, clock=clock)
    assert isinstance(caught.value, TimeoutError)
    assert clock.now == 60
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.task_id == "t-1"


def test_a_task_is_not_lost_with_a_failure_of_asking(wait, make_client) -> None:
    client = make_client(lambda _: APIConnectionError("gone"))
    with pytest.raises(APIConnectionError) as caught:
        wait(client, "t-1", clock=FakeClock())
    assert caught.value.task_id == "t-1"


@pytest.mark.parametrize("rows", [None, "x", {"url": "u"}, ["x", None, {"url": 5}, {"url": None}]])
def test_results_of_an_unknown_shape_have_no_addresses(wait, make_client, rows) -> None:
    client = make_client(lambda _: {"task_status": "SUCCESS", "image_result": rows})
    assert wait(client, "t-1", clock=FakeClock()).urls == []


def test_wrong_values_are_refused(wait, make_client) -> None:
    client = make_client(states("SUCCESS"))
    for given in ({"interval": 0}, {"timeout": -1}):
        with pytest.raises(InvalidRequestError):
            wait(client, "t-1", **given)
    with pytest.raises(InvalidRequestError, match="task_id"):
        wait(client, Task())
    assert client.bodies == []
