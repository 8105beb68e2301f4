"""Asks for places under a limit that processes share, in a thread of its own.

One keeper serves all gates of a file in this process. It notes there what its requests did, looks
for places while calls wait, and gives signs of life.
"""

from __future__ import annotations

import math
import os
import queue
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path

from zhipu_client._io.clock import Clock, SystemClock
from zhipu_client._io.limit_files import LimitFile
from zhipu_client._io.notes import logger
from zhipu_client._io.processes import namespace, runs, started
from zhipu_client._io.shared_gates import SharedGate
from zhipu_client._shared_limit import Member, SharedLimit, Turn
from zhipu_client.errors import ZhipuError

__all__ = ["Keeper", "keeper_for", "reset_keepers"]

#: Seconds between two signs of life: where calls wait, and where there are only places taken.
BEAT_WAITING, BEAT = 1.0, 10.0
#: Seconds between two looks for a place: for whose turn it is; for the others, who look half as
#: often as the one before them, down to this, or to so much for each process that waits.
SOONEST, LATEST, EACH = 0.02, 0.25, 0.02
#: Seconds after which it is seen that a process has ended without a word.
NOTICED = 1.0
#: Seconds for which a file that cannot be used is left alone.
LEFT_ALONE = 5.0
#: Seconds between two warnings.
WARN_AGAIN = 60.0


@dataclass(slots=True)
class _Seat:
    """What a keeper knows about one of its gates."""

    gate: SharedGate
    member: Member
    name: str = field(default_factory=lambda: secrets.token_hex(8))
    #: What was written down when this was last looked at.
    state: SharedLimit = field(default_factory=SharedLimit)
    due: float = math.inf


class Keeper:
    """Asks a file for the places of this process, and gives them back.

    Args:
        file: What the processes share.
        clock: The time.
    """

    def __init__(self, file: LimitFile, clock: Clock) -> None:
        self.file = file
        self._clock = clock
        # The garbage collector may give a place back, also while something is put here.
        self._asked: queue.SimpleQueue[SharedGate] = queue.SimpleQueue()
        self._seats: dict[str, _Seat] = {}
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._broken_until: float | None = None
        self._warned_at = -math.inf
        #: Processes that ran when they were last looked for, and when that was.
        self._running: dict[tuple[int, str], float] = {}

    def look_at(self, gate: SharedGate) -> None:
        """Have a gate looked at, soon."""
        self._asked.put(gate)
        if self._thread is None and self._starting.acquire(blocking=False):
            try:
                if self._thread is None:
                    thread = threading.Thread(target=self._run, name="zhipu-limit", daemon=True)
                    thread.start()
                    self._thread = thread
            finally:
                self._starting.release()

    def work(self) -> None:
        """Wait until there is something to do, and do it."""
        due = min((seat.due for seat in self._seats.values()), default=math.inf)
        left = None if due == math.inf else max(0.0, due - self._clock.monotonic())
        try:
            self._seat(self._asked.get(timeout=left)).due = -math.inf
            while True:
                self._seat(self._asked.get_nowait()).due = -math.inf
        except queue.Empty:
            pass
        for seat in list(self._seats.values()):
            if seat.due <= self._clock.monotonic():
                self._turn(seat)

    def _run(self) -> None:
        while True:
            try:
                self.work()
            except Exception:  # noqa: BLE001 - calls of other gates wait for this thread
                logger.exception("shared_limit %s: one look failed", self.file.path)

    def _seat(self, gate: SharedGate) -> _Seat:
        found = self._seats.get(gate.name)
        if found is None:
            pid = os.getpid()
            found = _Seat(gate, Member(namespace(), pid, started(pid)))
            self._seats[gate.name] = found
        return found

    def _turn(self, seat: _Seat) -> None:
        gate, now = seat.gate, self._clock.monotonic()
        seat.due = now + LATEST  # should this fail
        turn = Turn(seat.name, seat.member, gate.places.happened(), gate.wanted(), now)
        done = self._take(seat, turn)
        seat.member = done.member
        gate.passed_at = max(gate.passed_at, seat.state.passed_at)
        if done.member.waiting:
            seat.due = now + self._pause(seat) * (0.75 + 0.5 * self._clock.jitter())
        elif done.member.taken:
            seat.due = now + BEAT
        else:
            del self._seats[gate.name]
        gate.bring(done.granted)
        if gate.places.eventful:
            self.look_at(gate)

    def _pause(self, seat: _Seat) -> float:
        """Return the seconds until the next look: the nearer its turn, the sooner."""
        waiting = sum(one.waiting > 0 for one in seat.state.members.values())
        soon = SOONEST * 2.0 ** min(seat.state.rank(seat.name), 10)
        return min(soon, max(LATEST, EACH * waiting))

    def _take(self, seat: _Seat, turn: Turn) -> Turn:
        """Take a turn with what is written down; with what is known, where that cannot be read."""
        name, now, member = seat.gate.name, turn.now, turn.member
        try:
            if self._broken_until is not None and now >= self._broken_until:
                self.file.prepare(again=True)
                self._broken_until = None
            if self._broken_until is None:
                if not turn.events and turn.wanted and member.waiting:
                    seat.state = self.file.look(name)
                    granted = seat.state.take(turn, self._ended).granted
                    if not granted and now - member.at < BEAT_WAITING:
                        return turn
                done, seat.state = self.file.change(name, lambda one: one.take(turn, self._ended))
                return done
        except (OSError, ZhipuError) as error:
            self._broken_until = now + LEFT_ALONE
            if now - self._warned_at >= WARN_AGAIN:
                self._warned_at = now
                logger.warning(
                    "shared_limit %s cannot be used now (%s); this process goes on with what it "
                    "knows of the others, and tries again",
                    self.file.path,
                    error,
                )
        return seat.state.take(turn, self._ended)

    def _ended(self, member: Member) -> bool:
        """Return whether the process of a member has ended, as far as that can be seen."""
        if member.space != namespace():
            return False
        process, now = (member.pid, member.started), self._clock.monotonic()
        if now - self._running.get(process, -math.inf) < NOTICED:
            return False
        if not runs(*process):
            self._running.pop(process, None)
            return True
        if len(self._running) > 10_000:
            self._running.clear()
        self._running[process] = now
        return False


_keepers: dict[tuple[Path, Clock | None], Keeper] = {}


def keeper_for(path: Path, clock: Clock) -> Keeper:
    """Return the keeper that this process has for a file."""
    key = (path, None if type(clock) is SystemClock else clock)
    # `setdefault` is atomic: of two threads that come first, both get the same keeper.
    return _keepers.get(key) or _keepers.setdefault(key, Keeper(LimitFile(path), clock))


def reset_keepers() -> None:
    """Start afresh in a forked child, which has none of the threads."""
    _keepers.clear()
