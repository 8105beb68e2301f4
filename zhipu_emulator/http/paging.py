"""Lists that are answered page by page."""

from __future__ import annotations

from typing import Any


def window(
    things: list[dict[str, Any]], after: str, limit: int
) -> tuple[list[dict[str, Any]], bool]:
    """One page of a list, newest first, after the thing of that id; and whether more follow."""
    newest = list(reversed(things))
    start = next((i + 1 for i, thing in enumerate(newest) if thing["id"] == after), 0)
    return newest[start : start + limit], len(newest) > start + limit
