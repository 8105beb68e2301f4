"""Processes that share a limit by a file, and a clock that only a test moves."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from zhipu_client._adaptive_limit import AdaptiveLimit
from zhipu_client._io.gates import Slot
from zhipu_client._io.limit_files import LimitFile
from zhipu_client._io.limit_keeper import Keeper
from zhipu_client._io.shared_gates import SharedGate
from zhipu_client._shared_limit import SharedLimit


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


def limit_to(path: Path, places: int, gate: SharedGate) -> None:
    """Write down that the service has refused more than ``places``."""

    def change(found: SharedLimit) -> None:
        found.limit = AdaptiveLimit(limit=places, refused_at=999.0, _safe=places)

    LimitFile(path).change(gate.name, change)


def vars_of(found: SharedLimit, other: SharedLimit) -> None:
    found.limit, found.members, found.passed_at = other.limit, other.members, other.passed_at
