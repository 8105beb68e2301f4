"""A call's arguments while they are still coming, each character looked at once. Pure."""

from __future__ import annotations

from typing import Any

from zhipu_client.chat._brackets import Brackets
from zhipu_client.conversation.arguments import read_arguments

__all__ = ["GrowingArguments"]

#: How much may follow the object before the arguments are no longer read anew: residue is shorter.
_BEHIND = 32


class GrowingArguments:
    """What is known of a call's arguments after some of their pieces. It never changes.

    An object is read once it is closed, and no sooner: what was cut must not run. Other forms
    (text that contains an object, markup) are whole only when the answer is.

    Attributes:
        length: How many characters have come.
        value: The arguments, once they are a whole object; else None.

    Examples:
        >>> first = GrowingArguments.of('{"city": "Ber')
        >>> both = first.grown('{"city": "Bergen"}')
        >>> first.value, both.value
        (None, {'city': 'Bergen'})
    """

    __slots__ = ("_brackets", "_end", "_object", "length", "value")

    def __init__(self) -> None:
        self.length = 0
        self.value: dict[str, Any] | None = None
        self._brackets = Brackets()
        #: Whether the text begins with an object; None while it is blank.
        self._object: bool | None = None
        #: Where the object ends, or -1.
        self._end = -1

    @classmethod
    def of(cls, text: str) -> GrowingArguments:
        """Return what is known of a first piece."""
        return cls().grown(text)

    def grown(self, text: str) -> GrowingArguments:
        """Return what is known after more has come.

        Args:
            text: All that has come, with this one's at its beginning.
        """
        made = GrowingArguments()
        piece = text[self.length :]
        made.length, made.value = len(text), self.value
        made._object, made._end, made._brackets = self._object, self._end, self._brackets
        if made._object is None and piece.strip():
            made._object = piece.lstrip().startswith("{")
        if not made._object or not piece.strip():
            return made
        if made._end < 0:
            made._brackets = self._brackets.copy()
            end = made._brackets.end(piece)
            made._end = self.length + end if end >= 0 else -1
        if made._end >= 0:
            short = made.length - made._end <= _BEHIND
            made.value = read_arguments(text).value if short else None
        return made
