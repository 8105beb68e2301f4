"""GET /models: the codes that the service lists (free, vision and non-chat models are not)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from zhipu_emulator.chat.model_facts import CHAT_MODELS
from zhipu_emulator.http.responses import json_response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

ON_CODING_BASE = True


def routes(state: State) -> list[Route]:
    """GET /models."""
    created = state.now()

    async def models(_: Request) -> Response:
        data = [
            {"id": name, "object": "model", "created": created, "owned_by": "z-ai"}
            for name, facts in CHAT_MODELS.items()
            if facts.listed
        ]
        return json_response({"object": "list", "data": data})

    return [Route("/models", models, methods=["GET"])]
