"""Large local files of a conversation, which may go up by themselves and be named by id. Pure.

An adapter marks a document that it read from the caller's disk with ``_local``; nothing else can
carry the mark. Which files go up is decided here, and `_io` sends and removes them. This and the
marks that name a medium in errors (`marked`) are taken off before anything is sent.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from zhipu_client._sent_media import NAME, PLACE, SentMedium, kind_of, sent_media

__all__ = ["LARGE_FILE", "LocalFile", "local_files", "marked"]

#: Bytes from which a file goes up by itself; a smaller one is sent within the request.
LARGE_FILE = 8 * 1024 * 1024

_LOCAL = "_local"
_MARKS = frozenset({_LOCAL, NAME, PLACE})


class LocalFile:
    """A large document of a user's message.

    Attributes:
        filename: Its name.
        source: What to call it in an error: its place, and its path.
    """

    def __init__(self, filename: str, data: str, source: str | None = None) -> None:
        self.filename = filename
        self.source = source or filename
        self._data = data
        self._parts: list[dict[str, Any]] = []

    def add(self, part: dict[str, Any]) -> None:
        """Note a part that has this file."""
        self._parts.append(part)

    @property
    def content(self) -> bytes:
        """Its bytes."""
        return base64.b64decode(self._data.partition(",")[2])

    def name_by(self, file_id: str) -> None:
        """Send the id in place of the content from now on."""
        for part in self._parts:
            part["file"] = {"file_id": file_id}


def marked(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the messages with a mark on each medium: its place among the caller's messages.

    Histories are put in order, joined and left out of before they are sent; the mark stays.

    Args:
        messages: Wire messages, as adapters make them; they are not changed. The places of the
            parts of a content, or of a tool's media, may be under ``_places``.
    """
    return [_marked(message, position) for position, message in enumerate(messages)]


def _marked(message: Mapping[str, Any], position: int) -> Mapping[str, Any]:
    field = "_media" if message.get("_media") else "content"
    parts = message.get(field)
    if not isinstance(parts, (list, tuple)) or not any(map(kind_of, parts)):
        return message
    where = f"messages[{position}].content"
    places = message.get("_places") or [f"{where}[{n}]" for n in range(len(parts))]
    found = [
        part if kind_of(part) is None else {**part, PLACE: place}
        for part, place in zip(parts, places, strict=True)
    ]
    return {**message, field: found}


def local_files(
    messages: Sequence[dict[str, Any]],
) -> tuple[list[dict[str, Any]], list[LocalFile], list[SentMedium]]:
    """Return the messages without marks, the large files in them, each once, and all media.

    Args:
        messages: As they are to be sent. They are not changed.

    Examples:
        >>> part = {"type": "file", "file": {"file_data": "data:;base64,"}, "_local": True}
        >>> sent, files, media = local_files([{"role": "user", "content": [part]}])
        >>> sent, files
        ([{'role': 'user', 'content': [{'type': 'file', 'file': {'file_data': 'data:;base64,'}}]}], [])
        >>> print(*media)
        messages[0].content[0] (file, 0 bytes)
    """  # noqa: E501
    found: dict[tuple[str, str], LocalFile] = {}
    media = sent_media(messages)
    return [_unmarked(message, found) for message in messages], list(found.values()), media


def _unmarked(message: dict[str, Any], found: dict[tuple[str, str], LocalFile]) -> dict[str, Any]:
    content = message.get("content")
    if not isinstance(content, list) or not any(map(_is_marked, content)):
        return message
    parts = []
    for given in content:
        part = given
        if _is_marked(given):
            part = {key: value for key, value in given.items() if key not in _MARKS}
        if part is not given and _LOCAL in given:
            name, data = part["file"].get("filename", "file"), part["file"].get("file_data", "")
            if len(data) * 3 // 4 >= LARGE_FILE:
                source = " ".join(str(given[mark]) for mark in (PLACE, NAME) if mark in given)
                found.setdefault((name, data), LocalFile(name, data, source)).add(part)
        parts.append(part)
    return {**message, "content": parts}


def _is_marked(part: Any) -> bool:
    return isinstance(part, Mapping) and not _MARKS.isdisjoint(part)
