"""Schemas of classes that contain themselves, whole: LangChain cuts them where they repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from langchain_core.tools import BaseTool
from pydantic import BaseModel, PydanticUserError

__all__ = ["whole_parameters"]

_REFERENCE = "#/$defs/"
_HEAD = frozenset({"title", "description"})


def whole_parameters(tool: Any, *, strict: bool | None = None) -> dict[str, Any] | None:
    """Return the schema of a recursive class or of a tool that has one; None for all others.

    LangChain's own conversion has ``{}`` where such a class is inside itself: nothing is known
    there of what the model has to write, nor of what it has written.

    Args:
        tool: A pydantic class, a LangChain tool, or anything else.
        strict: True closes every object (``additionalProperties: false``).
    """
    if isinstance(tool, BaseTool):
        tool = tool.tool_call_schema
    if not (isinstance(tool, type) and issubclass(tool, BaseModel)):
        return None
    try:
        schema = tool.model_json_schema()
    except PydanticUserError:  # a field that JSON Schema cannot describe
        return None
    definitions = schema.get("$defs", {})
    if not any(_reaches_itself(name, definitions) for name in definitions):
        return None
    root = str(schema.get("$ref", "")).removeprefix(_REFERENCE)
    if root in definitions:
        schema = {**definitions[root], "$defs": definitions}
    if strict:
        schema = _closed(schema)
    return {key: value for key, value in schema.items() if key not in _HEAD}


def _reaches_itself(name: str, definitions: Mapping[str, Any]) -> bool:
    waiting = list(_references(definitions[name]))
    seen: set[str] = set()
    while waiting:
        other = waiting.pop()
        if other == name:
            return True
        if other not in seen and other in definitions:
            seen.add(other)
            waiting.extend(_references(definitions[other]))
    return False


def _references(schema: Any) -> Iterator[str]:
    """Yield the names of the definitions that a schema refers to."""
    if isinstance(schema, Mapping):
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(_REFERENCE)
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(value) for value in schema]
    if not isinstance(schema, Mapping):
        return schema
    found = {key: _closed(value) for key, value in schema.items()}
    if found.get("type") == "object" and isinstance(found.get("properties"), Mapping):
        found.setdefault("additionalProperties", False)
    return found
