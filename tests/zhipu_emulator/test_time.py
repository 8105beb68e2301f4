"""What takes long to read takes no more than in proportion."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from zhipu_emulator.brain import fits
from zhipu_emulator.brain.fill import Filler
from zhipu_emulator.brain.schema import Schema
from zhipu_emulator.brain.values import Passage

TEXTS = {
    "quotations": "'x' ",
    "names": "in Paris, ",
    "Chinese names": "在北京和上海的天气，",
    "words": "to the house of my friend in town ",
    "numbers": "a is 3, b is 4; ",
    "blanks": "  ",
    "labels": "name name name: ",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_pairs_are_scored_once_for_each_value_and_property(kind: str, monkeypatch) -> None:
    counted = 0
    plain = fits._score

    def counting(*arguments: Any, **named: Any) -> float:
        nonlocal counted
        counted += 1
        return plain(*arguments, **named)

    monkeypatch.setattr(fits, "_score", counting)
    properties = {f"name_{i}": {"type": "string"} for i in range(20)}
    schema = Schema({"type": "object", "properties": properties, "required": [*properties]})
    text = (TEXTS[kind] * 6_000)[:6_000]
    passage = Passage(text, dt.date(2026, 1, 1))
    filled = Filler(passage).fill(schema)
    assert filled.value.keys() == properties.keys()
    values = len(passage.of("quote", "name", "phrase", "number", "code"))
    assert counted <= 2 * 20 * (values + 1)
