"""How well a value of a text fits a property of a schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from zhipu_emulator.brain.schema import Schema
from zhipu_emulator.brain.values import JOINT, KINDS, Passage, Span
from zhipu_emulator.brain.words import (
    compiled,
    covered,
    first_word,
    is_cjk,
    lexicon,
    split_name,
    terms,
)

FREE_TEXT = frozenset({"query", "text", "topic"})
NOT_A_FEW_WORDS = FREE_TEXT | {"id", "date", "time", "email", "url"}

# The label is before the value, as in "title: X"; the form is that of the role or format; "from"
# and "titled" lead to a value; of the rest some kinds are likelier than others.
LABEL, _CONCEPT, _FORM, _SAID, _LEAD = 4.0, 4.0, 3.0, 2.5, 2.0
# All that a label marks is worth more than a name in it, and less than what has the right form.
_MARKED = 6.0
LIKELY = {"quote": 1.2, "name": 1.0, "phrase": 0.4}
_TO_THE_END = frozenset({"text", "reason"})  # of the line: a comma belongs to it
_FORMS = {  # of roles and formats
    "email": "mail", "person": "mail", "target": "mail", "url": "url", "uri": "url", "time": "time",
    "id": "code", "date": "date", "date-time": "date", "begin": "date", "end": "date",
}  # fmt: skip
_LINK = r"\s*(?:should be|is|are|was|to be|to|of|as|named|called|[=:：]|是|为|叫)?\s*"
_ARTICLE = r"\s*[:：]?\s*(?:(?:the|an?|my)\s+)?"
_CLAUSE = (  # to the next label or the end of the line
    r"(\S.*?)(?=\s*[.,;，；。]?\s*(?:\band\s+)?\b[^\W\d_]{2,20}\s?[:=：](?!//)|\s*[.。]?\s*(?:\n|$))"
)
_TO_SEPARATOR = r"([^\s\"'“”「《‘`,;，；。|][^,;，；。\n|]*?)(?=\s*(?:[,;，；。|\n]|\.(?:\s|$)|$))"
_SENTENCE = r"((?:[^.!?。！？\n]|\.(?=\d))+)"
_MARKS = " \"'“”"
_BEHIND = re.compile(r"\s(?:for|in|at|from|to|of|with)\s.*")  # of "mugs for Ada" the mugs are it
_APART = re.compile(r"(?:[,，、(（|:：\n]\s*)$")
_CLAUSE_MARK = re.compile(r"[,;!?:，。；！？：\n<>|]|\.(?!\d)")
_MOST_NUMBERS = 200  # whose clauses are compared; the time grows with them
_NEAR, _ABOUT = 60, 0.9  # characters; what a clause about the property is worth
_IN_BRACKETS = re.compile(r"[（(]([^（）()\W\d]{1,8})[）)]")  # a unit: "费用（元）"
_ASKED = 0.3  # decides between values that are equal otherwise
_NEXT = 8  # characters behind a value
_FEW = 3  # words; more are a sentence, not a name
_MANY = 25  # characters; a Chinese sentence has no blanks
_SHORTEST = 3


def scores(leaf: Schema, passage: Passage) -> Iterator[tuple[Span, float]]:
    """The values that a property can take, each with how well it fits."""
    text, number = passage.text, leaf.number
    if leaf.enum or not (number or leaf.type == "string"):
        return
    starts = _starts(leaf, text)
    weighs = number and not passage.item and len(passage.of("number")) <= _MOST_NUMBERS
    about = terms(f"{leaf.label} {leaf.description}") if weighs else []
    own = _BEHIND.search(text) if passage.item and not {*leaf.roles} & {"person", "place"} else None
    for span in passage.of(*KINDS):
        if number and (span.kind != "number" or not leaf.allows(span.value)):
            continue
        score = 1.0 if number else _score(leaf, span, item=passage.item)
        unit = span.kind == "number" and _is_unit(leaf, text[span.end :])
        before = LABEL if unit else starts.get(span.start, 0.0)
        if span in passage.operands:  # "17 times 19" is not 17 times something, nor a product
            before = 0.0
        elif about:
            score += _ABOUT * covered(about, terms(_clause(text, span)))
        score += _ASKED * (score > 0 and _asked_of(passage, span))
        if own and not (number or before) and span.start > own.start():
            continue
        if score or before > _LEAD:
            yield span, score + before
    if not number:
        yield from said(leaf, passage)


def _clause(text: str, span: Span) -> str:
    """The clause that a value is in."""
    before = _CLAUSE_MARK.split(text[max(0, span.start - _NEAR) : span.start])[-1]
    return before + _CLAUSE_MARK.split(text[span.end : span.end + _NEAR])[0]


def _score(leaf: Schema, span: Span, *, item: bool) -> float:
    named = "person" in leaf.roles and str(span.value)[:1].isupper()
    if leaf.mail or (item and span.kind == "phrase" and not named):
        return _CONCEPT if leaf.mail and span.kind == "mail" else 0.0
    if span.kind == "number":
        return LIKELY["phrase"] if "id" in leaf.roles else 0.0
    for role in (str(leaf["format"]), *leaf.roles):
        if _FORMS.get(role) == span.kind:
            return _FORM
        if span.kind in ("name", "phrase") and role in _is_a(span.value):
            return _CONCEPT
    return LIKELY.get(span.kind, 0.0)


def said(leaf: Schema, passage: Passage) -> Iterator[tuple[Span, float]]:
    """What follows the label and a colon, or "saying", "because", "说"."""
    text, free = passage.text, not {*leaf.roles}.isdisjoint(_TO_THE_END)
    found: list[tuple[str, float, str]] = []
    for label in _labels(leaf):
        mark = rf"(?<!\w){re.escape(label)}\**\s*[:=：]\**[^\S\n]*"
        if not passage.item:
            found.append((mark + _CLAUSE, _MARKED if free else LABEL, ""))
        if not (free or leaf.mail) and leaf.type == "string":
            found.append((mark + _TO_SEPARATOR, _MARKED, "value"))
    leads = (lead for role in ("reason", "text") if role in leaf.roles for lead in _leads(role))
    found += [(rf"{_word(lead)}\s*[:：,]?\s*{_SENTENCE}", _SAID, "") for lead in leads]
    for form, worth, value in found:
        for match in re.finditer(form, text, re.IGNORECASE):
            if not value or _is_value(leaf, match[1]):
                yield Span(*match.span(1), match[1].strip(_MARKS), "clause"), worth


def _labels(leaf: Schema) -> list[str]:
    """What a text can call a property: its name, or what it says of itself in a word or two."""
    found = dict.fromkeys((leaf.label, leaf.description.strip(" .。")))
    return [one for one in found if few(one) and (len(one) >= _SHORTEST or is_cjk(one))]


def _is_value(leaf: Schema, text: str) -> bool:
    """Whether all behind a label is the value, and not a sentence that has it."""
    whole = "person" not in leaf.roles and (text[:1].isupper() or text[:1].isdigit())
    return few(text) or whole or (is_cjk(text) and "person" not in leaf.roles)


def _word(text: str) -> str:
    return rf"(?<![A-Za-z]){re.escape(text)}(?![A-Za-z])" if text.isascii() else re.escape(text)


def _leads(role: str) -> Sequence[str]:
    """The words that are before a value of this role, the likeliest first."""
    found: Sequence[str] = lexicon()["before"].get(role, ())
    return found


def _starts(leaf: Schema, text: str) -> Mapping[int, float]:
    """Where a value of a property would start by what is before it, and how much that says."""
    labels = (leaf.label, *leaf.label.split())
    words = [word for word in labels if len(word) >= _SHORTEST or is_cjk(word)]
    forms = [(rf"(?<!\w){re.escape(word)}s?(?![A-Za-z]){_LINK}", LABEL) for word in words]
    if leaf.label and not words:  # "a" and "b" are names only where they are set: a = 3
        forms = [(rf"(?<!\w){re.escape(leaf.label)}\s*[=:：]\s*", LABEL)]
    forms += [
        (rf"{re.escape(word)}[是为叫][^，。；！？\n]{{1,20}}的", LABEL)
        for word in words
        if is_cjk(word)
    ]
    for role in leaf.roles:  # of "to" and "in" the likelier counts more
        leads = enumerate(_leads(role))
        forms += [(_word(lead) + _ARTICLE, _LEAD - 0.01 * place) for place, lead in leads]
    if leaf.number:  # "earns 5000" is a salary
        forms += [(rf"{_word(word)}{_LINK}", _LEAD) for word in _alike(leaf) if word != leaf.label]
    found: dict[int, float] = {}
    for form, worth in forms:
        for match in re.finditer(form, text, re.IGNORECASE):
            found[match.end()] = max(worth, found.get(match.end(), 0.0))
    return found


def _alike(leaf: Schema) -> list[str]:
    """Words with the meaning of a property's name."""
    meant = {concept for term in terms(leaf.label) for concept in term.concepts}
    return [word for concept in meant for word in lexicon()["concepts"][concept]]


