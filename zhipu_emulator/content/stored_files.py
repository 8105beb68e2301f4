"""Uploaded files, and those that batches write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zhipu_emulator.http.state import State

# How the service describes a file; what is kept has ``content`` and ``owner`` beside them.
_SHOWN = ("id", "object", "bytes", "filename", "purpose", "created_at")


def stored_file(state: State, file_id: str) -> dict[str, Any] | None:
    """The file of this id: what the service shows of it, ``content`` and ``owner``."""
    found: dict[str, Any] | None = state.store("files").get(file_id)
    return found


def store_file(state: State, owner: str, name: str, purpose: str, content: bytes) -> dict[str, Any]:
    """Keep a file."""
    file_id = f"{state.now()}_{state.new_hex(32)}"
    file = {
        "id": file_id,
        "object": "file",
        "bytes": len(content),
        "filename": name,
        "purpose": purpose,
        "created_at": state.now(),
        "content": content,
        "owner": owner,
    }
    state.store("files")[file_id] = file
    return file


def shown(file: Mapping[str, Any]) -> dict[str, Any]:
    """What the service shows of a file."""
    return {name: file[name] for name in _SHOWN}
