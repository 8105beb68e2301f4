"""POST /chat/completions and POST /async/chat/completions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from zhipu_emulator.replies import json_reply, read_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.state import State

ON_CODING_BASE = True


def routes(state: State) -> list[Route]:
    """Both ways to chat."""

    async def completions(request: Request) -> Response:
        await read_json(request)
        return json_reply({"id": state.new_id()})

    return [Route("/chat/completions", completions, methods=["POST"])]
