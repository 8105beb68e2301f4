"""POST /moderations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.content.sensitive import verdict
from zhipu_emulator.http.params import Params, illegal, out_of_range
from zhipu_emulator.http.responses import json_response, read_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

MODELS = ("moderation",)
MAX_CHARACTERS = 2000
_MEDIA: Mapping[str, str] = {"image_url": "image", "video_url": "video", "audio_url": "audio"}


def routes(state: State) -> list[Route]:
    """The endpoint; api.z.ai does not offer it."""
    if state.options.site == "zai":
        return []

    async def create(request: Request) -> Response:
        body = await read_json(request)
        return json_response(answer(body, state.now(), state.new_id()))

    return [Route("/moderations", create, methods=["POST"])]


def answer(body: Mapping[str, Any], created: int, made_id: str) -> dict[str, Any]:
    """The body for a request.

    Raises:
        ServiceError: Everything that the endpoint refuses.
    """
    params = Params(body)
    params.model(MODELS)
    value = params.required("input")
    request_id = params.caller_ids()
    parts = value if isinstance(value, list) else [value]
    if not parts:
        raise illegal("input", "输入不能为空", "The input must not be empty.")
    results = [_judge(part) for part in parts]
    calls: dict[str, dict[str, int]] = {}
    for result in results:
        kind = f"moderation_{result['content_type']}"
        calls[kind] = {"call_count": calls.get(kind, {}).get("call_count", 0) + 1}
    return {
        "id": made_id,
        "created": created,
        "request_id": request_id or made_id,
        "result_list": results,
        "usage": calls,
    }


def _judge(part: Any) -> dict[str, Any]:
    """Texts by their words; media, which are not looked at, by the words of their address."""
    if isinstance(part, str):
        part = {"type": "text", "text": part}
    if not isinstance(part, Mapping):
        raise illegal("input")
    kind = str(part.get("type"))
    if kind == "text":
        content, words = "text", part.get("text")
    elif kind in _MEDIA:
        medium = part.get(kind)
        content, words = _MEDIA[kind], medium.get("url") if isinstance(medium, Mapping) else None
    else:
        raise illegal("input")
    if not isinstance(words, str) or not words.strip():
        raise illegal("input", "输入不能为空", "The input must not be empty.")
    if content == "text" and len(words) > MAX_CHARACTERS:
        raise out_of_range("input.length", 1, MAX_CHARACTERS)
    level, kinds = verdict(words.replace("-", " ") if content != "text" else words)
    return {"content_type": content, "risk_level": level, "risk_type": kinds}
