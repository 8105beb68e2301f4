"""Answers out of what the conversation holds: documents in the prompt, things said before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zhipu_emulator.brain.words import Term, covered, is_chinese, sentences, terms

_QUESTION = re.compile(
    r"^[ \t]*(?:user |original )?(?:question|query|follow[- ]?up question|问题|提问|用户问题|查询)"
    r"[ \t]*(?:is as follows)?[ \t]*[:：][ \t]*(\S.*?)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_QUESTION_TAG = re.compile(r"<(question|query|input)>\s*(.+?)\s*</\1>", re.IGNORECASE | re.DOTALL)
_BLOCKS = (
    re.compile(r"^-{4,}[ \t]*\n(.*?)\n-{4,}", re.MULTILINE | re.DOTALL),
    re.compile(
        r"<(?P<tag>context|documents?|docs?|sources?|passages?|article|text|retrieved\w*)\b[^>]*>"
        r"(.*?)</(?P=tag)>",
        re.IGNORECASE | re.DOTALL,
    ),
    re.compile(r"(?:```|\"\"\")(?!json)\w*\n?(.*?)(?:```|\"\"\")", re.DOTALL),
    re.compile(
        r"(?:^[ \t]*|(?<=[.!?。！？])[ \t]*)(?:#+ *)?(?:\w+ )?(?:context|documents?|sources?"
        r"|passages?|background|articles?|text|excerpts?"
        r"|上下文|资料|参考资料|已知信息|文档|背景|文章|材料)(?: \d+)?[ \t]*[:：][ \t]*\n?(.*?)"
        r"(?=^[ \t]*(?:#+ *)?(?:user |original )?"
        r"(?:question|query|问题|提问|用户问题|answer|回答|答案)[ \t]*[:：]|\Z)",
        re.IGNORECASE | re.MULTILINE | re.DOTALL,
    ),
)
_ENOUGH_IN_DOCUMENTS = 0.34
_ENOUGH_IN_TALK = 0.5
_AS_GOOD = 0.9
_MOST = 3
_SUMMARY = re.compile(
    r"\b(?:summar\w+|tl;?dr|key points|main points)\b|总结|概括|摘要|要点", re.IGNORECASE
)
_BONUS = 0.15
_TITLE = 60  # characters
_PRONOUN = re.compile(
    r"(?:it|he|she|they|this|that|these|its|his|her|their)\b|它|他|她|这", re.IGNORECASE
)
_KINDS = (
    (
        re.compile(
            r"\bhow (?:many|much|tall|long|old|far|high|big|deep)\b|\bwhen\b"
            r"|多少|几|何时|多[高长大远]",
            re.IGNORECASE,
        ),
        re.compile(r"\d"),
    ),
    (
        re.compile(r"\bwhere\b|哪里|哪儿|在哪", re.IGNORECASE),
        re.compile(r"\b(?:in|at|near|on) (?:the )?[A-Z]|在|位于"),
    ),
    (re.compile(r"\bwho(?:se|m)?\b", re.IGNORECASE), re.compile(r"\b[A-Z][a-z]+ [A-Z]|\bby [A-Z]")),
)  # fmt: skip
_TURNED = {
    "my": "your", "mine": "yours", "i": "you", "me": "you", "am": "are", "i'm": "you are",
    "we": "you", "our": "your", "i've": "you have", "i’m": "you are", "myself": "yourself",
    "was": "were",
}  # fmt: skip
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
        for match in pattern.finditer(rest):
            body = match.group(match.lastindex or 1)
            if body and len(body.strip()) > 0:
                documents.append(body.strip())
        rest = pattern.sub("\n", rest)
    tagged = _QUESTION_TAG.findall(text)
    labelled = _QUESTION.findall(rest)
    if tagged or labelled:
        question = tagged[-1][1] if tagged else labelled[-1]
        return Prompt(question.strip(), tuple(documents), rest)
    return Prompt(_asked_in(rest) if documents else text.strip(), tuple(documents), rest)


def _asked_in(text: str) -> str:
    parts = sentences(text)
    asking = [part for part in parts if part.endswith(("?", "？"))]
    if asking:
        return asking[-1]
    return " ".join(parts) or text.strip()


def from_documents(question: str, documents: Sequence[str]) -> str | None:
    """The sentences of the documents that answer best; None when none has to do with it."""
    lines = [line for document in documents for line in sentences(document)]
    if _SUMMARY.search(question):
        return _joined(lines[:_MOST]) or None
    return _best(question, lines, _ENOUGH_IN_DOCUMENTS)


def from_talk(question: str, said: Iterable[str]) -> str | None:
    """Something the user said before, turned to "you": "Your name is Ada."."""
    facts = [
        part
        for text in said
        for part in sentences(text)
        if not part.endswith(("?", "？")) and part.strip() != question.strip()
    ]
    found = _best(question, facts, _ENOUGH_IN_TALK, most=1, talk=True)
    return None if found is None else turned(found)


def _best(
    question: str, lines: Sequence[str], enough: float, *, most: int = _MOST, talk: bool = False
) -> str | None:
    asked = terms(question, numbers=True)
    wanted = [has for asks, has in _KINDS if asks.search(question)]  # kinds of thing asked for
    scored, before, title = [], list[Term](), list[Term]()
    for line in lines:
        mine = terms(line, numbers=True)
        if not talk and _heading(line):
            title = mine  # what stands under it is about it
            continue
        # "It is 330 m tall" is about what the sentence before it names.
        known = mine + title + (before if _PRONOUN.match(line) else [])
        fits = covered(asked, known)
        scored.append(
            (fits + _BONUS * (fits > 0 and any(has.search(line) for has in wanted)), line)
        )
        before = mine
    scored = scored or [(covered(asked, terms(line, numbers=True)), line) for line in lines]
    top = max((score for score, _ in scored), default=0.0)
    if top < enough:
        return None
    # Of two equal facts of a talk the later one holds.
    if talk:
        scored = scored[::-1]
    chosen = [line for score, line in scored if score >= top * _AS_GOOD][:most]
    return _joined(list(dict.fromkeys(chosen)))


def _heading(line: str) -> bool:
    return len(line) <= _TITLE and not re.search(r"[.!?。！？:：;；,，\d|]|^[-*•]", line)


def _joined(lines: Sequence[str]) -> str:
    return ("" if lines and is_chinese(lines[0]) else " ").join(lines)


def turned(text: str) -> str:
    """A statement of the user's, said back to them."""
    if is_chinese(text):
        return text.replace("我们", "你们").replace("我", "你")
    back = _TURNED_WORD.sub(lambda match: _TURNED[match.group().lower()], text)
    back = re.sub(r"\byou were\b", "you were", back)
    back = re.sub(r"(?<!you )\bwere\b", "was", back)
    return back[:1].upper() + back[1:]
