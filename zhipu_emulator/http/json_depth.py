"""How deep JSON may nest before it is refused: what reads it here walks it by recursion."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["decoded", "too_deep"]

_DEEPEST = 200  # levels; the interpreter's own limit is about 1,000 frames


def too_deep(value: Any) -> bool:
    """Whether objects and lists are nested more deeply than can be walked."""
    level = [value]
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for one in level:
            below.extend(one.values() if isinstance(one, Mapping) else one)
        level = [one for one in below if isinstance(one, Mapping | list)]
        if not level:
            return False
    return True


def decoded(text: str | bytes) -> Any:
    """The JSON value that a text is.

    Raises:
        ValueError: It is not JSON, or is nested too deeply.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if isinstance(value, Mapping | list) and too_deep(value):
        raise ValueError("nested too deeply")
    return value
