"""POST /async/chat/completions: the same answer, to be fetched from /async-result/{id}."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from zhipu_emulator.chat.model_facts import display_name
from zhipu_emulator.chat.preparing import prepare
from zhipu_emulator.http.responses import api_key, task_begun

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State


def routes(state: State) -> list[Route]:
    """The asynchronous chat; ``stream`` is accepted and ignored. Not offered by api.z.ai."""
    if state.options.site == "zai":
        return []

    async def submit(request: Request) -> Response:
        ready = await prepare(request, state)
        body = ready.body(state)
        del body["object"]
        body["model"] = display_name(ready.asked.model)
        task = state.add_task(
            api_key(request), body, task_id=body["id"], request_id=body["request_id"]
        )
        return task_begun(task, ready.asked.model)

    return [Route("/async/chat/completions", submit, methods=["POST"])]
