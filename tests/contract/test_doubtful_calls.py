"""Calls that may have each other's arguments, or not all of their own: said, and not run."""

from __future__ import annotations

from itertools import cycle
from typing import Any

from .rows import Row, check, in_turn, table
from .server import Reply, chunk, last, reply
from .subjects import Ask
from .tools import ADD, MULTIPLY, tool

NOTE = tool("note", words="string")
SUM = '{"a": 1, "b": 2}'
#: Each row in one of them.
STREAMED = cycle([("stream",), ("astream",)])


def _optional(name: str, /, **parameters: str) -> dict[str, Any]:
    made = tool(name, **parameters)
    del made["function"]["parameters"]["required"]
    return made


WIPE, LIST = _optional("wipe", force="boolean"), _optional("list", folder="string")
ASK = Ask(tools=[ADD, MULTIPLY, NOTE, WIPE, LIST, tool("tide")])


def piece(arguments: str, name: str | None = None, id: str | None = None, index: Any = 0) -> Any:  # noqa: A002
    function = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
    made: dict[str, Any] = {"index": index, "function": function}
    return made if id is None else {**made, "id": id}


def row(title: str, pieces: list[Any], runs: list[Any], invalid: list[str]) -> Row:
    events = [chunk({"tool_calls": [one]}) for one in pieces]
    script = Reply(reply(), [*events, last("tool_calls")])
    return Row(
        title, script, {"calls": runs, "invalid": invalid, "tries": 1}, ASK, ways=next(STREAMED)
    )


def heads(*names: str) -> list[Any]:
    """The beginnings of calls that have an id each and one index."""
    return [piece("", name, f"c{number}") for number, name in enumerate(names)]


ROWS = [
    row("two-objects-for-two", [*heads("add", "note"), piece(SUM), piece('{"words": "x"}')],
        [], ["add", "note"]),
    row("those-of-the-first-come-last", [*heads("add", "wipe"), piece(SUM)], [], ["add", "wipe"]),
    row("they-fit-both", [*heads("add", "multiply"), piece(SUM)], [], ["add", "multiply"]),
    row("they-fit-the-other-only", [*heads("wipe", "list"), piece('{"force": true}')],
        [], ["wipe", "list"]),
    row("an-object-without-a-name", [piece("", "add", "c0"), piece(SUM, index=1)],
        [], ["add", ""]),
    row("optional-ones-without-a-name",
        [piece("", "wipe", "c0"), piece('{"force": true}', index=1)], [], ["wipe", ""]),
    row("two-objects-and-optional-ones",
        [*heads("wipe", "note"), piece('{"force": true}'), piece('{"words": "x"}')],
        [], ["wipe", "note"]),
    row("a-new-id-in-each-piece-the-first-empty",
        [piece("", "wipe", "c0"), piece('{"force": true}', "wipe", "c1")],
        [("wipe", {"force": True})], ["wipe"]),
    row("a-new-id-in-each-piece-the-last-empty",
        [piece('{"force": true}', "wipe", "c0", -1), piece("", "wipe", "c1", -1)],
        [("wipe", {"force": True})], ["wipe"]),
    row("once-more-with-the-name-alone",
        [piece('{"force":', "wipe", "c0", None), piece(" true}", "wipe", None, None),
         piece('{"force": true}', "wipe", None, None)],
        [("wipe", {"force": True})], []),
    # What is certain runs.
    row("one-tool-twice-by-its-index",
        [piece("", "wipe", "c0"), piece('{"force": true}', "wipe", "c1", 1)],
        [("wipe", {}), ("wipe", {"force": True})], []),
    row("they-fit-the-last-only", [*heads("wipe", "add"), piece(SUM)],
        [("wipe", {}), ("add", {"a": 1, "b": 2})], []),
    row("one-takes-none", [*heads("tide", "add"), piece(SUM)],
        [("tide", {}), ("add", {"a": 1, "b": 2})], []),
    row("one-tool-twice", [*heads("add", "add"), piece(SUM)], [("add", {"a": 1, "b": 2})], ["add"]),
    row("one-of-the-calls-is-cut-in-the-middle", [*heads("wipe", "add"), piece('{"a": 1')],
        [("wipe", {})], ["add"]),
]  # fmt: skip


@table(ROWS)
def test_arguments_that_may_be_anothers(row, adapter, way):
    outcome = check(row, adapter, way)
    if adapter == "llama_index" and not row.want["calls"]:
        assert "cannot be run: " in outcome.text


PAIR = "<arg_key>force</arg_key><arg_value>true</arg_value>"


def ended(title: str, name: str, arguments: str, finish: str | None, *, runs: Any) -> Row:
    call = {"id": "c0", "index": 0, "type": "function",
            "function": {"name": name, "arguments": arguments}}  # fmt: skip
    body = reply("", tool_calls=[call])
    body["choices"][0]["finish_reason"] = finish
    script = Reply(body, [chunk({"tool_calls": [call]}), last(finish)])
    calls = [] if runs is None else [(name, runs)]
    want = {"calls": calls, "invalid": [name] if runs is None else [], "tries": 1}
    return Row(title, script, want, ASK)


@table(
    in_turn(
        [
            ended("markup-at-the-limit", "wipe", PAIR, "length", runs=None),
            ended("closed-markup-at-the-limit", "wipe", f"{PAIR}\n</tool_call>", "length",
                  runs={"force": True}),
            ended("markup", "wipe", PAIR, "tool_calls", runs={"force": True}),
            ended("an-object-at-the-limit", "wipe", '{"force": true}', "length",
                  runs={"force": True}),
            ended("markup-and-no-reason", "wipe", PAIR, None, runs=None),
            ended("nothing-and-no-reason", "wipe", "", None, runs=None),
            ended("nothing-to-take-and-no-reason", "tide", "", None, runs={}),
        ]
    )
)  # fmt: skip
def test_arguments_that_may_go_on(row, adapter, way):
    check(row, adapter, way)
