"""Reading JSON Schemas: references, alternatives, what a property's name says about it."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from zhipu_emulator.brain.numbers import TOO_LARGE
from zhipu_emulator.brain.words import is_cjk, labelled, meanings, split_name, stem

TYPES = {bool: "boolean", int: "integer", float: "number"}
_MOST_REFERENCES = 50
_REFERRING = ("$ref", "anyOf", "oneOf", "allOf")
_BOUNDS = {
    "minimum": operator.ge,
    "exclusiveMinimum": operator.gt,
    "maximum": operator.le,
    "exclusiveMaximum": operator.lt,
}
_LISTED = re.compile(r"Literal\[([^\]]{1,2000})\]")  # the values allowed, in words
_NUMBER = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d{1,300}(?:\.\d+)?(?:e[+-]?\d{1,2}\b)?")


class Schema:
    """A schema, or a property of one.

    Attributes:
        node: The schema itself, references and alternatives resolved.
        type: The JSON type wanted, guessed when it is not said.
        enum: The values allowed; empty when any is. A constant is a choice of one.
        required: Names of the properties that must be there.
        description: What it says about itself.
        name: The name of the property.
        needed: Whether the property is required, and so is all around it.
        label: The name as words.
        mail: Whether it is a mail address.
        roles: What the property is for by its name, else by its description; likeliest first.
    """

    def __init__(
        self, node: Any, name: str = "", *, inside: Schema | None = None, needed: bool = True
    ) -> None:
        self._root: Any = inside._root if inside else node
        self._followed: set[str] = set(inside._followed) if inside else {"#"}
        self.node = node = _resolved(node, self._root, self._followed)
        values = [node["const"]] if "const" in node else _of(node, "enum", list)
        self.enum = [value for value in values if value is not None]
        guess = TYPES.get(type(next(iter(self.enum), "")), "string")
        guess = "object" if "properties" in node else "array" if "items" in node else guess
        kinds = node["type"] if isinstance(node.get("type"), list) else [node.get("type")]
        self.type = next(
            (kind for kind in kinds if isinstance(kind, str) and kind != "null"), guess
        )
        self.required = {name for name in _of(node, "required", list) if isinstance(name, str)}
        self.description = str(node.get("description") or "")
        listed = _LISTED.search(self.description)
        if listed and self.type == "string" and not self.enum:
            self.enum = re.findall(r"'([^']+)'", listed[1])
        self.name, self.needed = name, needed
        self.label = labelled(name)
        named, described = _roles(name), _roles(self.description)
        self.roles = named or described
        self.mail = "email" in (node.get("format"), *named, *described[:1])

    def __getitem__(self, key: str) -> Any:
        return self.node.get(key)

    @property
    def properties(self) -> dict[str, Schema]:
        """The properties of an object."""
        found = _of(self.node, "properties", dict)
        needed = self.required if self.needed else ()
        return {n: Schema(node, n, inside=self, needed=n in needed) for n, node in found.items()}

    @property
    def items(self) -> Schema:
        """The schema of an array's items."""
        node = self.node.get("items", {})
        if isinstance(node, dict) and _LISTED.search(self.description):  # it is theirs
            node = {"description": self.description, **node}
        return Schema(node, self.name, inside=self)

    @property
    def number(self) -> bool:
        """Whether it is a number."""
        return self.type in ("integer", "number")

    def _bounds(self) -> dict[str, float]:
        numbers = {n: self.node[n] for n in _BOUNDS if type(self.node.get(n)) in (int, float)}
        return {name: bound for name, bound in numbers.items() if abs(bound) < TOO_LARGE}

    def allows(self, value: float) -> bool:
        """Whether a number is within the bounds, and whole where it must be."""
        whole = self.type != "integer" or float(value).is_integer()
        return whole and all(_BOUNDS[name](value, bound) for name, bound in self._bounds().items())

    def lowest(self) -> float:
        """Zero if it is allowed, else a number near the bounds that is."""
        bounds = sorted(self._bounds().values())
        near = [near for b in bounds for near in (b, math.ceil(b), b + 1, b - 1)]
        return next(filter(self.allows, [0, *near, sum(bounds) / (len(bounds) or 1)]), 0)

    def coerced(self, value: Any) -> Any:
        """``value`` in the type wanted, not longer than is allowed; None when it cannot be."""
        text, longest = str(value), self["maxLength"]
        if self.enum:
            return next((v for v in self.enum if str(v).lower() == text.lower()), None)
        match self.type, value:
            case "boolean", str() | bool():
                return {"true": True, "false": False}.get(text.lower())
            case "string", str() | int() | float():
                return text[:longest] if isinstance(longest, int) and longest > 0 else text
            case _, str() | int() | float() if self.number and (n := _NUMBER.search(text)):
                digits = n[0].replace(",", "")
                given = float(digits) if {".", "e"} & {*digits} else int(digits)
                if abs(given) > TOO_LARGE:
                    return None
                return int(given) if self.type == "integer" else given
            case "array", list():
                return [one for v in value if (one := self.items.coerced(v)) is not None]
            case "object", Mapping():
                found = {n: s.coerced(value[n]) for n, s in self.properties.items() if n in value}
                return {name: one for name, one in found.items() if one is not None}
        return None


def _resolved(node: Any, root: Any, followed: set[str]) -> dict[str, Any]:
    """The node with references followed and parts merged.

    A reference that was ``followed`` to get here leads into an object of the same kind, as in a
    tree: that one is left empty.
    """
    node = node if isinstance(node, Mapping) else {}
    parts = list(_of(node, "allOf", list))
    for key in ("anyOf", "oneOf"):
        options = (one for one in _of(node, key, list) if isinstance(one, Mapping))
        parts += [one for one in options if one.get("type") != "null"][:1]
    if reference := _of(node, "$ref", str):
        new = reference not in followed and len(followed) < _MOST_REFERENCES
        parts.append(_pointed(reference, root) if new else {"type": "object"})
        followed.add(reference)
    merged = {name: value for name, value in node.items() if name not in _REFERRING}
    for part in parts:
        found = _resolved(part, root, followed)
        properties = {**_of(found, "properties", dict), **_of(merged, "properties", dict)}
        required = [*_of(found, "required", list), *_of(merged, "required", list)]
        more = {"properties": properties, "required": required} if properties else {}
        merged = {**found, **merged, **more}
    return merged


def _of(node: Mapping[str, Any], key: str, kind: Any) -> Any:
    found = node.get(key)
    return found if isinstance(found, kind) else kind()


def _pointed(reference: str, root: Any) -> Any:
    for part in filter(None, reference.removeprefix("#").split("/")):
        name = part.replace("~1", "/").replace("~0", "~")
        root = root.get(name) if isinstance(root, Mapping) else None
    return root


@lru_cache(maxsize=4096)
def _roles(text: str) -> tuple[str, ...]:
    meant = meanings("roles")
    words = [stem(word) for word in re.findall(r"[^\W_]+", split_name(text))]
    words += [word for word in meant if is_cjk(word) and word in text]
    return tuple(dict.fromkeys(role for word in words for role in meant.get(word, ())))
