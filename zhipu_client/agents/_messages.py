"""Messages to an agent, checked: a text, or what `create` documents. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhipu_client import _check

__all__ = ["PART_TYPES", "messages_for_wire"]

ROLES = ("user", "assistant", "system")

#: What a part of a message's content may be. Each has its value under its own name.
PART_TYPES = ("text", "file_id", "file_url", "image_url")


def messages_for_wire(messages: Any) -> list[dict[str, Any]]:
    """Return messages as they are sent.

    Args:
        messages: A text, which is one message of the user, or a list of messages.

    Raises:
        InvalidRequestError: They are empty or of another shape; ``field`` has the place.
    """
    if isinstance(messages, str):
        _check.text("messages", messages)
        return [{"role": "user", "content": [{"type": "text", "text": messages}]}]
    if not isinstance(messages, Sequence) or isinstance(messages, bytes):
        raise _check.refuse("messages", messages, "must be a text or a list of messages")
    if not messages:
        raise _check.refuse("messages", messages, "must not be empty")
    return [_message(f"messages[{n}]", message) for n, message in enumerate(messages)]


def _message(place: str, message: Any) -> dict[str, Any]:
    if not isinstance(message, Mapping):
        raise _check.refuse(place, message, "must be an object with role and content")
    _check.choice(f"{place}.role", message.get("role", ""), ROLES)
    content = message.get("content")
    place = f"{place}.content"
    if isinstance(content, str):
        _check.text(place, content)
        return {**message, "content": content}
    if isinstance(content, Mapping):
        return {**message, "content": _part(place, content)}
    if not isinstance(content, Sequence) or isinstance(content, bytes) or not content:
        raise _check.refuse(place, content, "must be a text, a part or a list of parts")
    parts = [_part(f"{place}[{n}]", part) for n, part in enumerate(content)]
    return {**message, "content": parts}


def _part(place: str, part: Any) -> dict[str, Any]:
    if isinstance(part, str):
        part = {"type": "text", "text": part}
    if not isinstance(part, Mapping):
        raise _check.refuse(place, part, "must be a part with a type")
    kind = part.get("type", "")
    _check.choice(f"{place}.type", kind, PART_TYPES)
    value = part.get(kind)
    if kind.endswith("_url") and isinstance(value, Mapping):  # as chat models take it
        value = value.get("url")
    _check.text(f"{place}.{kind}", value)
    return {**part, kind: value}
