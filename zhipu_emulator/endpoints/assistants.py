"""POST /assistant, /assistant/list and /assistant/conversation/list: of a former product.

The schema still has them, marked as deprecated, and the official SDK calls them. The schema shows
the whole answer, the SDK the events; what neither says (names, codes of refusals) is made up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.agents.asking import usage_of
from zhipu_emulator.agents.translating import translated
from zhipu_emulator.brain.reply import reply_to
from zhipu_emulator.chat.answer import pieces
from zhipu_emulator.chat.checks import check_chat
from zhipu_emulator.chat.message_parts import plain
from zhipu_emulator.http.params import Params, illegal, unknown_model
from zhipu_emulator.http.responses import (
    DONE,
    api_key,
    frame,
    json_response,
    read_json,
    sse_response,
)

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

MODELS = ("glm-4-assistant", "glm-4-alltools")
IDS = (
    "65940acff94777010aa6b796", "65a265419d72d299a9230616", "664dd7bd5bb3a13ba0f81668",
    "664e0cade018d633146de0d2", "6654898292788e88ce9e7f4c", "66437ef3d920bdc5c60f338e",
    "659e54b1b8006379b4b2abd6", "65d2f07bb2c10188f885bd89", "663058948bb259b7e8a22730",
    "65a393b3619c6f13586246cd", "65b356af6924a59d52832e54", "668fdd45405f2e3c9f71f832",
)  # fmt: skip
_SINCE = "1718000000"
_STANDS_FOR = "glm-4-plus"  # a model of the chat with the limits of those days


def routes(state: State) -> list[Route]:
    """The three endpoints; api.z.ai does not offer them."""
    if state.options.site == "zai":
        return []

    async def converse(request: Request) -> Response:
        return await _converse(request, state)

    async def listing(request: Request) -> Response:
        wanted = Params(await read_json(request)).required("assistant_id_list")
        if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted):
            raise illegal("assistant_id_list")
        found = [_shown(number) for number, name in enumerate(IDS) if not wanted or name in wanted]
        return json_response(_enveloped(found))

    async def conversations(request: Request) -> Response:
        return json_response(_enveloped(_page(request, state, Params(await read_json(request)))))

    return [
        Route("/assistant", converse, methods=["POST"]),
        Route("/assistant/list", listing, methods=["POST"]),
        Route("/assistant/conversation/list", conversations, methods=["POST"]),
    ]


async def _converse(request: Request, state: State) -> Response:
    params = Params(await read_json(request))
    talk = _conversation(params, state, api_key(request))
    model = params.text("model", MODELS[0])  # the official SDK may leave it out
    if model not in MODELS:
        raise unknown_model()
    request_id = params.caller_ids()
    _further(params)
    said = _said(params.required("messages"))
    stream = params.flag("stream", True)
    answer = await asyncio.to_thread(_answer, params, [*talk["messages"], *said], state)
    usage = usage_of("\n".join(message["content"] for message in said), answer)
    del usage["total_calls"]
    _remember(talk, said, answer, usage, state)
    known = {
        "id": state.new_id(),
        "conversation_id": talk["id"],
        "assistant_id": talk["assistant_id"],
        "created": state.now(),
    }
    if stream:
        return sse_response(_events(known, answer, usage, state))
    message = {"role": "assistant", "content": answer}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    known |= {"request_id": request_id or known["id"], "model": model, "status": "completed"}
    return json_response({**known, "choices": [choice], "usage": usage})


def _further(params: Params) -> None:
    """Check the fields that change nothing here."""
    params.flag("do_sample")
    attachments = params.get("attachments") or []
    if not isinstance(attachments, list) or not all(isinstance(a, dict) for a in attachments):
        raise illegal("attachments")
    if not isinstance(params.get("metadata") or {}, dict):
        raise illegal("metadata")
    _ways(params)


def _ways(params: Params) -> Mapping[str, Any]:
    """From which language to which, where a translation is wanted."""
    ways = _object(_object(params.get("extra_parameters")).get("translate"))
    if not all(isinstance(name, str) for name in ways.values()):
        raise illegal("extra_parameters")
    return ways


def _page(request: Request, state: State, params: Params) -> dict[str, Any]:
    assistant_id, owner = _assistant(params), api_key(request)
    size = params.integer("page_size", 5, high=100) or 5
    first = ((params.integer("page", 1) or 1) - 1) * size
    mine = [
        {name: value for name, value in talk.items() if name not in ("owner", "messages")}
        for talk in reversed(state.store("conversations").values())
        if (talk["owner"], talk["assistant_id"]) == (owner, assistant_id)
    ]
    page = {"assistant_id": assistant_id, "conversation_list": mine[first : first + size]}
    return {**page, "has_more": len(mine) > first + size}


def _enveloped(data: Any) -> dict[str, Any]:
    return {"success": True, "code": 200, "msg": "请求成功", "data": data}


def _assistant(params: Params) -> str:
    assistant_id = params.text("assistant_id")
    if assistant_id not in IDS:
        raise illegal("assistant_id")
    return assistant_id


def _conversation(params: Params, state: State, owner: str) -> dict[str, Any]:
    """The conversation that goes on, or a new one, which is not kept before it has an answer."""
    assistant_id = _assistant(params)
    conversation_id = params.text("conversation_id", "")
    if not conversation_id:
        made = {"id": state.new_hex(24), "assistant_id": assistant_id, "create_time": _now(state)}
        return {**made, "owner": owner, "messages": []}
    talk: dict[str, Any] | None = state.store("conversations").get(conversation_id)
    if talk is None or (talk["owner"], talk["assistant_id"]) != (owner, assistant_id):
        raise illegal("conversation_id")
    return talk


def _remember(
    talk: dict[str, Any],
    said: list[dict[str, str]],
    answer: str,
    usage: Mapping[str, int],
    state: State,
) -> None:
    messages = [*talk["messages"], *said, {"role": "assistant", "content": answer}]
    before = talk.get("usage", {})
    total = {name: before.get(name, 0) + count for name, count in usage.items()}
    new = {"update_time": _now(state), "usage": total, "messages": messages}
    state.store("conversations")[talk["id"]] = {**talk, **new}


def _now(state: State) -> str:
    return str(state.now())


def _said(messages: Any) -> list[dict[str, str]]:
    """The texts of the messages; an image is allowed and not looked at."""
    if not isinstance(messages, list) or not messages:
        raise illegal("messages")
    for message in messages:
        if not isinstance(message, dict) or message.get("role") != "user":
            raise illegal("messages.role")
        content = message.get("content")
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        for part in parts:
            if not _is_part(part):
                raise illegal("messages.content")
    said = [{"role": "user", "content": plain(message["content"])} for message in messages]
    if not any(message["content"].strip() for message in said):
        raise illegal("messages", "输入不能为空", "The input must not be empty.")
    return said


def _is_part(part: Any) -> bool:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "image_url":
        image = part.get("image_url")
        return isinstance(image, dict) and isinstance(image.get("url"), str) and bool(image["url"])
    return kind == "text" and isinstance(part.get("text"), str)


def _answer(params: Params, messages: list[dict[str, str]], state: State) -> str:
    asked = check_chat({"model": _STANDS_FOR, "messages": messages}, state)
    if ways := _ways(params):
        languages = Params(ways)
        source, target = languages.text("from", "auto"), languages.text("to", "zh-CN")
        return translated(messages[-1]["content"], source, target)
    return reply_to(asked, state).content


def _object(value: Any) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise illegal("extra_parameters")
    return value or {}


async def _events(
    known: Mapping[str, Any], answer: str, usage: Mapping[str, int], state: State
) -> AsyncIterator[bytes]:
    def event(text: str, status: str, **last: Any) -> bytes:
        delta = {"role": "assistant", "type": "content", "content": text}
        # The SDK cannot read an object in a choice's metadata: null, as far as anyone knows.
        choice = {"index": 0, "delta": delta, **last, "metadata": None}
        further = {"status": status, "last_error": None, "choices": [choice], "metadata": None}
        return frame({**known, **further, **({"usage": usage} if last else {})})

    for text in pieces(answer):
        yield event(text, "in_progress")
        await asyncio.sleep(state.options.token_delay)
    yield event("", "completed", finish_reason="stop")
    yield DONE


def _shown(number: int) -> dict[str, Any]:
    return {
        "assistant_id": IDS[number],
        "name": f"Assistant {number + 1}",
        "avatar": "",
        "description": "Answers by the emulator's simple rules.",
        "tools": [],
        "status": "publish",
        "starter_prompts": [],
        "created_at": _SINCE,
        "updated_at": _SINCE,
    }
