"""Waits for what the service works on: tasks, batches, documents that are parsed."""

from __future__ import annotations

from typing import Any, TypeVar

from zhipu_client._io.clock import Clock, SystemClock
from zhipu_client._io.kept_tasks import KeptTask
from zhipu_client._io.notes import EVERY, Notes
from zhipu_client._request import AsyncSender, Sender
from zhipu_client._task import Looks, Plan, Task, TaskResult, waiting
from zhipu_client.errors import TaskFailedError, ZhipuError
from zhipu_client.errors._kinds import named
from zhipu_client.work._job import keeping

__all__ = ["await_for", "await_result", "wait_for", "wait_result"]

T = TypeVar("T")

#: The longest time between two lines of the log about one wait, in seconds.
RARELY = 600.0


class _Wait:
    """One wait: its looks, and what the log has about them.

    Args:
        plan: What is waited for.
        clock: The time.
    """

    def __init__(self, plan: Plan[Any], clock: Clock) -> None:
        self._plan = plan
        self._now = clock.monotonic
        self._begun = self._now()
        self._notes = Notes()
        self._failed = ""
        self.looks = Looks(plan, self._begun)

    def request(self) -> Any:
        """Return the next look."""
        return self.looks.request(self._now())

    def found(self, value: Any) -> bool:
        """Return whether what a look has found is the end."""
        self._failed = ""
        return self.looks.found(value)

    def failed(self, error: ZhipuError) -> None:
        """Take the failure of a look; raise it when waiting does not help."""
        self.looks.failed(error)
        self._failed = f"; the last poll failed: {named(error)}"

    def pause(self) -> float:
        """Return the seconds until the next look, and say in the log what is waited for."""
        now = self._now()
        pause, waited = self.looks.pause(now), now - self._begun
        self._notes.say(
            now,
            "poll",
            "%s %s: not finished after %.0f s; polled again in %.0f s%s",
            self._plan.what,
            self._plan.task_id,
            waited,
            pause,
            self._failed,
            every=min(max(EVERY, waited / 2), RARELY),
        )
        return pause


def wait_for(client: Sender, plan: Plan[T], *, clock: Clock | None = None) -> T:
    """Wait until something has ended.

    Args:
        client: A `Client`.
        plan: What to wait for and how long: ``batches.waiting(batch_id)``,
            ``file_parser.waiting(task_id)``.
        clock: Another clock, for tests.

    Raises:
        TaskFailedError: The service failed at it.
        TaskTimeoutError: It was still running when the plan's time was over, for which the time
            of the looks counts too, or could not be looked at until then. It goes on.
        ZhipuError: Asking failed for good; the task goes on. Each of these has ``task_id``,
            as have Ctrl-C and a cancellation. What may pass (a connection that breaks, a service
            that is busy) is waited out.

    Example:
        ```python
        from zhipu_client import Client, file_parser, wait_for

        client = Client()
        with open("report.pdf", "rb") as file:
            task = client.send(file_parser.create(file=file.read(), filename="report.pdf"))
        print(wait_for(client, file_parser.waiting(task)).content)
        ```
    """
    clock = clock or SystemClock()
    wait, kept = _Wait(plan, clock), KeptTask(client, plan)
    with keeping(task_id=plan.task_id):  # whatever ends the wait: the task is paid for
        found = kept.find()
        if found is not None and wait.found(found):
            return found
        while True:
            try:
                try:
                    now: T = client.send(wait.request())
                except ZhipuError as error:
                    wait.failed(error)
                else:
                    if wait.found(now):
                        with keeping(partial=now):  # where it cannot be written down
                            kept.keep(now)
                        return now
            except TaskFailedError:
                kept.failed()
                raise
            clock.sleep(wait.pause())


async def await_for(client: AsyncSender, plan: Plan[T], *, clock: Clock | None = None) -> T:
    """Do as `wait_for` with an `AsyncClient`; the event loop stays free.

    Args and errors are those of `wait_for`.

    Example:
        ```python
        import asyncio

        from zhipu_client import AsyncClient, await_for, file_parser

        async def main():
            client = AsyncClient()
            with open("report.pdf", "rb") as file:
                request = file_parser.create(file=file.read(), filename="report.pdf")
            task = await client.send(request)
            print((await await_for(client, file_parser.waiting(task))).content)

        asyncio.run(main())
        ```
    """
    clock = clock or SystemClock()
    from anyio import CancelScope, to_thread

    wait, kept = _Wait(plan, clock), KeptTask(client, plan)
    with keeping(task_id=plan.task_id):
        found = await to_thread.run_sync(kept.find) if kept else None
        if found is not None and wait.found(found):
            return found
        while True:
            try:
                try:
                    now: T = await client.send(wait.request())
                except ZhipuError as error:
                    wait.failed(error)
                else:
                    if wait.found(now):
                        if kept:
                            with keeping(partial=now), CancelScope(shield=True):
                                await to_thread.run_sync(kept.keep, now)
                        return now
            except TaskFailedError:
                if kept:
                    await to_thread.run_sync(kept.failed)
                raise
            await clock.asleep(wait.pause())


def wait_result(
    client: Sender,
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
        ZhipuError: Asking failed for good; the task goes on. Each of these has ``task_id``.

    Example:
        ```python
        from zhipu_client import Client, videos, wait_result

        client = Client()
        task = client.send(videos.create(prompt="a kite in the wind"))
        print(wait_result(client, task).urls)
        ```
    """
    return wait_for(client, waiting(task, interval=interval, timeout=timeout), clock=clock)


async def await_result(
    client: AsyncSender,
    task: Task | str,
    *,
    interval: float = 1.0,
    timeout: float = 900.0,
    clock: Clock | None = None,
) -> TaskResult:
    """Do as `wait_result` with an `AsyncClient`; the event loop stays free.

    Example:
        ```python
        import asyncio

        from zhipu_client import AsyncClient, await_result, videos

        async def main():
            client = AsyncClient()
            task = await client.send(videos.create(prompt="a kite in the wind"))
            print((await await_result(client, task, timeout=600)).urls)

        asyncio.run(main())
        ```
    """
    return await await_for(client, waiting(task, interval=interval, timeout=timeout), clock=clock)
