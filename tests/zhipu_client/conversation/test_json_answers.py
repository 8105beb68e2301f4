"""The JSON of an answer is found whole, and found alike however the answer is cut."""

from __future__ import annotations

import doctest
import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhipu_client.chat import _brackets
from zhipu_client.conversation import json_answers
from zhipu_client.conversation.json_answers import (
    JsonFilter,
    json_text,
    object_in,
    partial_object,
)


@pytest.mark.parametrize("module", [json_answers, _brackets])
def test_examples(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


def streamed(pieces: list[str], *, arrays: bool = False) -> str:
    reader = JsonFilter(arrays=arrays)
    return "".join([reader.feed(piece) for piece in pieces]) or reader.held()


def cut(text: str, cuts: list[int]) -> list[str]:
    places = sorted({0, len(text), *(c for c in cuts if c < len(text))})
    return [text[a:b] for a, b in itertools.pairwise(places)]


ONE_VALUE = [
    ('{"a": 1}', '{"a": 1}'),
    ('```json\n{"a": "}"}\n```', '{"a": "}"}'),
    ('Sure:\n<|begin_of_box|>{"a": "\\""}<|end_of_box|> Done {x}', '{"a": "\\""}'),
    ('The set {a, b} and f(x) = {x | x > 1}: {"a": {"b": [1, "}"]}} as asked.',
     '{"a": {"b": [1, "}"]}}'),
    ('Braces {"so to say"} and {"a", "b"} first.\n```json\n{ "k\\"ey" \n : 1}\n```',
     '{ "k\\"ey" \n : 1}'),
    ('Nothing in {} and { }, but\n{"a": 1}', '{"a": 1}'),
    ('{"only": "cut', '{"only": "cut'),
    ('{"a": [1, {"b": 2}', '{"a": [1, {"b": 2}'),
    ("Nothing: {}.", "{}"),
    ("no json", "no json"),
    ("{'single': 1}", "{'single': 1}"),
    ("", ""),
    ('<think>Should it be {"a": 0}?</think>\n{"a": 1}', '{"a": 1}'),
    ('{"text": "a </think> tag", "b": 1}', '{"text": "a </think> tag", "b": 1}'),
    ("<think>never ends {}", "<think>never ends {}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), ONE_VALUE)
def test_one_value_at_every_single_cut(text: str, found: str) -> None:
    assert json_text(text) == found
    assert streamed(list(text)) == found
    for place in range(len(text)):
        assert streamed([text[:place], text[place:]]) == found, text[:place]


ARRAYS = [
    ("As asked: [1, 2].", "[1, 2]"),
    ("[see note] [x] [note] then [ true, null]", "[ true, null]"),
    ('[{"a": 1}, {"a": 2}] done', '[{"a": 1}, {"a": 2}]'),
    ('Of {a}: {"b": [1]}', '{"b": [1]}'),
    ("[[[1]]]", "[[[1]]]"),
    ("[t", "[t"),
]


@pytest.mark.parametrize(("text", "found"), ARRAYS)
def test_arrays_where_they_are_allowed(text: str, found: str) -> None:
    assert json_text(text, arrays=True) == found
    assert streamed(list(text), arrays=True) == found


def test_an_array_around_the_object_is_looked_through_where_it_is_not_allowed() -> None:
    assert json_text('[{"a": 1}]') == '{"a": 1}'


PROSE = st.text(alphabet='ab{}[]":, \n`\\<', max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.text(max_size=5), VALUES, min_size=1, max_size=4)


@given(OBJECTS, st.sampled_from(["", "Of {a, b}, {} and { x }:\n```json\n"]), PROSE, st.data())
def test_any_object_at_any_cut(value: Any, preface: str, after: str, data: st.DataObject) -> None:
    written = json.dumps(value, ensure_ascii=data.draw(st.booleans()))
    text = preface + written + after
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=6))
    assert json_text(preface + written) == written
    assert object_in(preface + written) == value
    assert streamed(cut(text, cuts)) == written


@given(PROSE, st.lists(st.integers(0, 20), max_size=4))
def test_any_text_comes_alike_at_any_cut(text: str, cuts: list[int]) -> None:
    assert streamed(cut(text, cuts)) == streamed([text])


@given(st.text())
def test_nothing_kills_it(text: str) -> None:
    json_text(text, arrays=True)
    object_in(text)
    partial_object(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1, } or rather {"a": 2}', '{"a": 2}'),
        ('Like {"a": …}.\n```json\n{"a": 2}\n```', '{"a": 2}'),
        ('As in {"a": [1, 2 …\n```json\n{"a": 2}\n```', '{"a": 2}'),
        ('Is it {"a": 1}? No.</think>{"a": 2}', '{"a": 2}'),
        ('Is it {"a": … No.</think>\n{"a": 2}', '{"a": 2}'),
        ('{"a": 1}\n</think>', '{"a": 1}'),
        ('{"a": {"b": 1}, }', '{"a": {"b": 1}, }'),
        ('{} {"a": {"b": 1}', '{"a": {"b": 1}'),
        ('{"a": "see\\n```\\n{\\"b\\": 1}', '{"a": "see\\n```\\n{\\"b\\": 1}'),
        ('{"a": 1} or {"a": 2}', '{"a": 1}'),
    ],
)
def test_the_better_of_several_in_a_whole_text(text: str, found: str) -> None:
    assert json_text(text) == found


def test_the_objects_in_a_cut_answer_are_not_the_answer() -> None:
    assert object_in('{"a": {"b": 1}, "c": ') is None
    assert object_in('```json\n{"a": {"b": 1}, "c": \n```') is None


def test_a_deep_text_is_no_object() -> None:
    assert object_in('{"a": ' + "[" * 100_000) is None
    assert object_in('{"a": ' * 50_000 + "1" + "}" * 50_000) is None


def test_control_characters_in_a_text_are_taken() -> None:
    assert object_in('{"a": "b\nc"}') == {"a": "b\nc"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Sure", None),
        ("Sure: {", None),
        ('{"a"', None),
        ('{"a":', {}),
        ('Of {x}: {"a": [1, 2', {"a": [1, 2]}),
        ('{"a": "b', {"a": "b"}),
        ('{"a": 1} done', {"a": 1}),
        ("{}", {}),
        ('{"a" 1}', None),
    ],
)
def test_an_object_as_far_as_it_goes(text: str, value: Any) -> None:
    assert partial_object(text) == value


def test_what_is_shown_of_an_answer_without_json() -> None:
    reader = JsonFilter()
    assert reader.feed("no {json} he") == reader.feed("re {") == ""
    assert (reader.started, reader.done) == (False, False)
    assert reader.held() == "no {json} here {"


@pytest.mark.parametrize(
    "text",
    [
        "{" * 200_000,
        '{"' * 100_000,
        "[" * 200_000,
        '{"a":' * 40_000,
        '{"a": 1}' * 40_000,
        "{}" * 100_000,
        '{"a": 1}' * 20_000 + "</think>",
        '{"a":\n```\n' * 20_000,
        '{"a":</think>' * 20_000,
        "[a" * 100_000,
        "{ " * 100_000,
        "{" + " " * 200_000,
    ],
    ids=range(12),
)
def test_long_texts_take_no_long_time(text: str) -> None:
    json_text(text)
    json_text(text, arrays=True)
    object_in(text)
    reader = JsonFilter(arrays=True)
    for at in range(0, len(text), 7):
        reader.feed(text[at : at + 7])
