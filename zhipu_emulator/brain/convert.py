"""Small conversions of texts and values that filling a schema needs."""

from __future__ import annotations

import math
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


def allowed(value: float, schema: Schema) -> bool:
    """Whether a number is within the schema's bounds, and whole where it must be."""
    low, high = schema["minimum"], schema["maximum"]
    above, below = schema["exclusiveMinimum"], schema["exclusiveMaximum"]
    return (
        (schema.type != "integer" or float(value).is_integer())
        and (not _is_number(low) or value >= low)
        and (not _is_number(high) or value <= high)
        and (not _is_number(above) or value > above)
        and (not _is_number(below) or value < below)
    )


def smallest(schema: Schema) -> Any:
    """A number for a property that the text is silent about: the lowest allowed, else zero."""
    low, high = schema["minimum"], schema["maximum"]
    above, below = schema["exclusiveMinimum"], schema["exclusiveMaximum"]
    if _is_number(low):
        found = low
    elif _is_number(above):
        found = above + 1
        if _is_number(below) and found >= below:
            found = (above + below) / 2
    else:
        found = min(
            [0, *([high] if _is_number(high) else []), *([below - 1] if _is_number(below) else [])]
        )
    return math.ceil(found) if schema.type == "integer" else found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def shortened(text: str, schema: Schema) -> str:
    """``text``, not longer than the schema allows."""
    longest = schema["maxLength"]
    return text[:longest] if isinstance(longest, int) and longest > 0 else text
