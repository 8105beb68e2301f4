"""Decodes values that were written as JSON text one level too deep, as the schema wants. Pure.

A text is decoded only where the schema allows no such string and the text is exactly a value
that it does allow. Where a schema has nothing about a place, or only keywords that are not known
here, the text stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from zhipu_client._lazy import pattern
from zhipu_client.conversation._json_text import FlawError, read_json, trimmed
from zhipu_client.conversation._patterns import of_pattern
from zhipu_client.conversation._references import MISSING, Scopes, entered, target
from zhipu_client.conversation._types import same, type_fits, types_of

__all__ = ["decoded"]

#: How far a value suits a schema. The order counts: the best branch of a union is taken.
_UNDECIDED, _OTHER_TYPE, _OTHER_VALUE, _FLAWED, _FITS = range(-1, 4)

#: How many schemas deep the reading goes: as deep as Python's stack allows with room to spare.
_DEEPEST = 120
_MOST_ENCODINGS = 4
_MOST_EXACT = 2**53

#: Python's spellings, which GLM writes too.
_WORDS: Mapping[str, Any] = {"True": True, "False": False, "None": None}

#: How a text begins that may be a value in JSON, with residue of the template before it.
_ENCODED = pattern(r"[\s\ufeff]*(?:[\[{\"\-0-9<`]|true|false|null|True|False|None)")

#: Keywords beside which `properties` and `items` do not show by themselves what is wanted.
_DECIDING = ("type", "enum", "const", "$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if")

#: Keywords that limit a value, whatever a reference beside them leads to.
_LIMITING = (
    "type", "enum", "const", "properties", "required", "additionalProperties", "items",
    "prefixItems",
)  # fmt: skip


class _Reading(NamedTuple):
    """A value as a schema reads it."""

    value: Any
    rank: int = _FITS
    #: Keys that the schema does not know: the branch of a union that knows most is meant.
    unknown: frozenset[str] = frozenset()
    #: How many such keys are further inside.
    unknown_inside: int = 0
    #: How many texts were decoded: where a string may stay a string, it does.
    changes: int = 0

    @property
    def order(self) -> tuple[int, int, int]:
        return (self.rank, -len(self.unknown) - self.unknown_inside, -self.changes)

    def and_then(self, other: _Reading) -> _Reading:
        """Return the reading by two schemas of which both apply to the same place."""
        if other.rank == _UNDECIDED:
            return self
        return _Reading(
            other.value,
            min(self.rank, other.rank),
            self.unknown & other.unknown,
            self.unknown_inside + other.unknown_inside,
            self.changes + other.changes,
        )


def decoded(value: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments in which values left as JSON text are what the schema wants there.

    Args:
        value: The arguments of a call. They are not changed.
        schema: The ``parameters`` of the tool.

    Examples:
        >>> schema = {"properties": {"order": {"type": "object"}, "note": {"type": "string"}}}
        >>> decoded({"order": '{"id": 1}', "note": '{"id": 1}'}, schema)
        {'order': {'id': 1}, 'note': '{"id": 1}'}
    """
    if not _any_encoded(value):
        return value
    try:
        found = _Reader(schema).suited(value, schema, (schema,), 0).value
    except RecursionError:
        return value
    return found if isinstance(found, dict) else value


