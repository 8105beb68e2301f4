"""Large local files of a conversation, which may go up by themselves and be named by id. Pure.

An adapter marks a document that it read from the caller's disk with ``_local``; nothing else can
carry the mark. Which files go up is decided here, and `_io` sends and removes them.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["LARGE_FILE", "LocalFile", "local_files"]

#: Bytes from which a file goes up by itself; a smaller one is sent within the request.
LARGE_FILE = 8 * 1024 * 1024

_MARK = "_local"


class LocalFile:
    """A large document of a user's message.

    Attributes:
        filename: Its name.
    """

    def __init__(self, filename: str, data: str) -> None:
        self.filename = filename
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


def local_files(
    messages: Sequence[dict[str, Any]],
) -> tuple[list[dict[str, Any]], list[LocalFile]]:
    """Return the messages without the adapters' marks, and the large files in them, each once.

    Args:
        messages: As they are to be sent. They are not changed.

    Example:
        >>> part = {"type": "file", "file": {"file_data": "data:;base64,"}, "_local": True}
        >>> local_files([{"role": "user", "content": [part]}])
        ([{'role': 'user', 'content': [{'type': 'file', 'file': {'file_data': 'data:;base64,'}}]}], [])
    """  # noqa: E501
    found: dict[tuple[str, str], LocalFile] = {}
    return [_unmarked(message, found) for message in messages], list(found.values())


def _unmarked(message: dict[str, Any], found: dict[tuple[str, str], LocalFile]) -> dict[str, Any]:
    content = message.get("content")
    if not isinstance(content, list) or not any(map(_is_marked, content)):
        return message
    parts = []
    for part in content:
        if _is_marked(part):
            part = {key: value for key, value in part.items() if key != _MARK}
            name, data = part["file"].get("filename", "file"), part["file"].get("file_data", "")
            if len(data) * 3 // 4 >= LARGE_FILE:
                found.setdefault((name, data), LocalFile(name, data)).add(part)
        parts.append(part)
    return {**message, "content": parts}


def _is_marked(part: Any) -> bool:
    return isinstance(part, Mapping) and _MARK in part
