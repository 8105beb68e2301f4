"""What the emulator keeps for those who ask: as much as there is room for, the newest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

__all__ = ["Shelf"]

_AROUND = 1_000  # bytes that an entry needs besides its contents
_DEEPEST = 8


class Shelf(dict[str, Any]):
    """A dict that forgets its oldest entries when they need more than its room.

    Args:
        room: Returns the bytes that there are; looked at with each new entry. The newest is kept
            whatever its size.
    """

    def __init__(self, room: Callable[[], int]) -> None:
        super().__init__()
        self._room = room
        self._sizes: dict[str, int] = {}
        self._bytes = 0

    def __setitem__(self, key: str, value: Any) -> None:
        self.pop(key, None)
        super().__setitem__(key, value)
        self._sizes[key] = _AROUND + _size(value)
        self._bytes += self._sizes[key]
        while self._bytes > self._room() and len(self) > 1:
            self.pop(next(iter(self)))

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        self._bytes -= self._sizes.pop(key)

    def pop(self, key: str, *default: Any) -> Any:
        """Take an entry off."""
        self._bytes -= self._sizes.pop(key, 0)
        return super().pop(key, *default)

    def clear(self) -> None:
        """Forget all entries."""
        super().clear()
        self._sizes.clear()
        self._bytes = 0


def _size(value: Any, depth: int = 0) -> int:
    """The bytes and characters in a value, in what a function remembers too."""
    if isinstance(value, str | bytes):
        return len(value)
    if depth > _DEEPEST:
        return 0
    if isinstance(value, Mapping):
        inner: Any = value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        inner = value
    elif isinstance(value, partial):
        inner = [value.func, *value.args, *value.keywords.values()]
    elif cells := getattr(value, "__closure__", None):
        inner = [cell.cell_contents for cell in cells]
    elif type(value).__module__.startswith("zhipu_emulator.") and hasattr(value, "__dict__"):
        inner = [v for v in vars(value).values() if not isinstance(v, Shelf)]
    else:
        return 0
    return sum(_size(one, depth + 1) for one in inner)
