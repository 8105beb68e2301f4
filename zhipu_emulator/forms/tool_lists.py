"""Lists of tools in prompts, as the frameworks write them, read as functions."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from zhipu_emulator.brain.tools import SEARCHES
from zhipu_emulator.brain.words import terms

__all__ = ["literal", "offered"]

_NAMES = (
    re.compile(r"^> Tool Name: (.+)$", re.MULTILINE),
    re.compile(r"\bone of:? ?\[?([\w\-]+(?:, [\w\- ]+)*)"),
    re.compile(r"\"Final Answer\" or ([\w\-]+(?:, [\w\- ]+)*)"),
    re.compile(r"^([\w\-]+)\([^\n]*\) -> [^\n]{1,80} - ", re.MULTILINE),
    re.compile(r"\"action\" field are: ([\w\-]+(?:, [\w\- ]+)*)"),
)
_ARGUMENTS = re.compile(r"(?:, args: |\nTool Args: )(\{.*\})", re.DOTALL)
_PARAMETER = re.compile(r"(\*{0,2}\w+)\s*(?::\s*([^,=()]+(?:\[[^\]]*\])?))?\s*(=[^,]*)?(?:,|$)")
_TYPES = {"int": "integer", "float": "number", "bool": "boolean", "list": "array", "dict": "object"}
_OWN = {"callbacks", "run_manager", "config", "self"}  # what the framework gives itself
_LONGEST = 20_000  # characters of a list of tools


def literal(text: str) -> Any:
    """The value at the start of a text, as JSON or as Python writes it; or None."""
    text = text.strip()
    try:
        return json.JSONDecoder(strict=False).raw_decode(text)[0]
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text[:_LONGEST])
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None


def offered(text: str) -> list[dict[str, Any]]:
    """The functions that a prompt offers; ``strict`` where it has the schema of the arguments."""
    text = text[:_LONGEST]
    names: dict[str, None] = {}
    for pattern in _NAMES:
        for match in pattern.finditer(text):
            names.update(dict.fromkeys(name.strip() for name in match[1].split(", ")))
    heads = {}
    for name in names:
        signature = r"(?P<sig>\([^\n]*\))?(?: ->(?:(?! - )[^\n])*)?"
        line = rf"^(?:> Tool Name: |[-*>] )?{re.escape(name)}{signature}"
        if found := re.search(rf"{line}(?: - |: ?|\nTool Description: )", text, re.MULTILINE):
            heads[name] = found
    return [_function(name, head, _body(head, heads, text)) for name, head in heads.items()]


def _body(head: re.Match[str], heads: Mapping[str, re.Match[str]], text: str) -> str:
    """What follows the name of a tool, to the next tool or an empty line."""
    ends = [other.start() for other in heads.values() if other.start() > head.start()]
    return text[head.end() : min(ends, default=len(text))].partition("\n\n")[0]


def _function(name: str, head: re.Match[str], body: str) -> dict[str, Any]:
    schema = _ARGUMENTS.search(body)
    about = body[: schema.start()] if schema else body
    given = literal(schema[1]) if schema else None
    if isinstance(given, Mapping) and "properties" in given:
        parameters: Mapping[str, Any] = given
    elif isinstance(given, Mapping):
        needed = [
            key for key, node in given.items() if isinstance(node, dict) and "default" not in node
        ]
        parameters = {"type": "object", "properties": given, "required": needed}
    else:
        parameters = _parameters(head["sig"] or "", about)
    return {
        "name": name,
        "description": " ".join(about.split()),
        "parameters": parameters,
        "strict": given is not None,
    }


def _parameters(signature: str, about: str) -> dict[str, Any]:
    """From ``(city: str, days: int = 3)``; one text where the signature does not say more."""
    declared = list(_declared(signature[1:-1]))
    if declared == [(name := declared[0][0] if declared else "", None, True)] or not declared:
        # One value without a type: the question for a search, a sum, else what fits.
        about = f"{about} {name}"
        role = "query" if SEARCHES.search(about) else "value"
        if any("calculate" in term.concepts for term in terms(about)):
            role = "expression"
        declared = [(role, "string", True)]
    properties: dict[str, Any] = {name: {"type": kind or "string"} for name, kind, _ in declared}
    if "value" in properties:
        properties["value"]["default"] = ""
    needed = [name for name, _, must in declared if must]
    return {"type": "object", "properties": properties, "required": needed}


def _declared(signature: str) -> Iterator[tuple[str, str | None, bool]]:
    """The parameters of a signature: name, type and whether it is needed."""
    for match in _PARAMETER.finditer(signature):
        name, kind = match[1], re.split(r"[\[|]", (match[2] or "").strip())[0].strip(" '\"")
        if not name.startswith("*") and name not in _OWN:
            yield name, _TYPES.get(kind, "string") if kind else None, match[3] is None
