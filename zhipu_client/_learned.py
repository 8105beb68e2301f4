"""What servers have turned out to refuse, and which site takes a key: memory of the process."""

from __future__ import annotations

__all__ = [
    "first_time",
    "forget",
    "forget_site",
    "known_refusals",
    "refusing",
    "remember_refusal",
    "remember_site",
    "remembered_site",
]

#: Base URL -> what is refused there. Without a lock: each step is atomic, and a lock may belong to
#: another thread when the process forks. Of servers there are few, so nothing is ever dropped.
refusing: dict[str, dict[str, None]] = {}
#: Base URL -> what was said about it.
_said: dict[str, dict[str, None]] = {}
#: Account -> base URL of the site that takes its key, where another had been inferred.
_sites: dict[str, str] = {}


def known_refusals(base_url: str) -> frozenset[str]:
    """Return what this server is known to refuse."""
    return frozenset(tuple(refusing.get(base_url, ())))


def remember_refusal(base_url: str, what: str) -> None:
    """Note that this server refuses something, for all calls of the process from now on."""
    refusing.setdefault(base_url, {})[what] = None


def first_time(base_url: str, note: str) -> bool:
    """Return whether this note about a server is new; it is not any more."""
    said = _said.setdefault(base_url, {})
    if note in said:
        return False
    said[note] = None
    return True


def remembered_site(account: str) -> str | None:
    """Return the base URL at which the key of an account was let in, or None."""
    return _sites.get(account)


def remember_site(account: str, base_url: str) -> None:
    """Note where the key of an account belongs."""
    _sites[account] = base_url


def forget_site(account: str) -> None:
    """Forget it: no site takes the key."""
    _sites.pop(account, None)


def forget() -> None:
    """Forget everything, for tests."""
    refusing.clear()
    _said.clear()
    _sites.clear()
