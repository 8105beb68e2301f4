"""What an asynchronous call waits for before it is sent, and how long it may take."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TypeVar

import anyio

from zhipu_client._io.call import Call
from zhipu_client._io.gates import Slot
from zhipu_client._io.trace import Deadline

__all__ = ["bounded", "enter", "within"]

T = TypeVar("T")


async def enter(call: Call, key: Callable[[], Awaitable[str]]) -> list[Slot]:
    """Take a place at each gate of the call, or at none."""
    if call.watch is not None:
        call.watch.waits()
    if call.unidentified:
        call.identify(await bounded(call, key()))
    if call.core.unprepared:
        await anyio.to_thread.run_sync(call.core.prepare)
    slots: list[Slot] = []
    try:
        for gate in call.core.gates(call.request.model):
            slots.append(await gate.aenter(careful=call.careful))  # noqa: PERF401 - kept on an error
    except BaseException:
        for slot in slots:
            slot.release()
        raise
    if call.watch is not None:
        call.watch.goes()
    return slots


async def bounded(call: Call, work: Awaitable[T]) -> T:
    """Return what ``work`` gives, within the time for a whole answer."""
    # Not `fail_after`: a TimeoutError of the caller's own key function is not ours to rename.
    with anyio.move_on_after(call.timeout.total):
        return await work
    raise call.out_of_time()


class within:  # noqa: N801 - reads as a word: ``with within(call, limit):``
    """Ends what is awaited inside when the limit has passed, however often it is moved."""

    __slots__ = ("_call", "_limit", "_scope")

    def __init__(self, call: Call, limit: Deadline) -> None:
        self._call = call
        self._limit = limit

    def __enter__(self) -> None:
        self._scope = anyio.CancelScope(deadline=anyio.current_time() + self._limit.left)
        self._scope.__enter__()
        self._limit.moved = self._move

    def _move(self) -> None:
        self._scope.deadline = anyio.current_time() + self._limit.left

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._limit.moved = None
        # trio's scope says True without an error, too.
        if self._scope.__exit__(kind, error, traceback) and error is not None:
            raise self._call.out_of_time() from None
