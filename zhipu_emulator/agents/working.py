"""Agents that answer with one message: translation, images, fields of documents, exercises."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from zhipu_emulator.agents.asking import Asked, owned_content
from zhipu_emulator.agents.translating import LANGUAGES, glossary_of, translated
from zhipu_emulator.brain.arithmetic import evaluate, expressions
from zhipu_emulator.brain.words import is_chinese
from zhipu_emulator.chat.message_parts import Attachment
from zhipu_emulator.content import drawing
from zhipu_emulator.content.attached_media import described
from zhipu_emulator.content.pages import UnreadableError, kind_of, pdf_text, picture_page
from zhipu_emulator.content.published import publish
from zhipu_emulator.http.errors import unparsable
from zhipu_emulator.http.params import Params, illegal

if TYPE_CHECKING:
    from starlette.requests import Request

    from zhipu_emulator.http.state import State

__all__ = ["SIZES", "STRATEGIES", "answer"]

SIZES = (
    "1024*1024", "768*1344", "1344*768", "864*1152", "1152*864", "1440*720", "720*1440",
)  # fmt: skip
STRATEGIES = ("general", "paraphrase", "two_step", "three_step", "reflection", "cot")
_COLON = re.compile(r"[:：]")
_LONGEST_NAME = 40
_ANSWERED = re.compile(r"(?P<sum>[^=\n]{3,200})=\s*(?P<result>-?\d[\d,.]*\d|-?\d)")
_SUBTITLES = {"English": "en", "Japanese": "ja", "Korean": "ko"}

Part = dict[str, Any]


def answer(asked: Asked, request: Request, state: State, owner: str) -> Part:
    """The one part of the answer."""
    does = asked.agent.does
    if does == "draw":
        return _image(asked, request, state)
    if does == "translate":
        return _text(_translation(asked, state, owner))
    if does == "extract":
        return _text(_fields(asked))
    if does == "describe":
        return _text(_description(asked))
    if does == "correct":
        return _text(_correction(asked))
    return _text(_solution(asked.text))


def _text(text: str) -> Part:
    return {"type": "text", "text": text}


def _translation(asked: Asked, state: State, owner: str) -> str:
    params = Params(asked.variables)
    if asked.agent_id == "subtitle_translation_agent":
        return translated(asked.text, "zh-CN", _SUBTITLES[_choice(params, "language", _SUBTITLES)])
    source = _choice(params, "source_lang", ("auto", *LANGUAGES), "auto")
    target = _choice(params, "target_lang", (*LANGUAGES, "en-GB", "en-US"), "zh-CN")
    _choice(params, "strategy", STRATEGIES, "general")
    glossary = params.get("glossary")
    terms = glossary_of(owned_content(state, glossary, owner)) if glossary else None
    return translated(asked.text, source, target, terms)


def _choice(params: Params, name: str, allowed: Any, default: str | None = None) -> str:
    value = params.text(name, default)
    if value not in allowed:
        raise illegal(f"custom_variables.{name}")
    return value


def _image(asked: Asked, request: Request, state: State) -> Part:
    size = _choice(Params(asked.variables), "size", SIZES, SIZES[0])
    width, height = (int(side) for side in size.split("*"))
    name = f"{state.new_id()}_0.png"
    draw = partial(drawing.png, asked.text, width, height)
    return {"type": "image_url", "image_url": publish(request, state, name, draw, "image/png")}


def _read(file: dict[str, Any]) -> str:
    """The text of an uploaded file: of a PDF, of a picture that carries it, or plain."""
    content = file["content"]
    kind = kind_of(content)
    try:
        if kind is None:
            return str(content.decode("utf-8", "replace"))
        if kind == "pdf":
            return pdf_text(content)
        return "\n".join(span.text for span in picture_page(content).spans)
    except UnreadableError:
        raise unparsable() from None


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, *value = (part.strip() for part in _COLON.split(line, maxsplit=1))
        if value and value[0] and 1 <= len(name) <= _LONGEST_NAME:
            yield name, value[0]


def _fields(asked: Asked) -> str:
    """The lines ``name: value``, as JSON: those that were asked for, or all."""
    text = "\n".join(map(_read, asked.files)) or asked.text
    found = dict(_pairs(text))
    wanted: list[str] = []
    for name in ("default_fields", "custom_fields"):
        given = asked.variables.get(name)
        items = given if isinstance(given, list) else [given] if isinstance(given, dict) else []
        for item in items:
            wanted += [str(key) for key in item] if isinstance(item, dict) else [str(item)]
    chosen = {name: found.get(name) for name in wanted} if wanted else found
    return json.dumps(chosen, ensure_ascii=False)


def _description(asked: Asked) -> str:
    file = asked.files[0]
    if kind_of(file["content"]) not in ("png", "jpeg"):
        raise unparsable()
    _read(file)  # refuses what is damaged
    attachment = Attachment(kind="image", name=file["filename"], data=file["content"])
    return described(attachment, chinese=is_chinese(asked.text))


def _correction(asked: Asked) -> str:
    """Each sum of the homework with whether its result is right."""
    homework = "\n".join(map(_read, asked.files)) or asked.text
    chinese = is_chinese(homework)
    lines = []
    for found in _ANSWERED.finditer(homework):
        sums = [sum_ for sum_ in expressions(found["sum"]) if evaluate(sum_)]
        if not sums:
            continue
        right = evaluate(sums[-1])
        good = found["result"].replace(",", "") == str(right).replace(",", "")
        verdict = ("正确" if chinese else "right") if good else ("错误" if chinese else "wrong")
        lines.append(f"{sums[-1]} = {found['result']}: {verdict}{'' if good else f', {right}'}")
    if lines:
        return "\n".join(lines)
    return "模拟器只会批改算式。" if chinese else "The emulator corrects sums only."


def _solution(text: str) -> str:
    lines = [f"{sum_} = {evaluate(sum_)}" for sum_ in expressions(text) if evaluate(sum_)]
    if lines:
        return "\n".join(lines)
    return "模拟器只会计算算式。" if is_chinese(text) else "The emulator solves sums only."
