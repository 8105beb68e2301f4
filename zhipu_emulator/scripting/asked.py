"""Requests and orders in words: what was asked, and why an order did not fit it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from zhipu_emulator.chat.tool_names import spoken_name, stands_for
from zhipu_emulator.scripting.items import Answer, Fault, Item

__all__ = ["Seen", "described", "in_words", "messages_of", "offers", "shown", "tools_of"]

_LONGEST = 100  # characters of a text that is shown
_MOST_TOOLS = 10


class Seen(NamedTuple):
    """A request, and what was ordered for it."""

    request: str
    order: str

    def __str__(self) -> str:
        return f"{self.request} -> {self.order}"


def shown(text: str) -> str:
    """A text in one short line, in quotes."""
    line = " ".join(text.split())
    return repr(line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…")


def messages_of(body: Any) -> list[tuple[str, str]]:
    """The messages of a chat's request, each as role and text."""
    messages = body.get("messages") if isinstance(body, Mapping) else None
    found = []
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, Mapping):
            content = message.get("content")
            parts = content if isinstance(content, list) else [{"text": content}]
            texts = [part.get("text") for part in parts if isinstance(part, Mapping)]
            text = "\n".join(text for text in texts if isinstance(text, str))
            found.append((str(message.get("role")), text))
    return found


def _functions(body: Any) -> list[Mapping[str, Any]]:
    tools = body.get("tools") if isinstance(body, Mapping) else None
    functions = [
        tool.get("function")
        for tool in (tools if isinstance(tools, list) else ())
        if isinstance(tool, Mapping)
    ]
    return [one for one in functions if isinstance(one, Mapping)]


def tools_of(body: Any) -> list[str]:
    """The names of the functions that a request offers, as their authors wrote them."""
    return [
        spoken_name(str(one.get("name")), str(one.get("description") or ""))
        for one in _functions(body)
    ]


def offers(body: Any, name: str) -> bool:
    """Whether a request offers a function of this name.

    Names that the wire does not take (Chinese ones) are sent by this project's clients with a
    hash of the name at their end.
    """
    sent = [str(one.get("name")) for one in _functions(body)]
    return any(one == name or stands_for(one, name) for one in sent)


def described(path: str, body: Any) -> str:
    """A request: the end of its path, its model, its last message and its tools."""
    parts = [path.partition("/v4")[2] or path]
    if isinstance(body, Mapping) and isinstance(body.get("model"), str):
        parts.append(f"model {body['model']!r}")
    if messages := messages_of(body):
        role, text = messages[-1]
        parts.append(f"last message ({role}) {shown(text)}")
        asked = [text for role, text in messages if role == "user"]
        if role != "user" and asked:
            parts.append(f"question {shown(asked[-1])}")
    if names := [str(name) for name in tools_of(body)]:
        more = f" and {len(names) - _MOST_TOOLS} more" if len(names) > _MOST_TOOLS else ""
        parts.append(f"tools {', '.join(names[:_MOST_TOOLS])}{more}")
    return ", ".join(parts)


def in_words(item: Item) -> str:
    """What an order gives."""
    if item is None:
        return "None"
    if isinstance(item, Fault):
        return "; ".join(f"{kind}={value}" for kind, value in item.orders.items())
    return " + ".join(_said(item))


def _said(answer: Answer) -> Iterator[str]:
    if answer.message is not None:
        message = answer.message
        if thought := message.get("reasoning_content"):
            yield f"think={shown(thought)}"
        if message.get("content") or not (thought or message["tool_calls"]):
            yield f"say={shown(message.get('content') or '')}"
        for call in message["tool_calls"]:
            yield f"call={call['function']['name']}({_short(call['function']['arguments'])})"
    elif answer.chunks is not None or answer.frames is not None:
        yield f"a stream of {len(answer.chunks or answer.frames or ())} events"
    elif not answer.made_up:
        body = json.dumps(answer.json, ensure_ascii=False)
        yield f"status={answer.status} json={_short(body)}"
    if answer.habits:
        yield f"habits={','.join(answer.habits)}"
    if answer.fault is not None:
        yield in_words(answer.fault)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
