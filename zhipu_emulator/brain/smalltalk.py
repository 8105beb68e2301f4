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
    (r"^\W*(?:再见|拜拜)\W*$", "再见！"),
    (r"\bwho are you\b|\bwhat are you\b|你是谁",
     "I am the emulator, a stand-in for the service without a model."),
)  # fmt: skip
_SAY = re.compile(
    r"(?:\b(?:say|repeat|reply|respond|answer|output|print|write|return)\b|回复|重复|说|输出)"
    r"(?:\s+(?:back|with|only|exactly|just|the|word|words|phrase|text|sentence|after me|:))*"
    r"\s*[:：]?\s*"
    r"[\"'“「](.+?)[\"'”」](?!\w)",
    re.IGNORECASE | re.DOTALL,
)
_REPEAT = re.compile(r"\brepeat after me\s*[:：,]\s*(.+)", re.IGNORECASE | re.DOTALL)
_COUNT = re.compile(
    r"\bcount\s+(?:up\s+)?(?:from\s+(?P<low>\d+)\s+)?(?:up\s+)?to\s+(?P<high>\d+)|从(?P<low2>\d+)数到(?P<high2>\d+)",
    re.IGNORECASE,
)
_THAT = re.compile(
    r"\b(?:that|this|the|its)\s+(?:last |previous )?(?:result|answer|number|value|sum|product)\b"
    r"|\b(?:that|it|this)\b"
    r"|这个(?:结果|数)|它|结果",
    re.IGNORECASE,
)
_LAST_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_LONGEST_COUNT = 5000


def small_talk(text: str) -> str | None:
    """An answer to a greeting and the like."""
    for pattern, answer in _SMALL:
        if re.search(pattern, text, re.IGNORECASE):
            return answer
    return None


def order(text: str) -> str | None:
    """What one is told to say: a quotation, a count."""
    match = _SAY.search(text) or _REPEAT.search(text)
    if match:
        return match[1].strip()
    match = _COUNT.search(text)
    if match:
        low = int(match["low"] or match["low2"] or 1)
        high = min(int(match["high"] or match["high2"]), low + _LONGEST_COUNT)
        return ", ".join(str(n) for n in range(low, high + 1)) + "."
    return None


def sum_of(text: str, before: str) -> str | None:
    """The sums in a text worked out; "that" is the last number of the answer before."""
    found = arithmetic.expressions(text)
    if not found and before and _THAT.search(text):
        numbers = _LAST_NUMBER.findall(before.replace(",", ""))
        if numbers:
            found = arithmetic.expressions(_THAT.sub(numbers[-1], text))
    parts = [f"{one} = {value}" for one in found if (value := arithmetic.evaluate(one))]
    if not parts:
        return None
    return "，".join(parts) + "。" if is_chinese(text) else ", ".join(parts) + "."


def shrug(text: str) -> str:
    """When there is nothing to answer from: says so, and what it was asked."""
    short = " ".join(text.split())
    short = short if len(short) <= 120 else short[:117] + "..."
    if is_chinese(text):
        return (
            f"你说：“{short}”。我是模拟服务，没有语言模型，只能根据对话、给出的文档和工具来回答。"
        )
    return (
        f"You wrote: “{short}”. I am a stand-in without a language model: I can only work with "
        "what the conversation, its documents and its tools give me."
    )
