"""GET /async-result/{id}: what became of an asynchronous chat, image or video."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.responses import api_key, json_response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State, Task


def routes(state: State) -> list[Route]:
    """GET /async-result/{id}."""

    async def async_result(request: Request) -> Response:
        task_id = request.path_params["task_id"]
        with state.lock:
            task = state.tasks.get(task_id)
            if task is None or task.owner != api_key(request):
                raise ServiceError(
                    "1233", f"任务：{task_id}不存在。", f"Task {task_id} does not exist."
                )
            return json_response(_poll(task))

    return [Route("/async-result/{task_id}", async_result, methods=["GET"])]


def _poll(task: Task) -> dict[str, Any]:
    known = {"id": task.id, "request_id": task.request_id}
    if task.polls_left != 0:  # a negative number never gets there
        task.polls_left -= 1
        return {**known, "task_status": "PROCESSING"}
    if task.status != "SUCCESS":
        return {**known, "task_status": task.status}
    return dict(sorted({**task.result, "task_status": "SUCCESS"}.items()))
