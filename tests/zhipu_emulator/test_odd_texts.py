"""No text breaks the stand-in, or keeps it busy: without bounds the long ones here take minutes."""

from __future__ import annotations

from typing import Any

import pytest

from zhipu_emulator.brain.conversation import take_apart
from zhipu_emulator.brain.reply import reply_to
from zhipu_emulator.brain.schema import Schema
from zhipu_emulator.chat.checks import check_chat
from zhipu_emulator.forms.answering import in_form
from zhipu_emulator.forms.json_answers import shape, without_instructions, without_objects
from zhipu_emulator.http.state import State

USER = {"role": "user", "content": "Set the day."}
CALL = {
    "id": "1",
    "type": "function",
    "function": {"name": "set_day", "arguments": "{}"},
}
DAY = {
    "type": "object",
    "properties": {"day": {"type": "string", "format": "date"}, "n": {"type": "integer"}},
    "required": ["day", "n"],
}
TOOLS = [{"type": "function", "function": {"name": "set_day", "parameters": DAY}}]
CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"tools": TOOLS, "tool_choice": "required"},
    {"response_format": {"type": "json_object"}},
)


@pytest.mark.parametrize(
    "text",
    [
        "What is on ſunday?",
        "Book it for Frıday, the 3rd of Auguſt 2026.",
        "Paris" + " of the" * 60 + ".",
        '{"n": ' + "9" * 300 + "e99}",
        '{"n": "' + "9" * 300 + 'e99"}',
        'JSON: {"n": ' + "1" * 4_400 + "}",
    ],
    ids=lambda text: text[:12],
)
def test_no_text_stops_an_answer(text: str) -> None:
    result = [USER, {"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "content": text}]
    for messages in ([{"role": "user", "content": text}], result):
        for change in CHANGES:
            state = State()
            body = {"model": "glm-4.6", "messages": messages, **change}
            reply = reply_to(check_chat(body, state), state)
            assert reply.calls or reply.content


def test_a_number_too_large_for_json_is_no_value() -> None:
    whole = Schema({"type": "integer"})
    assert whole.coerced("9" * 300 + "e99") is None
    assert Schema({"type": "number"}).coerced("9" * 300 + "e99") is None
    assert whole.coerced("about 1,200") == 1200


@pytest.mark.parametrize(
    "text",
    [
        "Question: a" + " " * 200_000 + "b",
        "<context>" * 30_000,
        "<context " * 60_000,
        "<context><text>" * 20_000,
    ],
    ids=lambda text: text[:15],
)
def test_prompts_are_taken_apart_in_one_go(text: str) -> None:
    question, documents, _ = take_apart(text)
    assert question
    assert documents == []


def test_documents_in_tags() -> None:
    text = "<doc id=1>a < b</doc>\n<docs><doc>c</doc></docs>\nWho is it?"
    assert take_apart(text)[:2] == ("Who is it?", ["a < b", "<doc>c</doc>"])


@pytest.mark.parametrize("opening", ["{", '{"', '{"a" '])
def test_braces_that_never_close(opening: str) -> None:
    text = opening * 100_000
    assert without_objects(text, []) == text
    assert without_objects(f'{opening} {{"a": 1}} b', ["a"]).split()[-1] == "b"


@pytest.mark.parametrize(
    "unit",
    [
        "\n",
        '  "a": string  ',
        '{{"',
        "New Context: a\n",
        "> Context:\n>>>\n",
        "Content: a\n",
        "[Input]: ",
        "<tool>a</tool><tool_input>",
        "\nQUESTION: a",
        "Sub question: a\n",
    ],
)
def test_forms_are_looked_for_in_one_go(unit: str) -> None:
    text = unit * (60_000 // len(unit))
    assert shape([text]) is None
    assert without_instructions(text).strip() or not text.strip()
    in_form([], [f"{text}\nTitle: "])
