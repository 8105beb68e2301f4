"""The service's OpenAPI file, read strictly: a field that it does not list is an error."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

FILE = Path(__file__).resolve().parents[4] / "shared" / "reference" / "openapi.json"

SHAPES = {
    "text": "ChatCompletionTextRequest",
    "vision": "ChatCompletionVisionRequest",
    "voice": "ChatCompletionAudioRequest",
    "character": "ChatCompletionHumanOidRequest",
}
#: Kind of the catalogue -> shape of the file.
SHAPE_OF = {"chat": "text", "code": "text", "vision": "vision", "voice": "voice",
            "character": "character"}  # fmt: skip


@cache
def _components() -> dict[str, Any]:
    components = json.loads(FILE.read_text(encoding="utf-8"))["components"]
    for name, schema in components["schemas"].items():
        if name != "FunctionParameters":
            _close(schema)
    return components  # type: ignore[no-any-return]


def _close(schema: Any) -> None:
    if isinstance(schema, list):
        for item in schema:
            _close(item)
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("properties"), dict):
        schema.setdefault("additionalProperties", False)
    for value in schema.values():
        _close(value)


@cache
def validator(shape: str) -> Any:
    """A validator of chat requests of one shape."""
    reference = {"$ref": f"#/components/schemas/{SHAPES[shape]}"}
    schema = {**reference, "components": copy.deepcopy(_components())}
    return jsonschema.Draft202012Validator(schema)


def model_codes() -> dict[str, tuple[str, ...]]:
    """The model codes that the file lists."""
    schemas = _components()["schemas"]
    return {
        shape: tuple(schemas[name]["properties"]["model"]["enum"]) for shape, name in SHAPES.items()
    }


def complaints(body: dict[str, Any], shape: str) -> list[str]:
    """What the file says against a request; the deepest reason of each error."""
    found = []
    for error in validator(shape).iter_errors(body):
        best = jsonschema.exceptions.best_match([error])
        found.append(f"{best.json_path}: {best.message[:300]}")
    return found
