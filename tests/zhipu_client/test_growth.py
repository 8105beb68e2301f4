"""What foreign text costs: four times the text, about four times the work; bounded sums.

Work is counted: lines of Python, and steps of regular expressions. Seconds depend on the machine.
"""

from __future__ import annotations

import os
import re
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import FrameType
from typing import Any

import pytest

from tests.support.regex_steps import Counted
from zhipu_client._numbers import whole_number
from zhipu_client.conversation import (
    _strayed,
    box_marks,
    json_answers,
    schemas,
    text_tool_calls,
)
from zhipu_client.conversation.arguments import read_arguments
from zhipu_client.conversation.tools import ToolNames
from zhipu_client.errors._failures import error_from
from zhipu_client.ocr._pages import table_to_markdown
from zhipu_client.ocr._tables import tables_as_markdown

MIB = 1 << 20
# Repeated, alone and between a beginning and an end that do not go together.
PIECES = (
    " ", "\n", "( ", "()", ")", "[", "[ ", "{", "{ ", '"', "\\", "`", "```", "```json\n",
    "a ", "a", "1",
    "<", "<|", "<|a", "<think>", "</think>", "<tool_call>", "<tool_call>a ", "functions.",
    "[1234] ",
    "![](page=1", "</table ",
)  # fmt: skip
AROUND = (("", ""), ("a", "!"), ("{", "!"), ("[1234]", "!"), ('{"a": "', ""), ("a(", ")!"))
SMALL, LARGE = 32, 128


def _names(text: str) -> Any:
    return ToolNames(["delete", "read"]).decode(text)


READERS: dict[str, Callable[[str], Any]] = {
    "names of tools": _names,
    "JSON in a text": json_answers.json_text,
    "calls in a text": text_tool_calls.calls_in_text,
    "marks in a text": box_marks.without_marks,
    "errors": lambda text: error_from(400, {}, {"error": {"code": "1", "message": text}}),
    "tables": tables_as_markdown,
    "arguments": read_arguments,
}


class Steps:
    """Counts lines of the client's code that run, and steps of its regular expressions."""

    def __init__(self, patterns: Mapping[str, Counted]) -> None:
        self._patterns = patterns
        self._lines = 0

    def of(self, read: Callable[[str], Any], text: str) -> tuple[int, int]:
        """Return how many of either kind it takes to read a text."""
        self._lines = 0
        for pattern in self._patterns.values():
            pattern.steps = 0
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            read(text)
        finally:
            sys.settrace(before)
        return self._lines, sum(pattern.steps for pattern in self._patterns.values())

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        del event, argument
        if f"{os.sep}zhipu_client{os.sep}" not in frame.f_code.co_filename:
            return None
        self._lines += 1
        return self._trace


def _counted(value: Any, found: dict[str, Counted]) -> Any:
    if isinstance(value, re.Pattern):
        return found.setdefault(repr((value.pattern, value.flags)), Counted(value))
    if type(value) in (tuple, list):
        return type(value)(_counted(one, found) for one in value)
    if getattr(value, "__name__", "") == "_compiled":  # those that wait for their first use
        return cache(lambda *arguments: _counted(value(*arguments), found))
    return value


@pytest.fixture
def steps() -> Iterator[Steps]:
    found: dict[str, Counted] = {}
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    with pytest.MonkeyPatch.context() as patch:
        for module in [one for name, one in sys.modules.items() if name.startswith("zhipu_client")]:
            for name, value in list(vars(module).items()):
                if name[:1] == "_" and name[1:2] != "_":
                    counted = _counted(value, found)
                    if counted != value:
                        patch.setattr(module, name, counted)
        yield Steps(found)
    sys.setrecursionlimit(limit)


@pytest.mark.parametrize("name", READERS)
def test_four_times_the_text_is_about_four_times_the_work(name: str, steps: Steps) -> None:
    slow = []
    for piece in PIECES:
        for begin, end in AROUND:
            texts = [begin + (piece * size)[:size] + end for size in (SMALL, LARGE)]
            small, large = (steps.of(READERS[name], text) for text in texts)
            # Quadratic work grows sixteenfold.
            if any(b > 6 * max(a, SMALL) for a, b in zip(small, large, strict=True)):
                slow.append((begin, piece, end, small, large))
    assert not slow


@pytest.mark.parametrize(
    ("pattern", "text", "growth"),
    [(r"x+y", "x", 16), (r"\(\s*\s*\)", " ", 16), (r"(?:ab|a)*c", "ab", 16), (r"xy", "x", 4)],
)
def test_the_steps_show_what_is_not_linear(
    pattern: str, text: str, growth: int, steps: Steps
) -> None:
    del steps  # it allows more recursion
    counts = []
    for size in (50, 200):
        counted = Counted(re.compile(pattern))
        assert counted.search("(" + text * size) is None
        counts.append(counted.steps)
    assert 0.7 * growth < counts[1] / counts[0] < 1.3 * growth


