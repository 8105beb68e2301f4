"""Answers in words: from results, documents, sums, what was said before; greetings and orders."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from zhipu_emulator.brain.arithmetic import evaluate, expressions
from zhipu_emulator.brain.purposes import of_purpose
from zhipu_emulator.brain.words import (
    compiled,
    covered,
    is_chinese,
    lexicon,
    row_told,
    sentence,
    sentences,
    split_name,
    terms,
)
from zhipu_emulator.content import attached_media
from zhipu_emulator.forms.wrappings import HANDED_OVER, without_metadata

if TYPE_CHECKING:
    from zhipu_emulator.brain.conversation import Conversation
    from zhipu_emulator.chat.tool_results import Result

_LAST_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_LONGEST_COUNT = 5000
_SHOWN = 120  # characters of a question that is not understood
_ENOUGH_IN_DOCUMENTS = 0.34
_ENOUGH_OF_WHAT_WAS_SAID = 0.5
_MOST = 3  # sentences of a summary
_LONG = 600  # characters; longer results are searched, shorter ones reported whole
_SEE_BELOW = re.compile(r"\([^()]*\bnext message\b[^()]*\)")
#: An order to write down what a picture says: GLM-OCR's own words for it, and others.
_READS = re.compile(
    r"^\W*(?:text|table|formula) recognition\b|\b(?:read|transcribe)\b.{0,40}\b(?:text|words)\b"
    r"|文字识别|识别.{0,20}文字",
    re.IGNORECASE,
)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LABELLED = 3  # words; shorter results are reported with the call that they came from
_ERROR = re.compile(r"^\W*(?:error|exception|traceback|failed|错误|失败)\b", re.IGNORECASE)


def in_words(view: Conversation) -> str:
    """The answer; what to ask for or to say when there is nothing to answer from."""
    question, chinese = view.question, view.chinese
    if view.asked.choice != "none" and not view.results:
        steps = view.planner.steps(question) if view.planner.tools else []
        if missing := sorted({name for step in steps for name in step.missing}):
            return sentence("needed", ", ".join(missing), chinese=chinese)
    reads = bool(_READS.search(question))
    media = [attached_media.described(one, chinese=chinese, reads=reads) for one in view.media]
    if view.results:
        told = [replace(one, name=view.spoken.get(one.name, one.name)) for one in view.results]
        media.insert(0, _reported(told, question, chinese=chinese))
    if any(media):
        return " ".join(filter(None, media))
    found = of_purpose(view) or _noted(question) or _from_documents(question, view.documents)
    if view.given and not found:
        return sentence("not said", chinese=chinese)
    found = found or at_once(view) or _from_documents(question, view.texts("system"))
    if not found and view.documents:
        return sentence("not said", chinese=chinese)
    short = " ".join(question.split())
    short = short if len(short) <= _SHOWN else f"{short[: _SHOWN - 3]}..."
    return found or sentence("shrug", short, chinese=is_chinese(question))


def at_once(view: Conversation) -> str | None:
    """An answer that needs no looking up; None when nothing gives one."""
    return (
        _small_talk(view.question)
        or _sums(view.question, view.answer_before)
        or _from_what_was_said(view.question, [*view.said_before, view.rest])
        or _from_documents(view.question, view.documents)
    )


def _small_talk(text: str) -> str | None:
    """An answer to a greeting and the like; what an order to say something or to count wants."""
    for form, said in lexicon()["small_talk"]:
        if match := re.search(form, text, re.IGNORECASE):
            return match.expand(said).strip()
    if match := compiled("count").search(text):
        low, high = int(match[1] or match[3] or 1), int(match[2] or match[4])
        return ", ".join(map(str, range(low, min(high, low + _LONGEST_COUNT) + 1))) + "."
    return None


def _sums(text: str, before: str) -> str | None:
    """The sums in a text worked out; "that" is the last number of the answer before."""
    found = expressions(text)
    if not found and (numbers := _LAST_NUMBER.findall(before.replace(",", ""))):
        found = expressions(compiled("that").sub(numbers[-1], text))
    parts = [f"{one} = {value}" for one in found if (value := evaluate(one))]
    comma, stop = ("，", "。") if is_chinese(text) else (", ", ".")
    return comma.join(parts) + stop if parts else None


def _from_documents(question: str, documents: Sequence[str]) -> str | None:
    """The sentence of the documents that answers best; None when none has to do with it."""
    lines = _lines(documents)
    text = _lines([without_metadata(document) for document in documents])
    if compiled("summary").search(question):
        shown = text or lines
        joint = "" if shown and is_chinese(shown[0]) else " "
        return joint.join(shown[:_MOST]) or None
    found = _best(question, text, _ENOUGH_IN_DOCUMENTS)
    if found is None and text != lines:
        found = _best(question, lines, _ENOUGH_IN_DOCUMENTS)
    return found and _row(found, documents)


def _row(line: str, documents: Sequence[str]) -> str:
    """A line of a CSV as a sentence: each cell behind the name of its column; else the line."""
    for paragraph in (part for document in documents for part in document.split("\n\n")):
        head, *rows = map(str.strip, paragraph.strip().splitlines() or [""])
        if line not in rows or "," not in head or ", " in head:
            continue
        names, cells = _cells(head), _cells(line)
        if names and len(names) == len(cells):
            return row_told(zip(names, cells, strict=True))
    return line


def _cells(line: str) -> list[str]:
    """The cells of a line of a CSV; none where it cannot be one."""
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:  # a quote that stays open, or a cell without an end
        return []


def _lines(documents: Sequence[str]) -> list[str]:
    """The sentences of documents, in order, each once: a long log says the same all day."""
    return list(dict.fromkeys(line for document in documents for line in sentences(document)))


def _from_what_was_said(question: str, said: Iterable[str]) -> str | None:
    """Something the user said before, turned to "you": "Your name is Ada."."""
    lines = [line for text in said for line in sentences(text)]
    told = [one for one in lines if not one.endswith(("?", "？")) and one.strip() != question]
    line = _best(question, told[::-1], _ENOUGH_OF_WHAT_WAS_SAID)  # of equals the later one
    return line and _turned(line)


def _noted(text: str) -> str | None:
    """What answers somebody who says something about themselves and asks nothing."""
    if not compiled("told").search(text) or compiled("wonders").search(text):
        return None
    return _small_talk(text) or sentence("noted", _turned(text), chinese=is_chinese(text))


def _turned(line: str) -> str:
    """What the user said of themselves as it is said to them."""
    line = compiled("remember").sub("", line)
    if is_chinese(line):
        return line.replace("我", "你")
    turned = lexicon()["turned"]
    back = re.sub(r"[\w']+", lambda word: turned.get(word[0].lower(), word[0]), line)
    back = back.replace("you was ", "you were ")
    return back[:1].upper() + back[1:]


def _best(question: str, lines: Sequence[str], enough: float) -> str | None:
    asked = terms(question, numbers=True)
    named = (compiled("introduced").sub(r"\g<0> named", line) for line in lines)  # "I am Ada"
    scores = [covered(asked, terms(line, numbers=True)) for line in named]
    best = max(scores, default=0.0)
    return lines[scores.index(best)] if scores and best >= enough else None


def _reported(results: Sequence[Result], question: str, *, chinese: bool) -> str:
    """An answer made of the results, one after the other."""
    said = [(result, result.text.strip()) for result in results]
    aside = (_SEE_BELOW, HANDED_OVER)
    given = [result for result, text in said if not any(form.fullmatch(text) for form in aside)]
    parts = [_one(result, question, chinese=chinese) for result in given]
    joint = "\n" if any("\n" in part or len(part) > 200 for part in parts) else " "
    return joint.join(dict.fromkeys(filter(None, parts)))


def _one(result: Result, question: str, *, chinese: bool) -> str:
    text = result.text.strip()
    if not text or _ERROR.match(text):
        return sentence("reported" if text else "nothing", result.name, text, chinese=chinese)
    if isinstance(result.data, dict | list):
        text = re.sub(r"[{}\[\]\"]", "", json.dumps(result.data, ensure_ascii=False))[:_LONG]
    elif len(text) > _LONG:
        return _from_documents(question, [text]) or text[:_LONG]
    elif (whole := text.endswith(tuple("。！？.!?"))) or _telling(text):
        return text if whole else f"{text}{'。' if chinese else '.'}"
    given = ", ".join(str(value) for value in result.arguments.values())
    label = split_name(result.name) + (f" ({given})" if given else "")
    return sentence("result", label, text, chinese=chinese)


def _telling(text: str) -> bool:
    """Whether a result says enough without the call that it came from."""
    return len(text.split()) + len(_CHINESE.findall(text)) // 2 > _LABELLED
