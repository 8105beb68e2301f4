"""Values as a schema wants them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from zhipu_emulator.brain.schema import Schema
from zhipu_emulator.brain.words import split_name

MISSING: Any = object()
_LEAD = (
    r"^(?:please|can you|could you|would you|search(?: the web)?(?: for)?|look up|find(?: me)?"
    r"|tell me(?: about)?|use \w+ to|请问|请|帮我|搜索一下|搜索|查询一下"
    r"|查询|查一下|查找)[\s,，:：]*"
)


def key(name: str) -> str:
    """A name without case and separators, for comparing."""
    return re.sub(r"[\s_-]+", "", split_name(name)).lower()


def asked(text: str) -> str:
    """A request as a search would have it: without "please", "search for" and the like."""
    text = " ".join(text.split())
    while (shorter := re.sub(_LEAD, "", text, flags=re.IGNORECASE)) != text and shorter:
        text = shorter
    return text


def shortened(text: str, schema: Schema) -> str:
    """``text``, not longer than the schema allows."""
    longest = schema["maxLength"]
    return text[:longest] if isinstance(longest, int) and longest > 0 else text


def coerced(value: Any, schema: Schema) -> Any:
    """``value`` in the type the schema wants; MISSING when it cannot be."""
    kind = schema.type
    if schema.enum and value not in schema.enum:
        return next((v for v in schema.enum if str(v).lower() == str(value).lower()), MISSING)
    if kind == "string":
        return str(value) if isinstance(value, str | int | float) else MISSING
    if kind in ("integer", "number"):
        match = re.search(r"-?\d+(?:\.\d+)?", str(value).replace(",", ""))
        if match is None or isinstance(value, bool | list | dict):
            return MISSING
        given = float(match[0])
        return int(given) if kind == "integer" or given.is_integer() else given
    if kind == "boolean":
        given_ = {"true": True, "false": False}.get(str(value).lower(), MISSING)
        return given_ if isinstance(value, str | bool) else MISSING
    if kind == "array" and isinstance(value, Sequence) and not isinstance(value, str):
        return [one for item in value if (one := coerced(item, schema.items)) is not MISSING]
    if kind == "object" and isinstance(value, Mapping):
        found = {n: coerced(value[n], node) for n, node in schema.properties.items() if n in value}
        return {n: one for n, one in found.items() if one is not MISSING}
    return MISSING
