"""Tasks: what an asynchronous call answers with, how far one is, how long to wait. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Generic, Literal, TypeVar

from pydantic import ConfigDict

from zhipu_client import _check
from zhipu_client._replies import ReplyModel, parse_as, rows
from zhipu_client._request import Request
from zhipu_client.errors import NotFoundError, TaskFailedError, TaskTimeoutError, ZhipuError
from zhipu_client.work._job import attach

__all__ = [
    "Looks",
    "Plan",
    "Task",
    "TaskResult",
    "Waiting",
    "retrieve",
    "waiting",
]

T = TypeVar("T")

#: The most seconds that one look may take.
LONGEST_LOOK = 60.0
#: The most seconds that the last look may take, which begins when the time is over.
LAST_LOOK = 1.0

State = Literal["running", "succeeded", "failed"]

#: The words that the documents and the service use for the three states.
_STATES: dict[str, State] = {
    "PROCESSING": "running",
    "SUCCESS": "succeeded",
    "FAIL": "failed",
    "FAILED": "failed",
}


class Task(ReplyModel):
    """A task as the call that made it answers.

    Attributes:
        id: The task's id, what `retrieve` takes.
        model: The model that works on it.
        request_id: The id of the call.
        task_status: ``PROCESSING``, ``SUCCESS``, ``FAIL`` or ``FAILED``.
    """

    # An id that came as a number is used as an id all the same: what it is of is paid for.
    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: str | None = None
    model: str | None = None
    request_id: str | None = None
    task_status: str | None = None

    @property
    def state(self) -> State:
        """The state in one of three words; a status that is not known counts as running."""
        return _STATES.get(str(self.task_status).upper(), "running")


class TaskResult(Task):
    """A task's state, and its result once there is one.

    Attributes:
        choices: Of a chat task, as in a chat answer.
        image_result: Of an image task: ``[{"url"}]``.
        video_result: Of a video task: ``[{"url", "cover_image_url"}]``.
        usage: Tokens, of a chat task.
    """

    created: int | None = None
    choices: list[dict[str, Any]] | None = None
    image_result: list[dict[str, Any]] | None = None
    video_result: list[dict[str, Any]] | None = None
    usage: dict[str, Any] | None = None

    @property
    def urls(self) -> list[str]:
        """The addresses of the images or videos. They expire: fetch them at once."""
        found = rows(self.image_result) + rows(self.video_result)
        return [row["url"] for row in found if isinstance(row.get("url"), str)]

    @property
    def cover_urls(self) -> list[str]:
        """The addresses of the videos' cover images."""
        found = (row.get("cover_image_url") for row in rows(self.video_result))
        return [url for url in found if isinstance(url, str)]


def retrieve(task_id: str) -> Request[TaskResult]:
    """Ask how far a task is: ``GET /async-result/{id}``.

    Args:
        task_id: The ``id`` of the answer that made the task.

    Raises:
        InvalidRequestError: The id is empty.

    Examples:
        >>> from zhipu_client import tasks
        >>> tasks.retrieve("2026-1/x").path
        '/async-result/2026-1%2Fx'
    """
    return Request(
        method="GET",
        path=f"/async-result/{_check.segment('task_id', task_id)}",
        parse=parse_as(TaskResult),
    )


@dataclass(frozen=True, slots=True)
class Plan(Generic[T]):
    """How to wait for something that the service works on, all in seconds.

    Attributes:
        task_id: What is waited for.
        interval: The first pause between two looks; each is half as long again as the last.
        longest: The longest pause.
        timeout: How long to wait in all, looks included.
    """

    task_id: str
    interval: float = 1.0
    longest: float = 10.0
    timeout: float = 900.0

    #: What it is called in errors.
    what: ClassVar[str] = "task"

    def __post_init__(self) -> None:
        _check.text(f"{self.what}_id", self.task_id)
        _check.within("interval", self.interval, 0, 3600, "seconds", open_low=True)
        _check.within("timeout", self.timeout, 0, 7 * 86400, "seconds", open_low=True)

    def request(self) -> Request[T]:
        """Return the request that asks how far it is."""
        raise NotImplementedError

    def ended(self, found: T) -> bool:
        """Return True once it has ended well.

        Raises:
            TaskFailedError: It has failed.
        """
        raise NotImplementedError

    def failure(self, error: ZhipuError) -> Exception | None:
        """Return the error of what has failed, where the failure of a poll says so; else None."""
        return None

    def interrupted(self, error: ZhipuError) -> None:
        """Add to an error of asking what it takes to ask again: the task goes on all the same."""
        if not isinstance(error, NotFoundError):
            error.explain(f"The {self.what} {self.task_id} goes on all the same: wait for it again")
        attach(error, task_id=self.task_id)

    def failed(self, status: Any, body: ReplyModel, request_id: str | None = None) -> Exception:
        """Return the error for what has failed."""
        error = TaskFailedError(
            f"{self.what} {self.task_id} failed ({status})",
            request_id=request_id,
            body=body.model_dump(),
        )
        error.task_id = self.task_id
        return error

    def too_long(self, last: ZhipuError | None = None) -> TaskTimeoutError:
        """Return the error for what has not ended in time.

        Args:
            last: What went wrong with the last look, if anything did.
        """
        found = f"{self.what} {self.task_id} was still running after {self.timeout:g} seconds"
        if last is not None:
            found += f", as far as is known (the last look failed: {last})"
        error = TaskTimeoutError(f"{found}; it may yet succeed: wait for it again")
        error.__cause__ = last
        error.task_id = self.task_id
        return error


