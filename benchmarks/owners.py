"""Self time under `cProfile`, by whose code it is, in every thread of a case.

A profiler makes each call dearer, and so a caller of many small functions. What that costs is
measured first, on empty functions, and taken off again for each call; what is left is scaled to the
CPU time that the same case took without a profiler. All of it is CPU time of the thread: to wait
costs nothing.
"""

from __future__ import annotations

import cProfile
import sys
import threading
import time
from collections import Counter
from typing import Any

__all__ = ["OWNERS", "Profiler"]

#: Part of a file's path -> whose code it is; the first that fits.
_FILES = (
    ("/zhipu_client/", "zhipu_client"),
    ("/langchain_zhipu/", "adapter"),
    ("/llama_index_zhipu/", "adapter"),
    ("/langchain_core/", "framework"),
    ("/langsmith/", "framework"),
    ("/llama_index", "framework"),
    ("/httpx/", "httpx"),
    ("/httpcore/", "httpcore"),
    ("/h11/", "h11"),
    ("/anyio/", "loop"),
    ("/asyncio/", "loop"),
    ("/selectors.py", "loop"),
    ("/concurrent/", "loop"),
    ("/threading.py", "loop"),
    ("/pydantic", "pydantic"),
    ("/json/", "json"),
)
#: Part of the name of a function in C -> whose it is. Any other belongs to its caller.
_IN_C = (
    ("_socket.", "system"),
    ("select.", "system"),
    ("_ssl.", "system"),
    ("lock' objects", "system"),
    ("from_json", "json"),
    ("to_json", "json"),
    ("_json.", "json"),
    ("pydantic_core", "pydantic"),
    ("_asyncio", "loop"),
)
#: In the order of the table.
OWNERS = (
    *("zhipu_client", "adapter", "framework", "httpx", "httpcore", "h11"),
    *("loop", "system", "pydantic", "json", "gc", "other"),
)
_Cost = tuple[float, float]


class Profiler:
    """Profiles a case in all of its threads, from `start` on."""

    def __init__(self) -> None:
        self._costs = {False: _cost(_nothing), True: _cost(threading.get_ident)}
        self._profiles: list[cProfile.Profile] = []
        threading.setprofile(self._begin)

    def start(self) -> None:
        """Begin in this thread; what other threads have done so far is not counted."""
        self._before = self._by_owner()
        self._begin()

    def stop(self) -> dict[str, float]:
        """Return the seconds of each owner."""
        sys.setprofile(None)
        threading.setprofile(None)
        now = self._by_owner()
        return {owner: max(0.0, now[owner] - self._before[owner]) for owner in OWNERS}

    def _begin(self, *_: object) -> None:
        profile = cProfile.Profile(time.thread_time)
        self._profiles.append(profile)
        profile.enable()

    def _by_owner(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for profile in list(self._profiles):
            for entry in profile.getstats():
                if not isinstance(entry.code, str):
                    self._add(entry, found)
        return found

    def _add(self, entry: Any, found: Counter[str]) -> None:
        own = _owner(entry.code.co_filename, _FILES, "other")
        (inside, around), (inside_c, around_c) = self._costs[False], self._costs[True]
        left = entry.inlinetime - entry.callcount * inside
        for call in entry.calls or ():
            if isinstance(call.code, str):
                left -= call.callcount * around_c
                taken = call.inlinetime - call.callcount * inside_c
                found[_owner(call.code, _IN_C, own)] += taken
            else:
                left -= call.callcount * around
        found[own] += left


def _owner(name: str, table: tuple[tuple[str, str], ...], otherwise: str) -> str:
    return next((owner for part, owner in table if part in name), otherwise)


def _nothing() -> None:
    pass


def _cost(function: Any) -> _Cost:
    """Return the seconds that a profiled call adds to the callee's time, and to its caller's."""
    count = 20_000

    def calls() -> None:
        for _ in range(count):
            function()

    def once() -> tuple[float, float]:
        profile = cProfile.Profile(time.thread_time)
        begun = time.thread_time()
        calls()
        bare = time.thread_time() - begun
        profile.enable()
        calls()
        profile.disable()
        entry = next(one for one in profile.getstats() if one.code is calls.__code__)
        (call,) = entry.calls
        return call.inlinetime / count, max(0.0, entry.inlinetime - bare) / count

    return min(once() for _ in range(5))
