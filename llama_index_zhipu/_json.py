"""Finding the JSON in what a model wrote. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic_core import from_json

__all__ = ["object_in", "partial_object", "text_of_object"]

_FENCE = re.compile(r"```[a-zA-Z]*\s*\n?(.*?)(?:```|\Z)", re.DOTALL)
#: How an object begins, or a list of values: braces in prose and formulas are none.
_START = re.compile(r'\{\s*["}]|\[\s*[\["{]')
_BOX = re.compile(r"<\|(?:begin|end)_of_box\|>")


def text_of_object(text: str) -> str:
    """The part of a text that holds JSON: without fences, box marks and words around."""
    text = _BOX.sub("", text)
    fenced = _FENCE.search(text)
    if fenced and "{" in fenced.group(1):
        text = fenced.group(1)
    start = _START.search(text)
    return text[start.start() :].strip() if start else ""


def object_in(text: str) -> Any:
    """The first JSON object in a text; None when there is none that is whole."""
    for candidate in (text.strip(), text_of_object(text)):
        if not candidate:
            continue
        try:
            value, _ = json.JSONDecoder(strict=False).raw_decode(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    return None


def partial_object(text: str) -> dict[str, Any] | None:
    """A JSON object that is still being written, as far as it goes."""
    try:
        value = from_json(text_of_object(text), allow_partial="trailing-strings")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
