"""Functions whose description lists the values of a parameter, as sub-agents are offered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# "- NAME: what it is for"; sentences in a list have more words before a colon.
_LINE = re.compile(r"^\s*[-*]\s+[\"'`*]*([\w.-]{2,60})[\"'`*]*\s*[:：]\s", re.MULTILINE)
_KIND = re.compile(r"(?:^|_)(?:agent|type|kind|name|mode|category)$", re.IGNORECASE)


def parameters(function: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a function's arguments, what its description lists put in as a choice.

    Whom a request is handed to is the choice, and what is handed over is the request.
    """
    schema = function.get("parameters") or {}
    listed = list(dict.fromkeys(_LINE.findall(str(function.get("description") or ""))))
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not listed or not isinstance(properties, dict):
        return schema if isinstance(schema, dict) else {}
    free = [name for name, node in properties.items() if _free(node)]
    kinds = [name for name in free if _KIND.search(name)]
    if len(kinds) != 1 or len(free) != len(properties):
        return schema
    put = {name: {**node, "description": "The question."} for name, node in properties.items()}
    put[kinds[0]] = {**properties[kinds[0]], "enum": listed}
    return {**schema, "properties": put}


def _free(node: Any) -> bool:
    return isinstance(node, dict) and node.get("type") == "string" and "enum" not in node
