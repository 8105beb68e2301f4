"""Waiting for tasks, on a clock of the test's own."""

from __future__ import annotations

import asyncio
import pickle
import time
from typing import Any

import pytest

from zhipu_client import (
    APIConnectionError,
    AuthenticationError,
    DownloadError,
    InvalidRequestError,
    RateLimitError,
    ServerError,
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
    with pytest.raises(TaskFailedError, match=r"task t-1 failed") as caught:
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
    clock = FakeClock()
    with pytest.raises(APIConnectionError, match=r"task t-1 .*gone") as caught:
        wait(client, "t-1", clock=clock)
    assert caught.value.task_id == "t-1"
    assert isinstance(caught.value, TaskTimeoutError)
    assert clock.now == 900


@pytest.mark.parametrize(
    "error",
    [
        APIConnectionError("reset"),
        ServerError("busy", status=503, retryable=True, retry_after=20.0),
        RateLimitError("too many", status=429, code="1302", retryable=True),
    ],
)
def test_failures_that_pass_are_waited_out(wait, make_client, error) -> None:
    left = [error] * 6
    done = states("SUCCESS")
    clock = FakeClock()
    client = make_client(lambda body: left.pop() if left else done(body))
    assert wait(client, "t-1", clock=clock).urls
    assert len(clock.pauses) == 6
    assert min(clock.pauses) >= (getattr(error, "retry_after", None) or 1.0)


@pytest.mark.parametrize(
    "error", [AuthenticationError("wrong key", status=401), DownloadError("no", url="https://x/")]
)
def test_a_failure_that_does_not_pass_is_raised_with_the_id(wait, make_client, error) -> None:
    clock = FakeClock()
    with pytest.raises(type(error), match="task t-1") as caught:
        wait(make_client(lambda _: error), "t-1", clock=clock)
    assert caught.value.task_id == "t-1"
    assert clock.pauses == []


@pytest.mark.parametrize("seconds", [4.0, 0.7])
def test_the_time_of_the_looks_counts(wait, make_client, seconds: float) -> None:
    clock = FakeClock()
    client = make_client(states("PROCESSING"))
    limits = []

    def taking(request: Any) -> None:
        limits.append(request.timeout)
        clock.now += min(seconds, request.timeout)
        assert request.max_retries == 0

    client.before = taking
    with pytest.raises(TaskTimeoutError, match=r"t-1 .* after 3 seconds"):
        wait(client, "t-1", interval=0.5, timeout=3, clock=clock)
    assert limits[0] == 3
    assert clock.now <= 3.3 + 1e-6


def test_a_slow_service_does_not_prolong_the_wait(kind: str) -> None:
    """The same through a client, whose own limits and tries are far larger."""
    from tests.reliability import scenarios as say
    from tests.reliability.server import FaultServer
    from zhipu_client import AsyncClient, Client

    with FaultServer(say.stalled()) as server:
        start = time.monotonic()
        with pytest.raises(TaskTimeoutError, match="t-1"):
            if kind == "sync":
                wait_result(Client(api_key="a.b", base_url=server.base_url), "t-1", timeout=0.5)
            else:
                client = AsyncClient(api_key="a.b", base_url=server.base_url)
                asyncio.run(await_result(client, "t-1", timeout=0.5))
        assert time.monotonic() - start < 5  # the service is silent for ten


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
