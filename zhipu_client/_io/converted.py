"""What pictures were converted to, kept for the next turns of a conversation. Bounded."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable

__all__ = ["Converted"]


class Converted:
    """Converted pictures by what they were made of; the one that was asked for last goes last.

    Whoever finds it in use does without it: nothing waits, in a forked process either.

    Args:
        most: The most characters of all that is kept. What alone has more than half is not kept.

    Examples:
        >>> kept = Converted(1000)
        >>> kept.get("data", (), lambda: ["made"]), kept.get("data", (), lambda: ["again"])
        (['made'], ['made'])
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._kept: OrderedDict[object, list[str]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, data: str, how: object, make: Callable[[], list[str]]) -> list[str]:
        """Return what was made of some data, or make it.

        Args:
            data: What it is made of.
            how: What else decides what comes out; hashable.
            make: Makes it. What it raises is not kept.
        """
        key = (hashlib.sha256(data.encode("utf-8", "surrogatepass")).digest(), how)
        found = self._look_up(key)
        if found is None:
            found = make()
            self._keep(key, found)
        return list(found)

    def _look_up(self, key: object) -> list[str] | None:
        if not self._lock.acquire(blocking=False):
            return None
        try:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)
        finally:
            self._lock.release()

    def _keep(self, key: object, made: list[str]) -> None:
        size = sum(map(len, made))
        if 2 * size > self._most or not self._lock.acquire(blocking=False):
            return
        try:
            if key in self._kept:
                return
            self._kept[key] = made
            self._size += size
            while self._size > self._most:
                _, oldest = self._kept.popitem(last=False)
                self._size -= sum(map(len, oldest))
        finally:
            self._lock.release()
