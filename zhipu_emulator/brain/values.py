"""Values that stand in a text: numbers, quotations, names, dates, addresses, expressions."""

from __future__ import annotations

import datetime as dt
import re
from functools import cached_property
from typing import Any, NamedTuple

from zhipu_emulator.brain.words import CJK, is_cjk, lexicon, sentences, stem


class Span(NamedTuple):
    """A value and where it stands."""

    start: int
    end: int
    value: Any
    weak: bool = False

    def overlaps(self, others: list[Span]) -> bool:
        """Whether it shares a character with one of ``others``."""
        return any(self.start < other.end and other.start < self.end for other in others)


_LONGEST = 6_000  # characters
_MOST_DIGITS = 300
_TOO_LARGE = 1e300  # JSON has no infinity
_QUOTED = re.compile(
    r"\"([^\"\n]+)\"|“([^”]+)”|「([^」]+)」|『([^』]+)』|《([^》]+)》|`([^`\n]+)`|‘([^’]+)’"
    r"|(?<![A-Za-z0-9])'((?:[^'\n]|(?<=[A-Za-z0-9])'(?=[A-Za-z0-9]))+)'(?![A-Za-z0-9])"
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?:https?|ftp)://[^\s\"'<>，。）)]+")
_PATH = re.compile(
    r"(?<![\w/:])(?:~?/[\w.-]+(?:/[\w.-]+)*/?|[\w-]+(?:/[\w.-]+)+|[\w-]+\.[a-z]{2,4}\b)"
)
_CODE = re.compile(
    r"(?<![\w-])#?(?=[\w-]*\d)(?=[\w-]*[A-Za-z-])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![\w-])"
)
_ISO = re.compile(r"\b\d{4}-\d{1,2}-\d{1,2}\b")
_CN_DATE = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})[日号]")
_MONTHS = (
    "january february march april may june july august september october november december"
).split()
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTHS)
_MONTH_DAY = re.compile(
    rf"\b(?:(?P<m1>{_MONTH})\.?\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?"
    rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m2>{_MONTH}))\b(?:,?\s+(?P<year>\d{{4}}))?",
    re.IGNORECASE,
)
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_RELATIVE = {
    "day after tomorrow": 2, "tomorrow": 1, "today": 0, "tonight": 0, "yesterday": -1,
    "后天": 2, "明天": 1, "今天": 0, "今晚": 0, "昨天": -1,
}  # fmt: skip
_RELATIVE_DATE = re.compile(
    "|".join([*(rf"\b{w}\b" if w.isascii() else w for w in _RELATIVE)])
    + rf"|\b(?:next |this )?(?:{'|'.join(_DAYS)})\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b\d{1,2}:\d{2}(?::\d{2})?\s*(?:[ap]\.?m\b\.?)?|\b\d{1,2}\s*[ap]\.?m\b\.?|\bnoon\b|\bmidnight\b"
    r"|(?:上午|下午|晚上|早上|中午)?\d{1,2}[点时](?:\d{1,2}分?|半)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.])(?:(?<![\d)\s])[-−]|(?<=\s)[-−](?=\d)|^[-−])?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?"
    r"(?:\s?(?:million|billion|thousand|万|亿))?",
    re.IGNORECASE | re.MULTILINE,
)
_SCALE = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "万": 10**4, "亿": 10**8}
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = {w: n for n, w in enumerate(_UNITS)} | {w: 10 * n for n, w in enumerate(_TENS, 2)}
_WORDS |= {"dozen": 12, "twice": 2, "thrice": 3}
_NUMBER_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_WRITTEN = re.compile(
    rf"(?<![\w-])(?:{_NUMBER_WORD}|hundred|thousand|million)"
    rf"(?:[\s-]+(?:and\s+)?(?:{_NUMBER_WORD}|hundred|thousand|million))*(?![\w-])",
    re.IGNORECASE,
)
_CN_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_CN_NUMBER = re.compile(
    r"[零一二三四五六七八九十百千两]+(?=[个位名天人次份张条只本晚岁元块小分秒年月周杯件加减乘除+和与,，。]|$)"
)
_NAME_WORD = r"[A-ZÀ-ÖØ-Þ][\w'’&-]*(?:\.(?=[A-Z]))?"
_NAME = re.compile(
    rf"{_NAME_WORD}"
    rf"(?:(?:\s+(?:of|the|de|la|von|van|del|da)(?:\s+the)?)*[ \t]+{_NAME_WORD}|\.[A-Z]\w*)*"
    r"(?:,\s*[A-Z]{2}\b)?"
)
_LOWER = re.compile(
    r"\b(?:in|at|for|near|of|from|to|about|on|between)\s+(?:the\s+|a\s+|an\s+|my\s+)?"
    r"([a-z][a-z'’-]*(?:\s+[a-z][a-z'’-]*){0,3}?)"
    r"(?=\s*(?:[?.!,;:]|$)|\s+(?:in|at|for|near|of|from|to|about|on|by|with|and|or|using|today|"
    r"tomorrow|now|please|right|is|are|was|as)\b)"
)
_MORE = re.compile(
    r"(?:\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+)(?:the\s+)?"
    r"([a-z][a-z'’-]*(?:\s+[a-z][a-z'’-]*)?)(?=\s*(?:[?.!,;:]|$)|\s+(?:and|or|today|tomorrow|now|please)\b)"
)
_JOINT = re.compile(
    r"\s*(?:,|，|、|;|&|\band\b|\bor\b|\bvs\.?|\bversus\b|和|与|及|跟|以及|还有|或)"
    r"(?:\s*(?:and|or))?\s*(?:in|of|for|the|at)?\s*",
    re.IGNORECASE,
)


