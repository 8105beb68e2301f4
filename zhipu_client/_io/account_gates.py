"""The gates of this process: one for each account, site and model."""

from __future__ import annotations

from zhipu_client._adaptive_limit import AdaptiveLimit
from zhipu_client._io.clock import Clock, SystemClock
from zhipu_client._io.gates import Gate, forget_all

__all__ = ["gate_for", "reset_after_fork"]

_adaptive: dict[tuple[str, str, str, Clock | None], Gate] = {}
#: At how many gates those that know nothing are forgotten: a server may see a key a customer.
_CROWD = 256


def gate_for(account: str, base_url: str, model: str, clock: Clock) -> Gate:
    """Return the gate that all calls of an account, site and model share in this process."""
    # A clock that a test put in has a time of its own.
    key = (account, base_url, model, None if type(clock) is SystemClock else clock)
    found = _adaptive.get(key)
    if found is None and len(_adaptive) >= _CROWD:
        _thin_out()
    # `setdefault` is atomic: of two threads that come first, both get the same gate.
    return found or _adaptive.setdefault(key, Gate(AdaptiveLimit(), clock))


def _thin_out() -> None:
    for key, gate in list(_adaptive.items()):
        if gate.forgettable:
            _adaptive.pop(key, None)


def reset_after_fork() -> None:
    """Start afresh in a forked child: the parent's requests are not ours, nor its locks."""
    _adaptive.clear()
    forget_all()