def _is_unit(leaf: Schema, behind: str) -> bool:
    """Whether a number is followed by the name of the property: "3 days", "三十岁"."""
    labels = (leaf.label, *leaf.label.split())
    words = [word.rstrip("s") for word in labels if len(word) >= _SHORTEST]
    if any("price" in term.concepts for term in terms(leaf.label)):
        words = [*lexicon()["money"]]  # "two hydrophones" is not what they cost
    words += [*filter(is_cjk, _alike(leaf)), *_IN_BRACKETS.findall(leaf.description)]
    return behind[:40].lower().lstrip(" -").startswith(tuple(words))


def _asked_of(passage: Passage, span: Span) -> bool:
    """Whether what the function is for is asked of a value: "键盘的价格", not "小林想知道"."""
    behind = passage.text[span.end : span.end + _NEXT].removeprefix("的")
    meant = {concept for term in terms(first_word(behind)) for concept in term.concepts}
    return any(
        (is_cjk(term.stem) and behind.startswith(term.stem)) or meant & term.concepts
        for term in passage.words
    )


@lru_cache(maxsize=4096)
def _is_a(value: str) -> frozenset[str]:
    """The concepts of all words of a value: "EUR" is a currency."""
    return frozenset.intersection(*[term.concepts for term in terms(value)] or [frozenset()])


