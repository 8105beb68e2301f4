"""What an asynchronous call has come to: ``GET /async-result/{id}``.

Images, videos and asynchronous chat all answer at first with a task; this endpoint tells its state
and, in the end, its result. `zhipu_client.wait_result` asks until the task has ended.
"""

from __future__ import annotations

from zhipu_client._task import Task, TaskFailedError, TaskResult, TaskTimeoutError, get

__all__ = ["Task", "TaskFailedError", "TaskResult", "TaskTimeoutError", "get"]
