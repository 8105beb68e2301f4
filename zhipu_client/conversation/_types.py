"""The types of JSON Schema, and which values are of them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["is_number", "same", "type_fits", "types_of"]


def is_number(value: Any) -> bool:
    """Return whether a value is a JSON number; Python counts True as one, JSON does not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: (
        is_number(v) and (isinstance(v, int) or (isinstance(v, float) and v.is_integer()))
    ),
    "number": is_number,
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
}


def types_of(schema: Mapping[str, Any]) -> list[Any]:
    """Return the types that a schema names; empty when it names none.

    Examples:
        >>> types_of({"type": "string"}), types_of({"type": ["string", "null"]}), types_of({})
        (['string'], ['string', 'null'], [])
    """
    kinds = schema.get("type")
    if isinstance(kinds, str):
        return [kinds]
    return kinds if isinstance(kinds, list) else []


def type_fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Return whether a value is of a type that a schema names; unknown types are believed.

    Examples:
        >>> type_fits(3.0, {"type": "integer"}), type_fits(True, {"type": "integer"})
        (True, False)
        >>> type_fits(None, {"type": "string", "nullable": True})
        True
    """
    kinds = types_of(schema)
    if not kinds or (value is None and schema.get("nullable") is True):  # OpenAPI's way to say so
        return True
    return any(
        not isinstance(kind, str) or kind not in _TYPES or _TYPES[kind](value) for kind in kinds
    )


def same(one: Any, other: Any) -> bool:
    """Return whether two values are one in JSON: True is not 1 there.

    Examples:
        >>> same(1, 1.0), same(1, True)
        (True, False)
    """
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
