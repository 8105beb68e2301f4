"""Waiting for a place: the adapter's ceiling, and the adaptive gate of each account and model.

Thread-safe and usable from any number of event loops at once, since one process often has both.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from weakref import WeakSet

from zhipu_client._adaptive_limit import Limit
from zhipu_client._io.clock import Clock
from zhipu_client._io.current_task import current_task, turns_until, waker
from zhipu_client._io.gc_safety import collect
from zhipu_client._io.notes import notes
from zhipu_client._io.stopping import Stop
from zhipu_client.errors import InvalidRequestError

__all__ = ["Gate", "Slot", "Waiter", "every_gate"]

#: How often a waiter looks again by itself, in seconds: for a slot whose owner was
#: garbage-collected at a moment when the lock was taken.
LOOK_AGAIN = 1.0
#: Seconds that nobody has read on the streams which a call under a ceiling waits for, and which it
#: was made within: from then on they are taken to wait for that call.
STUCK = 10.0
#: Seconds that nobody has read on a stream, after which those who wait for a place suspect that it
#: was left behind in a reference cycle, where only Python's cyclic collector finds it: in hours.
LEFT = 1.0
#: Seconds that an event loop has to close what was collected.
CLOSING = 0.05
#: Seconds that a stream keeps its place without being read. Reading on takes it again at once.
LIFE = 300.0

#: Slots of the streams that are being read in this context (and the tasks started from it).
_held: ContextVar[tuple[Slot, ...]] = ContextVar("zhipu_streams_held", default=())


@dataclass(eq=False)
class Slot:
    """One place, taken until `release`, which may be called any number of times, anywhere."""

    gate: Gate
    careful: bool = False
    active: bool = field(default=True)
    #: The stream whose free pass this request uses, instead of a place under the limit.
    host: Slot | None = None
    #: For a stream: who uses its free pass, who waits for it; at a hard gate, which task reads it.
    guest: Slot | None = None
    queue: deque[Waiter] = field(init=False, repr=False)
    reader: tuple[int, int] | None = None
    #: Since when nobody reads on it; infinite while somebody does, and for anything but a stream.
    idle_since: float = math.inf
    #: True once the place is not counted any more: given back, or its stream was not read for long.
    ended: bool = False
    #: True once the service has refused the request that had this place.
    was_refused: bool = False

    def __post_init__(self) -> None:
        self._returned = self.gate.returned

    @property
    def counts(self) -> bool:
        """False once given back, and for a place that the process before a fork had taken."""
        return self.active and not self.ended and self.of_this_process

    @property
    def of_this_process(self) -> bool:
        """False for a place that the process before a fork had taken."""
        return self._returned is self.gate.returned

    def succeeded(self) -> None:
        """Note that the request was served."""
        self.gate.report(refused=False)

    def refused(self) -> None:
        """Note that the request was refused because too many were in flight."""
        self.was_refused = True
        self.gate.report(refused=True)

    def hold(self) -> None:
        """Mark the place as taken by a stream that this context is reading."""
        self.reader, self.queue = current_task() if self.gate.hard else None, deque()
        self.gate.streams.add(self)
        _held.set((*(slot for slot in _held.get() if slot.counts), self))

    def reading(self) -> None:
        """Note that somebody reads on the stream that has this place."""
        if self.ended:
            self.gate.renew(self)
        self.idle_since = math.inf

    def idle(self, now: float | None = None) -> None:
        """Note that the reader has what it wanted.

        Args:
            now: The time, where it is known.
        """
        self.idle_since = self.gate.now() if now is None else now

    def release(self) -> None:
        """Give the place back."""
        if self.active:
            self.active = False
            self._returned.append(self)
            self.gate.settle()


@dataclass(eq=False, slots=True)
class Waiter:
    """A call that waits for a place."""

    wake: Callable[[], None]
    slot: Slot
    #: The streams that it was made within.
    streams: Sequence[Slot]
    #: True once it has its place, or has gone away.
    over: bool = False
    #: True once the garbage collector ran because the streams that it was made within are stuck.
    collected: bool = False


class Gate:
    """Places for requests in flight.

    A call that is made while a stream is read may wait for that stream to end, and the stream for
    the call. So each stream has one free pass: of all calls made within it, its reader's own and
    those of tasks begun there, one at a time is let in above the limit. The others wait, for a
    place or for the pass.

    Args:
        limit: Decides who may start.
        clock: For the limit's times.
        label: What it is called in the log.
        hard: Passes are not given. A call by the very reader of the streams that have all places
            is refused (it would wait for itself). Tasks begun there wait, and are refused once
            nobody has read on for a while: the reader waits for them.
    """

    def __init__(self, limit: Limit, clock: Clock, *, label: str = "", hard: bool = False) -> None:
        self._label = label
        self._limit = limit
        self._places = getattr(limit, "places", math.inf)
        self._clock = clock
        self.hard = hard
        self.retired = False  #: True once the process has another gate in its place.
        self._lock = threading.Lock()
        self._waiters: deque[Waiter] = deque()
        #: Places that streams have.
        self.streams: set[Slot] = set()
        #: Streams whose free pass has come back.
        self._hosts: deque[Slot] = deque()
        #: Places given back and not yet counted: `Slot.release` may run in a ``__del__``, while
        #: this very thread has the lock.
        self.returned: deque[Slot] = deque()
        #: When a request last ended in another way than by a refusal.
        self.passed_at = -math.inf
        self._looked_at = -math.inf
        every_gate.add(self)

    def enter(self, *, careful: bool = False, stop: Stop | None = None) -> Slot:
        """Take a place, blocking the thread until there is one, or ``stop`` is asked for."""
        slot = Slot(self, careful)
        if self._take(slot):
            return slot
        stop = stop or Stop()
        waiter = self._try(slot, stop.wake)
        if waiter is not None:
            try:
                while not waiter.over:
                    if not stop.wait(LOOK_AGAIN):
                        self._look_again(waiter)
            except BaseException:
                self._leave(waiter)
                raise
        return slot

    async def aenter(self, *, careful: bool = False) -> Slot:
        """Take a place, suspending the task until there is one."""
        import anyio

        slot = Slot(self, careful)
        if self.hard and _held.get():
            await turns_until(lambda: not self._read_here())
        try:
            taken = self._take(slot)
        except InvalidRequestError:
            await anyio.sleep(CLOSING)  # an async generator that was collected just now
            taken = self._take(slot)
        if taken:
            return slot
        event = anyio.Event()
        waiter = self._try(slot, waker(event))
        if waiter is not None:
            try:
                while not event.is_set():
                    with anyio.move_on_after(LOOK_AGAIN):
                        await event.wait()
                    self._look_again(waiter)
            except BaseException:
                self._leave(waiter)
                raise
        return slot

    def now(self) -> float:
        """Return the time on this gate's clock."""
        return self._clock.monotonic()

    def renew(self, slot: Slot) -> None:
        """Count the place of a stream again that is read after all: it is in flight."""
        with self._lock:
            if slot.active and slot.ended and slot.of_this_process:
                slot.ended = False
                self.streams.add(slot)
                self._limit.start(careful=slot.careful)

    @property
    def forgettable(self) -> bool:
        """True when a new gate would do the same: nobody is in it, and it is open."""
        with self._lock:
            self._count_returned()
            return not self._waiters and self._limit.fresh(self._clock.monotonic())

    def report(self, *, refused: bool) -> None:
        """Report to the limit how a request went."""
        with self._lock:
            now = self._clock.monotonic()
            if refused:
                self._limit.refused(now)
            else:
                self._limit.succeeded(now, waiting=bool(self._waiters))
        self.settle()

    def forget(self) -> None:
        """Start afresh in a forked child, where nothing is in flight and no thread has the lock.

        Slots that were inherited give back to the old queue, which nobody counts.
        """
        self._lock = threading.Lock()
        self._waiters.clear()
        self._hosts.clear()
        self.streams.clear()
        self.returned = deque()
        self._limit.forget()

    def _take(self, slot: Slot) -> bool:
        """Start at once where that is possible."""
        streams = self._streams()
        with self._lock:
            self._count_returned()
            taken = self._admit(slot, streams)
        if taken and self._waiters:
            self.settle()  # what was counted may be somebody's place
        return taken

    def _admit(self, slot: Slot, streams: Sequence[Slot]) -> bool:
        if self._waiters or not self._limit.free(careful=slot.careful):
            host = next((one for one in streams if one.counts and one.guest is None), None)
            if host is None or self.hard:
                return False
            host.guest, slot.host = slot, host
        self._limit.start(careful=slot.careful)
        return True

    def _try(self, slot: Slot, wake: Callable[[], None]) -> Waiter | None:
        """Start (None), or queue up; ``wake`` is called once the place is ours."""
        streams = self._streams()
        waiter = Waiter(wake, slot, streams)
        with self._lock:
            self._count_returned()
            taken = self._admit(slot, streams)
            if not taken:
                self._waiters.append(waiter)
                for stream in () if self.hard else streams:
                    while stream.queue and stream.queue[0].over:
                        stream.queue.popleft()
                    stream.queue.append(waiter)
        self.settle()
        return None if taken else waiter

    def _streams(self) -> Sequence[Slot]:
        """Return the streams with a place here within which this call is made."""
        if self.hard and self._read_here() >= self._places:
            collect(at_once=True)  # one that was left behind in a cycle is not read any more
            self._refuse_if_used_up(self._read_here())
        return self._held_here()

    def _held_here(self) -> list[Slot]:
        return [slot for slot in _held.get() if slot.gate is self and slot.counts]

    def _read_here(self) -> int:
        held, here = self._held_here(), current_task()
        return sum(slot.reader == here for slot in held)

    def _refuse_if_used_up(self, taken: int) -> None:
        if taken >= self._places:
            raise InvalidRequestError(
                f"max_concurrency={self._places} is used up by the stream that this call is made "
                "within: finish or close the stream first, or raise max_concurrency",
                field="max_concurrency",
                value=self._places,
            )

    def _look_again(self, waiter: Waiter) -> None:
        now = self.now()
        if now - self._looked_at >= LOOK_AGAIN / 2:  # one of all who wait is enough
            self._looked_at = now
            self._take_back()
        self.settle()
        if not waiter.over:
            waiting, taken = len(self._waiters), self._limit.in_flight
            text = "%s: calls wait for a place: %d; requests in flight: %d"
            notes.say(now, ("place", id(self)), text, self._label, waiting, taken)
        if self.hard and waiter.streams and not waiter.over:
            stuck = sum(slot.counts and now - slot.idle_since > STUCK for slot in waiter.streams)
            if waiter.collected:
                self._refuse_if_used_up(stuck)
            elif stuck >= self._places:  # those that were left behind close until the next look
                waiter.collected = True
                collect(at_once=True)
                self.settle()

    def _take_back(self) -> None:
        """Find places of streams that nobody reads any more."""
        now = self.now()
        left = [slot for slot in tuple(self.streams) if now - slot.idle_since >= LEFT]
        if left:
            collect()
        with self._lock:
            for slot in left:
                if slot.counts and now - slot.idle_since >= LIFE:
                    self._end(slot)

    def _leave(self, waiter: Waiter) -> None:
        with self._lock:
            if waiter.over:
                self._end(waiter.slot)
            else:
                waiter.over = True
                self._waiters.remove(waiter)
        self.settle()

    def settle(self) -> None:
        """Hand free places to those who wait; whoever has the lock does it for all."""
        while self._lock.acquire(blocking=False):
            woken: list[Waiter] = []
            try:
                self._count_returned()
                while self._waiters and self._limit.free(careful=self._waiters[0].slot.careful):
                    woken.append(self._grant(self._waiters.popleft()))
                while self._hosts:
                    woken += self._pass_on(self._hosts.popleft())
            finally:
                self._lock.release()
            for waiter in woken:
                waiter.wake()
            if not self.returned:  # else somebody found the lock taken, and left it to us
                return

    def _grant(self, waiter: Waiter) -> Waiter:
        waiter.over = True
        self._limit.start(careful=waiter.slot.careful)
        return waiter

    def _pass_on(self, host: Slot) -> list[Waiter]:
        """Give a stream's free pass to the next who waits for it, if anybody does."""
        while host.queue and host.guest is None and host.counts:
            waiter = host.queue.popleft()
            if not waiter.over:
                self._waiters.remove(waiter)
                host.guest, waiter.slot.host = waiter.slot, host
                return [self._grant(waiter)]
        return []

    def _count_returned(self) -> None:
        while self.returned:
            slot = self.returned.pop()
            self._end(slot)
            if not slot.was_refused:
                self.passed_at = self._clock.monotonic()

    def _end(self, slot: Slot) -> None:
        if slot.ended:
            return
        slot.ended = True
        self.streams.discard(slot)
        self._limit.end(careful=slot.careful)
        if slot.host is not None:
            slot.host.guest = None
            self._hosts.append(slot.host)
            slot.host = None


#: Every gate there is: a forked child starts afresh with all of them.
every_gate: WeakSet[Gate] = WeakSet()