class Looks(Generic[T]):
    """The looks of one wait, on a clock of the caller's: when, how long each may take, when to end.

    The time of a plan is for the whole: for the pauses, and for the looks themselves. A failure
    that may pass is waited out until that time is over.

    Args:
        plan: What to wait for, and how long.
        now: The time.
    """

    def __init__(self, plan: Plan[T], now: float) -> None:
        self._plan = plan
        self._until = now + plan.timeout
        self._pause = plan.interval
        self._last: ZhipuError | None = None

    def request(self, now: float) -> Request[T]:
        """Return the next look, which may take what is left; the last one a little more."""
        left = max(self._until - now, min(LAST_LOOK, self._plan.timeout / 10))
        # Tried again by the next look, not by the client, which knows nothing of the time.
        return replace(self._plan.request(), timeout=min(left, LONGEST_LOOK), max_retries=0)

    def found(self, value: T) -> bool:
        """Return whether what a look has found is the end. Raises as `Plan.ended`."""
        self._last = None
        return self._plan.ended(value)

    def failed(self, error: ZhipuError) -> None:
        """Take the failure of a look; raise it when waiting does not help."""
        failure = self._plan.failure(error)
        if failure is not None:
            raise failure from error
        if not getattr(error, "retryable", False):
            self._plan.interrupted(error)
            raise error
        self._last = error

    def pause(self, now: float) -> float:
        """Return the seconds until the next look.

        Raises:
            TaskTimeoutError: The time is over.
        """
        left = self._until - now
        if left <= 0:
            raise self._plan.too_long(self._last)
        asked = getattr(self._last, "retry_after", None) or 0.0
        pause = min(max(self._pause, asked), left)
        self._pause = min(self._pause * 1.5, max(self._plan.longest, self._plan.interval))
        return pause


@dataclass(frozen=True, slots=True)
class Waiting(Plan[TaskResult]):
    """How to wait for a task; attributes as in `Plan`.

    Attributes:
        on_progress: Called with what each poll found. What it raises ends the wait, not the task.
    """

    on_progress: Callable[[TaskResult], Any] | None = field(default=None, compare=False)

    def request(self) -> Request[TaskResult]:
        """Return the request that asks how far the task is."""
        return retrieve(self.task_id)

    def ended(self, found: TaskResult) -> bool:
        """Return True once the task has succeeded; raise `TaskFailedError` when it has failed."""
        if self.on_progress is not None:
            self.on_progress(found)
        if found.state == "failed":
            raise self.failed(found.task_status, found, found.request_id)
        return found.state == "succeeded"


def waiting(
    task: Task | str,
    *,
    interval: float = 1.0,
    timeout: float = 900.0,
    on_progress: Callable[[TaskResult], Any] | None = None,
) -> Waiting:
    """Return how to wait for a task, for `zhipu_client.wait_for` and `await_for`.

    Args:
        task: What the call that made it answered, or its id.
        interval: Seconds between the first two looks, above 0 to 3600.
        timeout: Seconds to wait in all, above 0 to a week.
        on_progress: Called with what each poll found, a `TaskResult`.

    Raises:
        InvalidRequestError: The id is missing, or a number is out of its range.

    Examples:
        >>> from zhipu_client import tasks
        >>> tasks.waiting("42").request().path
        '/async-result/42'
    """
    task_id = task if isinstance(task, str) else task.id or ""
    return Waiting(task_id, interval, timeout=timeout, on_progress=on_progress)
