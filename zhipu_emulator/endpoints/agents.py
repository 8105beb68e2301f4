"""POST /v1/agents, /v1/agents/async-result and /v1/agents/conversation.

The documents have these paths below ``/api`` of the host, the official SDKs send them below the
base URL: both are served.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.agents import slides, working
from zhipu_emulator.agents.asking import Asked, agent_of, read_request, usage_of, variables_of
from zhipu_emulator.content import drawing
from zhipu_emulator.content.mp4 import mp4
from zhipu_emulator.content.published import publish
from zhipu_emulator.http.errors import ServiceError, content_filter
from zhipu_emulator.http.params import Params, illegal
from zhipu_emulator.http.responses import (
    DONE,
    api_key,
    frame,
    json_response,
    language,
    read_json,
    sse_response,
)

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

_TEMPLATES = ("french_kiss", "bodyshake", "sexy_me")
_PIECE = 6  # characters of an event
_PATH = "/v1/agents"
_FILM = (320, 180)


def routes(state: State) -> list[Route]:
    """The three endpoints, below the base URL."""

    async def create(request: Request) -> Response:
        owner = api_key(request)
        asked = read_request(await read_json(request), state, owner)
        if asked.agent.does == "video":
            return json_response(_submitted(asked, request, state))
        if asked.agent.does == "slides":
            return _slides(asked, request, state)
        # Documents and long texts take long to read: off the loop, so that other requests flow.
        part = await asyncio.to_thread(working.answer, asked, request, state, owner)
        if asked.stream:
            pieces = [("", one) for one in _pieces(part)]
            return sse_response(_events(asked, request, state, pieces, "messages"))
        return json_response(_whole(asked, request, state, part))

    async def result(request: Request) -> Response:
        params = Params(await read_json(request))
        agent_id, _ = agent_of(params, state.options.site)
        async_id = params.text("async_id")
        task = state.store("agent_tasks").get(async_id)
        if task is None or (task["owner"], task["agent_id"]) != (api_key(request), agent_id):
            zh, en = f"任务：{async_id}不存在。", f"Task {async_id} does not exist."
            raise ServiceError("1233", zh, en)
        return json_response(_polled(task, state, language(request)))

    async def conversation(request: Request) -> Response:
        params = Params(await read_json(request))
        agent_id, agent = agent_of(params, state.options.site)
        if agent.does != "slides":
            raise illegal("agent_id")
        conversation_id = params.text("conversation_id")
        deck = slides.deck_of(state, conversation_id, api_key(request))
        files = slides.made_files(request, state, deck, variables_of(params))
        message = [{"role": "assistant", "content": files}]
        found = {"conversation_id": conversation_id, "agent_id": agent_id}
        return json_response({**found, "choices": [{"message": message}]})

    return [
        Route(_PATH + rest + slash, endpoint, methods=["POST"])
        for rest, endpoint in (
            ("", create),
            ("/async-result", result),
            ("/conversation", conversation),
        )
        for slash in ("", "/")
    ]


def absolute_routes(state: State) -> list[Route]:
    """The same below ``/api``, where the documents have them."""
    return [Route(f"/api{route.path}", route.endpoint, methods=["POST"]) for route in routes(state)]


def _pieces(part: dict[str, Any]) -> Iterable[dict[str, Any]]:
    if part["type"] != "text":
        return [part]
    text = part["text"]
    return [{"type": "text", "text": text[at : at + _PIECE]} for at in range(0, len(text), _PIECE)]


def _known(asked: Asked, state: State) -> dict[str, Any]:
    made = state.new_id()
    known = {"id": made, "agent_id": asked.agent_id}
    return {**known, "request_id": asked.request_id} if asked.request_id else known


def _whole(asked: Asked, request: Request, state: State, part: dict[str, Any]) -> dict[str, Any]:
    finish = request.scope.get("emulator.finish") or "stop"
    message = {"role": "assistant", "content": part}
    return {
        **_known(asked, state),
        "choices": [{"index": 0, "finish_reason": finish, "messages": [message]}],
        "usage": usage_of(asked.text, part.get("text", "")),
    }


def _slides(asked: Asked, request: Request, state: State) -> Response:
    owner = api_key(request)
    if asked.conversation_id is None:
        deck = slides.Deck(owner, slides.topic_of(asked.text))
        conversation_id = f"{state.now()}-{state.new_hex(32)}"
        state.store("decks")[conversation_id] = deck
    else:
        conversation_id = asked.conversation_id
        deck = slides.deck_of(state, conversation_id, owner)
    steps = list(slides.worked(asked, deck))
    return sse_response(_events(asked, request, state, steps, "message", conversation_id))


async def _events(
    asked: Asked,
    request: Request,
    state: State,
    steps: Iterable[slides.Step],
    key: str,
    conversation_id: str | None = None,
) -> AsyncIterator[bytes]:
    """The events; those of an agent with phases are numbered and have lists of parts."""
    known = _known(asked, state)
    if conversation_id:
        known["conversation_id"] = conversation_id
    said, index = "", 0
    for phase, part in steps:
        message: dict[str, Any] = {"role": "assistant", "content": [part] if phase else part}
        if phase:
            message["phase"] = phase
        said += part.get("text", "")
        yield frame({**known, "choices": [{"index": index, key: [message]}]})
        index += bool(phase)
        await asyncio.sleep(state.options.token_delay)
    finish = request.scope.get("emulator.finish") or "stop"
    last: dict[str, Any] = {"index": index, "finish_reason": finish, key: []}
    end = {**known, "choices": [last], "usage": usage_of(asked.text, said)}
    if finish == "sensitive":
        end |= content_filter("assistant").body(language(request))
    yield frame(end)
    yield DONE


def _submitted(asked: Asked, request: Request, state: State) -> dict[str, Any]:
    template = Params(asked.variables).text("template", _TEMPLATES[0])
    if template not in _TEMPLATES:
        raise illegal("custom_variables.template")
    async_id = state.new_id()
    film = partial(_film, f"{template}: {asked.text}")
    task = {
        "owner": api_key(request),
        "agent_id": asked.agent_id,
        "async_id": async_id,
        "polls": state.options.polls,
        "url": publish(request, state, f"{async_id}_0.mp4", film, "video/mp4"),
        "usage": usage_of(asked.text, ""),
    }
    state.store("agent_tasks")[async_id] = task
    known = _known(asked, state)
    return {**known, "async_id": async_id, "status": "pending"}


def _film(words: str) -> bytes:
    width, height = _FILM
    frames = [drawing.jpeg(words, width, height, f"emulator · {n + 1} s") for n in range(4)]
    return mp4(frames, width, height, 4)


def _polled(task: dict[str, Any], state: State, spoken: str) -> dict[str, Any]:
    known = {"agent_id": task["agent_id"], "async_id": task["async_id"]}
    with state.lock:
        left = task["polls"]
        if left != 0:  # a negative number never gets there
            task["polls"] -= 1
            return {**known, "status": "pending"}
    if state.options.task_status != "SUCCESS":
        return {**known, "status": "failed", **ServiceError("1230").body(spoken)}
    names = {"tag_cn": "特效视频.mp4", "tag_en": "video.mp4"}
    content = [{"type": "file_url", "file_url": task["url"], **names}]
    choice = {"messages": [{"role": "assistant", "content": content}]}
    return {**known, "status": "success", "choices": [choice], "usage": task["usage"]}
