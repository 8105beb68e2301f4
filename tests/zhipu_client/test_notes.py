"""What the log has about slow work: why it is slow, seldom, and nothing of what is asked."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest

from zhipu_client import APIConnectionError, TaskTimeoutError, await_for, batches, wait_for
from zhipu_client._adaptive_limit import FixedLimit
from zhipu_client._io import gates
from zhipu_client._io.notes import EVERY, Notes

DAY = 86400.0


class Clock:
    """Time that only sleeping moves."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "zhipu_client")
    return caplog


def test_a_line_is_repeated_seldom_and_says_how_many_were_left_out(log: Any) -> None:
    notes = Notes()
    for now in range(100):
        notes.say(now, "a", "waiting %s", "here")
    notes.say(50, "b", "other")
    assert [record.getMessage() for record in log.records] == [
        "waiting here",
        "waiting here (29 more such lines were left out)",
        "waiting here (29 more such lines were left out)",
        "waiting here (29 more such lines were left out)",
        "other",
    ]
    assert {record.name for record in log.records} == {"zhipu_client"}


def test_a_clock_that_starts_again_silences_nothing(log: Any) -> None:
    notes = Notes()
    notes.say(10.0**9, "a", "first")
    notes.say(0.0, "a", "second")
    assert [record.getMessage() for record in log.records] == ["first", "second"]


class Away:
    """A service that cannot be reached for two days."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.looks = 0

    def send(self, request: Any, **options: Any) -> Any:
        self.looks += 1
        self.clock.now += 30
        raise APIConnectionError("no route; the prompt was: secret")


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_batch_that_cannot_be_polled_for_two_days(way: str, log: Any) -> None:
    clock = Clock()
    service = Away(clock)
    plan = batches.waiting("batch_1", interval=10.0, timeout=2 * DAY)
    with pytest.raises(TaskTimeoutError, match="batch_1") as caught:
        if way == "sync":
            wait_for(service, plan, clock=clock)
        else:

            class Async:
                async def send(self, request: Any, **options: Any) -> Any:
                    return service.send(request)

            asyncio.run(await_for(Async(), plan, clock=clock))
    assert caught.value.task_id == "batch_1"
    assert 2 * DAY <= clock.now <= 2 * DAY + 600
    lines = [record.getMessage() for record in log.records]
    assert service.looks > 400
    assert 200 < len(lines) < 320  # one in ten minutes, at last
    assert all("batch batch_1: not finished after" in line for line in lines)
    assert all("the last poll failed: APIConnectionError" in line for line in lines)
    assert not any("secret" in line for line in lines)


@pytest.mark.parametrize("way", ["sync", "async"])
def test_who_waits_for_a_place_says_so(way: str, log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "LOOK_AGAIN", 0.005)
    monkeypatch.setattr(gates, "notes", Notes())  # an earlier gate may have had the same id
    clock: Any = Clock()
    gate = gates.Gate(FixedLimit(1), clock, label="max_concurrency=1")
    slot = gate.enter()

    def lines(number: int) -> None:
        while len(log.records) < number:
            threading.Event().wait(0.001)

    def wait() -> None:
        (gate.enter() if way == "sync" else asyncio.run(gate.aenter())).release()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    lines(1)
    clock.now += EVERY
    lines(2)
    slot.release()
    thread.join(5)
    first, second = [record.getMessage() for record in log.records]
    assert first == "max_concurrency=1: calls wait for a place: 1; requests in flight: 1"
    assert "left out" in second or second == first