class _Reader:
    """Reads one value by one schema; each pair of a part and a schema is read once."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        # Values and schemas are kept beside what is known of them: their ids stay theirs.
        self._known: dict[tuple[int, int], tuple[Any, Any, _Reading | None]] = {}
        self._texts: dict[int, tuple[str, list[Any]]] = {}

    def placed(self, value: Any, schema: Any, scopes: Scopes, depth: int) -> _Reading:
        """Read the value at a place of its own: a property, an item."""
        as_it_is = self.suited(value, schema, scopes, depth)
        if not isinstance(value, str) or as_it_is.rank >= _FLAWED:
            return as_it_is
        best = as_it_is
        for candidate in self._candidates(value):
            found = self.suited(candidate, schema, scopes, depth)
            if found.rank > best.rank:
                best = found._replace(changes=found.changes + 1)
        if isinstance(best.value, float) and best.value.is_integer():
            # "2.0" where no fraction is allowed.
            whole = self.suited(0.5, schema, scopes, depth).rank == _OTHER_TYPE
            if whole and abs(best.value) < _MOST_EXACT:
                best = best._replace(value=int(best.value))
        return best

    def _candidates(self, text: str) -> list[Any]:
        if id(text) not in self._texts:
            self._texts[id(text)] = (text, list(_values_of(text)))
        return self._texts[id(text)][1]

    def suited(self, value: Any, schema: Any, scopes: Scopes, depth: int) -> _Reading:
        """Read a value as it is; only what is inside of it may be decoded."""
        if not isinstance(schema, Mapping):
            return _Reading(value, _OTHER_TYPE if schema is False else _FITS)
        if depth > _DEEPEST:
            return _Reading(value)
        key = (id(value), id(schema))
        if key in self._known:
            known = self._known[key][2]
            return _Reading(value, _UNDECIDED) if known is None else known
        self._known[key] = (value, schema, None)  # a schema that leads to itself ends here
        found = self._read(value, schema, entered(schema, scopes), depth + 1)
        self._known[key] = (value, schema, found)
        return found

    def _read(self, value: Any, schema: Mapping[str, Any], scopes: Scopes, depth: int) -> _Reading:
        if value is None and schema.get("nullable") is True:  # whatever is referred to beside it
            return _Reading(value)
        rank = _own_rank(value, schema)
        if rank == _OTHER_TYPE:
            return _Reading(value, rank)
        found = _Reading(value, rank)
        if isinstance(value, dict):
            found = self._object(value, rank, schema, scopes, depth)
        elif isinstance(value, list):
            found = self._array(value, rank, schema, scopes, depth)
        text = isinstance(value, str) and "string" in types_of(schema)
        decided = any(key in schema for key in _LIMITING)
        undecided = False
        for options in _parts(schema, scopes):
            if text and any(_implies_container(option) for option in options):
                continue
            other = self._best(found.value, options, scopes, depth)
            undecided |= other.rank == _UNDECIDED
            decided |= other.rank != _UNDECIDED
            found = found.and_then(other)
        return _Reading(value, _UNDECIDED) if undecided and not decided else found

    def _best(self, value: Any, options: list[Any], scopes: Scopes, depth: int) -> _Reading:
        return max(
            (self.suited(value, option, scopes, depth) for option in options),
            key=lambda reading: reading.order,
        )

    def _object(
        self, value: dict[str, Any], rank: int, schema: Mapping[str, Any], scopes: Scopes,
        depth: int,
    ) -> _Reading:  # fmt: skip
        properties = schema.get("properties")
        properties = properties if isinstance(properties, Mapping) else {}
        patterns = schema.get("patternProperties")
        patterns = patterns if isinstance(patterns, Mapping) else {}
        rest = True if patterns else schema.get("additionalProperties", True)
        required = schema.get("required")
        if isinstance(required, list) and not all(
            key in value for key in required if isinstance(key, str)
        ):
            rank = min(rank, _FLAWED)
        inside: dict[str, _Reading] = {}
        unknown = set()
        for key, item in value.items():
            wanted = properties.get(key, rest)
            if key not in properties and patterns:
                wanted = of_pattern(key, patterns)
            if key in properties or isinstance(wanted, Mapping):
                inside[key] = self.placed(item, wanted, scopes, depth)
                continue
            unknown.add(key)
            if rest is False:
                rank = min(rank, _FLAWED)
        changed = any(found.value is not value[key] for key, found in inside.items())
        return _around(
            {**value, **{key: found.value for key, found in inside.items()}} if changed else value,
            rank, frozenset(unknown), inside.values(),
        )  # fmt: skip

    def _array(
        self, value: list[Any], rank: int, schema: Mapping[str, Any], scopes: Scopes, depth: int
    ) -> _Reading:
        schema_at = _schema_of_items(schema)
        inside = [
            self.placed(item, schema_at(number), scopes, depth) for number, item in enumerate(value)
        ]
        items = [found.value for found in inside]
        changed = any(found.changes for found in inside)
        return _around(items if changed else value, rank, frozenset(), inside)


def _around(
    value: Any, rank: int, unknown: frozenset[str], inside: Collection[_Reading]
) -> _Reading:
    return _Reading(
        value,
        min([rank, *map(_rank_around, inside)]),
        unknown,
        sum(len(found.unknown) + found.unknown_inside for found in inside),
        sum(found.changes for found in inside),
    )


def _rank_around(inside: _Reading) -> int:
    """Return the rank of what a part is in: a `kind` of another branch's shows the wrong one."""
    if inside.rank in (_FITS, _UNDECIDED):
        return _FITS
    tag = inside.rank == _OTHER_VALUE and not isinstance(inside.value, (dict, list))
    return _OTHER_VALUE if tag else _FLAWED


def _own_rank(value: Any, schema: Mapping[str, Any]) -> int:
    if not type_fits(value, schema) or (isinstance(value, str) and _implies_container(schema)):
        return _OTHER_TYPE
    options = schema.get("enum")
    if isinstance(options, list) and not any(same(value, option) for option in options):
        return _OTHER_VALUE
    if "const" in schema and not same(value, schema["const"]):
        return _OTHER_VALUE
    return _FITS


def _implies_container(schema: Any) -> bool:
    """Return whether a schema has no type, yet describes what is in an object or an array."""
    if not isinstance(schema, Mapping) or any(key in schema for key in _DECIDING):
        return False
    return any(schema.get(key) for key in ("properties", "prefixItems", "items"))


def _parts(schema: Mapping[str, Any], scopes: Scopes) -> Iterator[list[Any]]:
    """Yield the schemas that apply beside a schema's own keywords; one of each list is enough."""
    found = target(schema.get("$ref"), scopes)
    if found is not MISSING:
        yield [found]
    members = schema.get("allOf")
    for member in members if isinstance(members, list) else ():
        yield [member]
    for keyword in ("anyOf", "oneOf"):
        options = schema.get(keyword)
        if isinstance(options, list) and options:
            yield options


def _schema_of_items(schema: Mapping[str, Any]) -> Callable[[int], Any]:
    first, rest = schema.get("prefixItems"), schema.get("items", True)
    if isinstance(rest, list):  # how tuples were written before `prefixItems`
        first, rest = rest, schema.get("additionalItems", True)
    first = first if isinstance(first, list) else []
    return lambda number: first[number] if number < len(first) else rest


def _any_encoded(value: Any) -> bool:
    """Return whether any text in a value may be decoded: in most calls, none can be."""
    waiting = [value]
    seen: set[int] = set()  # a caller's mapping may contain itself
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if _ENCODED.match(item):
                return True
        elif isinstance(item, (dict, list)) and id(item) not in seen:
            seen.add(id(item))
            waiting.extend(item.values() if isinstance(item, dict) else item)
    return False


def _values_of(text: str) -> Iterator[Any]:
    """Yield the value that a text is in JSON, or in Python's spelling; nothing for plain text."""
    for _ in range(_MOST_ENCODINGS):
        if not _ENCODED.match(text):
            return
        text = trimmed(text)
        if text in _WORDS:
            yield _WORDS[text]
            return
        try:
            value = read_json(text)
        except FlawError:
            return
        if not isinstance(value, str):
            yield value
            return
        text = value
