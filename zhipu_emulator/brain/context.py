"""Answers out of the conversation: documents in the prompt, things said before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zhipu_emulator.brain.words import (
    Term,
    compiled,
    covered,
    is_chinese,
    lexicon,
    sentences,
    terms,
)

_ASKS = r"(?:user |original )?(?:question|query|问题|提问|用户问题|查询)"
_QUESTION = re.compile(
    rf"^[ \t]*{_ASKS}[ \t]*[:：][ \t]*(\S.*?)[ \t]*$", re.IGNORECASE | re.MULTILINE
)
_BLOCKS = (
    re.compile(r"^-{4,}[ \t]*\n(.*?)\n-{4,}", re.MULTILINE | re.DOTALL),
    re.compile(
        r"<(?P<tag>context|documents?|docs?|sources?|passages?|article|text)\b[^>]*>"
        r"(.*?)</(?P=tag)>",
        re.IGNORECASE | re.DOTALL,
    ),
    re.compile(r"(?:```|\"\"\")(?!json)\w*\n?(.*?)(?:```|\"\"\")", re.DOTALL),
    re.compile(
        r"(?:^[ \t]*|(?<=[.!?。！？])[ \t]*)(?:#+ *)?(?:\w+ )?(?:context|documents?|sources?"
        r"|passages?|background|articles?|text|excerpts?|上下文|资料|参考资料|已知信息|文档|文章)"
        r"(?: \d+)?[ \t]*[:：][ \t]*\n?(.*?)"
        rf"(?=^[ \t]*(?:#+ *)?(?:{_ASKS}|answer|回答|答案)[ \t]*[:：]|\Z)",
        re.IGNORECASE | re.MULTILINE | re.DOTALL,
    ),
)
_ENOUGH_IN_DOCUMENTS = 0.34
_ENOUGH_OF_WHAT_WAS_SAID = 0.5
_AS_GOOD = 0.9
_MOST = 3
_SUMMARY = compiled("summary")
_BONUS = 0.15
_HOW_MANY = compiled("how many")
# What a question asks for, and what an answer to it has.
_KINDS = (
    (_HOW_MANY, re.compile(r"\d")),
    (re.compile(r"\bwhere\b|哪里|哪儿|在哪", re.IGNORECASE),
     re.compile(r"\b(?:in|at|near|on) (?:the )?[A-Z]|在|位于")),
    (re.compile(r"\bwho(?:se|m)?\b", re.IGNORECASE), re.compile(r"\b[A-Z][a-z]+ [A-Z]|\bby [A-Z]")),
)  # fmt: skip
_INTRODUCED = compiled("introduced")
_TURNED = lexicon()["turned"]
_TURNED_WORD = re.compile(
    rf"\b(?:{'|'.join(sorted(_TURNED, key=len, reverse=True))})\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Prompt:
    """A user message taken apart: what is asked, and the documents it came with."""

    question: str
    documents: tuple[str, ...]
    rest: str


def take_apart(text: str) -> Prompt:
    """Separate question and documents of a prompt such as retrieval chains write."""
    documents, rest = [], text
    for pattern in _BLOCKS:
        bodies = (match.group(match.lastindex or 1) for match in pattern.finditer(rest))
        documents += [body.strip() for body in bodies if body and body.strip()]
        rest = pattern.sub("\n", rest)
    question = text
    if labelled := _QUESTION.findall(rest):
        question = labelled[-1]
    elif documents:
        parts = sentences(rest)
        asking = [part for part in parts if part.endswith(("?", "？"))]
        question = asking[-1] if asking else " ".join(parts) or rest
    return Prompt(question.strip(), tuple(documents), rest)


def from_documents(question: str, documents: Sequence[str]) -> str | None:
    """The sentences of the documents that answer best; None when none has to do with it."""
    lines = [line for document in documents for line in sentences(document)]
    if _SUMMARY.search(question):
        return _joined(lines[:_MOST]) or None
    asked = _Asked.of(question)
    scored = [(_fit(asked, line), line) for line in lines]
    top = max((score for score, _ in scored), default=0.0)
    if top < _ENOUGH_IN_DOCUMENTS:
        return None
    best = dict.fromkeys(line for score, line in scored if score >= top * _AS_GOOD)
    return _joined(list(best)[:_MOST])


def from_what_was_said(question: str, said: Iterable[str]) -> str | None:
    """Something the user said before, turned to "you": "Your name is Ada."."""
    lines = [line for text in said for line in sentences(text)]
    asked = _Asked.of(question)
    by_name = any("naming" in term.concepts for term in asked.terms)
    scored = [
        (1.0 if by_name and _INTRODUCED.search(line) else _fit(asked, line), place, line)
        for place, line in enumerate(lines)
        if not line.endswith(("?", "？")) and line.strip() != question.strip()
    ]
    # Of two equal facts the later one counts.
    top, _, line = max(scored, default=(0.0, 0, ""))
    return _turned(line) if top >= _ENOUGH_OF_WHAT_WAS_SAID else None


class _Asked(NamedTuple):
    """A question: its words, and what an answer of the kind that it asks for has."""

    terms: list[Term]
    wanted: list[re.Pattern[str]]

    @classmethod
    def of(cls, question: str) -> _Asked:
        wanted = [has for asks, has in _KINDS if asks.search(question)]
        return cls(terms(question, numbers=True), wanted)


def _fit(asked: _Asked, line: str) -> float:
    fits = covered(asked.terms, terms(line, numbers=True))
    return fits + _BONUS * (fits > 0 and any(has.search(line) for has in asked.wanted))


def _joined(lines: Sequence[str]) -> str:
    return ("" if lines and is_chinese(lines[0]) else " ").join(lines)


def _turned(text: str) -> str:
    """A statement of the user's, said back to them."""
    if is_chinese(text):
        return text.replace("我", "你")
    back = _TURNED_WORD.sub(lambda match: _TURNED[match.group().lower()], text)
    back = re.sub(r"\byou was\b", "you were", back)
    return back[:1].upper() + back[1:]
