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


def private_voices(state: State) -> dict[str, dict[str, Any]]:
    """The cloned voices by id."""
    return state.store("voices")
