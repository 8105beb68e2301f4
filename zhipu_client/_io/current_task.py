"""Which thread and which of its tasks runs here, and how another thread wakes a task up."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress

__all__ = ["current_task", "turns_until", "waker"]

#: Turns of an event loop that closing a stream left by ``break`` takes at most: the framework's
#: generator, ours and the client's are closed one after the other, each in a task of its own.
TURNS = 50


def current_task() -> tuple[int, int]:
    """Return which thread this is, and which of its tasks."""
    task: object = None
    # Another thread may be importing them: on what is not there yet, nobody runs here.
    loops = sys.modules.get("asyncio")
    lowlevel = getattr(sys.modules.get("trio"), "lowlevel", None)
    if getattr(loops, "_get_running_loop", lambda: None)() is not None:
        task = loops.current_task()  # type: ignore[union-attr]
    elif getattr(lowlevel, "in_trio_run", bool)():
        task = lowlevel.current_task()  # type: ignore[union-attr]
    return threading.get_ident(), id(task)


async def turns_until(done: Callable[[], bool]) -> None:
    """Give the event loop turns until ``done`` says True, but not more than `TURNS`."""
    from anyio.lowlevel import checkpoint

    for _ in range(TURNS):
        if done():
            return
        await checkpoint()


def waker(event: object) -> Callable[[], None]:
    """Return what sets an ``anyio.Event`` of this loop from any thread."""
    import asyncio

    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        import trio

        token = trio.lowlevel.current_trio_token()

        def rouse() -> None:
            with suppress(trio.RunFinishedError):
                token.run_sync_soon(event.set)  # type: ignore[attr-defined]

        return rouse

    def wake() -> None:
        # It may have ended, and nobody waits there any more: no concern of who wakes the others.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(event.set)  # type: ignore[attr-defined]

    return wake
