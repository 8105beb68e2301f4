"""Waiting for a place: no wake-up is lost, whenever a place is given back, and nothing is kept."""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import sys
import threading
from types import FrameType
from typing import Any

import pytest

from zhipu_client import Client
from zhipu_client._adaptive_limit import AdaptiveLimit
from zhipu_client._io import account_gates, gates, gc_safety
from zhipu_client._io.client_base import ceiling
from zhipu_client._io.clock import SystemClock

CLOCK = SystemClock()


@pytest.fixture(autouse=True)
def no_second_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """A waiter does not look again by itself: it has to be woken."""
    monkeypatch.setattr(gates, "LOOK_AGAIN", 60.0)


def _enter_while(gate: gates.Gate, slot: gates.Slot, line: int) -> tuple[bool, bool]:
    """Wait for a place in a thread that gives ``slot`` back at its ``line``-th line of Python.

    As the garbage collector does with a stream that nobody refers to. Returns whether the thread
    came through, and whether it got as far as that line.
    """
    left = itertools.count(line, -1)
    entered: list[gates.Slot] = []
    reached = threading.Event()

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line" and next(left) == 0:
            sys.settrace(None)
            reached.set()
            slot.release()
        return trace

    def wait() -> None:
        sys.settrace(trace)
        try:
            entered.append(gate.enter())
        finally:
            sys.settrace(None)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    while not gate._waiters and not reached.is_set():
        thread.join(0.001)
    if not reached.wait(0.3):  # it sleeps
        slot.release()
    thread.join(3)
    for one in entered:
        one.release()
    return not thread.is_alive(), reached.is_set()


def test_a_place_given_back_at_any_moment_wakes_the_waiter() -> None:
    for line in itertools.count():
        gate = ceiling(1, CLOCK)
        assert gate is not None
        through, reached = _enter_while(gate, gate.enter(), line)
        assert through, f"stuck after a place was given back at line {line}"
        if not reached:
            return


def test_a_place_given_back_while_another_has_the_lock_is_not_forgotten() -> None:
    gate = ceiling(1, CLOCK)
    assert gate is not None
    slot = gate.enter()
    limit = gate._limit

    class Interrupted:
        """Another thread gives its place back in the middle of `settle`."""

        def __getattr__(self, name: str) -> Any:
            return getattr(limit, name)

        def free(self, *, careful: bool = False) -> bool:
            answer = limit.free(careful=careful)
            slot.release()
            return answer

    waiter = threading.Thread(target=gate.enter, daemon=True)
    waiter.start()
    while not gate._waiters:
        waiter.join(0.001)
    gate._limit = Interrupted()
    gate.settle()
    waiter.join(5)
    assert not waiter.is_alive()


def test_gates_that_know_nothing_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """One key per customer must not cost memory for ever; what was learnt is kept."""
    monkeypatch.setattr(account_gates, "_adaptive", {})
    refused, busy = (account_gates.gate_for(name, "u", "m", CLOCK) for name in ("refused", "busy"))
    first = refused.enter()
    first.refused()
    first.release()
    held = busy.enter()
    for number in range(2000):
        account_gates.gate_for(f"customer {number}", "u", "m", CLOCK).enter().release()
    assert len(account_gates._adaptive) <= 300
    assert account_gates.gate_for("refused", "u", "m", CLOCK) is refused
    assert account_gates.gate_for("busy", "u", "m", CLOCK) is busy
    held.release()


def test_a_client_asks_for_its_gate_again_once_that_was_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else two clients of one account would each have a limit of their own."""
    monkeypatch.setattr(account_gates, "_adaptive", {})
    one, other = (Client(api_key="id.secret", base_url="zai")._core for _ in range(2))
    (before,) = one.gates("m")
    assert one.gates("m") == other.gates("m") == [before]
    account_gates._thin_out()
    (after,) = one.gates("m")
    assert after is not before
    assert other.gates("m") == [after]


def test_each_stream_has_one_free_pass() -> None:
    """Of the calls within it, one at a time is let in; with it comes the next."""
    gate = gates.Gate(AdaptiveLimit(limit=1), CLOCK)
    stream = gate.enter()
    stream.hold()
    first = gate.enter()
    entered: list[gates.Slot] = []
    contexts = [contextvars.copy_context() for _ in range(3)]
    threads = [
        threading.Thread(
            target=context.run, args=(lambda: entered.append(gate.enter()),), daemon=True
        )
        for context in contexts
    ]
    for thread in threads:
        thread.start()
    while len(gate._waiters) < 3:
        threads[0].join(0.001)
    first.release()
    for number in range(1, 4):
        while len(entered) < number:
            threads[0].join(0.001)
        assert len(gate._waiters) == 3 - number
        assert gate._limit.in_flight == 2  # type: ignore[attr-defined]
        entered[-1].release()
    stream.release()
    assert gate._limit.in_flight == 0  # type: ignore[attr-defined]


def test_who_leaves_the_queue_for_a_pass_does_not_take_it_along() -> None:
    async def main() -> None:
        gate = gates.Gate(AdaptiveLimit(limit=1), CLOCK)
        stream = gate.enter()
        stream.hold()
        first = await gate.aenter()
        left, stays = (asyncio.create_task(gate.aenter()) for _ in range(2))
        await asyncio.sleep(0)
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)
        first.release()
        (await asyncio.wait_for(stays, 5)).release()
        stream.release()
        assert not gate._waiters

    asyncio.run(main())


class Hours(SystemClock):
    """The machine's clock, plus what a test adds."""

    ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


def test_the_place_of_a_stream_is_counted_again_when_it_is_read_on() -> None:
    clock = Hours()
    limit = AdaptiveLimit(limit=1)
    gate = gates.Gate(limit, clock)
    stream = gate.enter()
    stream.hold()
    stream.idle()
    clock.ahead += gates.LIFE - 1
    gate._take_back()
    assert limit.in_flight == 1
    stream.reading()  # alive, however long the next piece takes
    clock.ahead += 10 * gates.LIFE
    gate._take_back()
    assert limit.in_flight == 1
    stream.idle()
    clock.ahead += gates.LIFE
    gate._take_back()
    assert limit.in_flight == 0
    stream.reading()
    assert limit.in_flight == 1
    stream.release()
    stream.release()
    stream.reading()
    gate.settle()
    assert limit.in_flight == 0


def test_the_collector_is_not_run_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[bool] = []
    monkeypatch.setattr(gc_safety.gc, "collect", lambda: runs.append(True))
    monkeypatch.setattr(gc_safety, "_collected", [float("-inf")])
    clock = Hours()
    gate = gates.Gate(AdaptiveLimit(limit=1), clock)
    stream = gate.enter()
    stream.hold()
    gate._take_back()
    assert not runs  # it is being read
    stream.idle()
    clock.ahead += gates.LEFT
    for _ in range(100):
        gate._take_back()
    assert len(runs) == 1
    stream.release()
