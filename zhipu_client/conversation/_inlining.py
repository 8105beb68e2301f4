"""Puts what a schema's references point to in their place. Pure.

GLM writes a value as JSON text where the tool's schema has a ``$ref`` for what is wanted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from zhipu_client.conversation._references import DEFINITIONS, MISSING, Scopes, entered, target

__all__ = ["inlined"]

#: Where schemas are inside a schema; everything else is data, and is copied as it is.
_ONE = frozenset(
    "additionalItems additionalProperties contains contentSchema else if items not propertyNames "
    "then unevaluatedItems unevaluatedProperties".split()
)
_LISTS = frozenset("allOf anyOf items oneOf prefixItems".split())
_NAMED = frozenset("dependencies dependentSchemas patternProperties properties".split())
#: What describes a recursive schema where it is not followed further.
_KEPT = ("title", "description", "type", "nullable")
_DECIDING = ("type", "enum", "const", "$ref", "allOf", "anyOf", "oneOf", "not")
#: Keywords of a definition that make no sense in a copy of it.
_OF_THE_DEFINITION = frozenset({"$id", "$schema", "$anchor", *DEFINITIONS})

#: How often a schema may be inside itself, and how many values references may add: so many, and
#: so many times those of the input. A recursive schema that grows too large is tried less deep.
_ATTEMPTS: tuple[tuple[int, int, int], ...] = ((2, 500, 1), (1, 2000, 4))

#: A schema of more values cannot be sent, or contains itself.
_MOST = 1_000_000


def inlined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a JSON Schema in which references to its own parts are those parts.

    Keywords beside a reference stay and win. A recursive schema is inside itself once more, then
    only as ``{"type": "object"}`` with its description. What would grow out of all proportion
    keeps some references, and their definitions. References to other documents stay. A schema
    without references is returned as it is, key by key.

    Args:
        schema: The schema. It is not changed.

    Examples:
        >>> port = {"type": "object", "properties": {"name": {"type": "string"}}}
        >>> inlined({"properties": {"to": {"$ref": "#/$defs/Port"}}, "$defs": {"Port": port}})
        {'properties': {'to': {'type': 'object', 'properties': {'name': {'type': 'string'}}}}}
    """
    size = _size(schema)
    for levels, least, times in _ATTEMPTS:
        attempt = _Inlining(schema, levels, least + times * size)
        if not attempt.left:
            break
    return attempt.result() if attempt.followed or attempt.left else _copy(schema)


class _Place(NamedTuple):
    """A schema that is to be copied, and where to."""

    container: Any
    key: Any
    schema: Any
    scopes: Scopes
    #: How often the place is inside what a reference points to, by the identity of the latter.
    inside: dict[int, int]


