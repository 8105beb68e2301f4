"""How well a value of a text fits a property of a schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from zhipu_emulator.brain.arithmetic import expressions
from zhipu_emulator.brain.schema import MISSING, Schema, leads, roles, shortened
from zhipu_emulator.brain.values import KINDS, Passage, Span
from zhipu_emulator.brain.words import (
    Term,
    compiled,
    is_cjk,
    lexicon,
    split_name,
    stem,
    stems,
    terms,
)

FREE_TEXT = frozenset({"query", "text", "topic"})
NOT_A_FEW_WORDS = FREE_TEXT | {"id", "date", "time", "email", "url"}

# The label is before the value, as in "title: X"; the form is that of the role or format; "from"
# and "titled" lead to a value; of the rest some kinds are likelier than others.
_LABEL, _PART_OF_LABEL, _CONCEPT, _FORM, _SAID, _LEAD = 4.0, 3.5, 4.0, 3.0, 2.5, 2.0
_LIKELY = {"quote": 1.2, "name": 1.0, "phrase": 0.4}
_PER_ROLE = 0.2  # what the second, third role of a property count less
_FORMS = {"email": "mail", "person": "mail", "target": "mail", "url": "url", "time": "time",
          "id": "code", "date": "date", "begin": "date", "end": "date"}  # fmt: skip
_FORMATS = {"email": "email", "uri": "url", "url": "url", "time": "time", "date": "date",
            "date-time": "date"}  # fmt: skip
_LINK = r"\s*(?:should be|is|are|was|to be|to|of|as|named|called|[=:：]|是|为|叫)?\s*"
_CLAUSE = (  # to the next label or the end of the line
    r"(\S.*?)(?=\s*[.,;，；。]?\s*(?:\band\s+)?\b[^\W\d_]{2,20}\s?[:=：]|\s*[.。]?\s*(?:\n|$))"
)
_SENTENCE = r"((?:[^.!?。！？\n]|\.(?=\d))+)"
_MAIL_ADDRESS = compiled("mail address")
_PARTS = re.compile(r"\s*(?:[,;\n，；、|]|\band\b|\bplus\b|和|与|及)\s*")
_NO = compiled("no")
_YES = compiled("yes")
_BEHIND = re.compile(r"\s(?:for|in|at|from|to|of|with)\s")
_HEADING = re.compile(r"^[^\d:：]*[:：]\s*")
_UNIT = re.compile(r"\s*[A-Za-z%°]+")
_LABELLED = re.compile(
    r"^(?:<table>|<tr>|<td>|[\s*#>|-])*(?P<label>[^\n:：|<>*]{1,40}?)[\s*]*"
    r"(?P<mark>[:：]|\||</td>)(?P<rest>[^\n]*)$",
    re.MULTILINE,
)
_MARKS = " \"'“”"
_FEW = 3  # words; more are a sentence, not a name
_SHORTEST = 3


@dataclass(frozen=True)
class Leaf:
    """A property to fill; ``needed`` when it is required and so is all around it."""

    name: str
    schema: Schema
    needed: bool

    @property
    def number(self) -> bool:
        """Whether it takes a number."""
        return self.schema.type in ("integer", "number")

    @property
    def roles(self) -> tuple[str, ...]:
        """What it is for, the likeliest first."""
        return roles(self.name, self.schema.description)

    @property
    def mail(self) -> bool:
        """Whether it is a mail address by its format, its name or its description."""
        if self.schema["format"] == "email" or "email" in (*roles(self.name), *self.roles[:1]):
            return True
        # At the beginning: there is also "The sender's name, not the mail address".
        described = _MAIL_ADDRESS.match(self.schema.description)
        return "person" not in roles(self.name) and bool(described)


class Text:
    """A passage as a source of values for some properties."""

    def __init__(
        self, passage: Passage, words: Sequence[Term], leaves: Sequence[Leaf], *, item: bool
    ) -> None:
        self.passage = passage
        self.item = item
        order = {term.stem for term in words}
        spans = (_without_the_order(span, order) for span in passage.of(*KINDS))
        self._spans = [span for span in spans if span is not None]
        self._mail_wanted = any(leaf.mail for leaf in leaves)

    def scores(self, leaf: Leaf) -> Iterator[tuple[Span, float]]:
        """The values that a property can take, each with how well it fits."""
        text, number = self.passage.text, leaf.number
        if not number and (leaf.schema.type != "string" or leaf.schema.enum):
            return
        starts = _starts(leaf.name, leaf.roles, text)
        for span in self._spans:
            if number and (span.kind != "number" or not leaf.schema.allows(span.value)):
                continue
            score = 1.0 if number else self._score(leaf, span)
            before = starts.get(span.start, 0.0)
            if span.kind == "number" and _is_unit(leaf.name, text[span.end :]):
                before = _LABEL
            if score or before > _LEAD:
                yield _as_date(span, leaf, text), max(score, score + before)
        if not number:
            yield from self._said(leaf)

    def _score(self, leaf: Leaf, span: Span) -> float:
        wrong_mail = span.kind == "mail" and self._mail_wanted and not leaf.mail
        if wrong_mail or (leaf.mail and span.kind != "mail"):
            return 0.0
        if self.item and span.kind == "phrase":
            return 0.0
        if span.kind == "number":
            return _LIKELY["phrase"] if "id" in leaf.roles else 0.0
        form = _FORMATS.get(str(leaf.schema["format"]))
        wanted = ["email"] if leaf.mail else [role for role in (form, *leaf.roles) if role]
        for number, role in enumerate(wanted):
            if _FORMS.get(role) == span.kind and (number == 0 or role not in ("begin", "end")):
                return _FORM - _PER_ROLE * number
            if span.kind in ("name", "phrase") and role in _is_a(span.value):
                return _CONCEPT - _PER_ROLE * number
        return _LIKELY.get(span.kind, 0.0)

    def _said(self, leaf: Leaf) -> Iterator[tuple[Span, float]]:
        """What follows the label and a colon, or "saying", "because", "说"; a sum; an item."""
        text = self.passage.text
        label = re.escape(" ".join(split_name(leaf.name).split()))
        if len(label) >= _SHORTEST and not self.item:
            worth = _LABEL + (0.1 if leaf.roles[:1] == ("text",) else -0.1)
            for match in re.finditer(rf"(?<!\w){label}\s*[:=：]\s*{_CLAUSE}", text, re.IGNORECASE):
                yield Span(*match.span(1), match[1].strip(_MARKS), "clause"), worth
        for role in sorted({"text", "reason"} & {*leaf.roles}):
            for lead in leads(role):
                mark = rf"\b{lead}\b" if lead.isascii() else lead
                said = re.search(rf"{mark}\s*[:：,]?\s*{_SENTENCE}", text, re.IGNORECASE)
                if said and not Span(*said.span(1), "").overlaps(self.passage.of("quote")):
                    yield Span(*said.span(1), said[1].strip(_MARKS), "said"), _SAID
        if "expression" in leaf.roles:
            yield from ((Span(0, 0, found, "said"), _SAID) for found in expressions(text)[:1])
        if self.item and leaf.needed and (words := residue(self.passage, [], (), item=True)):
            start = text.find(words.split(" ")[0])
            yield Span(start, start + len(words), words, "phrase"), _LIKELY["phrase"]


def _without_the_order(span: Span, order: set[str]) -> Span | None:
    """A name without the words of the function at its beginning: "Greet Ada" is Ada."""
    if span.kind not in ("name", "phrase") or is_cjk(span.value):
        return span
    words = list(re.finditer(r"\S+", span.value))
    at_start = span.start == 0 or span.kind == "phrase"
    while at_start and words and stem(words[0].group().strip(",")) in order:
        words = words[1:]
    if not words:
        return None
    place = words[0].start()
    return span._replace(start=span.start + place, value=span.value[place:])


def _starts(name: str, purposes: Sequence[str], text: str) -> Mapping[int, float]:
    """Where a value of a property would start by what is before it, and how much that says."""
    found: dict[int, float] = {}
    for pattern, worth in _patterns(name, tuple(purposes)):
        for match in pattern.finditer(text):
            found[match.end()] = max(worth, found.get(match.end(), 0.0))
    return found


@lru_cache(maxsize=1024)
def _patterns(name: str, purposes: tuple[str, ...]) -> list[tuple[re.Pattern[str], float]]:
    words = split_name(name).lower().split()
    label, found = " ".join(words), []
    if 0 < len(label) < _SHORTEST and label.isascii():
        # "a" and "b" are names only where they are set: a = 3
        found.append((rf"(?<!\w){re.escape(label)}\s*[=:：]\s*", _LABEL))
    else:
        for word in dict.fromkeys([label, *words[::-1]]):
            if len(word) >= _SHORTEST or is_cjk(word):
                worth = _LABEL if word in (label, words[-1]) else _PART_OF_LABEL
                found.append((rf"(?<!\w){re.escape(word)}s?(?![A-Za-z]){_LINK}", worth))
    article = r"\s*[:：]?\s*(?:(?:the|an?|my)\s+)?"
    for number, role in enumerate(purposes):
        for place, lead in enumerate(leads(role)):  # of "to" and "in" the likelier counts more
            edges = ("(?<![A-Za-z])", "(?![A-Za-z])") if lead.isascii() else ("", "")
            worth = _LEAD - _PER_ROLE * number - 0.01 * place
            found.append((re.escape(lead).join(edges) + article, worth))
    return [(re.compile(pattern, re.IGNORECASE), worth) for pattern, worth in found]


def labelled(leaf: Leaf, passage: Passage) -> Span | None:
    """The number on the line that begins with the property's name: "Total: 12.50", "| Total | 3 |".

    Of a row of a table the last one, where the sum is.
    """
    wanted = stems(split_name(leaf.name))
    for line in _LABELLED.finditer(passage.text.replace("</tr><tr>", "\n".ljust(9))):
        if not wanted or stems(line["label"]) != wanted:
            continue
        start, end = line.span("rest")
        numbers = [s for s in passage.of("number") if start <= s.start and s.end <= end]
        numbers = [span for span in numbers if leaf.schema.allows(span.value)]
        if numbers:
            return numbers[0 if line["mark"] in ":：" else -1]
    return None


def _is_unit(name: str, behind: str) -> bool:
    """Whether a number is followed by the name of the property: "3 days"."""
    after = behind[:40].lower().lstrip(" -")
    words = [word for word in split_name(name).lower().split() if len(word) >= _SHORTEST]
    return any(after.startswith(word.rstrip("s")) for word in [" ".join(words), *words] if word)


@lru_cache(maxsize=4096)
def _is_a(value: str) -> frozenset[str]:
    """The concepts of all words of a value: "EUR" is a currency."""
    return frozenset.intersection(*[term.concepts for term in terms(value)] or [frozenset()])


def _as_date(span: Span, leaf: Leaf, text: str) -> Span:
    """A day as the property wants it: by ISO 8601, or as it is written."""
    if span.kind != "date":
        return span
    form = leaf.schema["format"]
    iso = form in ("date", "date-time") or re.search(r"YYYY|ISO", leaf.schema.description)
    day = span.value.isoformat() if iso else text[span.start : span.end]
    return span._replace(value=f"{day}T00:00:00" if form == "date-time" else day)


def written(span: Span, schema: Schema) -> Any:
    """The value of a span in the type that a schema wants."""
    if schema.type in ("integer", "number"):
        return int(span.value) if schema.type == "integer" else span.value
    return shortened(str(span.value), schema)


def of_kind(leaf: Leaf, span: Span, passage: Passage) -> list[Span]:
    """The values that could be in the place of ``span``: those that a list may join with it."""
    kinds = [*_LIKELY] if span.kind in _LIKELY else [span.kind]
    return [_as_date(one, leaf, passage.text) for one in passage.of(*kinds)]


def mentioned(schema: Schema, passage: Passage) -> list[Any]:
    """The allowed values that the text mentions, in its order."""
    text, found = passage.text.lower(), []
    for value in schema.enum:
        shown = split_name(str(value)).lower()
        ends = ("", "") if is_cjk(shown) else (r"(?<![a-z0-9])", r"(?![a-z0-9])")
        if match := re.search(re.escape(shown).join(ends), text):
            found.append((match.start(), value))
    return [value for _, value in sorted(found, key=lambda pair: pair[0])]


def flag(name: str, schema: Schema, text: str) -> Any:
    """Whether to switch something on; of other flags the text is not asked."""
    words = terms(f"{split_name(name)} {schema.description}")
    if any("switch" in term.concepts for term in words) or name.lower() in ("on", "enabled"):
        return False if _NO.search(text) else True if _YES.search(text) else MISSING
    return MISSING


def listed(name: str, passage: Passage) -> list[str]:
    """The parts of a list that follows its label: "tags: red, green and blue"."""
    label = re.escape(" ".join(split_name(name).split()))
    mark = r"\s*(?:\bare\b|\binclude\b|[:=：])\s*"
    match = re.search(rf"(?<!\w){label}{mark}{_SENTENCE}", passage.text, re.IGNORECASE)
    return parts(match[1]) if match and len(label) >= _SHORTEST else []


def parts(text: str) -> list[str]:
    """The parts of a list: "a, b and c"."""
    text = re.sub(r"\n+", "\n", re.sub(r"[^\S\n]+", " ", text))  # long blanks take long
    return [part.strip(_MARKS) for part in _PARTS.split(text) if part.strip(_MARKS)]


def residue(
    passage: Passage, used: Sequence[Span], words: Sequence[Term], *, item: bool = False
) -> str:
    """The few words of a text that are nothing else: "kitchen" in "turn on the kitchen light"."""
    left = list(passage.text)
    for span in [*used, *passage.of("number")]:
        # In a sentence the word behind a number is its unit, in a list it is the thing.
        unit = None if item or span.kind != "number" else _UNIT.match(passage.text, span.end)
        end = unit.end() if unit else span.end
        left[span.start : end] = " " * (end - span.start)
    text = f" {' '.join(''.join(left).split())} "
    if item:  # "2 mugs for the guests": what it is comes first
        text = _BEHIND.split(_HEADING.sub("", text.strip()) + " ")[0]
    openers = set(lexicon()["openers"])
    found = [word for word in text.split() if word.lower() not in openers]
    if item:
        return " ".join(found).strip(" .!?;:。！？")
    concepts = {concept for term in words for concept in term.concepts}
    order = {term.stem for term in words}
    kept = [
        word
        for word in found
        if not is_cjk(word) and (term := next(iter(terms(word)), None)) and term.weight == 1
        and not term.concepts & concepts and term.stem not in order
    ]  # fmt: skip
    return " ".join(kept).strip(",.;:!?'\"") if len(kept) <= _FEW else ""
