"""What an asynchronous call has come to: ``GET /async-result/{id}``.

Images, videos and asynchronous chat all answer at first with a task; this endpoint reports its
state and, in the end, its result. `zhipu_client.wait_result` asks until the task has ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhipu_client._old_names import renamed
from zhipu_client._task import (
    Task,
    TaskResult,
    Waiting,
    retrieve,
    waiting,
)
from zhipu_client.errors import TaskFailedError, TaskTimeoutError

__all__ = [
    "Task",
    "TaskFailedError",
    "TaskResult",
    "TaskTimeoutError",
    "Waiting",
    "retrieve",
    "waiting",
]


if not TYPE_CHECKING:  # to a type checker it would permit any attribute
    __getattr__ = renamed(__name__, {"get": "retrieve"})
