"""One limit for several processes: who may start, what is noticed, and what breaks nothing.

Each `Keeper` here is that of a process of its own; they share a file and a clock that only we move.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from zhipu_client import Client, InvalidRequestError, chat
from zhipu_client._adaptive_limit import AdaptiveLimit
from zhipu_client._io import limit_files, limit_keeper
from zhipu_client._io.gates import Slot
from zhipu_client._io.limit_files import LimitFile, limit_path
from zhipu_client._io.limit_keeper import Keeper
from zhipu_client._io.shared_gates import SharedGate
from zhipu_client._shared_limit import LEASE, Event, Member, SharedLimit, Turn


class Clock:
    """A clock that only a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def jitter(self) -> float:
        return 0.5


class Process:
    """A process with one gate. Nothing happens in it but what a test lets it do."""

    def __init__(self, path: Path, clock: Any) -> None:
        self.keeper = Keeper(LimitFile(path), clock)
        self.keeper._thread = threading.current_thread()  # `work` is called by the test
        self.gate = SharedGate("account and model", clock, self.keeper.look_at)
        self.slots: list[Slot] = []

    def call(self, *, careful: bool = False) -> None:
        slot = Slot(self.gate, careful)
        self.gate._try(slot, lambda: self.slots.append(slot))

    def stream(self) -> Slot:
        """Begin a call, and hold its place as a stream does."""
        self.call()
        self.work()
        self.slots[-1].hold()
        return self.slots[-1]

    def work(self) -> None:
        self.keeper.look_at(self.gate)
        self.keeper.work()

    def end(self, how: str = "") -> None:
        slot = self.slots.pop()
        if how:
            getattr(slot, how)()  # a request that was served raises the limit
        slot.release()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "limit.json"
    LimitFile(found).prepare()
    return found


@pytest.fixture
def pair(path: Path, clock: Clock) -> tuple[Process, Process]:
    return Process(path, clock), Process(path, clock)


def limit_to(path: Path, places: int, gate: SharedGate) -> None:
    """Write down that the service has refused more than ``places``."""

    def change(found: SharedLimit) -> None:
        found.limit = AdaptiveLimit(limit=places, refused_at=999.0, _safe=places)

    LimitFile(path).change(gate.name, change)


def vars_of(found: SharedLimit, other: SharedLimit) -> None:
    found.limit, found.members, found.passed_at = other.limit, other.members, other.passed_at


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


@pytest.mark.parametrize(
    "found",
    [
        None, "", [], {}, 7, {"limit": {"what": 1}},
        {"limit": {"limit": "4"}, "members": {}, "passed_at": 1},
        {"limit": {}, "members": {"a": {"taken": 1}}, "passed_at": 1},
        {"limit": {}, "members": {"a": 1}, "passed_at": 1},
        {"limit": {}, "members": {}, "passed_at": "soon"},
    ],
)  # fmt: skip
def test_what_cannot_be_read_counts_as_nothing(found: Any) -> None:
    assert SharedLimit.read(found) == SharedLimit()


def test_what_is_written_is_read(path: Path) -> None:
    shared = SharedLimit(AdaptiveLimit(limit=3), {"me": Member("here", 1, "2", taken=1)}, 5.0)
    file = LimitFile(path)
    limit_to(path, 2, SharedGate("another", Clock(), print))  # type: ignore[arg-type]
    file.change("one", lambda found: vars_of(found, shared))
    assert file.look("one") == shared
    file.change("one", lambda found: vars_of(found, SharedLimit()))
    assert file.keys() == ["another"]  # what nobody knows anything about is not kept


def test_a_line_that_a_kill_cut_off_counts_as_empty(path: Path) -> None:
    file = LimitFile(path)
    file.change("one", lambda found: found.members.update({"me": Member("here", 1, "2")}))
    whole = path.read_bytes()
    for end in range(40, len(whole) - 2, 7):
        path.write_bytes(whole[:end])
        assert file.look("one") == SharedLimit()
        file.change("one", lambda found: found.members.update({"me": Member("here", 1, "2")}))
        assert path.read_bytes() == whole
    path.write_bytes(whole + b"what was longer before")
    assert file.look("one").members


def test_a_file_that_stays_locked_is_an_error_in_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit_files, "_locked", lambda file: False)
    monkeypatch.setattr(limit_files.time, "monotonic", iter(range(0, 999, 3)).__next__)
    monkeypatch.setattr(limit_files.time, "sleep", lambda seconds: None)
    with pytest.raises(InvalidRequestError, match="locked for 15 s"):
        LimitFile(path).prepare()


def test_a_file_that_is_lost_ends_nothing(
    pair: tuple[Process, Process], path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk, a folder that is gone: warned of once; what is known goes on to hold."""
    one = pair[0]
    limit_to(path, 2, one.gate)
    for process in pair:
        process.call()
        process.work()
    one.work()
    path.rename(path.with_suffix(".away"))
    path.mkdir()
    one.call()
    for _ in range(3):
        one.work()
        clock.now += 6
    assert len(one.slots) == 1  # the other is still known to have the second place
    one.end()
    one.work()
    assert len(one.slots) == 1
    (warning,) = caplog.records
    assert warning.name == "zhipu_client"
    assert "cannot be used now" in warning.message
    assert str(path) in warning.message
    path.rmdir()
    clock.now += 6
    for process in pair:
        process.work()
    assert LimitFile(path).look(one.gate.name).limit.in_flight == 2


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


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "must be a name"),
        ("  ", "must be a name"),
        ("a\0b", "must be a name"),
        (7, "must be a name"),
        (b"limit", "must be a name"),
        ("team/prod", "there is no folder"),
        ("/nowhere/limit.json", "there is no folder"),
    ],
)
def test_what_is_neither_a_name_nor_a_path_is_refused(value: Any, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words) as caught:
        Client(api_key="a.b", shared_limit=value)
    assert caught.value.field == "shared_limit"


def test_a_name_is_a_file_of_this_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit_files.tempfile, "gettempdir", lambda: str(tmp_path))
    found = limit_path("账号 1")
    assert found is not None
    assert found.parent.parent == tmp_path
    LimitFile(found).prepare()
    assert found.parent.stat().st_mode & 0o777 == 0o700
    monkeypatch.chdir(tmp_path)
    assert limit_path(Path("limit")) == tmp_path / "limit"
    assert limit_path("./limit") == tmp_path / "limit"


def test_a_folder_that_another_made_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit_files.tempfile, "gettempdir", lambda: str(tmp_path))
    found = limit_path("name")
    assert found is not None
    found.parent.symlink_to(tmp_path)
    with pytest.raises(InvalidRequestError, match="belongs to another user"):
        LimitFile(found).prepare()


@pytest.mark.parametrize("what", ["text", "a database", "a folder", "a pipe"])
def test_a_file_that_is_something_else_is_left_alone(what: str, tmp_path: Path) -> None:
    path = tmp_path / "notes"
    if what == "text":
        path.write_text("What I must not forget. " * 99)
    elif what == "a database":
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE notes (text)")
        database.close()
    else:
        path.mkdir() if what == "a folder" else os.mkfifo(path)
    before = path.read_bytes() if path.is_file() else None
    client = Client(api_key="a.b", base_url="http://127.0.0.1:9", shared_limit=path)
    with pytest.raises(InvalidRequestError, match="cannot be used") as caught:
        client.send(chat.create(model="glm-4.7", messages=[{"role": "user", "content": "?"}]))
    assert caught.value.field == "shared_limit"
    assert (path.read_bytes() if path.is_file() else None) == before
