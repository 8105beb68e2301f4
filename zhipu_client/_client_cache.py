"""The clients that were made for one adapter, by its settings. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

__all__ = ["ClientCache", "mark"]

C = TypeVar("C")

#: How many clients one adapter keeps, each for other values of its fields.
_MOST_CLIENTS = 8


class ClientCache:
    """The clients made for one adapter: one for all threads, as each has a ceiling of its own.

    A copy of it starts empty; all of them are equal.
    """

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: dict[Hashable, Any] = {}

    def get(self, settings: Hashable, make: Callable[[], C]) -> C:
        """Return the client for these settings."""
        # Without a lock: a process forked while another thread had it could never take it. Of two
        # clients made at the same time, `setdefault` keeps one for all.
        found: C | None = self._made.get(settings)
        if found is None:
            found = self._made.setdefault(settings, make())
            for oldest in list(self._made)[:-_MOST_CLIENTS]:
                self._made.pop(oldest, None)
        return found

    def __copy__(self) -> ClientCache:
        return ClientCache()

    def __deepcopy__(self, memo: Any) -> ClientCache:
        return ClientCache()

    def __reduce__(self) -> tuple[Any, ...]:
        return ClientCache, ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClientCache)

    def __hash__(self) -> int:
        return hash(ClientCache)


def mark(value: Any) -> Hashable:
    """Return what represents a value in a dictionary's key."""
    try:
        hash(value)
        same = value == value
    except Exception:  # noqa: BLE001 - foreign code
        return id(value)
    return value if same else id(value)
