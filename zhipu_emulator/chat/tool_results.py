"""What tools returned, as messages have it: each result with its call, media behind results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhipu_emulator.chat.message_parts import plain
from zhipu_emulator.http.json_depth import decoded

MEDIA = "tool_media"  # the role of a message that belongs to the results before it


@dataclass(frozen=True)
class Result:
    """A call with its answer, as text and, where it is JSON, as ``data``."""

    name: str
    arguments: Mapping[str, Any]
    text: str
    data: Any


def with_media_of_tools(messages: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The messages, with ``MEDIA`` as the role of those that only carry what a tool returned.

    A tool message takes text only, so clients send a picture in a user's message right after the
    results, with no more than a label that ends with a colon.
    """
    before = ""
    for message in messages:
        parts = message["content"] if isinstance(message.get("content"), list) else []
        labels = [str(p.get("text")).rstrip() for p in parts if p.get("type") == "text"]
        only = len(labels) < len(parts) and all(one.endswith((":", "：")) for one in labels)
        if before in ("tool", MEDIA) and message["role"] == "user" and only:
            message = {**message, "role": MEDIA}
        before = message["role"]
        yield message


def results(messages: Sequence[Mapping[str, Any]]) -> Iterator[Result]:
    """The results in a conversation, each with its call."""
    calls: dict[Any, Mapping[str, Any]] = {}
    for message in messages:
        for call in message.get("tool_calls") or ():
            calls[call.get("id")] = call.get("function") or {}
        if message["role"] == "tool":
            # Without an id the oldest open call is meant.
            oldest = next(iter(calls), None)
            identity = message.get("tool_call_id")
            call = calls.pop(identity if identity in calls else oldest, {})
            text = plain(message.get("content"))
            name = str(call.get("name") or message.get("name") or "")
            given = _json(call.get("arguments"))
            yield Result(name, given if isinstance(given, dict) else {}, text, _json(text))


def _json(text: Any) -> Any:
    try:
        return decoded(text) if isinstance(text, str) else text
    except ValueError:
        return None
