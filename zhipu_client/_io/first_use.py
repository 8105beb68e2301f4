"""The imports of a first call, into which no fork of the process may come.

A child that is forked while another thread imports a module has that module's lock, taken for ever:
it would wait for it at its own first call. So a fork waits until such an import is over.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module

__all__ = ["importing", "load_async", "load_sync", "loaded"]

#: How long a fork waits, in seconds. Not for ever: what imports may itself wait for the thread that
#: forks, if that one has the lock of another module.
PATIENCE = 10.0


class _Guard:
    """What is made anew in a forked child."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Make a new, free lock."""
        #: Of one thread at a time, which may come in again: a loader that forks waits for nobody.
        self.lock = threading.RLock()
        #: The threads that fork, and have the lock for that.
        self.forks: set[int] = set()


_guard = _Guard()
#: What is imported already.
loaded: set[str] = set()


@contextmanager
def importing() -> Iterator[None]:
    """Keep forks of the process waiting while something is imported, or made once.

    Example:
        ```python
        from zhipu_client.adapting import importing

        with importing():
            import llama_index.core.schema
        ```
    """
    with _guard.lock:
        yield


#: What an answer or a failure may need. A package of which nothing is loaded has no call here.
_LATE = {
    "zhipu_client": (
        "zhipu_client._io.hints",
        "zhipu_client._io.model_hints",
        "zhipu_client.errors._failures",
    ),
    "zhipu_client.conversation.exchange": (
        "zhipu_client.conversation.refusals",
        "zhipu_client.conversation.served_calls",
    ),
}


def _load_late() -> None:
    for caller, needed in _LATE.items():
        if caller in sys.modules:
            for name in needed:
                import_module(name)


def load_sync() -> None:
    """Import what a blocking call needs."""
    with importing():
        import http.cookiejar
        import importlib.resources

        import httpx

        import zhipu_client._io.body_pieces
        import zhipu_client._io.deadlines
        import zhipu_client._io.direct  # noqa: F401

        del http, httpx, importlib
        _load_late()
    loaded.add("sync")


def load_async() -> None:
    """Import what the first step of an asynchronous call needs, on its loop: it is not much."""
    with importing():
        with suppress(RuntimeError):  # the interpreter ends, and begins no threads any more
            import concurrent.futures.thread

            del concurrent
        import anyio.abc
        import anyio.to_thread

        anyio.move_on_after(1)  # which imports what anyio has for this kind of loop
        _load_late()
    loaded.add("async")


def _before() -> None:
    if _guard.lock.acquire(timeout=PATIENCE):
        _guard.forks.add(threading.get_ident())


def _after_in_parent() -> None:
    if threading.get_ident() in _guard.forks:
        _guard.forks.discard(threading.get_ident())
        _guard.lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before, after_in_parent=_after_in_parent, after_in_child=_guard.reset
    )
