"""What the emulator was asked, as long as there is room for it."""

from __future__ import annotations

from collections import deque
from typing import Any

__all__ = ["RequestLog"]

_AROUND = 2_000  # bytes that a request needs besides its body


class RequestLog:
    """The last requests, as many as fit into so many bytes."""

    def __init__(self) -> None:
        self._records: deque[dict[str, Any]] = deque()
        self._bytes = 0

    def add(self, record: dict[str, Any], room: int) -> None:
        """Keep a request and forget the oldest that do not fit into ``room`` bytes with it."""
        self._records.append(record)
        self._bytes += record["size"] + _AROUND
        while self._bytes > room and self._records:
            self._bytes -= self._records.popleft()["size"] + _AROUND

    def copy(self) -> list[dict[str, Any]]:
        """All that is kept, oldest first."""
        return list(self._records)
