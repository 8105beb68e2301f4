"""The pieces of a call are put together in linear time, counted in lines of code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from zhipu_client.chat import ToolCallMerger

Fragments = Callable[[int], Iterable[dict[str, Any]]]


def fragment(arguments: str, **facts: Any) -> dict[str, Any]:
    name = facts.pop("name", None)
    function = {"arguments": arguments, **({"name": name} if name else {})}
    return {**facts, "function": function}


def cut(count: int) -> list[str]:
    text = json.dumps({"text": "word " * count})
    size = max(1, len(text) // count)
    return [text[at : at + size] for at in range(0, len(text), size)]


SHAPES: dict[str, Fragments] = {
    "plain": lambda n: [fragment(text, index=0, id="a" if not i else None, name="f")
                        for i, text in enumerate(cut(n))],
    "a new id a fragment": lambda n: [fragment(text, index=0, id=f"c{i}", name="f")
                                      for i, text in enumerate(cut(n))],
    "a new id and no name": lambda n: [fragment(text, id=f"c{i}", name=None if i else "f")
                                       for i, text in enumerate(cut(n))],
    "blanks under new ids": lambda n: [fragment(" ", index=0, id=f"c{i}", name="f")
                                       for i in range(n)],
    "blanks behind an object": lambda n: [fragment("{}" if not i else " ", index=0, id="a",
                                                   name="f") for i in range(n)],
    "text that has an object": lambda n: [fragment(text, index=0, id=f"c{i}", name="f")
                                          for i, text in enumerate(['"', *["\\\"a"] * n])],
    "whole calls": lambda n: [fragment('{"a": 1}', index=i, id=f"c{i}", name="f")
                              for i in range(n)],
    "one id for all": lambda n: [fragment(f'{{"a": {i}}}', index=i, id="c", name="f")
                                 for i in range(n)],
    "the object again": lambda n: [fragment('{"a": 1}', index=0, id="c", name="f")
                                   for _ in range(n)],
}  # fmt: skip


def steps(shape: Fragments, count: int) -> int:
    """Return how many lines are run to put so many fragments together."""
    lines = 0

    def trace(frame: Any, event: str, arg: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    fragments = list(shape(count))
    merger = ToolCallMerger()
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for one in fragments:
            merger.fragments([one])
        merger.calls()
    finally:
        sys.settrace(before)
    return lines


@pytest.mark.parametrize("name", SHAPES)
def test_ten_times_the_fragments_are_ten_times_the_steps(name: str) -> None:
    assert steps(SHAPES[name], 2000) <= 11 * steps(SHAPES[name], 200)
