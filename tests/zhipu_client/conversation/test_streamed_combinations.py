"""However a server writes the pieces of calls: each is right, or invalid, or the same one again.

Every combination of what servers were seen to do with names, ids, indices and arguments.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.answers import chunk, last
from tests.support.exchanges import deltas_of, exchange

Call = tuple[str, dict[str, Any]]


def _tool(name: str, *, needed: bool = True, **kinds: str) -> dict[str, Any]:
    fields = {key: {"type": kind} for key, kind in kinds.items()}
    schema = {"type": "object", "properties": fields, "required": list(kinds) if needed else []}
    return {"type": "function", "function": {"name": name, "parameters": schema}}


TOOLS = [
    _tool("add", a="integer", b="integer"), _tool("note", words="string"), _tool("tide"),
    _tool("wipe", needed=False, force="boolean"), _tool("list", needed=False, folder="string"),
]  # fmt: skip
SUM: Call = ("add", {"a": 1, "b": 2})
WIPED: Call = ("wipe", {"force": True})
MEANT: dict[str, list[Call]] = {
    "one": [WIPED],
    "one-tool-twice": [SUM, ("add", {"a": 3, "b": 4})],
    "two-tools": [SUM, ("note", {"words": "x y"})],
    "optional-arguments": [WIPED, ("list", {"folder": "x"})],
    "without-arguments": [("tide", {}), SUM, ("wipe", {})],
}
NAMES = ("first", "each")
IDS = ("first", "each", "missing", "empty", "of-its-own", "one-for-all")
INDICES = ("right", "missing", "zero", "minus")


def pieces_of(text: str) -> dict[str, list[str]]:
    """How the arguments of a call come."""
    half = len(text) // 2
    return {
        "whole": [text],
        "in-pieces": [text[:1], text[1:half], text[half:]],
        "once-more": [text[:half], text[half:], text],
        "first-empty": ["", text],
        "last-empty": [text, ""],
        "first-empty-then-once-more": ["", text[:half], text[half:], text],
    }


def written(call: int, meant: Call, names: str, ids: str, indices: str, how: str) -> Iterator[Any]:
    """The pieces of one call on the wire."""
    for number, text in enumerate(pieces_of(json.dumps(meant[1]))[how]):
        first = number == 0
        function = {"arguments": text}
        if first or names == "each":
            function["name"] = meant[0]
        made: dict[str, Any] = {"function": function}
        identity = {
            "first": f"c{call}" if first else None,
            "each": f"c{call}",
            "empty": "",
            "of-its-own": f"c{call}-{number}",
            "one-for-all": "c0",
        }.get(ids)
        index = {"right": call, "zero": 0, "minus": -1}.get(indices)
        made |= {} if identity is None else {"id": identity}
        yield made | ({} if index is None else {"index": index})


def unlike(meant: list[Call], pieces: list[Any], finish: str | None) -> str | None:
    """Say what is wrong with the calls that are read, or None."""
    asked = exchange(tools=TOOLS, streaming=True)
    events = [chunk({"tool_calls": [piece]}) for piece in pieces]
    list(deltas_of(asked, [*events, last(finish)]))
    left = list(meant)
    for call in asked.answer.calls:
        found = (call.name, call.arguments)
        if call.error is None and found not in left:
            return f"runs {found}"
        if call.error is None:
            left.remove(found)  # type: ignore[arg-type]
    said = any(call.error for call in asked.answer.calls)
    return f"{left} is lost" if left and not said else None


@pytest.mark.parametrize("finish", ["tool_calls", None])
@pytest.mark.parametrize("meant", MEANT.values(), ids=MEANT)
def test_no_call_runs_that_was_not_made(meant: list[Call], finish: str | None) -> None:
    wrong = {}
    for way in itertools.product(NAMES, IDS, INDICES, pieces_of("")):
        pieces = [one for number, call in enumerate(meant) for one in written(number, call, *way)]
        if problem := unlike(meant, pieces, finish):
            wrong["-".join(way)] = problem
    assert wrong == {}
