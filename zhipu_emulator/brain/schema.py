"""Reading JSON Schemas: references, alternatives, what a property's name says about it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from zhipu_emulator.brain.words import is_cjk, lexicon, split_name, stem

MISSING: Any = object()  # no value, where None may be one
_DEPTH = 20
_TOO_LARGE = 1e300  # JSON has no infinity
_TYPES = {bool: "boolean", int: "integer", float: "number"}


class Schema:
    """A schema with the document that its references point into.

    Attributes:
        node: The schema itself, references and alternatives resolved.
        root: The whole document.
        refs: The references that were followed to get here.
    """

    def __init__(self, node: Any, root: Any = None) -> None:
        self.root = node if root is None else root
        refs: set[str] = set()
        self.node: Mapping[str, Any] = _resolved(node, self.root, refs)
        self.refs = frozenset(refs)

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
        for key, kind in (("properties", "object"), ("items", "array")):
            if key in self.node:
                return kind
        return _TYPES.get(type(next(iter(self.enum), "")), "string")

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
        return {name for name in _of(self.node, "required", list) if isinstance(name, str)}

    @property
    def items(self) -> Schema:
        """The schema of an array's items."""
        return Schema(self.node.get("items", {}), self.root)

    @property
    def description(self) -> str:
        """What it says about itself."""
        return str(self.node.get("description") or "")

    def _bound(self, name: str, none: float) -> float:
        bound = self.node.get(name)
        if not isinstance(bound, int | float) or isinstance(bound, bool):
            return none
        return bound if abs(bound) < _TOO_LARGE else none

    def _bounds(self) -> tuple[float, float, float, float]:
        """Minimum, exclusive minimum, maximum, exclusive maximum."""
        low, high = -math.inf, math.inf
        above, below = self._bound("exclusiveMinimum", low), self._bound("exclusiveMaximum", high)
        return self._bound("minimum", low), above, self._bound("maximum", high), below

    def allows(self, value: float) -> bool:
        """Whether a number is within the bounds, and whole where it must be."""
        low, above, high, below = self._bounds()
        whole = self.type != "integer" or float(value).is_integer()
        return whole and low <= value <= high and above < value < below

    def lowest(self) -> float:
        """The lowest number allowed, else zero."""
        low, above, high, below = self._bounds()
        found = low if low > -math.inf else min(0, high, below - 1)
        if above > -math.inf and found <= above:
            found = above + 1 if above + 1 < below else (above + below) / 2
        return math.ceil(found) if self.type == "integer" else found


def _resolved(node: Any, root: Any, refs: set[str], depth: int = 0) -> Mapping[str, Any]:
    """The node with references followed (each once: ``refs`` collects them) and parts merged."""
    if not isinstance(node, Mapping) or depth > _DEPTH:
        return {}
    for key in ("$ref", "anyOf", "oneOf"):
        given, rest = node.get(key), {name: v for name, v in node.items() if name != key}
        if key == "$ref" and isinstance(given, str):
            if given in refs:
                return rest
            refs.add(given)
            return {**_resolved(_pointed(given, root), root, refs, depth + 1), **rest}
        if isinstance(given, list):
            good = [o for o in given if isinstance(o, Mapping) and o.get("type") != "null"]
            return {**_resolved(good[0] if good else {}, root, refs, depth + 1), **rest}
    if isinstance(node.get("allOf"), list):
        merged: dict[str, Any] = {}
        for part in [*node["allOf"], {key: v for key, v in node.items() if key != "allOf"}]:
            found = _resolved(part, root, refs, depth + 1)
            both = (merged, found)
            properties = {k: v for one in both for k, v in _of(one, "properties", dict).items()}
            required = [name for one in both for name in _of(one, "required", list)]
            more = {"properties": properties, "required": required} if properties else {}
            merged = {**merged, **found, **more}
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
    for text in (name, description):
        words = [stem(word) for word in re.findall(r"[^\W_]+", split_name(text))]
        words += [word for word in _role_names() if is_cjk(word) and word in text]
        found = [role for word in words for role in _role_names().get(word, ())]
        if found:
            return tuple(dict.fromkeys(found))
    return ()


@cache
def leads(role: str) -> tuple[str, ...]:
    """The words that are before a value of this role, the likeliest first."""
    return tuple(lexicon()["roles"].get(role, {}).get("before", ()))


def shortened(text: str, schema: Schema) -> str:
    """``text``, not longer than the schema allows."""
    longest = schema["maxLength"]
    return text[:longest] if isinstance(longest, int) and longest > 0 else text


def coerced(value: Any, schema: Schema) -> Any:
    """``value`` in the type that the schema wants; MISSING when it cannot be."""
    kind = schema.type
    if schema.enum and value not in schema.enum:
        return next((v for v in schema.enum if str(v).lower() == str(value).lower()), MISSING)
    if kind == "string":
        return str(value) if isinstance(value, str | int | float) else MISSING
    if kind in ("integer", "number"):
        match = re.search(r"-?\d+(?:\.\d+)?", str(value).replace(",", ""))
        if match is None or isinstance(value, bool | list | dict):
            return MISSING
        given = float(match[0])
        return int(given) if kind == "integer" or given.is_integer() else given
    if kind == "boolean" and isinstance(value, str | bool):
        return {"true": True, "false": False}.get(str(value).lower(), MISSING)
    if kind == "array" and isinstance(value, list | tuple):
        return [one for item in value if (one := coerced(item, schema.items)) is not MISSING]
    if kind == "object" and isinstance(value, Mapping):
        found = {n: coerced(value[n], node) for n, node in schema.properties.items() if n in value}
        return {n: one for n, one in found.items() if one is not MISSING}
    return MISSING