class Passage:
    """A text and the values in it. ``today`` is what "tomorrow" is reckoned from.

    Of a very long text only the beginning is read: values are looked for with patterns whose time
    grows faster than the text.
    """

    def __init__(self, text: str, today: dt.date) -> None:
        self.text = text[:_LONGEST]
        self.today = today

    def find(self, pattern: re.Pattern[str], group: int = 0) -> list[Span]:
        """All matches."""
        return [
            Span(m.start(group), m.end(group), m.group(group)) for m in pattern.finditer(self.text)
        ]

    @cached_property
    def quotes(self) -> list[Span]:
        """Quoted texts, without their marks."""
        found = []
        for match in _QUOTED.finditer(self.text):
            value = next(group for group in match.groups() if group)
            found.append(Span(match.start(), match.end(), value.strip()))
        return found

    @cached_property
    def emails(self) -> list[Span]:
        """Mail addresses."""
        return self.find(_EMAIL)

    @cached_property
    def urls(self) -> list[Span]:
        """Web addresses."""
        return [s._replace(value=s.value.rstrip(".,;!?")) for s in self.find(_URL)]

    @cached_property
    def paths(self) -> list[Span]:
        """File names and paths."""
        taken = [*self.urls, *self.emails]
        return [span for span in self.find(_PATH) if not span.overlaps(taken)]

    @cached_property
    def codes(self) -> list[Span]:
        """Mixes of letters and digits: order numbers, flight numbers."""
        taken = [*self.urls, *self.emails, *self.dates, *self.times]
        return [s for s in self.find(_CODE) if not s.overlaps(taken)]

    @cached_property
    def months(self) -> list[Span]:
        """Names of months, as written."""
        return self.find(re.compile(rf"\b(?:{'|'.join(_MONTHS)})\b|\d{{1,2}}月", re.IGNORECASE))

    @cached_property
    def times(self) -> list[Span]:
        """Times of day, as written."""
        return [span._replace(value=span.value.strip()) for span in self.find(_TIME)]

    @cached_property
    def dates(self) -> list[Span]:
        """Days, as ``datetime.date``."""
        found = [Span(m.start(), m.end(), _iso(m.group())) for m in _ISO.finditer(self.text)]
        for match in _CN_DATE.finditer(self.text):
            year = int(match[1] or self.today.year)
            found.append(
                Span(match.start(), match.end(), _date(year, int(match[2]), int(match[3])))
            )
        for match in _MONTH_DAY.finditer(self.text):
            month = match["m1"] or match["m2"]
            number = 1 + next(i for i, n in enumerate(_MONTHS) if n.startswith(month.lower()[:3]))
            year = int(match["year"] or self.today.year)
            day = int(match["d1"] or match["d2"])
            found.append(Span(match.start(), match.end(), _date(year, number, day)))
        found += [
            Span(match.start(), match.end(), self._relative(match.group().lower()))
            for match in _RELATIVE_DATE.finditer(self.text)
        ]
        return sorted(span for span in found if span.value is not None)

    def _relative(self, word: str) -> dt.date:
        if word in _RELATIVE:
            return self.today + dt.timedelta(days=_RELATIVE[word])
        wanted = _DAYS.index(word.rsplit(maxsplit=1)[-1])
        return self.today + dt.timedelta(days=(wanted - self.today.weekday() - 1) % 7 + 1)

    @cached_property
    def numbers(self) -> list[Span]:
        """Numbers in digits and in words, but not those inside dates, times and codes."""
        taken = [*self.dates, *self.times, *self.urls, *self.emails, *self.codes]
        written = [m for m in _WRITTEN.finditer(self.text) if not _pronoun(self.text, m)]
        found = [
            *(Span(*m.span(), _digits(m.group())) for m in _NUMBER.finditer(self.text)),
            *(Span(*m.span(), _written(m.group().lower())) for m in written),
            *(Span(*m.span(), _chinese(m.group())) for m in _CN_NUMBER.finditer(self.text)),
        ]
        found = [span for span in found if abs(span.value) < _TOO_LARGE]
        return sorted(span for span in found if not span.overlaps(taken))

    @cached_property
    def names(self) -> list[Span]:
        """Proper names: capitalised words, what is left of Chinese text, then likely phrases."""
        taken = [*self.urls, *self.emails, *self.quotes]
        strong = [s for s in [*_latin(self.text), *_han(self.text)] if not s.overlaps(taken)]
        dates = self.dates
        strong = [s for s in strong if not s.overlaps([d for d in dates if d.start <= s.start])]
        if any(not span.weak for span in strong):
            return sorted(strong)
        lower = [span for match in _LOWER.finditer(self.text) for span in self._listed(match)]
        good = [s for s in lower if not s.overlaps([*taken, *dates, *strong]) and _telling(s.value)]
        return sorted([*strong, *good])

    def _listed(self, match: re.Match[str]) -> list[Span]:
        """A lower-case phrase after a preposition, and what is listed behind it."""
        found = [Span(match.start(1), match.end(1), match[1], weak=True)]
        while more := _MORE.match(self.text, found[-1].end):
            found.append(Span(more.start(1), more.end(1), more[1], weak=True))
        return found

    def joined(self, span: Span, spans: list[Span]) -> list[Span]:
        """The list that ``span`` is part of: "A, B and C"; only itself when it is not in one."""
        spans = sorted(spans)
        place = next(i for i, other in enumerate(spans) if other[:2] == span[:2])
        first = last = place
        while first > 0 and self._together(spans[first - 1], spans[first]):
            first -= 1
        while last + 1 < len(spans) and self._together(spans[last], spans[last + 1]):
            last += 1
        return spans[first : last + 1]

    def _together(self, one: Span, two: Span) -> bool:
        return bool(_JOINT.fullmatch(self.text[one.end : two.start]))


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _iso(text: str) -> dt.date | None:
    year, month, day = map(int, text.split("-"))
    return _date(year, month, day)


