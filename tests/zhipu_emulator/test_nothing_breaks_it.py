"""Whatever is asked, there is an answer within its limits, and calls fit their schemas."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhipu_emulator.brain.reply import reply_to
from zhipu_emulator.brain.values import KINDS, Passage
from zhipu_emulator.chat import rendering
from zhipu_emulator.chat.answer import limit, pieces, usage
from zhipu_emulator.chat.checks import check_chat
from zhipu_emulator.chat.tokens import count_text
from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.state import State

WORDS = [
    "weather", "in", "Paris", "and", "New York", "17", "*", "19", "你好", "北京", "的", "'a b c'",
    '"q"', '{"a":1}', "{", "}", "(", ")", "set_x(3)", "2026-02-30", "99月99日", "3pm", "JSON",
    "keys:", "Context:", "\n", "Question:", "---", "<context>", "</context>", "```", "é",
    "🙂", "**", "^", "Five", "Two hundred",
    "10**10**10", "-5", "1,000", "万", "百", "Monday", "tomorrow", "bob@x.org", "http://a.b/c",
    "$ABC", "A-12", "then", "it", "result", "percent", "of", "the", "0.5.5", "..", "?", "!", "red",
]  # fmt: skip
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60
)
NAMES = [
    "city",
    "a",
    "to",
    "date",
    "amount",
    "currency",
    "query",
    "items",
    "on",
    "x",
    "text",
    "naïve",
]


def schemas(depth: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    simple = [
        st.just({"type": "string"}),
        st.just({"type": "string", "format": "date"}),
        st.just({"type": "integer", "minimum": 1, "maximum": 50}),
        st.just({"type": "number", "exclusiveMinimum": 0}),
        st.just({"type": "boolean"}),
        st.just({"enum": ["red", "dark_blue", "x"]}),
        st.just({"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        st.just({"const": 7}),
    ]
    if depth > 1:
        return st.one_of(simple)
    array = schemas(depth + 1).map(lambda item: {"type": "array", "items": item})
    return st.one_of([*simple, array, objects(depth + 1)])


def objects(depth: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    fields = st.dictionaries(st.sampled_from(NAMES), schemas(depth), max_size=4)
    return fields.map(
        lambda found: {"type": "object", "properties": found, "required": sorted(found)[:2]}
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    question=texts,
    system=st.none() | texts,
    parameters=st.lists(objects(), max_size=3),
    choice=st.sampled_from(["auto", "required", "none"]),
    room=st.sampled_from([1, 7, 4000]),
    form=st.sampled_from(["text", "json_object"]),
)
def test_there_is_always_an_answer(
    question: str, system: str | None, parameters: list[Any], choice: str, room: int, form: str
) -> None:
    functions = [
        {"name": f"tool_{i}", "description": "weather of a city, set x", "parameters": schema}
        for i, schema in enumerate(parameters)
    ]
    messages = [{"role": "system", "content": system}] if system else []
    body = {
        "model": "glm-4.7",
        "messages": [*messages, {"role": "user", "content": question}],
        "tools": [{"type": "function", "function": function} for function in functions],
        "tool_choice": choice,
        "max_tokens": room,
        "response_format": {"type": form},
        "tool_stream": True,
    }
    state = State()
    try:
        asked = check_chat(body, state)
    except ServiceError:
        return
    whole = reply_to(asked, state)
    for call in whole.calls:
        schema = next(f["parameters"] for f in functions if f["name"] == call.name)
        jsonschema.validate(json.loads(call.arguments), schema)
    reply = limit(whole, asked)
    numbers = usage(reply, asked, state, "key")
    assert numbers["completion_tokens"] <= room
    assert reply_to(asked, State()) == whole
    json.dumps(rendering.body(reply, asked, state, numbers))
    assert b"".join(rendering.frames(reply, asked, state, numbers)).endswith(b"data: [DONE]\n\n")


@settings(deadline=None)
@given(texts)
def test_pieces_are_the_text_and_its_tokens(text: str) -> None:
    assert "".join(pieces(text)) == text
    if text.strip():
        assert len(pieces(text)) == count_text(text)


def test_one_word_may_be_a_value_of_two_kinds() -> None:
    found = Passage("Answer: Five people were on board.", dt.date(2026, 1, 1)).of(*KINDS)
    assert {span.value for span in found if span.start == 8} >= {5, "Five"}
