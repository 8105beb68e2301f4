"""A tool, and the sum of chunks."""

from __future__ import annotations

from typing import Any


def f(x: int) -> int:
    """Do something with x."""
    return x


def drained(chunks: Any) -> Any:
    found: Any = None
    for chunk in chunks:
        found = chunk if found is None else found + chunk
    return found
