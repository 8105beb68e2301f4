"""Finds the JSON in an answer that should be nothing else: fences, boxes and prefaces cut. Pure."""

from __future__ import annotations

__all__ = ["JsonFilter", "json_text"]

_CLOSING = {"{": "}", "[": "]"}


class JsonFilter:
    """Lets through one JSON object (or array) of a text that comes in pieces.

    GLM puts JSON into a code fence or between ``<|begin_of_box|>`` marks at times, or says a word
    before it. What comes before the first bracket is kept back, what follows its end is dropped.

    Args:
        arrays: Whether an array may be the answer; if not, ``[`` does not begin it.
    """

    __slots__ = ("_depth", "_escaped", "_in_string", "_kept", "_opening", "done")

    def __init__(self, *, arrays: bool = False) -> None:
        self._opening = "{[" if arrays else "{"
        self._kept: list[str] = []
        self._depth = 0
        self._in_string = False
        self._escaped = False
        #: True once the JSON is complete.
        self.done = False

    @property
    def started(self) -> bool:
        """True once the first bracket has come."""
        return self._depth > 0 or self.done

    def held(self) -> str:
        """What came before any JSON."""
        return "".join(self._kept)

    def feed(self, text: str) -> str:
        """The part of the next piece that belongs to the JSON."""
        if self.done:
            return ""
        start = 0
        if not self._depth:
            places = [place for mark in self._opening if (place := text.find(mark)) >= 0]
            if not places:
                self._kept.append(text)
                return ""
            start = min(places)
            self._kept.append(text[:start])
        for place in range(start, len(text)):
            if self._ends_with(text[place]):
                self.done = True
                return text[start : place + 1]
        return text[start:]

    def _ends_with(self, char: str) -> bool:
        """Take the next character; True when the JSON is complete with it."""
        if self._in_string:
            if self._escaped:
                self._escaped = False
            elif char == "\\":
                self._escaped = True
            elif char == '"':
                self._in_string = False
        elif char == '"':
            self._in_string = True
        elif char in _CLOSING:
            self._depth += 1
        elif char in "}]":
            self._depth -= 1
            return self._depth <= 0
        return False


def json_text(text: str, *, arrays: bool = False) -> str:
    r"""The JSON of a whole text; the text itself where there is none.

    Example:
        >>> json_text('Here: ```json\n{"a": 1}\n```')
        '{"a": 1}'
    """
    reader = JsonFilter(arrays=arrays)
    found = reader.feed(text)
    return found if reader.started else text
