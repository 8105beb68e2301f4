"""What the setting ``shared_limit`` may be: a name, or the path of a file. Pure."""

from __future__ import annotations

import os
from typing import Any

from zhipu_client._lazy import pattern
from zhipu_client.errors import InvalidRequestError

__all__ = ["is_name", "shared_name"]

#: A name; with what is put behind it, it is the name of a file.
_NAME = pattern(r"(?![.~])[^/\\:]{1,60}")
_CONTROL = pattern(r"[\x00-\x1f\x7f]")


def shared_name(value: Any) -> str | None:
    """Return the setting ``shared_limit``, checked: a name, or an absolute path.

    Raises:
        InvalidRequestError: It is neither.
    """
    if value is None:
        return None
    text = os.fspath(value) if isinstance(value, (str, os.PathLike)) else None
    if not isinstance(text, str) or not text.strip() or not _can_be_written(text):
        raise InvalidRequestError(
            f"shared_limit is {value!r}, but must be a name, or the path of a file",
            field="shared_limit",
            value=value,
        )
    if isinstance(value, str) and is_name(text):
        return text
    return os.path.abspath(os.path.expanduser(text))  # noqa: PTH100, PTH111 - both are text


def _can_be_written(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:  # half a character
        return False
    return _CONTROL.search(text) is None


def is_name(text: str) -> bool:
    """Return whether this is a name: what has a slash in it is a path."""
    return _NAME.fullmatch(text) is not None
