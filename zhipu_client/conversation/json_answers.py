"""The JSON in an answer that should be nothing else: prefaces, fences and marks cut off. Pure.

GLM puts JSON into a code fence or between ``<|begin_of_box|>`` marks at times, says a word before
it or after it, and uses braces in that word. A ``{`` begins JSON only when what follows can be an
object: ``}``, or a key in quotes with a colon behind it.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from pydantic_core import from_json

from zhipu_client._lazy import pattern
from zhipu_client.chat._brackets import BLANKS, Brackets
from zhipu_client.conversation.think_tags import CLOSE_TAG, OPEN_TAG, ThinkFilter

__all__ = ["JsonFilter", "json_text", "object_in", "partial_object"]

#: How far behind a bracket it must be clear whether it begins JSON: keys are shorter.
_WINDOW = 4096
#: How often to look again behind a value that never closes.
_RESTARTS = 16

#: Behind a line that begins with a fence, or at the end of reasoning.
_RESTART = pattern(r"^[ \t]*```|(?=</think>)", re.MULTILINE)
_EMPTY = pattern(rf"(?:\{{[{BLANKS}]*\}}|\[[{BLANKS}]*\])")
_OBJECT = pattern(r"\{")
_OBJECT_OR_ARRAY = pattern(r"[{\[]")
_BLANK = pattern(rf"[{BLANKS}]*")
_KEY = pattern(r'"[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_WORDS = ("true", "false", "null")
_DECODER = json.JSONDecoder(strict=False)


class JsonFilter:
    """Lets through one JSON object (or array) of a text that comes in pieces.

    What comes before it is kept back, what follows its end is dropped, and so is reasoning between
    ``<think>`` tags at the start. An empty object is kept back too, until the end of the answer: it
    may belong to the prose. At any cut, what was let through (or, where nothing was, `held`) is
    what `json_text` returns for the whole text, as long as that has one JSON value.

    Args:
        arrays: Whether an array may be the answer; if not, ``[`` does not begin it.

    Examples:
        >>> reader = JsonFilter()
        >>> reader.feed('The set {a, b}: {"si'), reader.feed('ze": 2}'), reader.feed(" Done.")
        ('', '{"size": 2}', '')
    """

    __slots__ = ("_arrays", "_empty", "_kept", "_list", "_tail", "_think", "_value", "done")

    def __init__(self, *, arrays: bool = False) -> None:
        self._arrays = arrays
        #: Whether the text is a list though an object was asked for; None while that is open.
        self._list: bool | None = False if arrays else None
        self._think = ThinkFilter()
        self._kept: list[str] = []
        self._tail = ""
        self._empty = ""
        self._value: Brackets | None = None
        #: True once the JSON is complete.
        self.done = False

    @property
    def started(self) -> bool:
        """True once some of the JSON was let through."""
        return self._value is not None

    def held(self) -> str:
        """Return what to show of an answer that ended without any of it let through.

        The empty object, if there was one; else the whole text.
        """
        if self.started:
            return ""
        text = "".join(self._kept)
        return json_text(text) if self._list else self._empty or text

    def feed(self, text: str) -> str:
        """Return the part of the next piece that belongs to the JSON."""
        if self._value is not None:
            return "" if self.done else self._inside(self._value, text, 0)
        self._kept.append(text)
        text, at = self._tail + self._think.feed(text)[1], 0
        if self._list is None:
            self._list = _opens_a_list(text)
        if self._list is not False:
            self._tail = "" if self._list else text
            return ""
        while True:
            start, certain = _begin(text, at, self._arrays)
            if not certain:
                self._tail = text[start:]
                return ""
            empty = _EMPTY.match(text, start)
            if empty is None:
                self._value = Brackets()
                return self._inside(self._value, text, start)
            self._empty = self._empty or empty.group()
            at = empty.end()

    def _inside(self, value: Brackets, text: str, start: int) -> str:
        end = value.end(text, start)
        self.done = end >= 0
        return text[start:end] if self.done else text[start:]


def _opens_a_list(text: str) -> bool | None:
    """Return whether a text is a list of objects; None while it is too short to know.

    Where one object was asked for, the first of a list is not what was meant.
    """
    begun = text.lstrip()
    if not begun or (begun[0] == "[" and not begun[1:].strip()):
        return None
    return begun[0] == "[" and begun[1:].lstrip()[0] == "{"


def _is_one_of_several(text: str, found: _Candidate) -> bool:
    """Return whether an object is the first of a list with more than that one."""
    if not _opens_a_list(text[_behind_thinking(text) :]):
        return False
    return not text[found.end :].lstrip().startswith("]")


def _begin(text: str, at: int, arrays: bool) -> tuple[int, bool]:
    """Return where a value begins, and True; else what is undecided yet (or the end), and False."""
    opening = _OBJECT_OR_ARRAY if arrays else _OBJECT
    while True:
        found = opening.search(text, at)
        if found is None:
            return len(text), False
        begins = _begins(text, found.start())
        if begins is not False:
            return found.start(), begins is True
        at = found.end()


def _begins(text: str, start: int) -> bool | None:
    """Return whether the bracket there begins JSON; None as long as the text is too short."""
    stop = min(len(text), start + _WINDOW)
    undecided = None if stop == len(text) and stop < start + _WINDOW else False
    at = _BLANK.match(text, start + 1, stop).end()  # type: ignore[union-attr]
    if at == stop:
        return undecided
    if text[start] == "[":
        return _begins_item(text[at : at + 5], undecided)
    if text[at] == "}":
        return True
    key = _KEY.match(text, at, stop)
    if key is None:
        return False
    at = key.end()
    if at == stop or (text[at] == "\\" and at + 1 == stop):
        return undecided
    at = _BLANK.match(text, at + 1, stop).end()  # type: ignore[union-attr]
    if at == stop:
        return undecided
    return text[at] == ":"


def _begins_item(text: str, undecided: bool | None) -> bool | None:
    if text[0] in ']{["-0123456789':
        return True
    if text.startswith(_WORDS):
        return True
    return undecided if any(word.startswith(text) for word in _WORDS) else False


class _Candidate(NamedTuple):
    """A part of a text that may be the JSON. ``value`` is set when it is ``valid``."""

    start: int
    end: int
    valid: bool
    value: Any = None

    @property
    def full(self) -> bool:
        return self.valid and bool(self.value)


def _candidate(text: str, start: int) -> _Candidate | None:
    """Return the value that begins there; None if it does not close."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        end = Brackets().end(text, start)
        return _Candidate(start, end, valid=False) if end >= 0 else None
    return _Candidate(start, end, valid=True, value=value)


def _best(text: str, arrays: bool) -> _Candidate | None:
    """Return the JSON of a text: the first value that is valid and not empty, if there is one.

    Else the first that is broken or cut, else the first empty one. A broken or cut value is never
    looked into: the objects in it are parts of an answer, not the answer.
    """
    at, last_tag = _behind_thinking(text), text.rfind(CLOSE_TAG)
    found: list[_Candidate] = []
    before: list[_Candidate] = []
    restarts = 0
    while True:
        start, certain = _begin(text, at, arrays)
        if found and at <= last_tag and text.find(CLOSE_TAG, at, start) >= 0:
            found, before = [], found  # what came before was reasoning
        if not certain:
            break
        made = _candidate(text, start)
        if made is not None:
            at = made.end
        else:
            made = _Candidate(start, len(text), valid=False)
            again = _RESTART.search(text, start) if restarts < _RESTARTS else None
            at = len(text) if again is None else again.end()
            restarts += 1
        found.append(made)
        if made.full and at > last_tag:
            break
    return _preferred(found) or _preferred(before)


def _behind_thinking(text: str) -> int:
    """Return where the text begins behind reasoning in tags."""
    if not text.lstrip().startswith(OPEN_TAG):
        return 0
    end = text.find(CLOSE_TAG)
    return end + len(CLOSE_TAG) if end >= 0 else len(text)


def _preferred(found: list[_Candidate]) -> _Candidate | None:
    full = (made for made in found if made.full)
    broken = (made for made in found if not made.valid)
    return next(full, None) or next(broken, None) or next(iter(found), None)


def json_text(text: str, *, arrays: bool = False) -> str:
    r"""Return the JSON of a whole text, or the text itself if it has no JSON.

    Args:
        text: An answer.
        arrays: Whether an array may be the answer; if not, ``[`` does not begin it.

    Examples:
        >>> json_text('Here: ```json\n{"a": 1}\n```')
        '{"a": 1}'
        >>> json_text('Of {x | x > 1} and {}: {"a": 1}. Is {b} fine?')
        '{"a": 1}'
    """
    found = _best(text, arrays)
    if found is None or (not arrays and _is_one_of_several(text, found)):
        return text
    return text[found.start : found.end]


def object_in(text: str) -> dict[str, Any] | None:
    """Return the JSON object of a text, or None if no object is valid and whole.

    Args:
        text: What the model wrote, with other words or a code fence around it or not.

    Examples:
        >>> from zhipu_client.conversation import object_in
        >>> object_in('Here it is: {"total": 7.7}')
        {'total': 7.7}
        >>> object_in('{"total": 7.') is None
        True
    """
    found = _best(text, arrays=False)
    return found.value if found is not None and found.valid else None


def partial_object(text: str) -> dict[str, Any] | None:
    """Return a JSON object that is still being written, as far as it goes; None before it begins.

    Args:
        text: What the model has written so far.

    Examples:
        >>> partial_object('Sure: {"name": "Ada", "born": 18')
        {'name': 'Ada', 'born': 18}
    """
    found = _best(text, arrays=False)
    if found is None or found.valid:
        return found.value if found is not None else None
    try:
        value = from_json(text[found.start : found.end], allow_partial="trailing-strings")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
