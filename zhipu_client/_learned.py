"""What servers have turned out to refuse: the memory of the process, by base URL."""

from __future__ import annotations

__all__ = ["forget", "known_refusals", "remember_refusal"]

#: Base URL -> what is refused there. Without a lock: each step is atomic, and a lock may belong to
#: another thread when the process forks. Of servers there are few, so nothing is ever dropped.
_refused: dict[str, dict[str, None]] = {}


def known_refusals(base_url: str) -> frozenset[str]:
    """Return what this server is known to refuse."""
    return frozenset(tuple(_refused.get(base_url, ())))


def remember_refusal(base_url: str, what: str) -> None:
    """Note that this server refuses something, for all calls of the process from now on."""
    _refused.setdefault(base_url, {})[what] = None


def forget() -> None:
    """Forget everything, for tests."""
    _refused.clear()
