"""What a model wrote as arguments, read by its text alone; and what is sent of them."""

from __future__ import annotations

import datetime as dt
import json
from types import MappingProxyType
from typing import Any

import pytest

from zhipu_client.conversation.arguments import (
    Arguments,
    read_arguments,
    text_of_arguments,
    whole_characters,
)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (None, {}),
        ("", {}),
        (" \n", {}),
        ("null", {}),
        (" null ", {}),
        ('""', {}),
        ('"null"', {}),
        ({}, {}),
        ({"a": 1}, {"a": 1}),
        ('{"a": 1}', {"a": 1}),
        ('\ufeff{"a": 1}\n', {"a": 1}),
        (b'{"a": "\xe5\x8c\x97"}', {"a": "北"}),
        # Characters that JSON wants escaped.
        ('{"a": "1\n2\t3"}', {"a": "1\n2\t3"}),
        # Encoded twice, and once more.
        (json.dumps('{"a": "北京"}'), {"a": "北京"}),
        (json.dumps(json.dumps('{"a": 1}')), {"a": 1}),
        (json.dumps('```json\n{"a": 1}\n```'), {"a": 1}),
        # The same object again, when the parser ends.
        ('{"a": 1}{"a": 1}', {"a": 1}),
        ('{"a": 1, "b": [2]}\n{"b":[2],"a":1} {"a": 1, "b": [2]}', {"a": 1, "b": [2]}),
        # The object so far with every chunk; its beginning in pieces, then all of it.
        ('{"a{"a": {"a": 1{"a": 12}', {"a": 12}),
        ('{"a": 1, {"a": 1, "b": {"c": 2}}{"a": 1, "b": {"c": 2}}', {"a": 1, "b": {"c": 2}}),
        # Residue of the template, and of a chat.
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('```\n{"a": 1}', {"a": 1}),
        ('<|begin_of_box|>{"a": 1}<|end_of_box|>', {"a": 1}),
        ('{"a": 1}<|observation|>', {"a": 1}),
        ('{"a": 1}</tool_call>', {"a": 1}),
        ('{"a": 1}</arg_value>\n</tool_call>', {"a": 1}),
        ('<tool_call>{"a": 1}</tool_call>', {"a": 1}),
        ('<tool_call>add\n{"a": 1}\n</tool_call>', {"a": 1}),
        ("<tool_call>now</tool_call>", {}),
        ("<arg_key>a</arg_key><arg_value>1</arg_value>", {"a": "1"}),
        (
            """<tool_call>add\n<arg_key>a</arg_key>\n<arg_value>x\ny </arg_value>
            <arg_key>城市</arg_key>\n<arg_value></arg_value>\n</tool_call>""",
            {"a": "x\ny ", "城市": ""},
        ),
        # What looks like residue is the caller's where it is inside of a text.
        ('{"a": "<tool_call>```<|end|></arg_value>"}', {"a": "<tool_call>```<|end|></arg_value>"}),
        # The last of two equal keys, as everywhere.
        ('{"a": 1, "a": 2}', {"a": 2}),
        # Characters in two halves, and halves alone.
        ('{"\\ud83d\\ude00": "\\ud83d"}', {"😀": "\ufffd"}),
        ({"a": [{"\ud83d\ude00": "x\ude00"}]}, {"a": [{"😀": "x\ufffd"}]}),
        ('{"a": "\ud83d\ude00"}', {"a": "😀"}),
    ],
)
def test_what_is_an_object(raw: Any, value: dict[str, Any]) -> None:
    found = read_arguments(raw)
    assert found.value == value
    assert found.error is None
    json.dumps(found.value, ensure_ascii=False, allow_nan=False).encode()
    found.text.encode()


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        ('{"x": 10', 'end in the middle, after: {"x": 10'),
        ('{"x": "a', "end in the middle"),
        ('{"x": tr', "end in the middle"),
        ("{", "end in the middle"),
        ('"{\\"x\\": 10"', "end in the middle"),
        ('```json\n{"x": 10', "end in the middle"),
        ('{"x": {"x": 10}', "end in the middle"),
        ('{"x": 10}{"x"', "end in the middle"),
        ('{"a": 1, "b": {"a": 1, "b": {}}', "end in the middle"),
        ("<arg_key>a</arg_key><arg_value>1", "end in the middle"),
        ("<arg_key>a</arg_key>", "end in the middle"),
        ("<arg_key>a", "end in the middle"),
        (
            "<arg_key>a</arg_key><arg_value>1<arg_key>b</arg_key><arg_value>2</arg_value>",
            "a value is not closed",
        ),
        ("<arg_key>a</arg_key><arg_value>1</arg_value> and", "go on after their end, with: and"),
        ('{"a": 1}{"a": 2}', "different JSON values"),
        ('{"a": 1}{"a": true}', "different JSON values"),
        ("{}{}{} {'a': 1}", "not JSON"),
        ('{"a": 1} and', "go on after their end, with: and"),
        ('{"b": 1, {"a": 1}', "not JSON from character 9 on"),
        ('{"a": 2, {"a": 1}', "not JSON from character 9 on"),
        ("[1]", "a JSON array, not a JSON object"),
        ([1], "a JSON array, not a JSON object"),
        ("1", "a number, not a JSON object"),
        (7, "a number, not a JSON object"),
        ({1, 2}, "of the type set, not a JSON object"),
        ("true", "a JSON true, not a JSON object"),
        ('"Paris"', "not JSON from character 0 on: Paris"),
        ("Paris", "not JSON from character 0 on: Paris"),
        ("{'a': 1}", "not JSON from character 1 on"),
        ('{"a": NaN}', "contain NaN"),
        ('{"a": [-Infinity]}', "contain -Infinity"),
        ('{"a": 1e999}', "contain 1e999"),
        ({"a": float("nan")}, "contain NaN"),
        ('{"a": %s}' % ("9" * 5000), "an integer of thousands of digits"),
        ({"a": 10**5000}, "an integer of thousands of digits"),
        ("[" * 100_000, "levels deep"),
        ('{"a":' * 100_000, "levels deep"),
        ('{"a":' * 300 + "1" + "}" * 300, "levels deep"),
        (json.dumps(json.dumps(json.dumps(json.dumps(json.dumps("{}"))))), "too many times"),
    ],
)
def test_what_cannot_be_used(raw: Any, error: str) -> None:
    found = read_arguments(raw)
    assert found.value is None
    assert found.error is not None
    assert error in found.error
    assert found.error.startswith("the arguments ")
    assert len(found.error) < 150
    found.text.encode()


