"""Reading JSON Schemas: references, alternatives, what a property's name says about it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from zhipu_emulator.brain.words import is_cjk, lexicon, split_name, stem

_DEPTH = 20
_TOO_LARGE = 1e300  # JSON has no infinity


class Schema:
    """A schema with the document that its references point into."""

    def __init__(self, node: Any, root: Any = None) -> None:
        self.root = node if root is None else root
        self.refs: set[str] = set()  # what was followed to get here
        self.node: Mapping[str, Any] = _resolved(node, self.root, self.refs)

    def __getitem__(self, key: str) -> Any:
        return self.node.get(key)

    @property
    def type(self) -> str:
        """The JSON type wanted, guessed when it is not said."""
        given = self.node.get("type")
        if isinstance(given, list):
            given = next((name for name in given if name != "null"), "string")
        if isinstance(given, str):
            return given
        if "properties" in self.node:
            return "object"
        if "items" in self.node:
            return "array"
        sample = self.node.get("const", next(iter(self.enum), ""))
        names = {bool: "boolean", int: "integer", float: "number"}
        return names.get(type(sample), "string")

    @property
    def enum(self) -> list[Any]:
        """The values allowed; empty when any is. A constant is a choice of one."""
        values = [self.node["const"]] if "const" in self.node else self.node.get("enum")
        return [v for v in values if v is not None] if isinstance(values, list) else []

    @property
    def properties(self) -> dict[str, Schema]:
        """The properties of an object."""
        found = _of(self.node, "properties", dict)
        return {name: Schema(node, self.root) for name, node in found.items()}

    @property
    def required(self) -> set[str]:
        """Names of the properties that must be there."""
        found = _of(self.node, "required", list)
        return {name for name in found if isinstance(name, str)}

    @property
    def items(self) -> Schema:
        """The schema of an array's items."""
        return Schema(self.node.get("items", {}), self.root)

    def _bound(self, name: str) -> float:
        bound, none = self.node.get(name), math.inf if "max" in name.lower() else -math.inf
        if not isinstance(bound, int | float) or isinstance(bound, bool):
            return none
        return bound if abs(bound) < _TOO_LARGE else none

    def allows(self, value: float) -> bool:
        """Whether a number is within the bounds, and whole where it must be."""
        whole = self.type != "integer" or float(value).is_integer()
        within = self._bound("minimum") <= value <= self._bound("maximum")
        return (
            whole
            and within
            and self._bound("exclusiveMinimum") < value < self._bound("exclusiveMaximum")
        )

    def lowest(self) -> float:
        """The lowest number allowed, else zero."""
        low, above = self._bound("minimum"), self._bound("exclusiveMinimum")
        high, below = self._bound("maximum"), self._bound("exclusiveMaximum")
        if low > -math.inf:
            found = low
        elif above > -math.inf:
            found = above + 1 if above + 1 < below else (above + below) / 2
        else:
            found = min(0, high, below - 1)
        return math.ceil(found) if self.type == "integer" else found

    @property
    def description(self) -> str:
        """What it says about itself."""
        return str(self.node.get("description") or "")


def _resolved(node: Any, root: Any, refs: set[str], depth: int = 0) -> Mapping[str, Any]:
    """The node with references followed (each once: ``refs`` collects them) and parts merged."""
    if not isinstance(node, Mapping) or depth > _DEPTH:
        return {}
    reference = node.get("$ref")
    if isinstance(reference, str):
        rest = {key: value for key, value in node.items() if key != "$ref"}
        if reference in refs:
            return rest
        refs.add(reference)
        return {**_resolved(_pointed(reference, root), root, refs, depth + 1), **rest}
    for key in ("anyOf", "oneOf"):
        options = node.get(key)
        if isinstance(options, list):
            good = [o for o in options if isinstance(o, Mapping) and o.get("type") != "null"]
            rest = {name: value for name, value in node.items() if name != key}
            return {**_resolved(good[0] if good else {}, root, refs, depth + 1), **rest}
    if isinstance(node.get("allOf"), list):
        merged: dict[str, Any] = {}
        rest = {key: value for key, value in node.items() if key != "allOf"}
        for part in [*node["allOf"], rest]:
            found = _resolved(part, root, refs, depth + 1)
            properties = {**_of(merged, "properties", dict), **_of(found, "properties", dict)}
            required = [*_of(merged, "required", list), *_of(found, "required", list)]
            merged = {**merged, **found}
            if properties:
                merged |= {"properties": properties, "required": required}
        return merged
    return node


def _of(node: Mapping[str, Any], key: str, kind: Any) -> Any:
    found = node.get(key)
    return found if isinstance(found, kind) else kind()


def _pointed(reference: str, root: Any) -> Any:
    place = root
    for part in reference.removeprefix("#").strip("/").split("/") if reference != "#" else ():
        name = part.replace("~1", "/").replace("~0", "~")
        place = place.get(name, {}) if isinstance(place, Mapping) else {}
    return place


@cache
def _role_names() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for role, facts in lexicon()["roles"].items():
        for name in facts["names"]:
            found.setdefault(name if is_cjk(name) else stem(name), []).append(role)
    return {name: tuple(roles) for name, roles in found.items()}


@lru_cache(maxsize=4096)
def roles(name: str, description: str = "") -> tuple[str, ...]:
    """What a property is for, by its name, else by its description; likeliest first."""
    found: list[str] = []
    for text in (name, description):
        for word in re.findall(r"[^\W_]+", split_name(text)):
            if not is_cjk(word):
                found.extend(_role_names().get(stem(word), ()))
        for word, names in _role_names().items():
            if is_cjk(word) and word in text:
                found.extend(names)
        if found:
            break
    return tuple(dict.fromkeys(found))


@cache
def leads(role: str) -> tuple[str, ...]:
    """The words that stand before a value of this role, longest first."""
    before = lexicon()["roles"].get(role, {}).get("before", ())
    return tuple(sorted(before, key=len, reverse=True))
