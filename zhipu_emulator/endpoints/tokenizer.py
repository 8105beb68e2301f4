"""POST /tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.chat.tokens import measure
from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.params import Params, illegal
from zhipu_emulator.http.responses import json_response, read_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

_INTERNATIONAL = ("glm-4.6", "glm-4.6v", "glm-4.5")
MODELS: Mapping[str, tuple[str, ...]] = {
    "zai": _INTERNATIONAL,
    "bigmodel": (
        *_INTERNATIONAL,
        "glm-4.5-air",
        "glm-4-0520",
        "glm-4-long",
        "glm-4-air",
        "glm-4-flash",
    ),
}
_ROLES = ("system", "user", "assistant", "tool")


def routes(state: State) -> list[Route]:
    """The endpoint."""

    async def create(request: Request) -> Response:
        body = await read_json(request)
        models = MODELS[state.options.site]
        return json_response(answer(body, models, state.now(), state.new_id()))

    return [Route("/tokenizer", create, methods=["POST"])]


def answer(
    body: Mapping[str, Any], models: tuple[str, ...], created: int, made_id: str
) -> dict[str, Any]:
    """The body for a request.

    Raises:
        ServiceError: Everything that the endpoint refuses.
    """
    params = Params(body)
    params.model(models)
    messages = params.required("messages")
    if not isinstance(messages, list) or not messages:
        raise illegal("messages")
    for message in messages:
        if not isinstance(message, Mapping):
            raise illegal("messages")
        if message.get("role") not in _ROLES:
            raise ServiceError("1214", "角色信息不正确", "Incorrect role information")
    tools = params.get("tools") or []
    if not isinstance(tools, list):
        raise illegal("tools")
    request_id = params.caller_ids()
    count = measure(messages, tools)
    return {
        "created": created,
        "id": made_id,
        "request_id": request_id or made_id,
        "usage": {
            # The sample of the docs has a total equal to prompt_tokens: media are part of it.
            "prompt_tokens": count.total,
            "video_tokens": count.video,
            "image_tokens": count.image,
            "total_tokens": count.total,
        },
    }
