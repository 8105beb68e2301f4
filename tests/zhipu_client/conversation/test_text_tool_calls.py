"""Calls that were written into a text are read, and only whole ones."""

from __future__ import annotations

import doctest
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhipu_client.conversation import text_tool_calls
from zhipu_client.conversation.text_tool_calls import calls_in_text


def test_examples() -> None:
    assert doctest.testmod(text_tool_calls).failed == 0


def argument(key: str, value: str) -> str:
    return f"<arg_key>{key}</arg_key>\n<arg_value>{value}</arg_value>\n"


def read(text: str) -> list[tuple[str, Any]]:
    return [(call["name"], json.loads(call["arguments"])) for call in calls_in_text(text)]


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("no call", []),
        (
            f"hm <tool_call>bash\n{argument('cmd', 'ls')}</tool_call><tool_call>now</tool_call> ok",
            [("bash", {"cmd": "ls"}), ("now", {})],
        ),
        (f"<tool_call>f {argument(' a ', ' kept ')}</tool_call>", [("f", {"a": " kept "})]),
        (
            f"<tool_call>f{argument('a', '</tool_call><tool_call>g')}</tool_call>",
            [("f", {"a": "</tool_call><tool_call>g"})],
        ),
        (f"<tool_call>f{argument('a', 'NaN')}</tool_call>", [("f", {"a": "NaN"})]),
        (f"<tool_call>f{argument('a', '[1, {}]')}</tool_call>", [("f", {"a": [1, {}]})]),
        (f"<tool_call>f{argument('a', '1')}", []),
        ("<tool_call>f<arg_key>a</arg_key><arg_value>1</tool_call>", []),
        (f"<tool_call>cut{argument('a', '1')}<tool_call>g</tool_call>", [("g", {})]),
        ("<tool_call></tool_call><tool_call>\n</tool_call>", []),
        ('<tool_call>f\n{"a": 1}</tool_call>', [("f", {"a": 1})]),
        ('<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>', [("f", {"a": 1})]),
        ('<tool_call>{"name": "f", "arguments": "{\\"a\\": 1}"}</tool_call>', [("f", {"a": 1})]),
        ('<tool_call>{"name": "f"}</tool_call>', [("f", {})]),
        ('<tool_call>{"name": 3}</tool_call>', []),
        ("<tool_call>f some words</tool_call>", []),
        ('<tool_call>f {"a": 1</tool_call>', []),
        ("<tool_call>f [1]</tool_call>", []),
    ],
)
def test_calls_in_texts(text: str, calls: list[Any]) -> None:
    assert read(text) == calls


def test_the_same_text_gives_the_same_ids_and_each_call_its_own() -> None:
    text = "<tool_call>now</tool_call><tool_call>now</tool_call>"
    first, second = calls_in_text(text)
    assert first["id"] != second["id"]
    assert calls_in_text(text) == [first, second]


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.integers() | st.booleans()))
def test_what_the_template_writes_is_read(values: dict[str, Any]) -> None:
    body = "".join(argument(key, json.dumps(value)) for key, value in values.items())
    assert read(f"<tool_call>f\n{body}</tool_call>") == [("f", values)]


MARKS = ["<tool_call>", "</tool_call>", "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>"]


@given(st.lists(st.sampled_from([*MARKS, "f", " ", "{}", "\ud83d"])))
def test_nothing_kills_it(pieces: list[str]) -> None:
    for call in calls_in_text("".join(pieces)):
        assert isinstance(json.loads(call["arguments"]), dict)


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>" * 50_000,
        "<tool_call>f" * 50_000,
        "<tool_call>f<arg_key>" * 30_000,
        "<tool_call>f<arg_key>" * 30_000 + "</arg_key></tool_call>",
        "<tool_call>f" + argument("a", "1") * 20_000,
        ("<tool_call>f" + argument("a", "1")) * 20_000,
        "<tool_call>f<arg_key>a</arg_key>" * 30_000 + "<arg_value></arg_value></tool_call>",
        "<tool_call>" + " " * 200_000,
    ],
    ids=range(8),
)
def test_long_texts_take_no_long_time(text: str) -> None:
    calls_in_text(text)