class _Inlining:
    """One attempt, breadth first: where the room ends, the deepest references are what stays."""

    def __init__(self, schema: Mapping[str, Any], levels: int, room: int) -> None:
        #: References that stay although they can be followed, and where they are.
        self.left: dict[str, Scopes] = {}
        self.followed = 0
        self._root = schema
        self._levels = levels
        self._room = room
        self._sizes: dict[int, int] = {}
        self._copied: dict[str, Any] = {}
        root = _Place(self._copied, "", schema, (schema,), {id(schema): 1})
        self._waiting = deque([root])
        while self._waiting:
            self._fill(self._waiting.popleft())

    def result(self) -> dict[str, Any]:
        """Return the copy, with the definitions that references in it still need."""
        copied: dict[str, Any] = self._copied[""]
        waiting = [(reference, self.left.get(reference)) for reference in _references(copied)]
        kept: dict[str, dict[str, Any]] = {}
        for reference, scopes in waiting:  # grows on the way
            keyword, _, rest = reference.removeprefix("#/").partition("/")
            name = unquote(rest.partition("/")[0].replace("~1", "/").replace("~0", "~"))
            scopes = scopes or (self._root,)
            found = target(f"#/{keyword}/{rest.partition('/')[0]}", scopes)
            if keyword not in DEFINITIONS or found is MISSING or name in kept.get(keyword, ()):
                continue
            kept.setdefault(keyword, {})[name] = _copy(found)
            waiting.extend((inner, scopes) for inner in _references(found))
        return {**copied, **kept}

    def _fill(self, place: _Place) -> None:
        schema, scopes, inside = self._followed_from(place)
        if not isinstance(schema, Mapping):
            place.container[place.key] = _copy(schema)
            return
        copied: dict[str, Any] = {}
        place.container[place.key] = copied
        for keyword, value in schema.items():
            container: Any = copied
            parts: Iterable[tuple[Any, Any]] = ()
            if keyword in DEFINITIONS and isinstance(value, Mapping):
                continue
            if keyword in _NAMED and isinstance(value, Mapping):
                container, parts = dict.fromkeys(value), value.items()
                copied[keyword] = container
            elif keyword in _LISTS and isinstance(value, list):
                container, parts = [None] * len(value), enumerate(value)
                copied[keyword] = container
            elif keyword in _ONE and isinstance(value, Mapping):
                copied[keyword], parts = None, ((keyword, value),)
            elif keyword == "discriminator" and isinstance(value, Mapping):
                # Its mapping names definitions, which are no longer there.
                copied[keyword] = {
                    key: _copy(item) for key, item in value.items() if key != "mapping"
                }
            else:
                copied[keyword] = _copy(value)
            self._waiting.extend(
                _Place(container, key, part, scopes, inside) for key, part in parts
            )

    def _followed_from(self, place: _Place) -> tuple[Any, Scopes, dict[int, int]]:
        """Return the schema of a place, its own reference followed to the end."""
        _, _, schema, scopes, inside = place
        while isinstance(schema, Mapping):
            scopes = entered(schema, scopes)
            reference, beside = _reference_of(schema)
            found = target(reference, scopes)
            if found is MISSING:
                break
            times = inside.get(id(found), 0)
            if times >= self._levels:
                self.followed += 1
                schema = _merged(_outline(found), beside)
                continue
            size = self._size_of(found)
            if size > self._room:
                self.left[str(reference)] = scopes
                break
            self._room -= size
            self.followed += 1
            if not isinstance(found, Mapping):
                schema = _merged({} if found else {"not": {}}, beside)
                continue
            inside = {**inside, id(found): times + 1}
            scopes = entered(found, scopes)
            schema = _merged(found, beside)
        return schema, scopes, inside

    def _size_of(self, schema: Any) -> int:
        if id(schema) not in self._sizes:
            self._sizes[id(schema)] = _size(schema)
        return self._sizes[id(schema)]


def _reference_of(schema: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return a schema's reference, and the keywords beside it."""
    if "$ref" in schema:
        return schema["$ref"], {key: item for key, item in schema.items() if key != "$ref"}
    members = schema.get("allOf")
    if isinstance(members, list) and len(members) == 1 and isinstance(members[0], Mapping):
        # How pydantic 1 and others put a description beside a reference.
        beside = {key: item for key, item in schema.items() if key != "allOf"}
        inner = {key: item for key, item in members[0].items() if key != "$ref"}
        return members[0].get("$ref"), _merged(inner, beside)
    return None, {}


def _merged(found: Mapping[str, Any], beside: Mapping[str, Any]) -> dict[str, Any]:
    merged = {key: item for key, item in found.items() if key not in _OF_THE_DEFINITION}
    for key, item in beside.items():
        known = merged.get(key)
        if key == "properties" and isinstance(known, Mapping) and isinstance(item, Mapping):
            item = {**known, **item}
        elif key == "required" and isinstance(known, list) and isinstance(item, list):
            item = [*known, *(name for name in item if name not in known)]
        elif key == "allOf" and isinstance(known, list) and isinstance(item, list):
            item = [*known, *item]
        merged[key] = item
    return merged


def _outline(schema: Any) -> dict[str, Any]:
    """Return what describes a schema, and allows whatever is inside."""
    if not isinstance(schema, Mapping):
        return {}
    outline = {key: schema[key] for key in _KEPT if key in schema}
    if not any(key in schema for key in _DECIDING):
        outline["type"] = "object"
    return outline


def _references(value: Any) -> list[str]:
    found = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            reference = item.get("$ref")
            if isinstance(reference, str) and reference.startswith("#/"):
                found.append(reference)
            waiting.extend(reversed(list(item.values())))
        elif isinstance(item, list):
            waiting.extend(reversed(item))
    return found


def _size(value: Any) -> int:
    size = 0
    waiting = [value]
    while waiting:
        item = waiting.pop()
        size += 1
        if size > _MOST:
            raise ValueError(f"the schema contains itself, or more than {_MOST:,} values")
        if isinstance(item, Mapping):
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple)):
            waiting.extend(item)
    return size


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
