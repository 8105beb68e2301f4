"""What an asynchronous call has come to: ``GET /async-result/{id}``.

Images, videos and asynchronous chat all answer at first with a task; this endpoint tells its state
and, in the end, its result. `zhipu_client.wait_result` asks until the task has ended.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from zhipu_client import _check
from zhipu_client._model import read
from zhipu_client._request import Reply, Request
from zhipu_client._task import Task, TaskFailedError, TaskTimeoutError

__all__ = ["Task", "TaskFailedError", "TaskResult", "TaskTimeoutError", "get"]


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
        rows = (self.image_result or []) + (self.video_result or [])
        return [row["url"] for row in rows if row.get("url")]


def get(task_id: str) -> Request[TaskResult]:
    """Ask how far a task is.

    Args:
        task_id: The ``id`` of the answer that made the task.

    Raises:
        InvalidRequestError: The id is empty.

    Example:
        >>> from zhipu_client import results
        >>> results.get("2026-1/x").path
        '/async-result/2026-1%2Fx'
    """
    _check.text("task_id", task_id)
    return Request(method="GET", path=f"/async-result/{quote(task_id, safe='')}", parse=_parse)


def _parse(reply: Reply) -> TaskResult:
    found: TaskResult = read(TaskResult, reply.data)
    return found
