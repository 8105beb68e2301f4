"""Checks a value against a JSON Schema, as far as answers of a model need it. Pure.

Knows the keywords that pydantic, TypedDicts and people write. A keyword that it does not know
is believed: an answer that is paid for is not thrown away on a doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

__all__ = ["problems"]

#: How many problems are told at once: enough to put them right, short enough for a prompt.
_MOST = 5
_DEEPEST = 40

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: (
        (isinstance(v, int) and not isinstance(v, bool))
        or (isinstance(v, float) and v.is_integer())
    ),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
}


def problems(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with a value, in words a model can act on; empty when it fits.

    Example:
        >>> problems({"a": "x"}, {"type": "object", "properties": {"a": {"type": "integer"}},
        ...     "required": ["a", "b"]})
        ['b is missing', 'a must be of type integer']
    """
    found: list[str] = []
    for problem in _check(value, schema, schema, "", 0):
        found.append(problem)
        if len(found) == _MOST:
            break
    return found


def _check(
    value: Any, schema: Any, root: Mapping[str, Any], path: str, depth: int
) -> Iterator[str]:
    schema = _resolved(schema, root)
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return
    name = path or "the answer"
    kinds = schema.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if value is None and schema.get("nullable") is True:  # OpenAPI's way to say so
        return
    if isinstance(kinds, list) and not any(k not in _TYPES or _TYPES[k](value) for k in kinds):
        yield f"{name} must be of type {' or '.join(map(str, kinds))}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{name} must be one of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{name} must be {schema['const']!r}"
    yield from _bounds(value, schema, name)
    yield from _combined(value, schema, root, path, depth)
    if isinstance(value, dict):
        yield from _object(value, schema, root, path, depth)
    elif isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            yield from _check(item, schema["items"], root, f"{path}[{number}]", depth + 1)


def _resolved(schema: Any, root: Mapping[str, Any]) -> Any:
    for _ in range(_DEEPEST):
        if not isinstance(schema, Mapping) or not isinstance(schema.get("$ref"), str):
            return schema
        target: Any = root
        for part in schema["$ref"].removeprefix("#").strip("/").split("/"):
            if part:
                key = part.replace("~1", "/").replace("~0", "~")
                target = target.get(key) if isinstance(target, Mapping) else None
        schema = target
    return None


def _bounds(value: Any, schema: Mapping[str, Any], name: str) -> Iterator[str]:
    if _TYPES["number"](value):
        rules: tuple[tuple[str, Callable[[Any, Any], bool], str], ...] = (
            ("minimum", lambda v, b: v >= b, "at least"),
            ("maximum", lambda v, b: v <= b, "at most"),
            ("exclusiveMinimum", lambda v, b: v > b, "above"),
            ("exclusiveMaximum", lambda v, b: v < b, "below"),
        )
        size: Any = value
    elif isinstance(value, (str, list)):
        word = "Length" if isinstance(value, str) else "Items"
        rules = (
            (f"min{word}", lambda v, b: v >= b, "of length at least"),
            (f"max{word}", lambda v, b: v <= b, "of length at most"),
        )
        size = len(value)
    else:
        return
    for key, holds, words in rules:
        bound = schema.get(key)
        if _TYPES["number"](bound) and not holds(size, bound):
            yield f"{name} must be {words} {bound}"


def _combined(
    value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: str, depth: int
) -> Iterator[str]:
    for part in schema.get("allOf") or ():
        yield from _check(value, part, root, path, depth + 1)
    for key in ("anyOf", "oneOf"):
        options = schema.get(key)
        if not options:
            continue
        failures = [list(_check(value, option, root, path, depth + 1)) for option in options]
        if all(failures):
            yield min(failures, key=len)[0]


def _object(
    value: Mapping[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any], path: str,
    depth: int,
) -> Iterator[str]:  # fmt: skip
    prefix = f"{path}." if path else ""
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    for key in schema.get("required") or ():
        if key not in value:
            yield f"{prefix}{key} is missing"
    # Keys that a pattern allows are believed: patterns are of a dialect of their own.
    rest = None if "patternProperties" in schema else schema.get("additionalProperties")
    for key, item in value.items():
        if key in properties:
            yield from _check(item, properties[key], root, f"{prefix}{key}", depth + 1)
        elif rest is False:
            yield f"{prefix}{key} is not allowed"
        elif isinstance(rest, Mapping):
            yield from _check(item, rest, root, f"{prefix}{key}", depth + 1)
