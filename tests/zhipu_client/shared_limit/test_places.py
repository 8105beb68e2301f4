"""One limit for several processes: who may start, and what is noticed.

Each `Keeper` here is that of a process of its own; they share a file and a clock that only we move.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.zhipu_client.shared_limit.processes import Clock, Process, limit_to
from zhipu_client._adaptive_limit import AdaptiveLimit
from zhipu_client._io import limit_keeper
from zhipu_client._io.limit_files import LimitFile
from zhipu_client._io.limit_keeper import Keeper
from zhipu_client._io.shared_gates import SharedGate
from zhipu_client._shared_limit import LEASE, Event, Member, SharedLimit, Turn


def test_open_until_a_refusal_of_anybody(pair: tuple[Process, Process], path: Path) -> None:
    one, other = pair
    for process in pair:
        for _ in range(4):
            process.call()
        process.work()
        assert len(process.slots) == 4
    one.end("refused")
    one.work()
    other.call()
    other.work()
    assert len(other.slots) == 4  # it waits: 0.7 of 8 is below what is in flight
    for process in (one, one, other):
        process.end()
        process.work()
    other.work()
    assert len(other.slots) == 4
    assert LimitFile(path).look(other.gate.name).limit.in_flight == 5


def test_patience_begins_anew_with_what_another_process_is_served(
    pair: tuple[Process, Process], path: Path, clock: Clock
) -> None:
    one, other = pair
    limit_to(path, 5, one.gate)
    one.call()
    one.work()
    clock.now += 30
    one.end("succeeded")
    one.work()
    other.call()
    other.work()
    assert other.gate.passed_at == 1030


def test_who_waits_long_goes_first(pair: tuple[Process, Process], path: Path, clock: Clock) -> None:
    """A process keeps its place for its own next call, but not for ever."""
    busy, hungry = pair
    limit_to(path, 1, busy.gate)
    for process in (busy, busy, busy, hungry):
        process.call()
        process.work()
    clock.now += 0.1
    busy.end()
    busy.work()
    assert (len(busy.slots), len(hungry.slots)) == (1, 0)
    clock.now += 1.5
    hungry.work()
    busy.end()
    busy.work()
    assert (len(busy.slots), len(hungry.slots)) == (0, 0)
    hungry.work()
    assert (len(busy.slots), len(hungry.slots)) == (0, 1)
    hungry.end()
    hungry.work()
    busy.work()
    assert len(busy.slots) == 1


def test_nobody_lets_a_stopped_process_go_first(
    pair: tuple[Process, Process], path: Path, clock: Clock
) -> None:
    busy, stopped = pair
    limit_to(path, 1, busy.gate)
    for process in (busy, busy, stopped):
        process.call()
        process.work()
    clock.now += 5
    busy.end()
    busy.work()
    assert len(busy.slots) == 1


@pytest.mark.parametrize(
    ("member", "moved", "free"),
    [
        pytest.param({}, 0, False, id="a process that runs"),
        pytest.param({"started": "long ago"}, 0, True, id="its number is another process' now"),
        pytest.param({"space": "elsewhere"}, LEASE - 1, False, id="heard of, in a container"),
        pytest.param({"space": "elsewhere"}, LEASE + 1, True, id="not heard of for long"),
        pytest.param({"at": 10.0**9}, 0, True, id="from before a restart of the machine"),
    ],
)
def test_places_of_a_process_that_is_gone(
    member: dict[str, Any], moved: float, free: bool, path: Path, clock: Clock
) -> None:
    process = Process(path, clock)
    limit_to(path, 1, process.gate)
    own = process.keeper._seat(process.gate).member
    facts = {"space": own.space, "pid": own.pid, "started": own.started, "at": 1000.0, **member}
    other = Member(taken=1, **facts)
    LimitFile(path).change(process.gate.name, lambda found: found.members.update({"x": other}))
    clock.now += moved
    process.call()
    process.work()
    assert bool(process.slots) is free


def test_a_killed_process_gives_its_places_back(tmp_path: Path) -> None:
    """SIGKILL, and nobody has asked for its exit code: as with a worker of a pool."""
    path = tmp_path / "limit.json"
    program = """
import sys
from pathlib import Path
from zhipu_client._io.account_gates import gate_for
from zhipu_client._io.clock import SystemClock
from zhipu_client._io.limit_files import LimitFile
from zhipu_client._shared_limit import SharedLimit
LimitFile(Path(sys.argv[1])).prepare()
gate = gate_for("a", "u", "m", SystemClock(), Path(sys.argv[1]))
slots = [gate.enter() for _ in range(2)]
slots[1].refused()  # of two in flight, one is too many
slots[1].release()
print("in", flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", program, str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "in\n"
    (name,) = LimitFile(path).keys()
    clock = limit_keeper.SystemClock()
    ours = Process(path, clock)
    ours.gate.name = name
    while LimitFile(path).look(name).limit.limit is None:
        time.sleep(0.001)
    ours.call()
    ours.work()
    assert not ours.slots
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    ours.keeper._running.clear()
    while not ours.slots:
        ours.keeper.work()
    process.communicate()


def test_a_call_within_a_stream_is_let_in_once_there_is_no_place(
    pair: tuple[Process, Process], path: Path
) -> None:
    one, other = pair
    limit_to(path, 1, one.gate)
    other.call()

    def within() -> None:
        stream = one.stream()
        other.work()
        for _ in range(2):
            one.call()
        assert len(one.slots) == 1
        one.work()
        assert len(one.slots) == 2  # by the stream's free pass, one at a time
        one.work()
        assert LimitFile(path).look(one.gate.name).limit.in_flight == 2
        one.end()
        one.work()
        assert len(one.slots) == 2
        one.end()
        stream.release()
        one.work()

    contextvars.copy_context().run(within)
    other.work()
    assert len(other.slots) == 1


def test_who_goes_away_gives_back_what_was_brought(path: Path, clock: Clock) -> None:
    process = Process(path, clock)
    limit_to(path, 1, process.gate)
    process.call()
    process.work()
    process.call()
    waiter = process.gate._waiters[0]
    process.keeper._seat(process.gate)
    process.gate.places.bring([True])  # for another who has left: not for this call
    process.gate._leave(waiter)
    process.gate.bring([])
    process.end()
    process.work()
    process.work()
    assert not LimitFile(path).look(process.gate.name).members
    assert process.gate.forgettable
    assert not process.keeper._seats


def test_a_careful_call_waits_for_a_place_that_was_served_before() -> None:
    shared = SharedLimit(AdaptiveLimit(limit=3, refused_at=1.0, _safe=2))
    me = Member("here", 1, "", taken=2, at=9.0)
    turn = Turn("me", me, (), (True, False), 10.0)
    assert shared.take(turn, lambda one: False).granted == ()
    assert shared.take(turn.__class__("me", me, (Event("end"),), (True, False), 10.0), bool).granted


async def test_an_async_call_leaves_the_loop_free(path: Path) -> None:
    clock = limit_keeper.SystemClock()
    keeper = Keeper(LimitFile(path), clock)
    gate = SharedGate("name", clock, keeper.look_at)
    limit_to(path, 1, gate)
    first = await gate.aenter()
    second = asyncio.create_task(gate.aenter())
    third = asyncio.create_task(gate.aenter())
    await asyncio.sleep(0)
    third.cancel()
    first.release()
    (await second).release()
    (await gate.aenter()).release()
