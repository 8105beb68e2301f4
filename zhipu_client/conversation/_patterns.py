"""Which schema a key has by a pattern (``patternProperties``). Pure.

A tool's schema may come from anywhere, and the key from the model: only patterns are read that no
key makes slow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from zhipu_client._lazy import pattern

__all__ = ["of_pattern"]

_LONGEST_PATTERN = 200
_LONGEST_KEY = 200
#: Groups can be repeated, which takes time without end; so can many repetitions side by side, what
#: may be left out (``?``) among them.
_SLOW = pattern(r"\(|(?:[*+?}].*){3}", re.DOTALL)


def of_pattern(key: str, patterns: Mapping[str, Any]) -> Any:
    """Return the schema whose pattern a key fits, or True where that cannot be said.

    Examples:
        >>> of_pattern("x-size", {"^x-": {"type": "integer"}})
        {'type': 'integer'}
        >>> of_pattern("size", {"^x-": {"type": "integer"}}), of_pattern("aa", {"(a+)+$": {}})
        (True, True)
    """
    if len(key) > _LONGEST_KEY:
        return True
    fitting = [schema for pattern, schema in patterns.items() if _fits(key, pattern)]
    return fitting[0] if len(fitting) == 1 else True


def _fits(key: str, pattern: Any) -> bool:
    read = _read(pattern) if isinstance(pattern, str) else None
    return read is not None and read.search(key) is not None


@lru_cache(maxsize=256)
def _read(pattern: str) -> re.Pattern[str] | None:
    if len(pattern) > _LONGEST_PATTERN or _SLOW.search(pattern):
        return None
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return None
