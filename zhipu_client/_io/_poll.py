"""Waits for tasks of the asynchronous endpoints."""

from __future__ import annotations

from typing import Any, Protocol

from zhipu_client._io._clock import Clock, SystemClock
from zhipu_client._request import Request
from zhipu_client._task import Task, TaskResult, Waiting, get

__all__ = ["await_result", "wait_result"]


class _Sender(Protocol):
    def send(self, request: Request[Any], /) -> Any: ...


class _AsyncSender(Protocol):
    async def send(self, request: Request[Any], /) -> Any: ...


def wait_result(
    client: _Sender,
    task: Task | str,
    *,
    interval: float = 1.0,
    timeout: float = 900.0,
    clock: Clock | None = None,
) -> TaskResult:
    """Wait until a task has ended.

    Args:
        client: A `Client`.
        task: What the call that made it answered, or its id.
        interval: Seconds between the first two looks, above 0 to 3600; the pauses grow to 10
            seconds, or to ``interval`` where that is longer.
        timeout: Seconds to wait in all, above 0 to a week.
        clock: Another clock, for tests.

    Raises:
        TaskFailedError: The service failed at it.
        TaskTimeoutError: It was still running after ``timeout``. It goes on: wait for it again.

    Example:
        ```python
        from zhipu_client import Client, videos, wait_result

        client = Client()
        task = client.send(videos.create(prompt="a kite in the wind"))
        print(wait_result(client, task).urls)
        ```
    """
    clock = clock or SystemClock()
    plan = _plan(task, interval, timeout)
    for pause in (None, *plan.pauses()):
        if pause is not None:
            clock.sleep(pause)
        found: TaskResult = client.send(get(plan.task_id))
        if plan.ended(found):
            return found
    raise plan.too_long()


async def await_result(
    client: _AsyncSender,
    task: Task | str,
    *,
    interval: float = 1.0,
    timeout: float = 900.0,
    clock: Clock | None = None,
) -> TaskResult:
    """`wait_result` for an `AsyncClient`; the event loop stays free."""
    clock = clock or SystemClock()
    plan = _plan(task, interval, timeout)
    for pause in (None, *plan.pauses()):
        if pause is not None:
            await clock.asleep(pause)
        found: TaskResult = await client.send(get(plan.task_id))
        if plan.ended(found):
            return found
    raise plan.too_long()


def _plan(task: Task | str, interval: float, timeout: float) -> Waiting:
    task_id = task if isinstance(task, str) else task.id or ""
    return Waiting(task_id, interval, timeout=timeout)
