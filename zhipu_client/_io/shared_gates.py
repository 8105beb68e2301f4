"""Gates whose places come from a limit that several processes share.

Calls wait for a keeper (see `limit_keeper`), as they wait at any gate: no event loop is blocked by
a file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from zhipu_client._io.clock import Clock
from zhipu_client._io.gates import Gate, Slot, Waiter
from zhipu_client._shared_limit import Event

__all__ = ["LeasedPlaces", "SharedGate"]


class LeasedPlaces:
    """A limit (see `Limit`) that has the places which its keeper brings, and notes what happens."""

    def __init__(self) -> None:
        self._brought: deque[bool] = deque()
        self._events: deque[Event] = deque()
        self.in_flight = 0

    def free(self, *, careful: bool = False) -> bool:
        return bool(self._brought) and self._brought[0] == careful

    def start(self, *, careful: bool = False) -> None:
        self.in_flight += 1
        if self.free(careful=careful):
            self._brought.popleft()
        else:  # above the limit: a call within a stream
            self._events.append(Event("start", careful))

    def end(self, *, careful: bool = False) -> None:
        self.in_flight -= 1
        self._events.append(Event("end", careful))

    def forget(self) -> None:
        self._brought, self._events, self.in_flight = deque(), deque(), 0

    def fresh(self, now: float) -> bool:
        del now
        return not (self.in_flight or self._brought or self._events)

    def succeeded(self, now: float, *, waiting: bool = False) -> None:
        del now, waiting
        self._events.append(Event("served"))

    def refused(self, now: float) -> None:
        del now
        self._events.append(Event("refused"))

    def bring(self, places: Iterable[bool]) -> None:
        """Take places that the keeper was given."""
        self._brought.extend(places)

    def give_back(self) -> None:
        """Give back what nobody waits for any more."""
        while self._brought:
            self._events.append(Event("end", self._brought.popleft()))

    def happened(self) -> list[Event]:
        """Return what has happened since the last time."""
        return [self._events.popleft() for _ in range(len(self._events))]

    @property
    def eventful(self) -> bool:
        """Something has happened since the keeper last asked."""
        return bool(self._events)


class SharedGate(Gate):
    """A gate whose places a keeper brings: every call waits for its answer.

    A call within a stream is let in above the limit, once the answer is no: see `Gate`.

    Args:
        name: What the limit is written down under.
        clock: The time.
        look: Has the keeper look at this gate soon; called by anybody, at any time.
        label: What it is called in the log.
    """

    def __init__(
        self, name: str, clock: Clock, look: Callable[[SharedGate], None], *, label: str = ""
    ) -> None:
        self.name = name
        self.places = LeasedPlaces()
        self._look = look
        super().__init__(self.places, clock, label=label)

    def _admit(self, slot: Slot, streams: Sequence[Slot]) -> bool:
        return False

    def _try(self, slot: Slot, wake: Callable[[], None]) -> Waiter | None:
        waiter = super()._try(slot, wake)
        self._look(self)
        return waiter

    def settle(self) -> None:
        """Note what was given back, and have the keeper look."""
        super().settle()
        if self.places.eventful or self.returned:
            self._look(self)

    def wanted(self) -> list[bool]:
        """Return who waits, in order: whether each is a careful call."""
        with self._lock:
            self._count_returned()
            return [waiter.slot.careful for waiter in self._waiters]

    def bring(self, places: Iterable[bool]) -> None:
        """Give those who wait the places that there are; who is within a stream, its free pass."""
        woken = []
        with self._lock:
            self.places.bring(places)
            while self._waiters and self.places.free(careful=self._waiters[0].slot.careful):
                woken.append(self._grant(self._waiters.popleft()))
            self.places.give_back()
            self._hosts.clear()
            for stream in tuple(self.streams):
                woken += self._pass_on(stream)
        for waiter in woken:
            waiter.wake()
