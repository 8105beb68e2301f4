"""What models for one purpose say: a character of itself, a model for code the end of a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zhipu_emulator.brain.conversation import Conversation

_WHO = re.compile(
    r"\b(?:what is|what's) your name\b|\bwho are you\b|你叫什么|你是谁", re.IGNORECASE
)
_RETURN = re.compile(r"def +(\w+)\( *(\w+)[^,]*, *(\w+)[^()]*\)[^\n]*:\n\s+return *\Z")
_SIGNS = {"add": "+", "sum": "+", "subtract": "-", "multiply": "*", "divide": "/"}


def of_purpose(view: Conversation) -> str | None:
    """Who the character of ``meta`` is; the return value of a function that its name describes."""
    raw = view.asked.raw
    if view.asked.facts.greets and _WHO.search(view.question):
        return _character(raw.get("meta"), chinese=view.chinese)
    extra = raw.get("extra")
    target = extra.get("target") if isinstance(extra, dict) else None
    if isinstance(target, dict) and (found := _RETURN.search(str(target.get("code_prefix")))):
        sign = _SIGNS.get(found[1].partition("_")[0].lower())
        return sign and f"{found[2]} {sign} {found[3]}"
    return None


def _character(meta: Any, *, chinese: bool) -> str | None:
    if not isinstance(meta, dict):
        return None
    name, about = (str(meta.get(key) or "") for key in ("bot_name", "bot_info"))
    if not name:
        return None
    joint, stop = ("，", "。") if chinese else (", ", ".")
    return ("我是" if chinese else "I am ") + joint.join(filter(None, (name, about))) + stop
