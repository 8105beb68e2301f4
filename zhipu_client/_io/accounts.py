"""Which account a key function belongs to. Neither keys nor functions are kept, only digests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from types import MethodType
from typing import Any
from weakref import WeakKeyDictionary, ref

__all__ = ["account_of", "known_account", "remember"]

#: Functions that are compared by ``==``, for as long as they live: a key that they gave may be in
#: their closure.
_functions: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
#: Bound methods, which are new objects at each access: by object and function. And what has no
#: hash: by identity.
_by_identity: dict[tuple[int, int], tuple[ref[Any], str]] = {}


def account_of(key: str) -> str:
    """Return the name of a key's account, from which the key cannot be read."""
    return hashlib.sha256(key.encode()).hexdigest()


def known_account(function: Callable[[], Any]) -> str | None:
    """Return the account of a function that is equal to one seen before, or None."""
    found = None if isinstance(function, MethodType) else _hashed(function)
    if found is None:
        owner, name = _identity(function)
        entry = _by_identity.get(name)
        if entry is not None and entry[0]() is owner:
            found = entry[1]
    return found


def remember(function: Callable[[], Any], account: str) -> str:
    """Return the account of ``function``: the one it has already, else ``account`` from now on.

    The key that a function gives may change, and is then still a key of the same account.
    """
    known = known_account(function)
    if known is not None:
        # By the newest of equal functions: the one that was seen first may end first.
        if not isinstance(function, MethodType) and _hashed(function) == known:
            _functions.pop(function, None)
            _functions[function] = known
        return known
    # Some have no hash, take no weak reference, or fail in `==`.
    with suppress(Exception):
        if not isinstance(function, MethodType):
            return _functions.setdefault(function, account)
    owner, name = _identity(function)
    try:
        kept = ref(owner, lambda _: _by_identity.pop(name, None))
    except TypeError:
        return account  # it takes no weak reference: the key that it gives will have to do
    # `setdefault` is atomic: threads that come first together get the same account.
    return _by_identity.setdefault(name, (kept, account))[1]


def _hashed(function: Callable[[], Any]) -> str | None:
    try:
        return _functions.get(function)
    except Exception:  # noqa: BLE001 - it is foreign code that compares
        return None


def _identity(function: Callable[[], Any]) -> tuple[Any, tuple[int, int]]:
    if isinstance(function, MethodType):
        return function.__self__, (id(function.__self__), id(function.__func__))
    return function, (id(function), 0)
