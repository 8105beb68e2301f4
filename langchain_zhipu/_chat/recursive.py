"""Schemas of what contains itself, whole: LangChain cuts them where they repeat."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any, cast, get_args, get_type_hints

from langchain_core.tools import BaseTool, create_schema_from_function
from pydantic import BaseModel, PydanticUserError, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import is_typeddict

__all__ = ["closed", "whole_function", "whole_parameters"]

_REFERENCE = "#/$defs/"
_HEAD = frozenset({"title", "description"})


class _Quiet(GenerateJsonSchema):
    """Says nothing of defaults that JSON cannot express: LangChain's own conversion has."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012


def whole_parameters(tool: Any, *, strict: bool | None = None) -> dict[str, Any] | None:
    """Return the schema of what is recursive, whole; None for all others.

    LangChain's own conversion has ``{}`` where such a class is inside itself: nothing is known
    there of what the model has to write, nor of what it has written. TypedDicts it cannot convert.

    Args:
        tool: A class, a function, a LangChain tool, a JSON Schema, or anything else.
        strict: True closes every object (``additionalProperties: false``).
    """
    try:
        schema = _schema_of(tool)
    # A type that JSON Schema cannot describe, or a name that nothing has.
    except (PydanticUserError, NameError, TypeError, ValueError):
        return None
    if schema is None:
        return None
    definitions = schema.get("$defs", {})
    if not any(_reaches_itself(name, definitions) for name in definitions):
        return None
    root = str(schema.get("$ref", "")).removeprefix(_REFERENCE)
    if root in definitions:
        schema = {**definitions[root], "$defs": definitions}
    if strict:
        schema = closed(schema)
    return {key: value for key, value in schema.items() if key not in _HEAD}


def whole_function(tool: Any, *, strict: bool | None = None) -> dict[str, Any] | None:
    """Return a recursive TypedDict or dataclass as a function; None for all others.

    LangChain fails at these, or warns.

    Args:
        tool: Anything.
        strict: See `whole_parameters`.
    """
    if not (is_typeddict(tool) or (isinstance(tool, type) and is_dataclass(tool))):
        return None
    parameters = whole_parameters(tool, strict=strict)
    if parameters is None:
        return None
    name = tool.__name__
    about = (inspect.getdoc(tool) or "").partition("Args:")[0].strip()
    if about.startswith(f"{name}("):  # a dataclass has its signature there
        about = ""
    return {"name": name, "description": about or name, "parameters": parameters}


def _schema_of(tool: Any) -> dict[str, Any] | None:
    """Return the JSON Schema of something, with references; None for what has none."""
    if isinstance(tool, BaseTool):
        tool = tool.tool_call_schema
    if isinstance(tool, Mapping):
        return dict(tool)
    if is_typeddict(tool):
        return _described(TypeAdapter(tool).json_schema(schema_generator=_Quiet), tool)
    if isinstance(tool, type):
        if issubclass(tool, BaseModel):
            return tool.model_json_schema(schema_generator=_Quiet)
        if is_dataclass(tool):
            return TypeAdapter(tool).json_schema(schema_generator=_Quiet)
        return None
    if not inspect.isroutine(tool):
        return None
    made = create_schema_from_function(
        tool.__name__, tool, filter_args=(), parse_docstring=True,
        error_on_invalid_docstring=False, include_injected=False,
    )  # fmt: skip
    return cast(type[BaseModel], made).model_json_schema(schema_generator=_Quiet)


def _described(schema: dict[str, Any], kind: Any) -> dict[str, Any]:
    """Add what ``Annotated[int, ..., "how many"]`` says of a key, as LangChain does."""
    classes: dict[str, Any] = {}
    waiting = [kind]
    while waiting:
        found = waiting.pop()
        if is_typeddict(found) and found.__name__ not in classes:
            classes[found.__name__] = get_type_hints(found, include_extras=True)
            waiting.extend(classes[found.__name__].values())
        else:
            waiting.extend(get_args(found))
    for name, hints in classes.items():
        for key, entry in schema.get("$defs", {}).get(name, {}).get("properties", {}).items():
            about = getattr(hints.get(key), "__metadata__", ())
            for text in (text for text in about if isinstance(text, str)):
                entry.setdefault("description", text)
    return schema


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


def closed(schema: Any) -> Any:
    """Return a schema in which every object takes no other keys than it has."""
    if isinstance(schema, list):
        return [closed(value) for value in schema]
    if not isinstance(schema, Mapping):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    if found.get("type") == "object" and isinstance(found.get("properties"), Mapping):
        found.setdefault("additionalProperties", False)
    return found
