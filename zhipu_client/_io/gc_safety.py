"""Garbage collection: where it must not close streams, and when to run it.

The garbage collector closes a stream that nobody refers to in any thread and between any two steps
of it: also inside httpx, while that very thread has the lock of the connection pool. Closing there
would wait for that lock for ever, so it is left to a thread of its own. And httpx's generators
must not be collected together with the stream that reads them, for they close by themselves.
"""

from __future__ import annotations

import _thread
import gc
import math
import time
from collections.abc import Callable
from typing import Any

__all__ = ["busy", "collect", "forget", "inside", "kept", "outside"]

#: Generators of httpx that are being read: as long as they are here, nothing collects them.
kept: set[Any] = set()
#: The threads that are inside httpx.
busy: set[int] = set()


class inside:  # noqa: N801 - reads as a word: ``with inside():``
    """Around each blocking call into httpx."""

    __slots__ = ("_first",)

    def __enter__(self) -> None:
        thread = _thread.get_ident()
        self._first = thread not in busy
        busy.add(thread)

    def __exit__(self, *exc_info: object) -> None:
        if self._first:  # else what called us, through the garbage collector, still is inside
            busy.discard(_thread.get_ident())


def outside(work: Callable[[], None]) -> None:
    """Do something that calls httpx: here, or in another thread where this one is inside."""
    if _thread.get_ident() not in busy:
        work()
        return
    try:
        _thread.start_new_thread(work, ())  # `threading` itself takes locks
    except RuntimeError:
        return  # the interpreter is ending, and all sockets with it


def forget() -> None:
    """Start afresh in a forked child, where no other thread is left."""
    busy.clear()


#: The shortest time between two runs of the cyclic collector for us, in seconds: it stops every
#: thread.
COLLECT_EVERY = 15.0
#: When the collector last ran for us.
_collected = [-math.inf]


def collect(*, at_once: bool = False) -> None:
    """Run the cyclic garbage collector, unless it ran a moment ago.

    Args:
        at_once: Whether to run it in any case: before something fails for want of it.
    """
    now = time.monotonic()  # of the machine, whatever clock the gate has: this is work
    if at_once or now - _collected[0] >= COLLECT_EVERY:
        _collected[0] = now
        gc.collect()
