"""POST /tools: web-search-pro, the search of 2024 in the form of a chat; legacy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.chat.message_parts import plain
from zhipu_emulator.content import sensitive
from zhipu_emulator.content.search_engine import ENGINES, answer
from zhipu_emulator.http.params import Params, missing
from zhipu_emulator.http.responses import DONE, frame, json_response, read_json, sse_response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

MODELS = ("web-search-pro",)
_DECLINED = "This cannot be searched for."
_NO_USAGE = {"completion_tokens": 0, "prompt_tokens": 0, "total_tokens": 0}
_LONGEST = 70  # characters of a query


def routes(state: State) -> list[Route]:
    """The endpoint; api.z.ai does not offer it."""
    if state.options.site == "zai":
        return []

    async def create(request: Request) -> Response:
        params = Params(await read_json(request))
        model = params.model(MODELS)
        made_id = state.new_id()
        head = {
            "created": state.now(),
            "id": made_id,
            "model": model,
            "request_id": params.caller_ids() or made_id,
        }
        message = _message(_query(params), state)
        if params.flag("stream"):
            return sse_response(_chunks(head, message))
        choice = {"finish_reason": "stop", "index": 0, "message": message}
        return json_response({"choices": [choice], **head, "usage": _NO_USAGE})

    return [Route("/tools", create, methods=["POST"])]


def _query(params: Params) -> str:
    messages = params.get("messages")
    said = [m for m in messages if isinstance(m, Mapping)] if isinstance(messages, list) else []
    texts = [plain(message.get("content")) for message in said if message.get("role") == "user"]
    if not texts or not texts[-1].strip():
        raise missing("messages")
    return texts[-1].strip()[:_LONGEST]


def _message(query: str, state: State) -> dict[str, Any]:
    """What was found, as calls; for what is not searched for, a text and no calls."""
    if sensitive.risks(query):
        return {"content": _DECLINED, "role": "assistant"}
    asked = {"search_engine": "search_pro", "search_query": query, "search_intent": True}
    found = answer(asked, ENGINES["bigmodel"], state.options.clock())
    calls = [
        {"id": state.new_id(), kind: [{"index": 0, **one} for one in found[kind]], "type": kind}
        for kind in ("search_intent", "search_result")
        if found[kind]
    ]
    return {"role": "tool", "tool_calls": calls}


def _chunks(head: Mapping[str, Any], message: Mapping[str, Any]) -> Iterator[bytes]:
    calls = message.get("tool_calls") or []
    deltas = [
        {"role": message["role"], "tool_calls": [{**call, "index": place}]}
        for place, call in enumerate(calls)
    ] or [dict(message)]
    for delta in deltas:
        yield frame({**head, "choices": [{"delta": delta, "index": 0}]})
    last = {"delta": {"role": message["role"]}, "finish_reason": "stop", "index": 0}
    yield frame({**head, "choices": [last], "usage": _NO_USAGE})
    yield DONE
