"""Values in a text: quotations, addresses, dates, times, codes, numbers, names."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache, cached_property
from typing import Any, NamedTuple

from zhipu_emulator.brain.arithmetic import expressions
from zhipu_emulator.brain.numbers import COUNTS, numbers
from zhipu_emulator.brain.words import CJK, Term, either, is_cjk, lexicon, stem


class Span(NamedTuple):
    """A value, where it is, and its kind: one of ``KINDS``."""

    start: int
    end: int
    value: Any
    kind: str = ""

    def __lt__(self, other: tuple[Any, ...]) -> bool:
        """Whether it comes first in the text; values of two kinds cannot be compared."""
        return (self.start, self.end) < other[:2]

    def overlaps(self, others: Iterable[Span]) -> bool:
        """Whether it shares a character with one of ``others``."""
        return any(self.start < other.end and other.start < self.end for other in others)


# A "phrase" may as well not be a value: lower case, or one word at the start of a sentence.
KINDS = ("url", "mail", "quote", "date", "time", "code", "number", "name", "phrase")
_LONGEST = 6_000  # characters; the time of some patterns grows faster than the text
_MOST_SUMS = 20
_MONTHS = lexicon()["months"]
# Letters of ASCII only: otherwise "ſ" is an "s" to a pattern, and to nothing else.
_MONTH = f"(?a:{'|'.join(_MONTHS)})"
_DAYS = lexicon()["weekdays"]
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"\b(?:,?\s+(?P<y>\d{4}))?"
_DATES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})\b",
        r"(?:(?P<y>\d{4})年)?(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]",
        rf"\b(?P<m>{_MONTH})\.?\s+{_DAY}{_YEAR}",
        rf"\b{_DAY}\s+(?:of\s+)?(?P<m>{_MONTH}){_YEAR}",
    )
]
_RELATIVE = lexicon()["relative_days"]
_RELATIVE_DATE = re.compile(
    "|".join(rf"\b(?a:{word})\b" if word.isascii() else word for word in _RELATIVE)
    + rf"|\b(?a:next |this )?(?a:{'|'.join(_DAYS)})\b",
    re.IGNORECASE,
)
_FORMS = {
    "url": re.compile(r"(?:https?|ftp)://[^\s\"'<>，。）)]*[^\s\"'<>，。）).,;!?]"),
    "mail": re.compile(r"(?a:(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+)"),
    "quote": re.compile(
        r"\"([^\"\n]+)\"|“([^”]+)”|「([^」]+)」|《([^》]+)》|`([^`\n]+)`|‘([^’]+)’"
        r"|(?<![A-Za-z0-9])'((?:[^'\n]|(?<=[A-Za-z0-9])'(?=[A-Za-z0-9]))+)'(?![A-Za-z0-9])"
    ),
    "time": re.compile(
        r"\b\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\b\.?)?|\b\d{1,2}\s*[ap]\.?m\b\.?"
        r"|\bnoon\b|\bmidnight\b|(?:上午|下午|晚上|早上|中午)?(?!一点)(?:\d{1,2}|[一二两三四五六七八九十]{1,3})[点时](?:\d{1,2}分?|半)?",
        re.IGNORECASE,
    ),
    "code": re.compile(
        r"(?a:(?<![\w-])#?(?=[\w-]*\d)(?=[\w-]*[A-Za-z-])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![\w-]))"
    ),
}
_NAME_WORD = r"[A-ZÀ-ÖØ-Þ][\w'’&-]*(?:\.(?=[A-Z]))?"
_NAME = re.compile(
    rf"{_NAME_WORD}(?:(?:\s+(?:of|the|de|la|von|van|del|da))*[ \t]+{_NAME_WORD})*"
    r"(?:,\s*[A-Z]{2}\b)?"  # a town's state
)
_SENTENCE_START = re.compile(r"(?:^|[.!?。！？:;\n\"“(]\s*|[\n.!?]\s*[-*#>]\s*)[\"'“‘(]*$")
_PREPOSITION = r"(?:in|at|for|near|of|from|to|about|on|between)"
_LOWER = re.compile(
    rf"\b{_PREPOSITION}\s+(?:the\s+|a\s+|an\s+|my\s+)?"
    r"([a-z][a-z'’-]*(?:\s+[a-z][a-z'’-]*){0,3}?)"
    rf"(?=\s*(?:[?.!,;:]|$)|\s+(?:{_PREPOSITION}|by|with|and|or|using|today|tomorrow|now|please"
    r"|right|is|are|was|as)\b)"
)
JOINT = re.compile(  # of a list
    r"\s*(?:[,，、;；&]|\b(?:and|or|plus|vs)\b\.?|和|与|及|跟|以及|还有|或)"
    r"(?:\s*(?:and|or)\b)?\s*(?:(?:in|of|for|the|at)\b)?\s*",
    re.IGNORECASE,
)


class Passage:
    """A text and the values in it. Of a very long text only the beginning is read.

    Args:
        text: The text.
        today: What "tomorrow" is counted from.
        words: The words of the function that is called: they are the order, not its arguments.
        item: Whether it is one item of a list, where every word counts.
    """

    def __init__(
        self, text: str, today: dt.date, words: Sequence[Term] = (), *, item: bool = False
    ) -> None:
        self.text = text[:_LONGEST]
        self.today = today
        self.words = words
        self.item = item

    def of(self, *kinds: str) -> list[Span]:
        """The values of these kinds, in the order of the text."""
        return sorted(span for kind in kinds for span in self._found[kind])

    def without(self, spans: Iterable[Span]) -> str:
        """The text with blanks in the place of some values."""
        left = list(self.text)
        for span in spans:
            left[span.start : span.end] = " " * (span.end - span.start)
        return "".join(left)

    @cached_property
    def _found(self) -> dict[str, list[Span]]:
        text = self.text
        found: dict[str, list[Span]] = {kind: [] for kind in KINDS}
        for kind, match in (
            (kind, m) for kind, form in _FORMS.items() for m in form.finditer(text)
        ):
            found[kind].append(Span(*match.span(), match[match.lastindex or 0].strip(), kind))

        def apart(spans: Iterable[Span], *kinds: str) -> list[Span]:
            others = [span for kind in kinds for span in found[kind]]
            return [span for span in spans if not span.overlaps(others)]

        found["date"] = list(self._dates())
        found["code"] = apart(found["code"], "url", "mail", "date", "time")
        counted = (Span(*one, "number") for one in numbers(text))
        found["number"] = apart(counted, "url", "mail", "date", "time", "code")
        order = {term.stem for term in self.words}
        # "SF123456到哪了" is a code and what is asked of it.
        codes = {code.start for code in found["code"] if is_cjk(text[code.end :])}
        latin = [span for span in _latin(text, order) if span.start not in codes]
        names = apart([*latin, *_han(text)], "url", "mail", "quote", "date")
        found |= {kind: [s for s in names if s.kind == kind] for kind in ("name", "phrase")}
        lower = (Span(*m.span(1), m[1], "phrase") for m in _LOWER.finditer(text))
        lower = (span for span in lower if stem(span.value.split()[0]) not in order)
        found["phrase"] += apart(lower, "url", "mail", "quote", "date", "phrase")
        return found

    @cached_property
    def operands(self) -> set[Span]:
        """The numbers of the sums in the text: what is to be reckoned, not what comes out."""
        given = self.of("number")
        values = [float(span.value) for span in given]
        found: set[Span] = set()
        for sum_ in expressions(self.text)[:_MOST_SUMS]:
            wanted = sorted(map(float, re.findall(r"\d+(?:\.\d+)?", sum_)))
            for place in range(len(given) - len(wanted) + 1):
                if sorted(values[place : place + len(wanted)]) == wanted:
                    found |= {*given[place : place + len(wanted)]}
        return found

    def _dates(self) -> Iterator[Span]:
        for match in (match for form in _DATES for match in form.finditer(self.text)):
            month = _MONTHS.get(match["m"].lower()) or int(match["m"])
            with suppress(ValueError):  # the 30th of February
                day = dt.date(int(match["y"] or self.today.year), month, int(match["d"]))
                yield Span(*match.span(), day.isoformat(), "date")
        for match in _RELATIVE_DATE.finditer(self.text):
            word = match.group().lower()
            ahead = (n for n in range(1, 8) if _DAYS[(self.today.weekday() + n) % 7] in word)
            days = _RELATIVE[word] if word in _RELATIVE else next(ahead)
            yield Span(*match.span(), (self.today + dt.timedelta(days)).isoformat(), "date")

    def joined(self, span: Span, spans: Iterable[Span]) -> list[Span]:
        """The list that ``span``, one of ``spans``, is part of: "A, B and C"; else only itself."""
        rows: list[list[Span]] = []
        for one in sorted(spans):
            if rows and JOINT.fullmatch(self.text[rows[-1][-1].end : one.start]):
                rows[-1].append(one)
            else:
                rows.append([one])
        return next(row for row in rows if span in row)


def _latin(text: str, order: Collection[str]) -> Iterator[Span]:
    """Capitalised words, without the word that only opens a sentence: "Ask Ada" is Ada."""
    openers = {*lexicon()["openers"]}
    listed = re.compile(r"\s*[,，、;；|]")
    for match in _NAME.finditer(text):
        place = match.start()
        at_start = bool(_SENTENCE_START.search(text, max(0, place - 9), place))
        words, opened = list(re.finditer(r"\S+", match.group())), False
        while words and (first := re.split(r"['’,]", words[0].group().lower())[0]):
            letter = len(first) == 1 and listed.match(text, place + words[0].end())  # "A, 36"
            if letter or (first not in openers and not (at_start and stem(first) in order)):
                break
            words, opened = words[1:], True
        start = place + (words[0].start() if words else 0)
        value = re.sub(r"['’]s$", "", text[start : match.end()])
        in_list = bool(listed.match(text, match.end()))
        if words and (value.lower() not in openers or (in_list and len(value) == 1)):
            alone = at_start and not opened and len(words) == 1 and not in_list
            yield Span(start, start + len(value), value, "phrase" if alone else "name")


@cache
def _common_han() -> re.Pattern[str]:
    data = lexicon()
    meant = [  # without what makes another word of them, as of 显示 a 显示器
        f"{w}(?![器机员师家费表计站])"
        for words in data["concepts"].values()
        for w in words
        if len(w) > 1 and not w.endswith(("器", "元"))
    ]
    named = [w for names in data["roles"].values() for w in names]
    common = either([*data["cjk_noise"], *meant, *named])
    return re.compile(f"{COUNTS}|{common.pattern}")


def _han(text: str) -> Iterator[Span]:
    """What is left of Chinese text when the common words are taken out."""
    masked = _common_han().sub(lambda word: " " * len(word[0]), text)
    for part in re.finditer(rf"[{CJK}]{{2,}}", masked):
        yield Span(*part.span(), part.group(), "name")
