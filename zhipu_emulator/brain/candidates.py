"""Values that a text gives for a property by label, form or position: no guessing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from zhipu_emulator.brain.arithmetic import expressions
from zhipu_emulator.brain.schema import Schema, leads, roles
from zhipu_emulator.brain.values import Passage, Span
from zhipu_emulator.brain.words import is_cjk, split_name

_LINK = re.compile(r"\s*(?:should be|is|are|was|to be|to|of|as|named|called|=|:|：|是|为|叫)?\s*")
_SHORTEST = 3
_MAIL_ADDRESS = re.compile(
    r"\W*(?:\w+\W+){0,3}e?-?mail address|.{0,4}(?:邮箱|邮件)地址", re.IGNORECASE
)


def by_label(name: str, schema: Schema, passage: Passage, used: list[Span]) -> Span | None:
    """``title: X``, ``named X``, ``age is 3``, ``3 days``."""
    label = " ".join(split_name(name).lower().split())
    number = schema.type in ("integer", "number")
    spans = passage.numbers if number else passage.quotes + passage.names
    free = sorted(span for span in spans if not span.overlaps(used))
    if len(label) < _SHORTEST:
        # "a" and "b" are names only where they are set: a = 3
        match = (
            re.search(rf"(?<!\w){re.escape(label)}\s*[=:：]\s*", passage.text) if label else None
        )
        return next((s for s in free if match and s.start == match.end()), None)
    for word in dict.fromkeys([label, label.rpartition(" ")[2]]):
        label_of_it = rf"(?<!\w){re.escape(word)}s?(?![A-Za-z])"
        for match in re.finditer(label_of_it, passage.text, re.IGNORECASE):
            link = _LINK.match(passage.text, match.end())
            end = link.end() if link else match.end()
            if found := next((s for s in free if s.start == end), None):
                return found
        for span in free if number else ():
            behind = passage.text[span.end : span.end + 2 + len(word)].lower().lstrip(" -")
            if behind.startswith(word.rstrip("s")):
                return span
    return None


def by_lead(role: str, spans: list[Span], passage: Passage) -> Span | None:
    """The value behind a preposition of this role: "from X", "到X"."""
    for lead in leads(role):
        for span in spans:
            before = passage.text[: span.start].rstrip(" \"'“‘「《`:：").lower()
            before = re.sub(r"\b(?:the|a|an|my)$", "", before).rstrip()
            if before.endswith(lead) and (is_cjk(lead) or not before[: -len(lead)][-1:].isalpha()):
                return span
    return None


def said(role: str, passage: Passage) -> Span | None:
    """What follows "saying", "because" or "说" to the end of the sentence."""
    for lead in leads(role):
        mark = rf"\b{lead}\b" if lead.isascii() else lead
        match = re.search(
            rf"{mark}\s*[:：,]?\s*([^.!?。！？\n]{{2,}})", passage.text, re.IGNORECASE
        )
        if match:
            return Span(*match.span(1), match[1].strip(" \"'“”"))
    return None


def by_enum(schema: Schema, passage: Passage) -> list[Any]:
    """The allowed values that the text mentions, in its order."""
    text = passage.text.lower()
    found: list[tuple[int, Any]] = []
    for value in schema.enum:
        shown = split_name(str(value)).lower()
        ends = ("", "") if is_cjk(shown) else (r"(?<![a-z0-9])", r"(?![a-z0-9])")
        if match := re.search(re.escape(shown).join(ends), text):
            found.append((match.start(), value))
    return [value for _, value in sorted(found, key=lambda pair: pair[0])]


def by_form(
    name: str, schema: Schema, passage: Passage, used: list[Span], *, mail: bool
) -> Span | None:
    """Values whose form says what they are: addresses, dates, times, codes.

    ``mail`` says whether a mail address may stand for whom it belongs to; it may not where another
    property wants the address itself.
    """
    taken = used if mail or is_mail(name, schema) else [*used, *passage.emails]
    return next((s for s in formed(name, schema, passage) if not s.overlaps(taken)), None)


def is_mail(name: str, schema: Schema) -> bool:
    """Whether a property is a mail address by its format, its name or its description."""
    likeliest = roles(name, schema.description)[:1]
    if schema["format"] == "email" or "email" in (*roles(name), *likeliest):
        return True
    # At its beginning: there is also "The sender's name, not the mail address".
    return "person" not in roles(name) and bool(_MAIL_ADDRESS.match(schema.description))


# What a value for a role, or of a format, looks like; a mail address also says to whom it goes.
_FORMS: dict[str, Callable[[Passage], list[Span]]] = {
    "email": lambda passage: passage.emails,
    "url": lambda passage: passage.urls,
    "time": lambda passage: passage.times,
    "target": lambda passage: passage.emails,
    "person": lambda passage: passage.emails,
    "id": lambda passage: passage.codes,
    "expression": lambda p: [Span(0, 0, found) for found in expressions(p.text)[:1]],
}
_FORMATS = {"uri": "url", "url": "url", "time": "time"}


def formed(name: str, schema: Schema, passage: Passage) -> Iterator[Span]:
    """All values of the form that a property wants, likeliest first."""
    form, purposes = str(schema["format"]), roles(name, schema.description)
    if form in ("date", "date-time") or purposes[:1] in (("date",), ("begin",), ("end",)):
        iso = form in ("date", "date-time") or re.search(r"YYYY|ISO", schema.description)
        for span in passage.dates:
            day = span.value.isoformat() if iso else passage.text[span.start : span.end]
            yield span._replace(value=f"{day}T00:00:00" if form == "date-time" else day)
    wanted = {*purposes, _FORMATS.get(form)} - {"email"}
    wanted |= {"email"} if is_mail(name, schema) else set()
    for role, find in _FORMS.items():
        if role in wanted:
            yield from find(passage)
