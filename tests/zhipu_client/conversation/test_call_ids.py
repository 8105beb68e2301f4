"""Calls of one message that have one id, and the results that follow."""

from __future__ import annotations

import doctest
from typing import Any

from zhipu_client.conversation import _call_ids, prepared


def test_examples() -> None:
    assert doctest.testmod(_call_ids).failed == 0


def call(identity: str | None, arguments: str = "{}") -> dict[str, Any]:
    return {"id": identity, "type": "function", "function": {"name": "f", "arguments": arguments}}


def sent(calls: list[dict[str, Any]], *results: str) -> tuple[list[str], list[tuple[str, str]]]:
    turns: list[dict[str, Any]] = [
        {"role": "user", "content": "Go."},
        {"role": "assistant", "content": "", "tool_calls": calls},
    ]
    for number, identity in enumerate(results):
        turns.append({"role": "tool", "tool_call_id": identity, "content": str(number)})
    found = prepared(turns)
    assert [made["id"] for made in calls] == [made["id"] for made in turns[1]["tool_calls"]]
    answered = [(m["tool_call_id"], m["content"]) for m in found if m["role"] == "tool"]
    return [made["id"] for made in found[1]["tool_calls"]], answered


def test_results_follow_the_order_of_their_calls() -> None:
    calls = [call("s"), call("s"), call("s_1")]
    assert sent(calls, "s", "s_1", "s") == (
        ["s", "s_1", "s_1_1"],
        [("s", "0"), ("s_1_1", "1"), ("s_1", "2")],
    )


def test_the_result_of_a_call_that_is_left_out_is_not_anothers() -> None:
    ids, answered = sent([call("s", '{"a'), call("s")], "s", "s")
    assert (ids, answered) == (["s_1"], [("s_1", "1")])


def test_a_call_without_its_result_was_not_run() -> None:
    ids, answered = sent([call("s"), call("s")], "s")
    assert ids == ["s", "s_1"]
    assert answered[0] == ("s", "0")
    assert [identity for identity, _ in answered] == ids
