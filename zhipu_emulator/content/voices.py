"""The voices of the speech model: the service's own, and those cloned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zhipu_emulator.http.state import State

OFFICIAL: Mapping[str, str] = {
    "tongtong": "彤彤",
    "chuichui": "锤锤",
    "xiaochen": "小陈",
    "jam": "jam",
    "kazi": "kazi",
    "douji": "douji",
    "luodo": "luodo",
}


def voices_of(state: State, owner: str) -> dict[str, dict[str, Any]]:
    """The voices that an account has cloned, by id."""
    found: dict[str, dict[str, Any]] = state.store("voices").setdefault(owner, {})
    return found
