"""Small talk and simple orders that need no knowledge."""

from __future__ import annotations

import re

from zhipu_emulator.brain import arithmetic
from zhipu_emulator.brain.words import is_chinese

_SMALL: tuple[tuple[str, str], ...] = (
    (r"^\W*(?:hello|hi|hey|good (?:morning|evening|afternoon))\b[\w\s,]{0,20}\W*$",
     "Hello! How can I help you?"),
    (r"^\W*how are you\b.{0,20}$", "I am fine, thank you. How can I help you?"),
    (r"^\W*(?:thanks|thank you|thx)\b.{0,30}$", "You are welcome."),
    (r"^\W*(?:bye|goodbye|good night)\b.{0,20}$", "Goodbye!"),
    (r"^\W*(?:你好|您好|嗨|早上好|晚上好)\W*$", "你好！有什么可以帮你的吗？"),
    (r"^\W*(?:谢谢|多谢)\S{0,6}$", "不客气。"),
    (r"\bwho are you\b|\bwhat are you\b|你是谁",
     "I am the emulator, a stand-in for the service without a model."),
)  # fmt: skip
_SAY = re.compile(
    r"(?:\b(?:say|repeat|reply|respond|answer|output|print|write|return)\b|回复|重复|说|输出)"
    r"(?:\s+(?:back|with|only|exactly|just|the|word|words|phrase|text|sentence|after me|:))*"
    r"\s*[:：]?\s*[\"'“「](.+?)[\"'”」](?!\w)",
    re.IGNORECASE | re.DOTALL,
)
_COUNT = re.compile(
    r"\bcount\s+(?:up\s+)?(?:from\s+(\d+)\s+)?(?:up\s+)?to\s+(\d+)|从(\d+)数到(\d+)", re.IGNORECASE
)
_THAT = re.compile(
    r"\b(?:that|this|the|its)\s+(?:last |previous )?(?:result|answer|number|value|sum|product)\b"
    r"|\b(?:that|it|this)\b|这个(?:结果|数)|它|结果",
    re.IGNORECASE,
)
_LAST_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_LONGEST_COUNT = 5000
_SHRUG = (
    (
        "You wrote: “{}”. I am a stand-in without a language model: I can only work with what the "
        "conversation, its documents and its tools give me."
    ),
    "你说：“{}”。我是模拟服务，没有语言模型，只能根据对话、给出的文档和工具来回答。",
)


def small_talk(text: str) -> str | None:
    """An answer to a greeting and the like."""
    return next((said for form, said in _SMALL if re.search(form, text, re.IGNORECASE)), None)


def order(text: str) -> str | None:
    """What a message orders to say: a quotation, a count."""
    if match := _SAY.search(text):
        return match[1].strip()
    if match := _COUNT.search(text):
        low, high = int(match[1] or match[3] or 1), int(match[2] or match[4])
        return ", ".join(map(str, range(low, min(high, low + _LONGEST_COUNT) + 1))) + "."
    return None


def sum_of(text: str, before: str) -> str | None:
    """The sums in a text worked out; "that" is the last number of the answer before."""
    found = arithmetic.expressions(text)
    numbers = _LAST_NUMBER.findall(before.replace(",", ""))
    if not found and numbers:
        found = arithmetic.expressions(_THAT.sub(numbers[-1], text))
    parts = [f"{one} = {value}" for one in found if (value := arithmetic.evaluate(one))]
    if not parts:
        return None
    return "，".join(parts) + "。" if is_chinese(text) else ", ".join(parts) + "."


def shrug(text: str) -> str:
    """When there is nothing to answer from: says so, and what it was asked."""
    short = " ".join(text.split())
    return _SHRUG[is_chinese(text)].format(short if len(short) <= 120 else short[:117] + "...")
