"""What tools have answered in this turn, and what to say with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhipu_emulator.brain.context import from_documents
from zhipu_emulator.brain.words import split_name
from zhipu_emulator.chat.message_parts import plain
from zhipu_emulator.http.json_depth import decoded

MEDIA = "tool_media"  # the role of a message that belongs to the results before it
_LONG = 600  # characters; longer results are searched, shorter ones reported whole
_SEE_BELOW = re.compile(r"\([^()]*\bnext message\b[^()]*\)")
_ERROR = re.compile(r"^\W*(?:error|exception|traceback|failed|错误|失败)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Result:
    """One call of this turn with its answer."""

    name: str
    arguments: Mapping[str, Any]
    text: str

    @property
    def data(self) -> Any:
        """The answer as JSON; None when it is not JSON."""
        return _json(self.text)


def _json(text: Any) -> Any:
    try:
        return decoded(text)
    except (ValueError, TypeError):
        return None


def with_media_of_tools(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The messages, with ``tool_media`` as the role of those that only carry what a tool returned.

    A tool message takes text only, so clients send a picture in a user's message right after the
    results, with no more than a label that ends with a colon.
    """
    found: list[Mapping[str, Any]] = []
    for message in messages:
        behind = bool(found) and found[-1]["role"] in ("tool", MEDIA)
        if behind and message["role"] == "user" and _only_media(message.get("content")):
            message = {**message, "role": MEDIA}
        found.append(message)
    return found


def _only_media(content: Any) -> bool:
    parts = content if isinstance(content, list) else []
    labels = [part for part in parts if part.get("type") == "text"]
    return len(labels) < len(parts) and all(
        str(part.get("text")).rstrip().endswith((":", "：")) for part in labels
    )


def in_order(messages: Sequence[Mapping[str, Any]]) -> Iterator[Result]:
    """The results in a conversation, each with its call."""
    calls: dict[str, tuple[str, Any]] = {}
    for message in messages:
        for call in message.get("tool_calls") or ():
            function = call.get("function") or {}
            calls[str(call.get("id"))] = (str(function.get("name", "")), function.get("arguments"))
        if message["role"] == "tool":
            # Without an id the oldest open call is meant.
            identity = message.get("tool_call_id")
            identity = identity if identity in calls else next(iter(calls), None)
            name, arguments = calls.pop(identity, ("", None)) if identity else ("", None)
            arguments = arguments if isinstance(arguments, Mapping) else _json(arguments)
            yield Result(
                name or str(message.get("name") or ""),
                arguments if isinstance(arguments, Mapping) else {},
                plain(message.get("content")),
            )


def facts(results: Sequence[Result]) -> dict[str, Any]:
    """Values by name: what was asked for, and what came back as JSON. The first of a name wins."""
    found: dict[str, Any] = {}
    for result in results:
        for name, value in [*_named(result.data), *result.arguments.items()]:
            found.setdefault(name, value)
    return found


def _named(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((str(name), inner) for name, inner in value.items())
        for inner in value.values():
            yield from _named(inner)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        yield from _named(value[0])


def reported(results: Sequence[Result], question: str, *, chinese: bool) -> str:
    """An answer made of the results, one after the other."""
    parts = [
        _one(result, question, chinese=chinese)
        for result in results
        if not _SEE_BELOW.fullmatch(result.text.strip())
    ]
    joint = "\n" if any("\n" in part or len(part) > 200 for part in parts) else " "
    return joint.join(dict.fromkeys(filter(None, parts)))


def _one(result: Result, question: str, *, chinese: bool) -> str:
    text, data = result.text.strip(), result.data
    if not text:
        return f"{result.name} 没有返回内容。" if chinese else f"{result.name} returned nothing."
    if _ERROR.match(text):
        return f"{result.name} 报告：{text}" if chinese else f"{result.name} reported: {text}"
    if isinstance(data, Mapping | list):
        text = _shown(data)
    elif len(text) > _LONG:
        return from_documents(question, [text]) or text[:_LONG]
    elif text.endswith(tuple("。！？.!?")):
        return text
    elif len(text.split()) > 3:
        return text + ("。" if chinese else ".")
    given = ", ".join(str(value) for value in result.arguments.values())
    label = split_name(result.name) + (f" ({given})" if given else "")
    return f"{label}：{text}。" if chinese else f"{label}: {text}."


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{split_name(str(k))} {_shown(v)}" for k, v in value.items())
    if isinstance(value, list):
        return "; ".join(_shown(item) for item in value[:20])
    return "yes" if value is True else "no" if value is False else str(value)
