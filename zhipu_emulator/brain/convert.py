"""Small conversions of texts and values that filling a schema needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from zhipu_emulator.brain.values import Span
from zhipu_emulator.brain.words import split_name

if TYPE_CHECKING:
    from zhipu_emulator.brain.schema import Schema

PIECES = re.compile(r"\s*(?:[,;\n，；、]|\band\b|\bplus\b|和|与|及)\s*")
_LEAD = (
    r"^(?:please|can you|could you|would you|search(?: the web)?(?: for)?|look up|find(?: me)?"
    r"|tell me(?: about)?|use \w+ to|请问|请|帮我|麻烦"
    r"|搜索一下|搜索|查询一下|查询|查一下|查找)[\s,，:：]*"
)


def split(text: str, offset: int) -> list[Span]:
    """The parts of a list, with their places; ``offset`` is added to these."""
    found, place = [], 0
    for match in [*PIECES.finditer(text), None]:
        end = match.start() if match else len(text)
        piece = text[place:end].strip()
        if piece:
            found.append(Span(offset + place, offset + end, piece))
        place = match.end() if match else end
    return found


def key(name: str) -> str:
    """A name without case and separators, for comparing."""
    return re.sub(r"[\s_-]+", "", split_name(name)).lower()


def asked(text: str) -> str:
    """A request as a search would have it: without "please", "search for" and the like."""
    text = " ".join(text.split())
    while (shorter := re.sub(_LEAD, "", text, flags=re.IGNORECASE)) != text and shorter:
        text = shorter
    return text


def number(value: Any, schema: Schema) -> Any:
    """``value`` as the schema wants it."""
    return int(value) if schema.type == "integer" else value


def shortened(text: str, schema: Schema) -> str:
    """``text``, not longer than the schema allows."""
    longest = schema["maxLength"]
    return text[:longest] if isinstance(longest, int) and longest > 0 else text
