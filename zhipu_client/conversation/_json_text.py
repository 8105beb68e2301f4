"""Reads JSON that a model wrote: strict about numbers, lenient about what is around it. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from zhipu_client._lazy import pattern
from zhipu_client.conversation._repeats import last_repeat

__all__ = ["DEEPEST", "MOST_BITS", "FlawError", "flaw_of", "opened", "read_json", "trimmed"]

#: Deeper than any tool needs, and shallow enough to be written again and checked.
DEEPEST = 200
#: Python neither reads nor writes integers of more than 4300 digits; this many bits are fewer.
MOST_BITS = 14_000

_OPENINGS = ("<tool_call>", "<arg_value>")
_CLOSINGS = ("</arg_value>", "</tool_call>", "```")
_MARK = pattern(r"<\|[^|<>\s]{1,40}\|>")
_FENCE = pattern(r"```[A-Za-z0-9_-]*")
#: The template's first line is the tool's name: `<tool_call>get_weather`.
_NAME = pattern(r"\s*[^\s<>{}\[\]\"]{1,64}\s*(?=[<{])")
_BLANKS = pattern(r"[\s\ufeff]*")


class FlawError(ValueError):
    """What is wrong with a text or a value, in words that go on after "the arguments"."""


def trimmed(text: str) -> str:
    r"""Return a text without blanks and the residue of GLM's template around it.

    Neither a JSON object nor a JSON text can begin or end with what is taken off.

    Examples:
        >>> trimmed('```json\n{"a": 1}\n```'), trimmed('<|begin_of_box|>{}<|end_of_box|>')
        ('{"a": 1}', '{}')
        >>> trimmed('<tool_call>add\n{"a": 1}</tool_call>')
        '{"a": 1}'
    """
    start = _start(text)
    return text[start : _end(text, start)]


def opened(text: str) -> str:
    """Return a text without blanks and residue in front of it."""
    return text[_start(text) :]


def _start(text: str) -> int:
    start = 0
    while True:
        start = _after(_BLANKS, text, start)
        found = _MARK.match(text, start) or _FENCE.match(text, start)
        if found:
            start = found.end()
            continue
        opening = next((part for part in _OPENINGS if text.startswith(part, start)), None)
        if opening is None:
            return start
        start += len(opening)
        if opening == "<tool_call>":
            start = _after(_NAME, text, start)


def _after(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start


def _end(text: str, start: int) -> int:
    # By positions: cutting a long text once for every mark would take quadratic time.
    end = len(text)
    while end > start:
        last = text[end - 1]
        if last.isspace() or last == "\ufeff":
            end -= 1
            continue
        closing = next((part for part in _CLOSINGS if text.endswith(part, start, end)), None)
        if closing is not None:
            end -= len(closing)
            continue
        opened = text.rfind("<|", max(start, end - 44), end) if last == ">" else -1
        if opened < 0 or not _MARK.fullmatch(text, opened, end):
            break
        end = opened
    return end


def read_json(text: str) -> Any:
    """Return the one value that a text is, or is several times over.

    Line breaks and other control characters may be in strings as they are. A parser that has
    streamed an object may say the same one again when it ends, or all of it so far each time, or
    an empty one before it.

    Raises:
        FlawError: It is not JSON, is cut, is two different values, or cannot be written again.

    Examples:
        >>> read_json('{"a": 1}{"a": 1}')
        {'a': 1}
    """
    try:
        value, end = _DECODER.raw_decode(text)
        last = end
        while (last := _after(_BLANKS, text, last)) < len(text):
            if text[last] not in '{"':
                raise FlawError(f"go on after their end, with: {_excerpt(text, last)}")
            other, last = _DECODER.raw_decode(text, last)
            if value == {} and isinstance(other, dict):
                value = other  # some gateways begin each call with an empty object
            elif not _same(value, other):
                raise FlawError("are different JSON values in a row: which is meant is unknown")
    except json.JSONDecodeError as error:
        reason, cut = _reason(text, error)
        start = None if cut else last_repeat(text, lambda start: _end_of_object(text, start))
        if start is None:
            raise FlawError(reason) from None
        value = _DECODER.raw_decode(text, start)[0]
    except RecursionError:  # a model that got stuck at "[[[["
        raise FlawError(_TOO_DEEP) from None
    except FlawError:
        raise
    except ValueError:  # Python's limit on the digits of an integer
        raise FlawError(_TOO_LONG) from None
    return value


def flaw_of(value: Any) -> str | None:
    """Return why a value that is read cannot be sent again as JSON, or None.

    Examples:
        >>> flaw_of({"a": [1, float("nan")]})
        'contain NaN, which is not a JSON number'
    """
    level = {0: value}
    for _ in range(DEEPEST):
        deeper: dict[int, Any] = {}  # by identity: a caller's mapping may contain itself
        for item in level.values():
            if isinstance(item, (Mapping, list, tuple)):
                parts = item.values() if isinstance(item, Mapping) else item
                deeper.update((id(part), part) for part in parts)
            elif isinstance(item, float) and not math.isfinite(item):
                return _not_a_number(json.dumps(item))
            elif isinstance(item, int) and item.bit_length() > MOST_BITS:
                return _TOO_LONG
        if not deeper:
            return None
        level = deeper
    return _TOO_DEEP


_TOO_DEEP = f"are nested more than {DEEPEST} levels deep"
_TOO_LONG = "contain an integer of thousands of digits"


def _not_a_number(literal: str) -> str:
    return f"contain {literal[:40]}, which is not a JSON number"


def _constant(literal: str) -> Any:
    raise FlawError(_not_a_number(literal))


def _float(literal: str) -> float:
    value = float(literal)
    if math.isinf(value):
        raise FlawError(f"contain {literal[:40]}, which is too large for a number")
    return value


_DECODER = json.JSONDecoder(strict=False, parse_constant=_constant, parse_float=_float)


def _same(one: Any, other: Any) -> bool:
    # Not `==` alone: Python takes True for 1.
    return bool(one == other) and json.dumps(one, sort_keys=True) == json.dumps(
        other, sort_keys=True
    )


def _end_of_object(text: str, start: int) -> int:
    try:
        return _DECODER.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return -1


def _reason(text: str, error: json.JSONDecodeError) -> tuple[str, bool]:
    """Return what is wrong in words, and whether it is only that the text was cut."""
    rest = text[error.pos :]
    cut = (
        not rest
        or error.msg.startswith("Unterminated")
        or (error.msg.startswith("Invalid \\u") and len(rest) < 6)
        or any(word.startswith(rest) for word in ("true", "false", "null", "-"))
    )
    if cut:
        return f"end in the middle, after: {_excerpt(text, max(len(text) - 30, 0))}", True
    return f"are not JSON from character {error.pos} on: {_excerpt(text, error.pos)}", False


def _excerpt(text: str, start: int) -> str:
    return " ".join(text[start : start + 30].split())
