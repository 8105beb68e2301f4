"""Values in a text: quotations, addresses, dates, times, codes, numbers, names."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from typing import Any, NamedTuple

from zhipu_emulator.brain.words import CJK, is_cjk, lexicon, stem


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
_MOST_DIGITS = 300
_TOO_LARGE = 1e300  # JSON has no infinity
_QUOTED = re.compile(
    r"\"([^\"\n]+)\"|“([^”]+)”|「([^」]+)」|《([^》]+)》|`([^`\n]+)`|‘([^’]+)’"
    r"|(?<![A-Za-z0-9])'((?:[^'\n]|(?<=[A-Za-z0-9])'(?=[A-Za-z0-9]))+)'(?![A-Za-z0-9])"
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?:https?|ftp)://[^\s\"'<>，。）)]*[^\s\"'<>，。）).,;!?]")
_CODE = re.compile(
    r"(?<![\w-])#?(?=[\w-]*\d)(?=[\w-]*[A-Za-z-])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![\w-])"
)
_MONTHS = lexicon()["months"]
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTHS)
_DAYS = lexicon()["weekdays"]
_FULL_DATE = re.compile(
    r"\b(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})\b"
    r"|(?:(?P<cy>\d{4})年)?(?P<cm>\d{1,2})月(?P<cd>\d{1,2})[日号]"
    rf"|\b(?:(?P<em>{_MONTH})\.?\s+(?P<ed>\d{{1,2}})(?:st|nd|rd|th)?"
    rf"|(?P<fd>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<fm>{_MONTH}))\b"
    r"(?:,?\s+(?P<ey>\d{4}))?",
    re.IGNORECASE,
)
_RELATIVE = lexicon()["relative_days"]
_RELATIVE_DATE = re.compile(
    "|".join(rf"\b{word}\b" if word.isascii() else word for word in _RELATIVE)
    + rf"|\b(?:next |this )?(?:{'|'.join(_DAYS)})\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\b\.?)?|\b\d{1,2}\s*[ap]\.?m\b\.?|\bnoon\b|\bmidnight\b"
    r"|(?:上午|下午|晚上|早上|中午)?\d{1,2}[点时](?:\d{1,2}分?|半)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.])(?:(?<![\d)\s])[-−]|(?<=\s)[-−](?=\d)|^[-−])?"
    r"\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?",
    re.IGNORECASE | re.MULTILINE,
)
_WORDS, _SCALE = lexicon()["numbers"], lexicon()["scale"]
_NUMBER_WORD = "|".join(sorted({*_WORDS, *_SCALE}, key=len, reverse=True))
_WRITTEN = re.compile(
    rf"(?<![\w-])(?:{_NUMBER_WORD})(?:[\s-]+(?:and\s+)?(?:{_NUMBER_WORD}))*(?![\w-])",
    re.IGNORECASE,
)
_NAME_WORD = r"[A-ZÀ-ÖØ-Þ][\w'’&-]*(?:\.(?=[A-Z]))?"
_NAME = re.compile(
    rf"{_NAME_WORD}(?:(?:\s+(?:of|the|de|la|von|van|del|da)(?:\s+the)?)*[ \t]+{_NAME_WORD})*"
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
_JOINT = re.compile(
    r"\s*(?:,|，|、|;|&|\band\b|\bor\b|\bvs\.?|和|与|及|跟|以及|还有|或)"
    r"(?:\s*(?:and|or))?\s*(?:in|of|for|the|at)?\s*",
    re.IGNORECASE,
)


class Passage:
    """A text and the values in it. ``today`` is what "tomorrow" is counted from.

    Of a very long text only the beginning is read.
    """

    def __init__(self, text: str, today: dt.date) -> None:
        self.text = text[:_LONGEST]
        self.today = today

    def of(self, *kinds: str) -> list[Span]:
        """The values of these kinds, in the order of the text."""
        return sorted(span for kind in kinds for span in self._found[kind])

    def without(self, kind: str) -> None:
        """Leave out the values of a kind."""
        self._found[kind] = []

    @cached_property
    def _found(self) -> dict[str, list[Span]]:
        text = self.text
        found: dict[str, list[Span]] = {
            "url": [Span(*m.span(), m.group(), "url") for m in _URL.finditer(text)],
            "mail": [Span(*m.span(), m.group(), "mail") for m in _EMAIL.finditer(text)],
            "quote": [
                Span(*m.span(), next(filter(None, m.groups())).strip(), "quote")
                for m in _QUOTED.finditer(text)
            ],
            "date": list(self._dates()),
            "time": [Span(*m.span(), m.group().strip(), "time") for m in _TIME.finditer(text)],
        }
        apart = [span for kind in ("url", "mail", "date", "time") for span in found[kind]]
        codes = (Span(*m.span(), m.group(), "code") for m in _CODE.finditer(text))
        found["code"] = [span for span in codes if not span.overlaps(apart)]
        found["number"] = [s for s in _numbers(text) if not s.overlaps([*apart, *found["code"]])]
        apart = [*found["url"], *found["mail"], *found["quote"]]
        names = [span for span in [*_latin(text), *_han(text)] if not span.overlaps(apart)]
        names = [s for s in names if not s.overlaps(d for d in found["date"] if d.start <= s.start)]
        found["name"] = [span for span in names if span.kind == "name"]
        found["phrase"] = [span for span in names if span.kind == "phrase"]
        if not found["name"]:
            apart += [*found["date"], *names]
            lower = (Span(*m.span(1), m[1], "phrase") for m in _LOWER.finditer(text))
            found["phrase"] += [s for s in lower if not s.overlaps(apart) and _telling(s.value)]
        return found

    def _dates(self) -> Iterator[Span]:
        for match in _FULL_DATE.finditer(self.text):
            if day := self._day(match.groupdict(default="")):
                yield Span(*match.span(), day, "date")
        for match in _RELATIVE_DATE.finditer(self.text):
            yield Span(*match.span(), self._relative(match.group().lower()), "date")

    def _day(self, part: dict[str, str]) -> dt.date | None:
        month = part["m"] or part["cm"] or (part["em"] or part["fm"]).lower()[:3]
        if not month.isdigit():
            month = str(1 + next(i for i, name in enumerate(_MONTHS) if name.startswith(month)))
        year = int(part["y"] or part["cy"] or part["ey"] or self.today.year)
        day = int(part["d"] or part["cd"] or part["ed"] or part["fd"])
        try:
            return dt.date(year, int(month), day)
        except ValueError:
            return None

    def _relative(self, word: str) -> dt.date:
        if word in _RELATIVE:
            return self.today + dt.timedelta(days=_RELATIVE[word])
        wanted = _DAYS.index(word.rsplit(maxsplit=1)[-1])
        return self.today + dt.timedelta(days=(wanted - self.today.weekday() - 1) % 7 + 1)

    def joined(self, span: Span, spans: Iterable[Span]) -> list[Span]:
        """The list that ``span`` is part of: "A, B and C"; only itself when it is not in one."""
        row = sorted(spans)
        first = last = next(i for i, other in enumerate(row) if other[:2] == span[:2])
        while first > 0 and self._together(row[first - 1], row[first]):
            first -= 1
        while last + 1 < len(row) and self._together(row[last], row[last + 1]):
            last += 1
        return row[first : last + 1]

    def _together(self, one: Span, two: Span) -> bool:
        return bool(_JOINT.fullmatch(self.text[one.end : two.start]))


def _numbers(text: str) -> Iterator[Span]:
    for match in _NUMBER.finditer(text):
        if abs(value := _digits(match.group())) < _TOO_LARGE:
            yield Span(*match.span(), value, "number")
    for match in _WRITTEN.finditer(text):
        yield Span(*match.span(), _written(match.group().lower()), "number")


def _digits(text: str) -> int | float:
    text = text.replace(",", "").replace("−", "-")
    value = float(text)
    if not value.is_integer() or "." in text:
        return value
    return int(text) if text.lstrip("-").isdigit() and len(text) < _MOST_DIGITS else int(value)


def _written(text: str) -> int:
    total = current = 0
    for word in re.split(r"[\s-]+", text):
        if word == "hundred":
            current = max(current, 1) * 100
        elif word in _SCALE:
            total, current = total + max(current, 1) * _SCALE[word], 0
        else:
            current += _WORDS.get(word, 0)
    return total + current


def spelled_out(text: str) -> str:
    """The text with written numbers in digits: "twenty one" as 21."""
    return _WRITTEN.sub(lambda match: str(_written(match.group().lower())), text)


def _latin(text: str) -> Iterator[Span]:
    """Capitalised words, without the word that only opens a sentence: "Ask Ada" is Ada."""
    openers = {*lexicon()["openers"]}
    for match in _NAME.finditer(text):
        place = match.start()
        at_start = bool(_SENTENCE_START.search(text, max(0, place - 9), place))
        words, opened = list(re.finditer(r"\S+", match.group())), False
        while at_start and words and re.split(r"['’,]", words[0].group().lower())[0] in openers:
            words, opened = words[1:], True
        if not words or match.group() in ("I", "OK", "JSON"):
            continue
        value = re.sub(r"['’]s$", "", match.group()[words[0].start() :])
        start = match.start() + words[0].start()
        alone = at_start and not opened and len(words) == 1
        yield Span(start, start + len(value), value, "phrase" if alone else "name")


@cache
def _common_han() -> list[str]:
    data = lexicon()
    common = {*data["cjk_noise"]}
    common |= {w for words in data["concepts"].values() for w in words if len(w) > 1}
    common |= {w for role in data["roles"].values() for w in role["names"]}
    return sorted((word for word in common if is_cjk(word)), key=len, reverse=True)


def _han(text: str) -> Iterator[Span]:
    """What is left of Chinese text when the common words are taken out."""
    for run in re.finditer(rf"[{CJK}]+", text):
        masked = run.group()
        for word in _common_han():
            masked = masked.replace(word, " " * len(word))
        for part in re.finditer(r"\S{2,}", masked):
            start = run.start() + part.start()
            yield Span(start, start + len(part.group()), part.group(), "name")


def _telling(phrase: str) -> bool:
    openers, generic = {*lexicon()["openers"]}, {stem(w) for w in lexicon()["generic"]}
    return any(w not in openers and stem(w) not in generic for w in phrase.split())
