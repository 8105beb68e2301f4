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
_LONG = 600  # characters; longer results are searched, shorter ones told
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
        """The answer as JSON; None when it is none."""
        try:
            return decoded(self.text)
        except ValueError:
            return None


def of_turn(messages: Sequence[Mapping[str, Any]]) -> list[Result]:
    """The results since the last message of the user, in order."""
    return list(_results(messages[question_at(messages) + 1 :]))


def earlier(messages: Sequence[Mapping[str, Any]]) -> list[Result]:
    """The results of the turns before."""
    return list(_results(messages[: question_at(messages)]))


def question_at(messages: Sequence[Mapping[str, Any]]) -> int:
    """The place of the user's last message."""
    return max(i for i, message in enumerate(messages) if message["role"] == "user")


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


def _results(messages: Sequence[Mapping[str, Any]]) -> Iterator[Result]:
    calls: list[tuple[str, str, Mapping[str, Any]]] = []
    for message in messages:
        for call in message.get("tool_calls") or ():
            function = call.get("function") or {}
            name = str(function.get("name", ""))
            calls.append((str(call.get("id")), name, _arguments(function.get("arguments"))))
        if message["role"] == "tool":
            # Without an id the oldest open call is meant.
            place = next(
                (i for i, call in enumerate(calls) if call[0] == message.get("tool_call_id")), 0
            )
            _, name, arguments = calls.pop(place) if calls else ("", "", {})
            yield Result(
                name or str(message.get("name") or ""), arguments, plain(message.get("content"))
            )


def _arguments(given: Any) -> Mapping[str, Any]:
    if isinstance(given, Mapping):
        return given
    try:
        found = decoded(given or "{}")
    except (ValueError, TypeError):
        return {}
    return found if isinstance(found, Mapping) else {}


def facts(results: Sequence[Result]) -> dict[str, Any]:
    """Values by name: what was asked for, and what came back as JSON. The first of a name wins."""
    found: dict[str, Any] = {}
    for result in results:
        for name, value in [*_named(result.data), *result.arguments.items()]:
            found.setdefault(name, value)
    return found


def _named(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name), inner
        for inner in value.values():
            yield from _named(inner)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        yield from _named(value[0])


def told(results: Sequence[Result], question: str, *, chinese: bool) -> str:
    """An answer made of the results, one after the other."""
    parts = [
        _one(result, question, chinese=chinese)
        for result in results
        if not _SEE_BELOW.fullmatch(result.text.strip())
    ]
    joint = "\n" if any("\n" in part or len(part) > 200 for part in parts) else " "
    return joint.join(dict.fromkeys(part for part in parts if part))


def _one(result: Result, question: str, *, chinese: bool) -> str:
    text = result.text.strip()
    if not text:
        return f"{result.name} 没有返回内容。" if chinese else f"{result.name} returned nothing."
    if _ERROR.match(text):
        return f"{result.name} 报告：{text}" if chinese else f"{result.name} reported: {text}"
    data = result.data
    if isinstance(data, Mapping | list):
        text = _shown(data)
    elif len(text) > _LONG:
        return from_documents(question, [text]) or text[:_LONG]
    elif len(text.split()) > 3 or re.search(r"[。！？.!?]$", text):
        return text if re.search(r"[。！？.!?\n]$", text) else text + ("。" if chinese else ".")
    given = ", ".join(str(value) for value in result.arguments.values())
    label = split_name(result.name) + (f" ({given})" if given else "")
    return f"{label}：{text}。" if chinese else f"{label}: {text}."


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{split_name(str(k))} {_shown(v)}" for k, v in value.items())
    if isinstance(value, list):
        return "; ".join(_shown(item) for item in value[:20])
    return "yes" if value is True else "no" if value is False else str(value)