def test_the_text_is_kept() -> None:
    assert read_arguments('{"x": "\ud83d').text == '{"x": "\ufffd'
    assert read_arguments({"城市": 1}).text == '{"城市": 1}'
    assert read_arguments(None) == Arguments({}, "")


def test_a_mapping_that_contains_itself_is_refused() -> None:
    looped: dict[str, Any] = {}
    looped["a"] = looped["b"] = looped
    assert "levels deep" in str(read_arguments(looped).error)
    assert "levels deep" in str(read_arguments(looped, {"additionalProperties": {}}).error)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "{}"),
        ({}, "{}"),
        ({"城市": "北京"}, '{"城市": "北京"}'),
        ({"a": float("nan"), "b": [float("-inf")]}, '{"a": null, "b": [null]}'),
        ({"a": dt.date(2026, 1, 2)}, '{"a": "2026-01-02"}'),
        ({"a": (1, 2)}, '{"a": [1, 2]}'),
        (MappingProxyType({"a": MappingProxyType({"b": 1})}), '{"a": {"b": 1}}'),
        ({(1, 2): 3}, '{"(1, 2)": 3}'),
        ({"a": "\ud83d\ude00\ud83d"}, '{"a": "😀\ufffd"}'),
        ({"a": 10**5000}, '{"a": null}'),
    ],
)
def test_the_text_that_is_sent(value: Any, text: str) -> None:
    assert text_of_arguments(value) == text


def test_the_text_of_what_contains_itself() -> None:
    looped: dict[str, Any] = {"b": 1}
    looped["a"] = looped
    assert text_of_arguments(looped) == '{"b": 1, "a": null}'


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        ("\ud83d\ude00", "😀"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("\ud83dabc", "\ufffdabc"),
        ("北\ud83d", "北\ufffd"),
        ("\ufeff\ud83d", "\ufeff\ufffd"),
        ({"a\ud83d": [("b\ude00",)], "c": 1}, {"a\ufffd": [["b\ufffd"]], "c": 1}),
    ],
)
def test_halves_of_characters(value: Any, whole: Any) -> None:
    assert whole_characters(value) == whole


@pytest.mark.parametrize("value", ["abc", "北京 😀", {"a": ["北", (1, None)]}, 7, None, object()])
def test_what_is_whole_is_returned_itself(value: Any) -> None:
    assert whole_characters(value) is value


def test_characters_at_any_depth() -> None:
    deep: Any = "\ud83d"
    for _ in range(5000):
        deep = [deep]
    found = whole_characters(deep)
    while isinstance(found, list):
        (found,) = found
    assert found == "\ufffd"