def _digits(text: str) -> int | float:
    text = text.replace(",", "").replace("−", "-").strip().lower()
    scale = 1
    for word, factor in _SCALE.items():
        if text.endswith(word):
            text, scale = text.removesuffix(word).strip(), factor
    value = float(text) * scale
    whole = value.is_integer() and "." not in text
    if not whole:
        return value
    exact = text.lstrip("-").isdigit() and len(text) < _MOST_DIGITS
    return int(text) * scale if exact else int(value)


def _written(text: str) -> int:
    total = current = 0
    for word in re.split(r"[\s-]+", text):
        if word in _WORDS:
            current += _WORDS[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word in _SCALE:
            total, current = total + max(current, 1) * _SCALE[word], 0
    return total + current


def _pronoun(text: str, match: re.Match[str]) -> bool:
    """Whether "one" is no number: "which one", "one of them"."""
    if match.group().lower() != "one":
        return False
    before = re.search(r"(\w+)\s+$", text[: match.start()])
    arithmetic = ("plus", "minus", "times", "by", "add", "and", "to", "than", "is")
    return before is None or before[1].lower() not in arithmetic


def spelled_out(text: str) -> str:
    """The text with written numbers in digits: "twenty one" as 21."""

    def digits(match: re.Match[str]) -> str:
        value = _written(match.group().lower())
        return match.group() if value >= _TOO_LARGE or _pronoun(text, match) else str(value)

    return _WRITTEN.sub(digits, text)


def _chinese(text: str) -> int:
    total = current = 0
    for char in text:
        if char in _CN_DIGITS:
            current = _CN_DIGITS[char]
        else:
            total += max(current, 1) * {"十": 10, "百": 100, "千": 1000}[char]
            current = 0
    return total + current


def _latin(text: str) -> list[Span]:
    openers = set(lexicon()["openers"])
    begins = _sentence_starts(text)
    found = []
    for match in _NAME.finditer(text):
        start, end = match.span()
        at_start = start in begins or bool(re.search(r"[:;\"“(\n]\s*$", text[:start]))
        words, opened = list(re.finditer(r"\S+", text[start:end])), False
        while at_start and words and _opener(words[0].group()) in openers:
            words = words[1:]
            opened = True
        if not words or text[start:end] in ("I", "OK", "JSON"):
            continue
        if len(words) == 1 and words[0].group().lower().rstrip(",") in {*_MONTHS, *_DAYS}:
            continue
        start, value = start + words[0].start(), text[start + words[0].start() : end]
        for tail in ("'s", "’s"):
            if value.endswith(tail):
                value, end = value[:-2], end - 2
        single = at_start and not opened and len(words) == 1
        found.append(Span(start, end, value, weak=single))
    return found


def _opener(word: str) -> str:
    return re.split(r"['’]", word.lower().strip(",'"))[0]


def _sentence_starts(text: str) -> set[int]:
    starts, place = set(), 0
    for sentence in sentences(text):
        place = text.index(sentence, place)
        starts.add(place + len(sentence) - len(sentence.lstrip("\"'“‘(-*# ")))
        place += len(sentence)
    return starts


def _han(text: str) -> list[Span]:
    """What is left of Chinese text when the common words are taken out."""
    data = lexicon()
    noise = {w for w in data["cjk_noise"] if is_cjk(w)}
    noise |= {w for words in data["concepts"].values() for w in words if is_cjk(w) and len(w) > 1}
    noise |= {w for role in data["roles"].values() for w in role["names"] if is_cjk(w)}
    by_length = sorted(noise, key=len, reverse=True)
    found = []
    for run in re.finditer(rf"[{CJK}]+", text):
        masked = run.group()
        for word in by_length:
            masked = masked.replace(word, " " * len(word))
        for part in re.finditer(r"\S{2,}", masked):
            start = run.start() + part.start()
            found.append(Span(start, start + len(part.group()), part.group()))
    return found


def _telling(phrase: str) -> bool:
    openers, generic = set(lexicon()["openers"]), {stem(w) for w in lexicon()["generic"]}
    return any(w not in openers and stem(w) not in generic for w in phrase.split())
