"""Small talk and simple orders that need no knowledge."""

from __future__ import annotations

import re

from zhipu_emulator.brain import arithmetic
from zhipu_emulator.brain.words import compiled, is_chinese, lexicon, sentence

_SAY = compiled("say")
_COUNT = compiled("count")
_THAT = compiled("that")
_LAST_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_LONGEST_COUNT = 5000


def small_talk(text: str) -> str | None:
    """An answer to a greeting and the like."""
    found = (said for form, said in lexicon()["small_talk"] if re.search(form, text, re.IGNORECASE))
    return next(found, None)


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
    shown = short if len(short) <= 120 else short[:117] + "..."
    return sentence("shrug", shown, chinese=is_chinese(text))
