"""Where a JSON object or array ends, found while its text is still coming. Pure."""

from __future__ import annotations

from zhipu_client._lazy import pattern

__all__ = ["BLANKS", "Brackets"]

#: What JSON allows between two tokens.
BLANKS = " \t\r\n"
_OUTSIDE = pattern(r'["{}\[\]]')
_INSIDE = pattern(r'["\\]')


class Brackets:
    r"""Follows one bracketed JSON value through pieces of text, whatever the cuts.

    It counts brackets outside of strings and checks nothing else. Each character is looked at once.

    Examples:
        >>> reader = Brackets()
        >>> reader.end('{"a": "}'), reader.end('"} and')
        (-1, 2)
    """

    __slots__ = ("_depth", "_escaped", "_inside")

    def __init__(self) -> None:
        self._depth = 0
        self._inside = False
        self._escaped = False

    def copy(self) -> Brackets:
        """Return another one that has come as far."""
        made = Brackets()
        made._depth, made._inside, made._escaped = self._depth, self._inside, self._escaped
        return made

    @property
    def outside(self) -> bool:
        """True between the strings and brackets of what has come."""
        return not self._inside and self._depth == 0

    def end(self, text: str, start: int = 0) -> int:
        """Return the place behind the closing bracket, or -1 if it is not in this text.

        Args:
            text: The next piece. The first bracket of all opens the value.
            start: Where to begin to look.
        """
        at = start
        if self._escaped and at < len(text):
            at, self._escaped = at + 1, False
        while True:
            found = (_INSIDE if self._inside else _OUTSIDE).search(text, at)
            if found is None:
                return -1
            at = found.end()
            char = found.group()
            if char == '"':
                self._inside = not self._inside
            elif char == "\\":
                if at == len(text):
                    self._escaped = True
                    return -1
                at += 1
            elif char in "{[":
                self._depth += 1
            else:
                self._depth -= 1
                if self._depth <= 0:
                    return at
