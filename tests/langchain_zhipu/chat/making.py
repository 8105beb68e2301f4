"""Types of the fixtures of these tests, and the sum of chunks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_zhipu import ChatZhipuAI

Make = Callable[..., ChatZhipuAI]
Say = Callable[..., None]
Sent = Callable[[], list[dict[str, Any]]]


def total(chunks: Any) -> Any:
    found: Any = None
    for chunk in chunks:
        found = chunk if found is None else found + chunk
    return found
