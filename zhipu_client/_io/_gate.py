"""Waiting for a place: the adapter's ceiling, and the adaptive gate of each account and model.

Thread-safe and usable from any number of event loops at once, since one process often has both.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakSet

from zhipu_client._errors import InvalidRequestError
from zhipu_client._io._clock import Clock
from zhipu_client._limit import AdaptiveLimit

__all__ = ["Gate", "Slot", "ceiling", "gate_for", "reset_after_fork"]

#: How often a waiter looks again by itself, in seconds: for a slot whose owner was
#: garbage-collected at a moment when the lock was taken.
LOOK_AGAIN = 1.0

#: Slots of the streams that are being read in this context (and the tasks started from it).
_held: ContextVar[tuple[Slot, ...]] = ContextVar("zhipu_streams_held", default=())


class Limit(Protocol):
    """Who may start: `AdaptiveLimit`, or a fixed number."""

    def free(self, *, careful: bool = False) -> bool: ...
    def start(self, *, careful: bool = False) -> None: ...
    def end(self, *, careful: bool = False) -> None: ...
    def forget(self) -> None: ...
    def fresh(self, now: float) -> bool: ...
    def succeeded(self, now: float, *, waiting: bool = False) -> None: ...
    def refused(self, now: float) -> None: ...


@dataclass(slots=True)
class FixedLimit:
    """A number of places that never changes."""

    places: int
    in_flight: int = 0

    def free(self, *, careful: bool = False) -> bool:
        del careful  # for `AdaptiveLimit` alone
        return self.in_flight < self.places

    def start(self, *, careful: bool = False) -> None:
        del careful
        self.in_flight += 1

    def end(self, *, careful: bool = False) -> None:
        del careful
        self.in_flight -= 1

    def forget(self) -> None:
        self.in_flight = 0

    def fresh(self, now: float) -> bool:
        del now
        return self.in_flight == 0

    def succeeded(self, now: float, *, waiting: bool = False) -> None:
        del now, waiting

    def refused(self, now: float) -> None:
        del now


@dataclass(eq=False, slots=True)
class _Waiter:
    wake: Callable[[], None]
    careful: bool
    granted: bool = False


@dataclass(eq=False)
class Slot:
    """One place, held until `release`, which may be called any number of times, anywhere."""

    gate: Gate
    careful: bool = False
    active: bool = field(default=True)
    #: True once the service has refused the request that had this place.
    was_refused: bool = False

    def __post_init__(self) -> None:
        self._returned = self.gate.returned

    @property
    def counts(self) -> bool:
        """False once given back, and for a place that the process before a fork had taken."""
        return self.active and self._returned is self.gate.returned

    def succeeded(self) -> None:
        """The request was served."""
        self.gate.report(refused=False)

    def refused(self) -> None:
        """The request was refused for too many in flight."""
        self.was_refused = True
        self.gate.report(refused=True)

    def hold(self) -> None:
        """Mark the place as held by a stream that this context is reading."""
        _held.set((*(slot for slot in _held.get() if slot.counts), self))

    def release(self) -> None:
        """Give the place back."""
        if self.active:
            self.active = False
            self._returned.append(self)
            self.gate.settle()


class Gate:
    """Places for requests in flight.

    Args:
        limit: Decides who may start.
        clock: For the limit's times.
        hard: A call made while reading a stream that holds the last place is refused rather than
            let through (it would wait for itself).
    """

    def __init__(self, limit: Limit, clock: Clock, *, hard: bool = False) -> None:
        self._limit = limit
        self._clock = clock
        self._hard = hard
        self._lock = threading.Lock()
        self._waiters: deque[_Waiter] = deque()
        #: Places given back and not yet counted: `Slot.release` may run in a ``__del__``, while
        #: this very thread has the lock.
        self.returned: deque[Slot] = deque()
        #: When a request last ended in another way than by a refusal.
        self.passed_at = -math.inf
        _gates.add(self)

    def enter(self, *, careful: bool = False) -> Slot:
        """Take a place, blocking the thread until there is one."""
        # Not an Event, whose `set` takes a lock: the garbage collector may run `Slot.release`
        # in this very thread at any moment of the wait.
        baton = threading.Lock()
        baton.acquire()
        waiter = self._try(baton.release, careful)
        if waiter is not None:
            try:
                while not baton.acquire(timeout=LOOK_AGAIN):
                    self.settle()
            except BaseException:
                self._leave(waiter)
                raise
        return Slot(self, careful)

    async def aenter(self, *, careful: bool = False) -> Slot:
        """Take a place, suspending the task until there is one."""
        if self._take(careful):
            return Slot(self, careful)
        import anyio

        event = anyio.Event()
        waiter = self._try(_waker(event), careful)
        if waiter is not None:
            try:
                while not event.is_set():
                    with anyio.move_on_after(LOOK_AGAIN):
                        await event.wait()
                    self.settle()
            except BaseException:
                self._leave(waiter)
                raise
        return Slot(self, careful)

    @property
    def forgettable(self) -> bool:
        """True when a new gate would do the same: nobody is in it, and it is open."""
        with self._lock:
            self._count_returned()
            return not self._waiters and self._limit.fresh(self._clock.monotonic())

    def report(self, *, refused: bool) -> None:
        """Tell the limit how a request went."""
        with self._lock:
            now = self._clock.monotonic()
            if refused:
                self._limit.refused(now)
            else:
                self._limit.succeeded(now, waiting=bool(self._waiters))
        self.settle()

    def forget(self) -> None:
        """In a forked child: nothing is in flight here, and the lock may be held by nobody.

        Slots that were inherited give back to the old queue, which nobody counts.
        """
        self._lock = threading.Lock()
        self._waiters.clear()
        self.returned = deque()
        self._limit.forget()

    def _take(self, careful: bool) -> bool:
        """Start at once where that is possible."""
        with self._lock:
            self._count_returned()
            passes = self._nested() or (not self._waiters and self._limit.free(careful=careful))
            if passes:
                self._limit.start(careful=careful)
            return passes

    def _try(self, wake: Callable[[], None], careful: bool) -> _Waiter | None:
        """Start (None), or queue up; ``wake`` is called once the place is ours."""
        if self._take(careful):
            return None
        waiter = _Waiter(wake, careful)
        with self._lock:
            self._waiters.append(waiter)
        self.settle()
        return waiter

    def _nested(self) -> bool:
        """Is this call made while its own context reads a stream that holds a place here?"""
        held = sum(1 for slot in _held.get() if slot.gate is self and slot.counts)
        if not held:
            return False
        if not self._hard:
            return True
        places = getattr(self._limit, "places", None)
        if places is not None and held >= places:
            raise InvalidRequestError(
                f"max_concurrency={places} is used up by the stream that this call is made "
                "within: finish or close the stream first, or raise max_concurrency",
                field="max_concurrency",
                value=places,
            )
        return False

    def _leave(self, waiter: _Waiter) -> None:
        with self._lock:
            if waiter.granted:
                self._limit.end(careful=waiter.careful)
            elif waiter in self._waiters:
                self._waiters.remove(waiter)
        self.settle()

    def settle(self) -> None:
        """Hand free places to those who wait; whoever has the lock does it for all."""
        while self._lock.acquire(blocking=False):
            woken: list[_Waiter] = []
            try:
                self._count_returned()
                while self._waiters and self._limit.free(careful=self._waiters[0].careful):
                    waiter = self._waiters.popleft()
                    waiter.granted = True
                    self._limit.start(careful=waiter.careful)
                    woken.append(waiter)
            finally:
                self._lock.release()
            for waiter in woken:
                waiter.wake()
            if not self.returned:  # else somebody found the lock taken, and left it to us
                return

    def _count_returned(self) -> None:
        while self.returned:
            slot = self.returned.pop()
            self._limit.end(careful=slot.careful)
            if not slot.was_refused:
                self.passed_at = self._clock.monotonic()


def _waker(event: object) -> Callable[[], None]:
    """What sets an ``anyio.Event`` of this loop from any thread."""
    import asyncio

    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        import trio

        token = trio.lowlevel.current_trio_token()
        return lambda: token.run_sync_soon(event.set)  # type: ignore[attr-defined]

    def wake() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(event.set)  # type: ignore[attr-defined]

    return wake


_gates: WeakSet[Gate] = WeakSet()
_adaptive: dict[tuple[str, str, str], Gate] = {}
#: At how many gates those that know nothing are forgotten: a server may see a key a customer.
_CROWD = 256


def gate_for(account: str, base_url: str, model: str, clock: Clock) -> Gate:
    """The gate that everyone in this process with this account, site and model shares."""
    key = (account, base_url, model)
    found = _adaptive.get(key)
    if found is None and len(_adaptive) >= _CROWD:
        _thin_out()
    # `setdefault` is atomic: of two threads that come first, both get the same gate.
    return found or _adaptive.setdefault(key, Gate(AdaptiveLimit(), clock))


def _thin_out() -> None:
    for key, gate in list(_adaptive.items()):
        if gate.forgettable:
            _adaptive.pop(key, None)


def ceiling(places: int | None, clock: Clock) -> Gate | None:
    """The hard ceiling of one adapter, or None."""
    if places is None:
        return None
    if isinstance(places, bool) or not isinstance(places, int) or places < 1:
        raise InvalidRequestError(
            f"max_concurrency is {places!r}, but must be a whole number of at least 1, or None",
            field="max_concurrency",
            value=places,
        )
    return Gate(FixedLimit(places), clock, hard=True)


def reset_after_fork() -> None:
    """In the child: the parent's requests are not ours, its locks may be held for ever."""
    _adaptive.clear()
    for gate in list(_gates):
        gate.forget()
