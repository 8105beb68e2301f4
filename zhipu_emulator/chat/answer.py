"""An answer before it is written to the wire: limits, stop words, usage."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zhipu_emulator.chat.tokens import count_messages, count_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zhipu_emulator.chat.checks import ChatRequest
    from zhipu_emulator.http.state import State

_CACHE_FROM = 32  # tokens; shorter common beginnings are not cached
_CACHE_STEP = 16
_CACHE_SIZE = 10_000


@dataclass(frozen=True, kw_only=True)
class Call:
    """One function that the answer asks for; ``arguments`` is JSON text."""

    name: str
    arguments: str


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the stand-in says.

    Attributes:
        reasoning: Its thoughts; empty without thinking.
        content: The text.
        calls: Functions to call.
        served: Calls that the service made itself, as items of ``tool_calls``.
        web_search: Search results to show; None when there was no search.
        finish: Why it ends; None means ``tool_calls`` with calls, else ``stop``.
        content_filter: What was flagged.
        habits: Habits of GLM that show in how it is written.
    """

    reasoning: str = ""
    content: str = ""
    calls: tuple[Call, ...] = ()
    served: tuple[Mapping[str, Any], ...] = ()
    web_search: tuple[Mapping[str, Any], ...] | None = None
    finish: str | None = None
    content_filter: tuple[Mapping[str, Any], ...] = ()
    habits: frozenset[str] = frozenset()

    @property
    def finish_reason(self) -> str:
        """The wire's word for the end."""
        return self.finish or ("tool_calls" if self.calls else "stop")


_CHUNK = re.compile(r"\s*\S+|\s+$")
_ATOM = re.compile(r"\s*[^\W_]+|\s*[^\w\s]|\s*_|\s+")


def pieces(text: str) -> list[str]:
    """Cut a text into its tokens: as many as ``count_text`` says, joined they give the text."""
    found: list[str] = []
    for chunk in _CHUNK.findall(text):
        atoms = _ATOM.findall(chunk)
        if sum(max(count_text(a.strip()), 0) for a in atoms) != count_text(chunk.strip()):
            atoms = [chunk]
        for atom in atoms:
            found.extend(_slices(atom, count_text(atom.strip())))
    if len(found) > 1 and found[-1].isspace():  # blanks at the end cost nothing
        found[-2:] = ["".join(found[-2:])]
    return found


def _slices(atom: str, count: int) -> list[str]:
    if count <= 1:
        return [atom]
    blank = len(atom) - len(atom.lstrip())
    size = len(atom) - blank
    edges = [0, *(blank + size * i // count for i in range(1, count)), len(atom)]
    return [atom[a:b] for a, b in itertools.pairwise(edges)]


def limit(reply: Reply, request: ChatRequest) -> Reply:
    """Apply stop words, ``max_tokens`` and the context window, in that order."""
    reply = _stop_words(reply, request.stop)
    window = request.facts.context - request.prompt_tokens
    room = min(request.max_tokens, window)
    if completion_tokens(reply) <= room:
        return reply
    finish = "length" if request.max_tokens <= window else "model_context_window_exceeded"
    reasoning = _beginning(reply.reasoning, room)
    content = _beginning(reply.content, room - count_text(reasoning))
    left = room - count_text(reasoning) - count_text(content)
    calls = []
    for call in reply.calls:
        arguments = _beginning(call.arguments, left - count_text(call.name))
        if not arguments:
            break
        left -= count_text(arguments) + count_text(call.name)
        calls.append(replace(call, arguments=arguments))
    return replace(
        reply,
        reasoning=reasoning,
        content=content,
        calls=tuple(calls),
        finish=finish,
    )


def _beginning(text: str, room: int) -> str:
    """As much of a text as fits into ``room`` tokens."""
    parts = pieces(text)[: max(room, 0)]
    while parts and count_text("".join(parts)) > room:
        parts.pop()  # a run of characters that is cut may count one more than its share
    return "".join(parts)


def _stop_words(reply: Reply, words: Sequence[str]) -> Reply:
    places = [reply.content.find(word) for word in words if word]
    found = [place for place in places if place >= 0]
    if not found:
        return reply
    return replace(reply, content=reply.content[: min(found)], calls=(), finish="stop")


def completion_tokens(reply: Reply) -> int:
    """Tokens of the answer, its reasoning and calls included."""
    calls = sum(count_text(call.name) + count_text(call.arguments) for call in reply.calls)
    return count_text(reply.reasoning) + count_text(reply.content) + calls


def usage(reply: Reply, request: ChatRequest, state: State, owner: str) -> dict[str, Any]:
    """The usage object in the order that streams have; remembers the prompt for the cache."""
    prompt, completion = request.prompt_tokens, completion_tokens(reply)
    found: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    facts = request.facts
    cached = _cached(request, state, owner)
    if facts.cached_usage:
        found["prompt_tokens_details"] = {"cached_tokens": cached}
    shown = facts.reasoning_usage == "always" or (
        facts.reasoning_usage == "thinking" and request.thinking
    )
    if shown and facts.thinking != "none":
        found["completion_tokens_details"] = {"reasoning_tokens": count_text(reply.reasoning)}
    return found


def _cached(request: ChatRequest, state: State, owner: str) -> int:
    """Tokens of the longest beginning of this prompt that was sent before."""
    tools = request.raw.get("tools")
    digest = hashlib.sha256(f"{owner}\n{request.model}\n{_plain(tools)}".encode())
    best, seen = 0, []
    for index, message in enumerate(request.messages):
        digest.update(_plain(message).encode())
        name = digest.hexdigest()
        seen.append(name)
        with state.lock:
            if name in state.prefixes:
                best = index + 1
                state.prefixes.move_to_end(name)
    with state.lock:
        for name in seen:
            state.prefixes[name] = None
        while len(state.prefixes) > _CACHE_SIZE:
            state.prefixes.popitem(last=False)
    if not best:
        return 0
    tokens = min(count_messages(request.messages[:best], tools), request.prompt_tokens - 1)
    return tokens - tokens % _CACHE_STEP if tokens >= _CACHE_FROM else 0


def _plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
