"""The gates of this process: one for each account, site and model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from zhipu_client._adaptive_limit import AdaptiveLimit
from zhipu_client._io.clock import Clock, SystemClock
from zhipu_client._io.first_use import importing
from zhipu_client._io.gates import Gate, every_gate

__all__ = ["gate_for", "reset_after_fork"]

_adaptive: dict[tuple[str, str, str, Path | None, Clock | None], Gate] = {}
#: At how many gates those that know nothing are forgotten: a server may see a key a customer.
_CROWD = 256
#: What a forked child does besides, for what was loaded.
_resets: list[Callable[[], None]] = []


def gate_for(
    account: str, base_url: str, model: str, clock: Clock, shared: Path | None = None
) -> Gate:
    """Return the gate that all calls of an account, site and model share in this process.

    Args:
        account: The name of the key's account.
        base_url: Where requests go.
        model: The model.
        clock: The time.
        shared: The file by which other processes share its limit.
    """
    # A clock that a test put in has a time of its own.
    key = (account, base_url, model, shared, None if type(clock) is SystemClock else clock)
    found = _adaptive.get(key)
    if found is None and len(_adaptive) >= _CROWD:
        _thin_out()
    # `setdefault` is atomic: of two threads that come first, both get the same gate.
    return found or _adaptive.setdefault(key, _new(account, base_url, model, clock, shared))


def _new(account: str, base_url: str, model: str, clock: Clock, shared: Path | None) -> Gate:
    if shared is None:
        return Gate(AdaptiveLimit(), clock, label=f"{model} (limited since a refusal, 1302)")
    with importing():
        from zhipu_client._io.limit_keeper import keeper_for, reset_keepers
        from zhipu_client._io.shared_gates import SharedGate

    if reset_keepers not in _resets:
        _resets.append(reset_keepers)
    name = hashlib.sha256(f"{account}\n{base_url}\n{model}".encode()).hexdigest()
    label = f"{model} (shared_limit {shared})"
    return SharedGate(name, clock, keeper_for(shared, clock).look_at, label=label)


def _thin_out() -> None:
    for key, gate in list(_adaptive.items()):
        if gate.forgettable:
            _adaptive.pop(key, None)
            gate.retired = True


def reset_after_fork() -> None:
    """Start afresh in a forked child: the parent's requests are not ours, nor its locks."""
    for gate in _adaptive.values():
        gate.retired = True
    _adaptive.clear()
    for reset in _resets:
        reset()
    for gate in list(every_gate):
        gate.forget()
