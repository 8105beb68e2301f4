"""The shape of an answer, without what it says, and where two shapes differ. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["Shape", "differences", "shape_of"]

#: Path in the answer (``choices[].message.content``) -> the types seen there.
Shape = Mapping[str, frozenset[str]]

_TYPES: Mapping[type, str] = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    type(None): "null",
}


def shape_of(value: Any) -> Shape:
    """Return which paths an answer has, and of which type each is.

    Examples:
        >>> sorted(shape_of({"a": [{"b": 1}]}))
        ['a', 'a[]', 'a[].b']
    """
    found: dict[str, set[str]] = {}
    for path, kind in _walk(value, ""):
        found.setdefault(path, set()).add(kind)
    return {path: frozenset(kinds) for path, kinds in found.items() if path}


def _walk(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        yield path, "object"
        for key, inner in value.items():
            yield from _walk(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        yield path, "array"
        for inner in value:
            yield from _walk(inner, f"{path}[]")
    else:
        yield path, _TYPES.get(type(value), type(value).__name__)


def differences(one: Shape, other: Shape) -> Iterator[tuple[str, str, str]]:
    """Yield the paths that differ, with what each side has there (``"-"`` for nothing)."""
    for path in sorted({*one, *other}):
        mine, theirs = one.get(path), other.get(path)
        if mine != theirs:
            yield path, _listed(mine), _listed(theirs)


def _listed(kinds: frozenset[str] | None) -> str:
    return " or ".join(sorted(kinds)) if kinds else "-"
