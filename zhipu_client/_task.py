"""A task as every call that makes one answers, and how tasks end. Pure."""

from __future__ import annotations

from typing import Literal

from zhipu_client._errors import APITimeoutError, ServerError
from zhipu_client._model import ReplyModel, read
from zhipu_client._request import Reply

__all__ = ["Task", "TaskFailedError", "TaskTimeoutError", "parse_task"]

#: The words that the documents and the service use for the three states.
_STATES: dict[str, Literal["running", "succeeded", "failed"]] = {
    "PROCESSING": "running",
    "SUCCESS": "succeeded",
    "FAIL": "failed",
    "FAILED": "failed",
}


class TaskFailedError(ServerError):
    """The service accepted a task and then failed at it.

    Attributes:
        task_id: The task.
    """

    task_id: str | None = None


class TaskTimeoutError(APITimeoutError):
    """A task was still running when the time to wait for it was over.

    It goes on running, and is paid for: wait again with its ``task_id``.
    """

    task_id: str | None = None


class Task(ReplyModel):
    """A task as the call that made it answers.

    Attributes:
        id: The task's id, what `get` takes.
        model: The model that works on it.
        request_id: The id of the call.
        task_status: ``PROCESSING``, ``SUCCESS``, ``FAIL`` or ``FAILED``.
    """

    id: str | None = None
    model: str | None = None
    request_id: str | None = None
    task_status: str | None = None

    @property
    def state(self) -> Literal["running", "succeeded", "failed"]:
        """The state in one of three words; a status that is not known counts as running."""
        return _STATES.get((self.task_status or "").upper(), "running")


def parse_task(reply: Reply) -> Task:
    """Read the answer of a call that makes a task."""
    found: Task = read(Task, reply.data)
    return found
