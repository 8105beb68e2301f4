"""Values that a text gives for a property by name, form or position: no guessing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic_core import SchemaError, SchemaValidator, core_schema

from zhipu_emulator.brain.arithmetic import expression
from zhipu_emulator.brain.schema import Schema, leads, roles
from zhipu_emulator.brain.values import Passage, Span
from zhipu_emulator.brain.words import CJK, covered, is_cjk, lexicon, split_name, terms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LINK = r"\s*(?:should be|is|are|was|to be|to|of|as|named|called|=|:|：|是|为|叫)?\s*"
_FIRM_LINK = r"\s*(?:should be|is|are|=|:|：|是|为|叫)\s*"
_PHRASE = re.compile(
    r"([^,.;!?，。；！？\n\"']+?)(?=\s+(?:and|with|in|at|on|for|to|from|but|who|that|which)\b|\s*[,.;!?，。；！？\n]|$)"
)
# What a pattern is tried on: runs without blanks and marks around them, Chinese apart from Latin.
_WORDS = re.compile(
    rf"[{CJK}]+|[^\s{CJK},;!?，。；！？、\"'“”‘’「」()（）]*[^\s{CJK},.:;!?，。：；！？、\"'“”‘’「」()（）]"
)
_JOINED = 4
_ENUM_MET = 0.6
_SHORTEST = 3


def by_name(name: str, schema: Schema, passage: Passage, used: list[Span]) -> Span | None:
    """``title: X``, ``named X``, ``age is 3``, ``3 days``."""
    label = " ".join(split_name(name).lower().split())
    if not label:
        return None
    words = [label, *([label.split()[-1]] if " " in label else [])]
    wanted = {"integer": passage.numbers, "number": passage.numbers}.get(schema.type)
    spans = passage.quotes + passage.names if wanted is None else wanted
    free = [span for span in spans if not span.overlaps(used)]
    if len(label) < _SHORTEST:
        # "a" and "b" are names only where they are set: a = 3
        match = re.search(rf"(?<![\w]){re.escape(label)}\s*[=:：]\s*", passage.text)
        return next((s for s in free if match and s.start == match.end()), None)
    for word in words:
        name_of_it = rf"(?<![\w]){re.escape(word)}s?(?![A-Za-z])"
        for match in re.finditer(name_of_it, passage.text, re.IGNORECASE):
            link = re.compile(_LINK).match(passage.text, match.end())
            end = link.end() if link else match.end()
            found = next((s for s in sorted(free) if s.start == end), None)
            if found is not None:
                return found
        if wanted is not None:
            for span in free:
                behind = passage.text[span.end : span.end + 2 + len(word)].lower()
                if behind.lstrip(" -").startswith(word.rstrip("s")):
                    return span
    return _phrase(label, passage, used) if wanted is None and not schema.enum else None


def _phrase(label: str, passage: Passage, used: list[Span]) -> Span | None:
    lead = rf"(?<![\w]){re.escape(label)}{_FIRM_LINK}"
    for match in re.finditer(lead, passage.text, re.IGNORECASE):
        found = _PHRASE.match(passage.text, match.end())
        if found and found[1].strip():
            span = Span(found.start(1), found.end(1), found[1].strip())
            if not span.overlaps(used):
                return span
    return None


def by_lead(role: str, spans: list[Span], passage: Passage) -> Span | None:
    """The value that stands behind a preposition of this role: "from X", "到X"."""
    for lead in leads(role):
        for span in spans:
            before = passage.text[: span.start].rstrip(" \"'“‘「『《`:：").lower()
            before = re.sub(r"\b(?:the|a|an|my)$", "", before).rstrip()
            if before.endswith(lead) and (is_cjk(lead) or not before[: -len(lead)][-1:].isalpha()):
                return span
    return None


def by_enum(schema: Schema, passage: Passage) -> list[Any]:
    """The allowed values that the text mentions, in its order."""
    text = passage.text.lower()
    found: list[tuple[int, Any]] = []
    for value in schema.enum:
        shown = split_name(str(value)).lower()
        match = re.search(rf"(?<![a-z0-9]){re.escape(shown)}(?![a-z0-9])", text)
        if match is None and is_cjk(shown):
            match = re.search(re.escape(shown), text)
        if match is not None:
            found.append((match.start(), value))
    if found:
        return [value for _, value in sorted(found, key=lambda pair: pair[0])]
    given = terms(passage.text)
    return [v for v in schema.enum if covered(terms(split_name(str(v))), given) >= _ENUM_MET]


def by_form(
    name: str, schema: Schema, passage: Passage, used: list[Span], *, mail: bool = True
) -> Span | None:
    """Values whose form says what they are: addresses, dates, times, codes, patterns.

    ``mail`` says whether a mail address may stand for whom it belongs to; it may not where another
    property wants the address itself.
    """
    taken = used if mail or is_mail(name, schema) else [*used, *passage.emails]
    for span in formed(name, schema, passage):
        if not span.overlaps(taken):
            return span
    return None


def is_mail(name: str, schema: Schema) -> bool:
    """Whether a property is a mail address by its format, its name or its description."""
    return schema["format"] == "email" or "email" in roles(name, schema.description)


def formed(name: str, schema: Schema, passage: Passage) -> Iterator[Span]:
    """All values of the form that a property wants, likeliest first."""
    form, purposes = schema["format"], roles(name, schema.description)
    if isinstance(schema["pattern"], str):
        yield from _patterned(schema["pattern"], passage)
    if form in ("date", "date-time") or purposes[:1] in (("date",), ("begin",), ("end",)):
        iso = form is not None or re.search(r"YYYY|ISO", schema.description) is not None
        yield from (_day(span, passage, form, iso=iso) for span in passage.dates)
    for role in dict.fromkeys([*_FORMATS.get(str(form), ()), *_FORMS]):
        if role in purposes or role in _FORMATS.get(str(form), ()):
            yield from _FORMS[role](passage)


_FORMATS = {"email": ("email",), "uri": ("url",), "url": ("url",), "time": ("time",)}
_TICKER = re.compile(r"(?<![\w])\$?[A-Z]{2,5}(?![\w])|\b\d{6}\b")


def _sum(passage: Passage) -> list[Span]:
    found = expression(passage.text)
    return [Span(0, 0, found)] if found else []


def _patterned(pattern: str, passage: Passage) -> list[Span]:
    """Words, alone and joined, that a pattern describes from end to end.

    The pattern is the caller's: this engine's time grows with the text only, whatever it says;
    what it does not know (looking around, references back) describes nothing.
    """
    whole = rf"^(?:{pattern.removeprefix('^').removesuffix('$')})$"
    try:
        checker = SchemaValidator(core_schema.str_schema(pattern=whole, regex_engine="rust-regex"))
    except SchemaError:
        return []
    words = list(_WORDS.finditer(passage.text))
    found: list[Span] = []
    for first, word in enumerate(words):
        for last in reversed(words[first : first + _JOINED]):  # the longest first
            start, end = word.start(), last.end()
            span = Span(start, end, passage.text[start:end])
            if checker.isinstance_python(span.value) and not span.overlaps(found):
                found.append(span)
                break
    return found


def _day(span: Span, passage: Passage, form: str | None, *, iso: bool) -> Span:
    if form == "date-time":
        return span._replace(value=f"{span.value.isoformat()}T00:00:00")
    text = span.value.isoformat() if iso else passage.text[span.start : span.end]
    return span._replace(value=text)


def _languages(passage: Passage) -> list[Span]:
    names = [n for pair in lexicon()["languages"].items() for n in pair]
    whole = re.compile("|".join(f"\\b{n}\\b" if n.isascii() else n for n in names), re.IGNORECASE)
    found = passage.find(whole)
    # "from English to French": the language to translate into stands last.
    return list(reversed(found))


def currencies(passage: Passage) -> list[Span]:
    """The currencies named, as their codes."""
    found = []
    for code, names in lexicon()["currencies"].items():
        for word in sorted(names, key=len, reverse=True):
            whole = (
                rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word[0].isalpha() else re.escape(word)
            )
            match = re.search(whole, passage.text, re.IGNORECASE)
            if match:
                found.append(Span(match.start(), match.end(), code))
                break
    return sorted(found)


# What a value for a role looks like; a mail address also says to whom something goes.
_FORMS: dict[str, Callable[[Passage], list[Span]]] = {
    "email": lambda passage: passage.emails,
    "url": lambda passage: passage.urls,
    "month": lambda passage: passage.months,
    "time": lambda passage: passage.times,
    "target": lambda passage: passage.emails,
    "person": lambda passage: passage.emails,
    "id": lambda passage: passage.codes,
    "path": lambda passage: passage.paths,
    "language": _languages,
    "currency": currencies,
    "expression": _sum,
    "ticker": lambda passage: passage.find(_TICKER),
}
