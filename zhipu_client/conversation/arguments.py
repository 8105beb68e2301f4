"""What a model wrote as a call's arguments, read: an object, or the reason why not. Pure.

GLM's template writes every argument as text, and the parsers of the servers leave residue of it.
What certainly means an object is read as one; nothing is guessed, and what was cut is never
completed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from zhipu_client._half_characters import whole_characters, whole_text
from zhipu_client.conversation._json_text import (
    DEEPEST,
    MOST_BITS,
    FlawError,
    flaw_of,
    opened,
    read_json,
    trimmed,
)
from zhipu_client.conversation._nested import decoded

__all__ = ["Arguments", "may_go_on", "read_arguments", "text_of_arguments", "whole_characters"]

#: How often an object may have been written as JSON text of JSON text.
_MOST_ENCODINGS = 5

_KEY, _KEY_END = "<arg_key>", "</arg_key>"
_VALUE, _VALUE_END = "<arg_value>", "</arg_value>"
_CALL_END = "</tool_call>"


class Arguments(NamedTuple):
    """The arguments of one call, read.

    Attributes:
        value: The arguments by name; None when the text is not a whole object.
        text: What the model wrote, as text.
        error: Why there is no value; None when there is one.

    Examples:
        >>> read_arguments('{"a": 1}').value, read_arguments('{"a": ').value
        ({'a': 1}, None)
    """

    value: dict[str, Any] | None
    text: str
    error: str | None = None


def read_arguments(raw: Any, schema: Mapping[str, Any] | None = None) -> Arguments:
    """Return the arguments that a model wrote, or why they cannot be used. Never raises.

    Args:
        raw: ``function.arguments`` of a call: text, or a mapping from servers that decode it.
        schema: The ``parameters`` of the tool. Values inside that were written as JSON text
            become what it wants there, and only where it does not allow a string.

    Examples:
        >>> read_arguments('{"city": "Bergen", "days": "2"}').value
        {'city': 'Bergen', 'days': '2'}
        >>> days = {"type": "object", "properties": {"days": {"type": "integer"}}}
        >>> read_arguments('{"city": "Bergen", "days": "2"}', days).value
        {'city': 'Bergen', 'days': 2}
        >>> read_arguments(None).value, read_arguments("null").value
        ({}, {})
        >>> read_arguments('{"city": "Ber').error
        'the arguments end in the middle, after: {"city": "Ber'
    """
    text = ""
    try:
        text = _text_of(raw)
        value = dict(raw) if isinstance(raw, Mapping) else _object_of(text, raw)
        flaw = flaw_of(value)
        if flaw is None:
            value = whole_characters(decoded(value, schema) if schema is not None else value)
            flaw = flaw_of(value)
    except FlawError as error:
        flaw = str(error)
    except (RecursionError, ValueError, TypeError) as error:
        flaw = f"cannot be read: {error}"
    if flaw is not None:
        return Arguments(None, text, f"the arguments {flaw}")
    return Arguments(value, text)


def may_go_on(text: str) -> bool:
    """Return whether arguments that can be read may be the beginning of longer ones.

    Nothing says where the markup of GLM's template ends, but what follows it.

    Args:
        text: The arguments so far, as the model wrote them.

    Examples:
        >>> may_go_on(""), may_go_on("<arg_key>a</arg_key><arg_value>1</arg_value>")
        (True, True)
        >>> may_go_on('{"a": 1}')
        False
    """
    begun = opened(text)
    if begun.startswith(_KEY):
        return _CALL_END not in begun[begun.rfind(_VALUE_END) :]
    return not begun.strip()


def _text_of(raw: Any) -> str:
    if raw is None:
        return ""
    if isinstance(raw, (bytes, bytearray)):
        return raw.decode(errors="replace")
    return whole_text(raw) if isinstance(raw, str) else text_of_arguments(raw)


def _object_of(text: str, raw: Any) -> dict[str, Any]:
    if not (raw is None or isinstance(raw, (str, bytes, bytearray))):
        raise FlawError(f"are {_kind(raw)}, not a JSON object")
    for _ in range(_MOST_ENCODINGS):
        begun = opened(text)
        if begun.startswith(_KEY):
            return _marked_up(begun)
        text = trimmed(begun)
        if text in ("", "null", "None"):  # the last is Python's spelling, which GLM writes too
            return {}
        value = read_json(text)
        if isinstance(value, dict):
            return value
        if not isinstance(value, str):
            raise FlawError(f"are {_kind(value)}, not a JSON object")
        text = whole_text(value)
    raise FlawError("are JSON text within JSON text, too many times over")


def _marked_up(text: str) -> dict[str, Any]:
    """Return the arguments in the markup of GLM's template, with every value as text."""
    found: dict[str, Any] = {}
    start = 0
    while text.startswith(_KEY, start):
        key_end = text.find(_KEY_END, start)
        after_key = _skip_blanks(text, key_end + len(_KEY_END))
        value_end = text.find(_VALUE_END, after_key)
        if key_end < 0 or value_end < 0 or not text.startswith(_VALUE, after_key):
            raise FlawError("end in the middle of their markup")
        value = text[after_key + len(_VALUE) : value_end]
        if _VALUE in value:
            raise FlawError("are markup in which a value is not closed")
        found[text[start + len(_KEY) : key_end].strip()] = value
        start = _skip_blanks(text, value_end + len(_VALUE_END))
    rest = trimmed(text[start:])
    if rest:
        raise FlawError(f"go on after their end, with: {rest[:30]}")
    return found


def _skip_blanks(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return start


def text_of_arguments(value: Any) -> str:
    """Return arguments as the JSON text that goes back on the wire. Never raises.

    What JSON cannot carry becomes what it can: NaN and infinity ``null``, other objects their
    text, lone halves of characters U+FFFD, what contains itself ``null`` where it would repeat.

    Args:
        value: The arguments as an object, or the text that the model wrote.

    Examples:
        >>> text_of_arguments({"city": "北京", "x": float("nan")})
        '{"city": "北京", "x": null}'
        >>> text_of_arguments(None)
        '{}'
    """
    if value is None:
        return "{}"
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_as_json)
    except (ValueError, TypeError, RecursionError):
        text = json.dumps(_plain(value, ()), ensure_ascii=False, default=str)
    return whole_text(text)


def _as_json(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _plain(value: Any, around: tuple[int, ...]) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value if value.bit_length() <= MOST_BITS else None
    if not isinstance(value, (Mapping, list, tuple)):
        return value
    if id(value) in around or len(around) == DEEPEST:
        return None
    around = (*around, id(value))
    if isinstance(value, Mapping):
        return {
            key if isinstance(key, str) else str(key): _plain(item, around)
            for key, item in value.items()
        }
    return [_plain(item, around) for item in value]


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return f"a JSON {str(value).lower()}"
    if isinstance(value, (int, float)):
        return "a number"
    return (
        "a JSON array"
        if isinstance(value, (list, tuple))
        else f"of the type {type(value).__name__}"
    )
