"""A chat request, checked and with its answer made up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zhipu_emulator.brain.reply import reply_to
from zhipu_emulator.chat import rendering
from zhipu_emulator.chat.answer import Call, Reply, limit, usage
from zhipu_emulator.chat.checks import SENSITIVE_OUTPUT, ChatRequest, check_chat
from zhipu_emulator.chat.habits import applied
from zhipu_emulator.chat.mcp_servers import served
from zhipu_emulator.chat.phone import phone_reply
from zhipu_emulator.chat.server_tools import search
from zhipu_emulator.chat.spoken import spoken
from zhipu_emulator.http.errors import content_filter
from zhipu_emulator.http.responses import api_key, is_coding, read_json
from zhipu_emulator.scripting.items import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from zhipu_emulator.http.state import State

_READ_AT_ONCE = 1_000  # tokens of prompt


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A checked request with everything that the answer contains."""

    asked: ChatRequest
    reply: Reply
    usage: Mapping[str, Any]
    audio: Mapping[str, Any] | None

    def body(self, state: State) -> dict[str, Any]:
        """The whole answer."""
        return rendering.body(self.reply, self.asked, state, self.usage, self.audio)


async def prepare(request: Request, state: State) -> Prepared:
    """Check the request and make up the answer.

    Raises:
        ServiceError: What ``check_chat`` refuses; 1301 when the answer itself is filtered.
    """
    asked = check_chat(await read_json(request), state, coding=is_coding(request))
    searched = search(asked, state)
    servers = await served(searched.asked, state, lambda offered: reply_to(offered, state))
    asked = servers.asked
    scripted = request.scope.get("emulator.answer")
    if isinstance(scripted, Answer) and scripted.message is not None:
        reply = _scripted(scripted)
    elif (action := phone_reply(asked)) is not None:
        reply = action
    else:
        # Long prompts take long to read: off the loop, so that other requests flow.
        short = asked.prompt_tokens <= _READ_AT_ONCE
        reply = reply_to(asked, state) if short else await asyncio.to_thread(reply_to, asked, state)
    if searched.shown is not None and not reply.calls:
        reply = replace(reply, web_search=searched.shown)
    reply = replace(limit(_filtered(reply, asked), asked), served=servers.calls)
    finish = request.scope.get("emulator.finish")
    if finish:
        flagged = ({"role": "assistant", "level": 1},) if finish == "sensitive" else ()
        reply = replace(reply, finish=finish, content_filter=flagged)
    reply = applied(reply, (*request.scope["emulator.habits"], *state.habits()))
    numbers = usage(reply, asked, state, api_key(request))
    audio = None
    if asked.facts.audio_output:
        audio = spoken(reply.content, state, bare="bare_sound" in reply.habits)
    return Prepared(asked=asked, reply=reply, usage=numbers, audio=audio)


def _scripted(answer: Answer) -> Reply:
    message = answer.message or {}
    functions = [call["function"] for call in message.get("tool_calls") or ()]
    return Reply(
        reasoning=message.get("reasoning_content") or "",
        content=message.get("content") or "",
        calls=tuple(Call(name=f["name"], arguments=f["arguments"]) for f in functions),
        finish=answer.finish_reason,
    )


def _filtered(reply: Reply, asked: ChatRequest) -> Reply:
    """Stop what the content filter would not let out: a stream ends early, a body is refused."""
    places = [reply.content.find(word) for word in SENSITIVE_OUTPUT]
    found = [place for place in places if place >= 0]
    if not found:
        return reply
    if not asked.stream:
        raise content_filter("assistant")
    return replace(
        reply,
        content=reply.content[: min(found)],
        calls=(),
        finish="sensitive",
        content_filter=({"role": "assistant", "level": 1},),
    )
