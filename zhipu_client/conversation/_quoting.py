"""Whether a place in a text is quoted: in code, in a quotation, in brackets. Pure.

An answer that speaks about a tag of the model quotes it, in most cases: in a Markdown code span, in
a fence of backticks or tildes, between quotation marks, in the markup of an example.
"""

from __future__ import annotations

from zhipu_client._lazy import pattern

__all__ = ["Place"]

#: Opening mark -> closing mark of what may be directly around a quoted tag.
_CLOSING = {
    "`": "`", '"': '"', "'": "'", "“": "”", "‘": "’", "「": "」", "『": "』", "«": "»", "(": ")",
    "（": "）", "[": "]", "【": "】", "《": "》",
}  # fmt: skip

_RUN = pattern(r"\n|`+|~+|[\"“”「」『』]|[^\n`~\"“”「」『』]+")
#: Opening quotation mark -> how many more are open behind it.
_DEPTH = {"“": 1, "「": 1, "『": 1, "”": -1, "」": -1, "』": -1}
#: The most blanks in front of a fence or of a block quote: more are an indented code block.
_INDENT = 3
_FENCE = 3
#: How much of the text before a place is kept to look at.
_TAIL = 80


class Place:
    """Where in a text one is, as far as it has come: in code, in a quotation, at a line's start.

    Give it the text in pieces, whatever the cuts. Each character is looked at once.

    Examples:
        >>> place = Place()
        >>> place.feed("Write `"), place.in_code
        (None, True)
        >>> place.feed('x` and say "'), place.in_code, place.in_quotation
        (None, False, True)
    """

    __slots__ = (
        "_blank", "_fence", "_held", "_line", "_opened", "_quotes", "_span", "_straight", "_tail",
    )  # fmt: skip

    def __init__(self) -> None:
        #: Whether the line has only blanks so far, and its first characters.
        self._blank = True
        self._line = ""
        #: The fence that is open, and whether it was opened on this line.
        self._fence = ""
        self._opened = False
        #: How many backticks opened the code span that is open.
        self._span = 0
        self._straight = False
        self._quotes = 0
        #: A run of backticks or tildes that may go on.
        self._held = ""
        self._tail = ""

    @property
    def before(self) -> str:
        """The last characters that came."""
        return self._tail

    @property
    def at_line_start(self) -> bool:
        """True where the line has nothing but up to three blanks so far."""
        return self._blank and len(self._line) <= _INDENT

    @property
    def in_code(self) -> bool:
        """True in a code span or in a fence of backticks or tildes."""
        held, self._held = self._held, ""
        if held:
            self._run(held, "")
        return bool(self._span or self._fence)

    @property
    def in_quotation(self) -> bool:
        """True between quotation marks of this line, or in a block quote."""
        quoted = self._line.lstrip(" ").startswith(">")
        return quoted or self._straight or self._quotes > 0

    @property
    def quote(self) -> str:
        """The mark that would close a quotation which begins here; empty where none does."""
        last, earlier = self._tail[-1:], self._tail[-2:-1]
        if last == "`":
            return "`" if self.in_code else ""
        if last == '"':
            return '"' if self._straight else ""
        if last == "'":
            return "" if earlier.strip() and earlier not in _CLOSING else "'"
        return _CLOSING.get(last, "")

    def feed(self, text: str) -> None:
        """Go on by a piece of the text."""
        self._tail = (self._tail + text)[-_TAIL:]
        runs = _RUN.findall(self._held + text)
        self._held = ""
        for number, run in enumerate(runs, 1):
            if run[0] not in "`~":
                self._token(run)
            elif number < len(runs):
                self._run(run, runs[number])
            else:
                self._held = run

    def _token(self, run: str) -> None:
        if run == "\n":
            if self._blank and not self._fence:
                self._span = 0  # a code span ends with its paragraph
            self._blank, self._line, self._opened = True, "", False
            self._straight, self._quotes = False, 0
            return
        if not (self._span or self._fence):
            if run == '"':
                self._straight = not self._straight
            self._quotes = max(0, self._quotes + _DEPTH.get(run, 0))
        if self._blank:
            self._line = (self._line + run)[:_TAIL]
            self._blank = not self._line.strip(" \t")

    def _run(self, run: str, following: str) -> None:
        """Take a whole run of backticks or tildes, and what comes behind it."""
        at_start = self.at_line_start
        self._blank = False
        if self._fence:
            if self._opened and run[0] == "`" == self._fence[0]:
                # Backticks on the line of the fence: it was a code span.
                self._span = 0 if len(run) == len(self._fence) else len(self._fence)
                self._fence = ""
            elif at_start and run[0] == self._fence[0] and len(run) >= len(self._fence):
                # A name behind it: another fence begins, as text of this one.
                self._fence = self._fence if following[:1].isalnum() else ""
        elif self._span:
            self._span = 0 if run[0] == "`" and len(run) == self._span else self._span
        elif at_start and len(run) >= _FENCE:
            self._fence, self._opened = run, True
        elif run[0] == "`":
            self._span = len(run)
