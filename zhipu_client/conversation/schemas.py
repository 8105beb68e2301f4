"""JSON Schemas of tools and answers: what is wrong with a value, and references inlined. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from zhipu_client.conversation._inlining import inlined
from zhipu_client.conversation._references import MISSING, Scopes, entered, target
from zhipu_client.conversation._types import is_number, same, type_fits, types_of

__all__ = ["inlined", "problems"]

#: How many problems are reported at once: enough to correct them, short enough for a prompt.
_MOST = 5
_DEEPEST = 40
#: How many pairs of a value and a schema are looked at; what is beyond is believed.
_MOST_CHECKS = 100_000

Rule = tuple[str, Callable[[Any, Any], bool], str]
_OF_NUMBERS: tuple[Rule, ...] = (
    ("minimum", lambda v, b: v >= b, "at least"),
    ("maximum", lambda v, b: v <= b, "at most"),
    ("exclusiveMinimum", lambda v, b: v > b, "above"),
    ("exclusiveMaximum", lambda v, b: v < b, "below"),
)
_OF_TEXTS: tuple[Rule, ...] = (
    ("minLength", lambda v, b: v >= b, "of length at least"),
    ("maxLength", lambda v, b: v <= b, "of length at most"),
)
_OF_ARRAYS: tuple[Rule, ...] = (
    ("minItems", lambda v, b: v >= b, "of length at least"),
    ("maxItems", lambda v, b: v <= b, "of length at most"),
)


def problems(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a value, in words a model can act on; empty when it fits.

    Knows the keywords that pydantic, TypedDicts and people write. A keyword that it does not
    know, and a pattern, is believed: an answer that is paid for is not thrown away on a doubt.

    Args:
        value: What the model wrote, decoded.
        schema: What it was asked for, references included.

    Examples:
        >>> problems({"a": "x"}, {"type": "object", "properties": {"a": {"type": "integer"}},
        ...     "required": ["a", "b"]})
        ['b is missing', 'a must be of type integer']
    """
    return list(islice(_Checker().check(value, schema, (schema,), "", 0), _MOST))


class _Checker:
    """Checks one value, with a limit on the work that its schema can cause."""

    def __init__(self) -> None:
        self._checks = 0
        self._running: set[tuple[int, int]] = set()

    def check(
        self, value: Any, schema: Any, scopes: Scopes, path: str, depth: int
    ) -> Iterator[str]:
        """Yield the problems of a value, those of its parts behind its own."""
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return
        self._checks += 1
        here = (id(value), id(schema))
        if self._checks > _MOST_CHECKS or here in self._running:  # a schema that leads to itself
            return
        self._running.add(here)
        try:
            yield from self._check(value, schema, entered(schema, scopes), path, depth + 1)
        finally:
            self._running.discard(here)

    def _check(
        self, value: Any, schema: Mapping[str, Any], scopes: Scopes, path: str, depth: int
    ) -> Iterator[str]:
        if value is None and schema.get("nullable") is True:  # OpenAPI's way to say so
            return
        name = path or "the answer"
        if not type_fits(value, schema):
            yield f"{name} must be of type {' or '.join(map(str, types_of(schema)))}"
            return
        found = target(schema.get("$ref"), scopes)
        if found is not MISSING:
            yield from self.check(value, found, scopes, path, depth)
        yield from _values(value, schema, name)
        yield from _bounds(value, schema, name)
        yield from self._combined(value, schema, scopes, path, depth)
        if isinstance(value, dict):
            yield from self._object(value, schema, scopes, path, depth)
        elif isinstance(value, list):
            yield from self._array(value, schema, scopes, path, depth)

    def _combined(
        self, value: Any, schema: Mapping[str, Any], scopes: Scopes, path: str, depth: int
    ) -> Iterator[str]:
        for part in _list(schema, "allOf"):
            yield from self.check(value, part, scopes, path, depth)
        for key in ("anyOf", "oneOf"):
            nearest: tuple[int, int, list[str]] | None = None
            for option in _list(schema, key):
                found = list(islice(self.check(value, option, scopes, path, depth), _MOST))
                failure = (_distance(value, option, scopes), len(found), found)
                if not found:
                    nearest = None
                    break
                if nearest is None or failure[:2] < nearest[:2]:
                    nearest = failure
            if nearest is not None:
                yield from nearest[2]

    def _array(
        self, value: list[Any], schema: Mapping[str, Any], scopes: Scopes, path: str, depth: int
    ) -> Iterator[str]:
        first, rest = _list(schema, "prefixItems"), schema.get("items")
        if isinstance(rest, list):  # how tuples were written before `prefixItems`
            first, rest = rest, schema.get("additionalItems")
        for number, item in enumerate(value):
            wanted = first[number] if number < len(first) else rest
            yield from self.check(item, wanted, scopes, f"{path}[{number}]", depth)

    def _object(
        self, value: dict[str, Any], schema: Mapping[str, Any], scopes: Scopes, path: str,
        depth: int,
    ) -> Iterator[str]:  # fmt: skip
        prefix = f"{path}." if path else ""
        properties = schema.get("properties")
        properties = properties if isinstance(properties, Mapping) else {}
        for key in _list(schema, "required"):
            if isinstance(key, str) and key not in value:
                yield f"{prefix}{key} is missing"
        # Keys that a pattern allows are believed: patterns are of a dialect of their own.
        rest = None if "patternProperties" in schema else schema.get("additionalProperties")
        for key, item in value.items():
            if key in properties:
                yield from self.check(item, properties[key], scopes, f"{prefix}{key}", depth)
            elif rest is False:
                yield f"{prefix}{key} is not allowed"
            elif isinstance(rest, Mapping):
                yield from self.check(item, rest, scopes, f"{prefix}{key}", depth)


def _distance(value: Any, schema: Any, scopes: Scopes) -> int:
    """Return how far a value is from a branch of a union: 0 for the one that is meant."""
    for _ in range(_DEEPEST):
        found = target(schema.get("$ref"), scopes) if isinstance(schema, Mapping) else MISSING
        if found is MISSING:
            break
        schema = found
    if not isinstance(schema, Mapping):
        return 0
    if not type_fits(value, schema):
        return 2
    properties = schema.get("properties")
    if not isinstance(value, dict) or not isinstance(properties, Mapping):
        return 0
    return int(
        any(
            key in value and isinstance(part, Mapping) and any(_values(value[key], part, key))
            for key, part in properties.items()
        )
    )


def _list(schema: Mapping[str, Any], keyword: str) -> list[Any]:
    found = schema.get(keyword)
    return found if isinstance(found, list) else []


def _values(value: Any, schema: Mapping[str, Any], name: str) -> Iterator[str]:
    options = schema.get("enum")
    if isinstance(options, list) and not any(same(value, option) for option in options):
        yield f"{name} must be one of {options}"
    if "const" in schema and not same(value, schema["const"]):
        yield f"{name} must be {schema['const']!r}"


def _bounds(value: Any, schema: Mapping[str, Any], name: str) -> Iterator[str]:
    rules, size = _OF_NUMBERS, value
    if isinstance(value, (str, list)):
        rules, size = _OF_TEXTS if isinstance(value, str) else _OF_ARRAYS, len(value)
    elif not is_number(value):
        return
    for key, fits, words in rules:
        bound = schema.get(key)
        if is_number(bound) and not fits(size, bound):
            yield f"{name} must be {words} {bound}"
