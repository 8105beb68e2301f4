"""Prompts with a form: what is no such prompt is left alone, and odd ones do no harm."""

from __future__ import annotations

import pytest

from zhipu_emulator.forms.answering import in_form
from zhipu_emulator.forms.tool_lists import literal, offered


@pytest.mark.parametrize(
    "text",
    [
        "", "What is the capital of France?", "Document 1: a\nDocument 2: b", "Answer YES or no.",
        "Choose one of [a, b].", "Which choice is best?", "Give me keywords.", "SQLQuery:",
        "Question: a\nSQLQuery: ", "[] > []", "'ANSWER: <number>'", "[RESULT", "<Tools> <Output>",
        "1. One\n2. Two\n\nWhich of the two?",
    ],
)  # fmt: skip
def test_what_has_no_form(text: str) -> None:
    assert in_form([], [text]) is None


def test_a_form_of_an_earlier_question_does_not_count() -> None:
    assert in_form([], ["Answer with YES or NO: ...", "What is the wind?"]) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1} and more', {"a": 1}), ("{'a': None}", {"a": None}), ("no", None), ("", None),
        ("[" * 5_000, None), ("{'a': " * 3_000, None), ("1 +", 1),
    ],
)  # fmt: skip
def test_literals(text: str, value: object) -> None:
    assert literal(text) == value


@pytest.mark.parametrize(
    ("line", "properties", "required"),
    [
        ("moor(pier: str, number: int = 1) -> str - Moor a ship.",
         {"pier": "string", "number": "integer"}, ["pier"]),
        ("moor - Moor a ship.", {"value": "string"}, ["value"]),
        ("moor: Search the piers.", {"query": "string"}, ["query"]),
        ("> moor: Do math with piers.", {"expression": "string"}, ["expression"]),
        ("moor(*args: Any, **kwargs: Any) -> Any - Moor.", {"value": "string"}, ["value"]),
        ("moor(text) - Moor.", {"value": "string"}, ["value"]),
        ("moor(ropes: list[str], callbacks: Any = None) - Moor.", {"ropes": "array"}, ["ropes"]),
        ("moor - Moor., args: {'pier': {'type': 'string'}, 'at': {'type': 'string', 'default': 1}}",
         {"pier": "string", "at": "string"}, ["pier"]),
    ],
)  # fmt: skip
def test_tools_in_a_prompt(line: str, properties: dict[str, str], required: list[str]) -> None:
    (function,) = offered(f"Tools:\n\n{line}\n\nAction: should be one of [moor]\nAction Input: x")
    parameters = function["parameters"]
    found = {name: node["type"] for name, node in parameters["properties"].items()}
    assert (function["name"], found, parameters["required"]) == ("moor", properties, required)
