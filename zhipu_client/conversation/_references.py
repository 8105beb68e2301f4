"""Finds what a JSON Schema's ``$ref`` points to, within the schema itself. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

__all__ = ["DEFINITIONS", "MISSING", "Scopes", "entered", "target"]

#: Keywords whose value is a mapping of names to schemas that are used elsewhere.
DEFINITIONS = ("$defs", "definitions")
#: What a reference to nothing, or to another document, points to.
MISSING: Any = object()

#: The whole schema, then those schemas around a place that have definitions of their own.
Scopes = tuple[Mapping[str, Any], ...]


def entered(schema: Mapping[str, Any], scopes: Scopes) -> Scopes:
    """Return the scopes of what is inside a schema.

    A model's schema that was put into another one brings its definitions along, and its
    references still read ``#/$defs/...``: by the letter they point to nothing, yet what they
    mean is plain.
    """
    if schema is scopes[-1] or not any(key in schema for key in DEFINITIONS):
        return scopes
    return (*scopes, schema)


def target(reference: Any, scopes: Scopes) -> Any:
    """Return the schema that a reference points to, or `MISSING`.

    Examples:
        >>> target("#/$defs/a~1b", ({"$defs": {"a/b": {"type": "string"}}},))
        {'type': 'string'}
        >>> target("https://example.com/schema.json", ({},)) is MISSING
        True
    """
    if not isinstance(reference, str) or not reference.startswith("#"):
        return MISSING
    pointer = reference[1:]
    if not pointer or pointer == "/":
        return scopes[0]
    for scope in (scopes[0], *reversed(scopes[1:])):
        found = _followed(pointer, scope) if pointer[0] == "/" else _anchored(pointer, scope)
        if found is not MISSING:
            return found
    return MISSING


def _followed(pointer: str, scope: Mapping[str, Any]) -> Any:
    found: Any = scope
    for part in pointer[1:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping):
            # `Page%5Bint%5D` is how a URL writes `Page[int]`; not everybody writes a URL.
            found = found.get(key, found.get(unquote(key), MISSING))
        elif isinstance(found, list) and key.isdecimal() and len(key) < 6:
            found = found[int(key)] if int(key) < len(found) else MISSING
        else:
            return MISSING
    return found if isinstance(found, (Mapping, bool)) else MISSING


def _anchored(name: str, scope: Mapping[str, Any]) -> Any:
    for keyword in DEFINITIONS:
        schemas = scope.get(keyword)
        for schema in schemas.values() if isinstance(schemas, Mapping) else ():
            if isinstance(schema, Mapping) and name in (
                schema.get("$anchor"),
                str(schema.get("$id", "")).removeprefix("#"),
            ):
                return schema
    return MISSING
