"""JSON answers: the shape that the conversation asks for, filled from what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zhipu_emulator.brain.schema import TYPES, Schema
from zhipu_emulator.http.json_depth import too_deep

_KEYS = re.compile(
    r"(?:\bkeys?\b|\bfields?\b|\bproperties\b|键|字段|属性)"
    r"(?:\s*(?:are|called|named|of|:|：|为|是|包括|有))*([^.。\n]+)",
    re.IGNORECASE,
)
_TWICE = re.compile(r"\{\{\s*\"")
_COMMENTED = re.compile(
    r"^[ \t]{0,40}\"(\w+)\": (string|integer|number|boolean) *(?://|\\{1,2}) ?(.*)$", re.MULTILINE
)
_INSTRUCTIONS = re.compile(
    r"(?:The output should be|Here's a JSON schema|STRICT OUTPUT FORMAT|Your (?:output|response) "
    r"(?:should|must)).*\Z",
    re.DOTALL,
)
_AFTERWARDS = re.compile(r"^(?:\s*(?:```|(?:Output a valid JSON|Make sure|Please do not)[^\n]*))*")
_AND = re.compile(r",|，|、|\band\b|和|以及|&")
_OPEN = re.compile(r"\{(?=\s*[\"}])")
_PATIENCE = 500_000  # characters read in vain: braces that never close would take for ever
_FAILURE = 500  # characters; what a failure costs beside: its place is counted from the beginning
WANTED = re.compile(r"\bjson\b", re.IGNORECASE)


def shape(texts: Sequence[str]) -> Schema | None:
    """The shape that is asked for: a schema, an example or names; the last one said counts.

    Args:
        texts: System and user texts, oldest first.
    """
    texts = [_unescaped(text) for text in texts]
    objects = [[found for _, _, found in _objects(text)] for text in texts]
    for inside in reversed(objects):
        if schemas := [schema for found in inside if (schema := _schema(found))]:
            return Schema(schemas[-1])
    for text, inside in zip(texts[::-1], objects[::-1], strict=True):
        if WANTED.search(text) and (examples := [*_named(text), *filter(None, inside)]):
            return Schema(_like(examples[-1]))
    return None


def _unescaped(text: str) -> str:
    """Braces once where a template left them twice, and properties of a comment as a schema."""
    if _TWICE.search(text):
        text = text.replace("{{", "{").replace("}}", "}")
    if properties := _COMMENTED.findall(text):
        nodes = {n: {"type": kind, "description": about} for n, kind, about in properties}
        schema = {"type": "object", "properties": nodes, "required": [*nodes]}
        text = f"{text}\nJSON: {json.dumps(schema, ensure_ascii=False)}"
    return text


def _named(text: str) -> Iterator[dict[str, Any]]:
    """An example with the names that a text gives: "with the keys name and age"."""
    if match := _KEYS.search(text):
        found = (re.search(r"[\w-]+", part) for part in _AND.split(match[1]))
        names = [name[0] for name in found if name]
        yield {name: 0 if "quantity" in Schema({}, name).roles else "" for name in names}


def _objects(text: str) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """The JSON objects of a text with their places."""
    decoder, end, patience = json.JSONDecoder(), 0, _PATIENCE
    while patience > 0 and (opened := _OPEN.search(text, end)):
        place = opened.start()
        try:
            value, end = decoder.raw_decode(text, place)
        except ValueError as error:  # a plain one for a number of too many digits
            patience -= getattr(error, "pos", place) - place + _FAILURE
            end = place + 1
            continue
        except RecursionError:
            return
        if isinstance(value, dict) and not too_deep(value):
            yield place, end, value


def without_instructions(text: str) -> str:
    """A text without the words and the schema that say what form the answer is to have."""
    text = _unescaped(text)
    schemas = [(start, end) for start, end, found in _objects(text) if _schema(found)]
    if schemas and (told := _INSTRUCTIONS.search(text[: schemas[-1][0]])):
        rest = _AFTERWARDS.sub("", text[schemas[-1][1] :])
        return f"{text[: told.start()]} {rest}"
    return text


def without_objects(text: str, names: Sequence[str]) -> str:
    """The text without the JSON and the quoted names in it: values do not come from a shape."""
    objects = list(_objects(text))
    for start, end, _ in reversed(objects):
        text = f"{text[:start]} {text[end:]}"
    either = "|".join(map(re.escape, names))
    return re.sub(rf"[`'\"“]({either})[`'\"”]", r"\1", text)


def _schema(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema that an object is or has, as in a function; None for another object."""
    properties = value.get("properties")
    if isinstance(properties, Mapping):
        return value if all(isinstance(node, Mapping) for node in properties.values()) else None
    inner = (value.get(key) for key in ("function", "json_schema", "schema", "parameters"))
    return next((_schema(one) for one in inner if isinstance(one, Mapping)), None)


def _like(example: Any) -> dict[str, Any]:
    """A schema that an example would satisfy."""
    if isinstance(example, Mapping):
        properties = {name: _like(value) for name, value in example.items()}
        return {"type": "object", "properties": properties, "required": list(example)}
    if isinstance(example, list):
        return {"type": "array", "items": _like(example[0] if example else "")}
    about = example.strip("<>. ") if isinstance(example, str) else ""
    return {"type": TYPES.get(type(example), "string"), "description": about}
