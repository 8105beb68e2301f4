"""JSON answers: the shape that the conversation asks for, filled from what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zhipu_emulator.brain.fill import Filler
from zhipu_emulator.brain.schema import Schema, roles
from zhipu_emulator.brain.values import Passage
from zhipu_emulator.brain.words import compiled
from zhipu_emulator.http.json_depth import too_deep

_AND = r"\s*(?:,|，|、|and|和|以及|&)\s*"
_KEYS = re.compile(
    r"(?:\bkeys?\b|\bfields?\b|\bproperties\b|键|字段|属性)[^\S\n]*"
    rf"(?:are|called|named|of|:|：|为|是|包括|有)*[^\S\n]*((?:[`'\"“]?[\w-]+[`'\"”]?(?:{_AND})*)+)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w-]+")
_SKIPPED = {"and", "和", "以及", "the", "a", "following", "with", "for", "in", "json", "of", "to"}
ANSWER = compiled("answer")
_PATIENCE = 500_000  # characters read in vain: braces that never close would take for ever
_WANTED = re.compile(r"\bjson\b", re.IGNORECASE)
_ORDERED = compiled("ordered")


def shape(texts: Sequence[str]) -> Schema | None:
    """The shape that is asked for: a schema, an example or names; the last one said counts.

    Args:
        texts: System and user texts, oldest first.
    """
    for text in reversed(texts):
        schemas = [_unwrapped(found) for _, _, found in _objects(text)]
        if schemas := [schema for schema in schemas if _is_schema(schema)]:
            return Schema(schemas[-1])
    for text in reversed(texts):
        if not _WANTED.search(text):
            continue
        if examples := [found for _, _, found in _objects(text) if found]:
            return Schema(_like(examples[-1]))
        if names := _names(text):
            properties = {
                name: {"type": "number" if "quantity" in roles(name) else "string"}
                for name in names
            }
            return Schema({"type": "object", "properties": properties, "required": names})
    return None


def ordered(texts: Sequence[str]) -> bool:
    """Whether the texts ask for JSON though the request's format is plain."""
    return any(_WANTED.search(text) and _ORDERED.search(text) for text in texts)


def _names(text: str) -> list[str]:
    match = _KEYS.search(text)
    if match is None:
        return []
    quoted = re.findall(r"[`'\"“]([\w-]+)[`'\"”]", match[1])
    found = quoted or [w for w in _WORD.findall(match[1]) if w.lower() not in _SKIPPED]
    return list(dict.fromkeys(found))


def _objects(text: str) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """The JSON objects of a text with their places."""
    decoder, place, patience = json.JSONDecoder(), 0, _PATIENCE
    while (place := text.find("{", place)) >= 0 and patience > 0:
        try:
            value, end = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            patience -= error.pos - place
            place += 1
            continue
        except RecursionError:
            return
        if isinstance(value, dict) and not too_deep(value):
            yield place, end, value
        place = end


def without_objects(text: str, names: Sequence[str]) -> str:
    """The text without the JSON and the quoted names in it: values do not come from a shape."""
    for start, end, _ in reversed(list(_objects(text))):
        text = f"{text[:start]} {text[end:]}"
    for name in names:
        text = re.sub(rf"[`'\"“]{re.escape(name)}[`'\"”]", name, text)
    return text


def _is_schema(value: Mapping[str, Any]) -> bool:
    properties = value.get("properties")
    return isinstance(properties, Mapping) and all(
        isinstance(node, Mapping) for node in properties.values()
    )


def _unwrapped(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema out of what may be around it: a function, a ``json_schema`` format."""
    for key in ("function", "json_schema", "schema", "parameters"):
        inner = value.get(key)
        if isinstance(inner, Mapping) and "properties" not in value:
            return _unwrapped(inner)
    return value


def _like(example: Any) -> dict[str, Any]:
    """A schema that an example would satisfy."""
    if isinstance(example, Mapping):
        properties = {name: _like(value) for name, value in example.items()}
        return {"type": "object", "properties": properties, "required": list(example)}
    if isinstance(example, list):
        return {"type": "array", "items": _like(example[0] if example else "")}
    names = {bool: "boolean", int: "integer", float: "number"}
    found: dict[str, Any] = {"type": names.get(type(example), "string")}
    if isinstance(example, str) and example:
        found["description"] = example.strip("<>. ")
    return found


def filled(
    schema: Schema | None,
    passage: Passage,
    answer: str,
    facts: Mapping[str, Any],
    subject: str,
) -> dict[str, Any]:
    """The object: every property of the shape, or the plain answer under ``answer``."""
    if schema is None or not schema.properties:
        return {"answer": answer}
    done = Filler(passage, subject, facts).fill(schema)
    for name in done.guessed:
        # What the text is silent about may be the very thing asked: the answer in words.
        if schema.properties[name].type == "string" and ANSWER.search(name):
            done.value[name] = answer
    return done.value