def mentioned(schema: Schema, passage: Passage) -> list[Any]:
    """The allowed values that the text mentions, in its order."""
    text = passage.text.lower()
    words = ((split_name(str(value)).lower(), value) for value in schema.enum)
    found = (
        (re.search(rf"(?<!\d){_word(word)}(?!\d)", text), value)
        for word, value in words
        if word in text
    )
    return [v for _, v in sorted(((m.start(), v) for m, v in found if m), key=lambda p: p[0])]


def flag(leaf: Schema, text: str, *, reads: bool = False) -> bool | None:
    """Whether to switch something on; what else a text says of a flag is asked where it is read."""
    words = terms(f"{leaf.label} {leaf.description}")
    if any("switch" in term.concepts for term in words) or leaf.label in ("on", "enabled"):
        return False if compiled("no").search(text) else compiled("yes").search(text) and True
    for about in (leaf.label, leaf.description) if reads else ():
        word = compiled("flag").sub("", about).strip()
        clause = (
            re.search(rf"[^.,;!?。，；！？]*{_word(word)}", text, re.IGNORECASE) if word else None
        )
        if clause:
            return not compiled("no").search(clause[0])
    return None


def set_apart(text: str, span: Span) -> bool:
    """Whether a value stands by itself, behind a comma or a colon."""
    return bool(_APART.search(text[max(0, span.start - 9) : span.start]))


def few(text: str) -> bool:
    """Whether a text is a few words and not a sentence."""
    return len(text.split()) <= _FEW and len(text) < _MANY and not re.search("[.!?。！？]", text)


def row(text: str) -> str:
    """The list that a text begins with; where "、" is between its items, "，" is its end."""
    text = re.split(r"[.!?。！？](?!\d)", text)[0]
    first = text.split("，")[0]
    return first if "、" in first else text


def parts(text: str) -> list[str]:
    """The parts of a list: "a, b and c"."""
    text = re.sub(r"[^\S\n]+", " ", text)  # long blanks take long
    found = (one.strip(_MARKS) for line in re.split(r"[\n|]+", text) for one in JOINT.split(line))
    return list(filter(None, found))


def residue(passage: Passage, used: Sequence[Span]) -> str:
    """The few words of a text that are nothing else: "kitchen" in "turn on the kitchen light"."""
    order = {meant for term in passage.words for meant in (term.stem, *term.concepts)}
    openers = lexicon()["openers"]
    left = compiled("measured").sub(" ", passage.without([*used, *passage.of("number")]))
    kept = [
        word
        for word in (_BEHIND.sub("", left) if passage.item else left).split()
        if word.lower() not in openers and not is_cjk(word)
        for term in terms(word)[:1]
        if term.weight == 1 and not order & {term.stem, *term.concepts}
    ]
    return " ".join(kept).strip(",.;:!?'\"") if len(kept) <= _FEW else ""
