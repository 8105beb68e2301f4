"""What a short text holds beside everything that was recognised in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zhipu_emulator.brain.values import Span
from zhipu_emulator.brain.words import is_cjk, lexicon, stem, terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhipu_emulator.brain.values import Passage
    from zhipu_emulator.brain.words import Term

_FEW = 3  # words; more are a sentence, not a name
_BEHIND = re.compile(r"\s(?:for|in|at|from|to|of|with)\s")
_UNIT = re.compile(r"\s*[A-Za-z%°]+")


def residue(passage: Passage, used: Sequence[Span], *, short: bool) -> Span | None:
    """The words that are nothing else: "apples" in "2 apples"; None when none are left.

    Args:
        passage: The text.
        used: Values that were taken from it.
        short: Whether it is one item of a list, where every word counts.
    """
    left = list(passage.text)
    for span in used:
        left[span.start : span.end] = " " * (span.end - span.start)
    for span in passage.numbers:
        # In a sentence the word behind a number is its unit, in a list it is the thing.
        unit = _UNIT.match(passage.text, span.end)
        end = unit.end() if unit and not short else span.end
        left[span.start : end] = " " * (end - span.start)
    openers = set(lexicon()["openers"])
    words = [w for w in "".join(left).split() if w.lower() not in openers]
    if short:  # "2 mugs for the guests": what it is stands first
        words = _BEHIND.split(f" {' '.join(''.join(left).split())} ")[0].split()
        words = [w for w in words if w.lower() not in openers]
    text = " ".join(words).strip(" .!?;:。！？")
    return Span(0, 0, text) if text else None


def unclaimed(span: Span | None, order: Sequence[Term]) -> str | None:
    """The few telling words of a residue that the called function does not have itself."""
    known = {term.stem for term in order}
    concepts = {concept for term in order for concept in term.concepts}
    words = [w for w in (span.value.split() if span else []) if not is_cjk(w)]
    left = [
        w
        for w in words
        if (found := terms(w)) and found[0].weight == 1 and not found[0].concepts & concepts
        and stem(w) not in known
    ]  # fmt: skip
    return " ".join(left) if 1 <= len(left) <= _FEW else None
