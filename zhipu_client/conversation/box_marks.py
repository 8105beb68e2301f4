"""GLM's box marks, which enclose the final answer of a vision model. Pure."""

from __future__ import annotations

from zhipu_client._lazy import pattern
from zhipu_client.conversation._quoting import Place
from zhipu_client.conversation.think_tags import begun

__all__ = ["BoxFilter", "without_marks"]

_MARKS = ("<|begin_of_box|>", "<|end_of_box|>")
_MARK = pattern(r"<\|(?:begin|end)_of_box\|>")


class BoxFilter:
    """Takes GLM's box marks off a text that comes in pieces.

    A mark that the answer speaks about is kept: in a code span, in a fence of backticks or tildes,
    or directly between quotation marks or brackets.

    Examples:
        >>> reader = BoxFilter()
        >>> reader.feed("It says <|begin_of"), reader.feed("_box|>HALT<|end_of_box|>.")
        ('It says ', 'HALT.')
        >>> without_marks("Behind `<|begin_of_box|>` it says <|begin_of_box|>HALT<|end_of_box|>.")
        'Behind `<|begin_of_box|>` it says HALT.'
    """

    __slots__ = ("_held", "_place", "_unread")

    def __init__(self) -> None:
        self._held = ""
        self._place = Place()
        #: Pieces that `_place` has not read yet: it is asked for marks only.
        self._unread: list[str] = []

    def feed(self, text: str) -> str:
        """Return the text that is certain after the next piece, without marks."""
        if not self._held and "<" not in text:
            self._unread.append(text)
            return text
        return self._read(self._held + text, last=False)

    def rest(self) -> str:
        """Return what is still held when the answer ends."""
        return self._read(self._held, last=True) if self._held else ""

    def _read(self, text: str, *, last: bool) -> str:
        self._held = ""
        found: list[str] = []
        at = 0
        while (mark := _MARK.search(text, at)) is not None:
            found.append(text[at : mark.start()])
            self._go_on(found[-1])
            at = mark.end()
            quote = self._place.quote
            if quote and not last and at == len(text):
                self._held = mark.group()
                return "".join(found)
            if self._place.in_code or (quote and text[at : at + 1] == quote):
                found.append(mark.group())
                self._place.feed(mark.group())
        end = len(text) if last else len(text) - begun(text[at:], _MARKS)
        self._held = text[end:]
        self._unread.append(text[at:end])
        return "".join([*found, text[at:end]])

    def _go_on(self, text: str) -> None:
        self._place.feed("".join([*self._unread, text]))
        self._unread = []


def without_marks(text: str) -> str:
    """Return a whole text without GLM's box marks.

    Examples:
        >>> without_marks("<|begin_of_box|>42<|end_of_box|>")
        '42'
    """
    if "<|" not in text:
        return text
    reader = BoxFilter()
    return reader.feed(text) + reader.rest()
