"""Faults by request (see the module's end state: kinds are listed in ``KINDS``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhipu_emulator.scripting import Answer, Fault


def as_item(item: Fault | Answer | Mapping[str, Any] | str | None) -> Fault | Answer | None:
    """What ``Server.script`` was given, as a fault or an answer."""
    if item is None or isinstance(item, Fault | Answer):
        return item
    if isinstance(item, str):
        kind, _, value = item.partition("=")
        return Fault(kind=kind.strip(), value=value.strip())
    return Answer(json=item)