@pytest.mark.parametrize("residue", ["()", " ( ) ", "`:,", '"', "(\n)"])
def test_what_the_template_leaves_behind_a_name_is_cut_off(residue: str) -> None:
    assert _names(f"delete{residue}") == "delete"


def test_the_places_of_a_table_are_bounded() -> None:
    cells = "<td rowspan=1000 colspan=1000>x</td>"
    wide = f"<tr>{'<td colspan=1000>x</td>' * 90}</tr>" + "<tr><td>y</td></tr>" * 20_000
    for html in (f"<table><tr>{cells * 12}</tr></table>", f"<table>{wide}</table>"):
        tracemalloc.start()
        try:
            text = table_to_markdown(html)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert "x" in text
        assert peak < 60 * MIB


def test_a_modest_table_keeps_its_spans() -> None:
    html = "<table><tr><td rowspan=2 colspan=2>x</td><td>a</td></tr><tr><td>b</td></tr></table>"
    assert table_to_markdown(html).splitlines()[-1] == "|  |  | b |"


DIGITS = "9" * 5_000


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("12", 12), (" 7 ", 7), ("007", 7), (3, 3), (3.0, 3), ("0", 0), (DIGITS, None), (-1, None),
        (1e308, None), (float("nan"), None), (float("inf"), None), (True, None), (None, None),
        ("", None), ("x", None), ("²", None), (2.5, None), ([], None), (101, None), ("101", None),
    ],
)  # fmt: skip
def test_numbers_from_outside_are_bounded(value: Any, found: int | None) -> None:
    assert whole_number(value, most=100) == found


@pytest.mark.parametrize("code", ["²", DIGITS])
def test_an_odd_code_of_an_error_is_no_status(code: str) -> None:
    error = error_from(None, {}, {"error": {"code": code, "message": "busy"}})
    assert "busy" in str(error)


def test_a_page_of_five_thousand_digits_is_left_as_it_is() -> None:
    from zhipu_client.ocr._pages import pages_of

    text = f"![](page={DIGITS},bbox=[1,2,3,4]) and ![](page=0,bbox=[1,2,3,4])"
    (page,) = pages_of({"md_results": text}, 3, None)
    assert f"page={DIGITS}" in page.text
    assert "page=2," in page.text


class _Piece(str):
    """A piece of sound that counts the characters which joining it by ``+`` copies."""

    __slots__ = ()
    copied = 0

    def __add__(self, other: str) -> str:
        _Piece.copied += len(self) + len(other)
        return _Piece(str(self) + other)


def _copied(pieces: int) -> int:
    from zhipu_client import chat

    _Piece.copied = 0
    whole = chat.Accumulator()
    for number in range(pieces):
        audio = {"id": "s", "data": _Piece(f"{number:08d}")}
        whole.add({"choices": [{"index": 0, "delta": {"audio": audio}}]})
    message = whole.message()["choices"][0]["message"]
    assert message["audio"] == {"id": "s", "data": "".join(f"{n:08d}" for n in range(pieces))}
    return _Piece.copied


def test_streamed_sound_is_joined_once() -> None:
    assert _copied(2_000) <= 10 * max(_copied(200), 2_000)


@pytest.mark.parametrize("value", [".", "..", "", "\ud800"])
def test_an_id_cannot_lead_to_another_path(value: str) -> None:
    from zhipu_client import InvalidRequestError, batches, file_parser, files, tasks

    makers: list[Callable[[str], Any]] = [
        tasks.retrieve,
        batches.retrieve,
        batches.cancel,
        files.content,
        files.delete,
        file_parser.retrieve,
    ]
    for make in makers:
        with pytest.raises(InvalidRequestError, match="_id"):
            make(value)
        for odd in ("../x", "a/../b", "a?b#c", "%2e%2e"):
            path = make(odd).path
            assert "/../" not in path
            assert not {"?", "#"} & set(path)


def test_calls_without_arguments_are_compared_once_a_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = 0

    def problems(value: Any, schema: Mapping[str, Any]) -> list[str]:
        nonlocal checks
        checks += 1
        return schemas.problems(value, schema)

    monkeypatch.setattr(_strayed, "problems", problems)
    add = {"properties": {"a": {"type": "integer"}}, "required": ["a"]}
    wipe = {"properties": {"all": {"type": "boolean"}}}
    empty = _strayed.Written("add", {}, "", add)
    stray, own = (_strayed.Written("wipe", {name: 1}, "{}", wipe) for name in ("a", "all"))
    assert _strayed.doubts([empty] * 100 + [stray] * 100 + [own] * 100) == [
        *[_strayed.GONE] * 100,
        *["its arguments may be those of the call of add"] * 200,
    ]
    assert checks <= 3 * 300
