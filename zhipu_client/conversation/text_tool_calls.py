"""Calls that a model wrote into its text instead of making them. Pure.

Seen with GLM-4.5, with self-hosted parsers, and on servers without a parser (``transformers
serve``): the chat template's own notation of a call reaches the caller, as text or as reasoning.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, NoReturn

from zhipu_client._lazy import pattern

__all__ = ["CallFilter", "calls_in_text", "without_calls"]

_OPEN, _CLOSE = "<tool_call>", "</tool_call>"
_KEY, _KEY_END = "<arg_key>", "</arg_key>"
_VALUE, _VALUE_END = "<arg_value>", "</arg_value>"
_NAME = pattern(r"\s*([^\s<{]+)")


class _Places:
    """Finds marks in a text whose places are asked for in rising order; each part is read once."""

    __slots__ = ("_found", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: dict[str, int] = {}

    def next(self, mark: str, start: int) -> int:
        """Return where the mark is next, or the end of the text."""
        known = self._found.get(mark, -1)
        if known < start:
            known = self._text.find(mark, start)
            self._found[mark] = known = len(self._text) if known < 0 else known
        return known


def calls_in_text(text: str) -> list[dict[str, Any]]:
    r"""Return the calls in a text: ``id``, ``name`` and ``arguments`` (JSON) of each.

    A call that is not closed was cut, and is left out; so is one with arguments that cannot be
    read. The same text gives the same ids.

    Examples:
        >>> leaked = '<tool_call>add\n<arg_key>a</arg_key><arg_value>1</arg_value></tool_call>'
        >>> [(call["name"], call["arguments"]) for call in calls_in_text(leaked)]
        [('add', '{"a": 1}')]
    """
    found: list[dict[str, Any]] = []
    for start, end, name, arguments in _spans(text):
        written = text[start + len(_OPEN) : end - len(_CLOSE)]
        digest = hashlib.sha256(f"{len(found)}{written}".encode("utf-8", "surrogatepass"))
        found.append(
            {"id": f"call_{digest.hexdigest()[:24]}", "name": name, "arguments": arguments}
        )
    return found


def without_calls(text: str) -> str:
    r"""Return a text without the calls that `calls_in_text` finds in it, and blanks around them.

    Examples:
        >>> without_calls("Let me see.\n<tool_call>clock</tool_call>\n")
        'Let me see.'
    """
    kept, at = [], 0
    for start, end, _, _ in _spans(text):
        kept.append(text[at:start])
        at = end
    return "".join([*kept, text[at:]]).rstrip() if kept else text


class CallFilter:
    """Holds a streamed text back from the first mark of a call on.

    Examples:
        >>> marks = CallFilter()
        >>> marks.feed("One moment. <tool"), marks.feed("_call>clock"), marks.held
        ('One moment. ', '', '<tool_call>clock')
    """

    __slots__ = ("_open", "held")

    def __init__(self) -> None:
        self._open = False
        #: The text that was held back.
        self.held = ""

    def feed(self, text: str) -> str:
        """Return what of the text so far cannot belong to a call."""
        self.held += text
        if self._open:
            return ""
        at = self.held.find(_OPEN)
        self._open = at >= 0
        if at < 0:
            at = len(self.held) - _begun(self.held)
        shown, self.held = self.held[:at], self.held[at:]
        return shown


def _begun(text: str) -> int:
    """Return how many characters at the end of a text may be the beginning of a mark."""
    longest = min(len(text), len(_OPEN) - 1)
    return next((n for n in range(longest, 0, -1) if _OPEN.startswith(text[-n:])), 0)


def _spans(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Yield start, end, name and arguments of each call."""
    places = _Places(text)
    at = places.next(_OPEN, 0)
    while at < len(text):
        start = at + len(_OPEN)
        read = _read(text, start, places)
        if read is None:
            at = places.next(_OPEN, start)
            continue
        name, arguments, end = read
        yield at, end + len(_CLOSE), name, arguments
        at = places.next(_OPEN, end)


def _read(text: str, start: int, places: _Places) -> tuple[str, str, int] | None:
    """Return name, arguments and end of the call whose opening mark ends at ``start``."""
    named = _NAME.match(text, start)
    at = named.end() if named is not None else start
    values: dict[str, Any] = {}
    while True:
        close, key = places.next(_CLOSE, at), places.next(_KEY, at)
        if places.next(_OPEN, at) < min(close, key):
            return None
        if close <= key:
            break
        key_end = places.next(_KEY_END, key)
        value = places.next(_VALUE, key_end)
        end = places.next(_VALUE_END, value)
        if end == len(text):
            return None
        name = text[key + len(_KEY) : key_end].strip()
        values[name] = _value(text[value + len(_VALUE) : end])
        at = end + len(_VALUE_END)
    if close == len(text):
        return None
    if named is not None and values:
        return named.group(1), _as_text(values), close
    return _as_json(named.group(1) if named is not None else "", text[at:close], close)


def _as_json(name: str, body: str, end: int) -> tuple[str, str, int] | None:
    """Return a call without argument marks: it has none, or they are an object."""
    if not body.strip():
        return (name, "{}", end) if name else None
    value = _value(body)
    if not name and isinstance(value, dict) and isinstance(value.get("name"), str):
        name, value = value["name"], value.get("arguments", value.get("parameters", {}))
        value = _value(value) if isinstance(value, str) else value
    return (name, _as_text(value), end) if name and isinstance(value, dict) else None


def _as_text(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False)


def _value(text: str) -> Any:
    """Return what is JSON as its value, and other text as it is."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)
