"""Answers in forms of other times and gateways: what was paid for is read all the same."""

from __future__ import annotations

import json
from typing import Any

from .rows import Row, check, table
from .server import Reply, chunk, last, reply, said
from .subjects import Ask
from .tools import ADD

ARGUMENTS = '{"a": 1, "b": 2}'
CALLED = [("add", {"a": 1, "b": 2})]
ONE = {
    "id": "c1", "index": 0, "type": "function",
    "function": {"name": "add", "arguments": ARGUMENTS},
}  # fmt: skip


def answer(**message: Any) -> Reply:
    """A message with these fields, whole and as one delta."""
    body = reply("Paid.")
    body["choices"][0]["message"] = {"role": "assistant", "content": "Paid.", **message}
    return Reply(body, [chunk({"content": "Paid.", **message}), last("tool_calls")])


def older() -> Reply:
    made = answer(function_call=ONE["function"])
    pieces = [{"name": "add", "arguments": ""}, {"arguments": ARGUMENTS[:5]},
              {"arguments": ARGUMENTS[5:]}]  # fmt: skip
    streamed = [chunk({"function_call": piece}) for piece in pieces]
    return Reply(made.body, [chunk({"content": "Paid."}), *streamed, last("function_call")])


CALLS = [
    Row(name, script, {"text": "Paid.", "calls": wanted, "invalid": [], "tries": 1},
        Ask(tools=[ADD]))
    for name, script, wanted in [
        ("one-call-without-a-list", answer(tool_calls=ONE), CALLED),
        ("calls-as-json-text", answer(tool_calls=json.dumps([ONE])), CALLED),
        ("one-call-as-json-text", answer(tool_calls=json.dumps(ONE)), CALLED),
        ("a-function-call", older(), CALLED),
        ("both-forms", answer(tool_calls=[ONE], function_call=ONE["function"]), CALLED),
        ("a-type-that-is-a-list", answer(tool_calls=[{**ONE, "type": ["function"]}]), CALLED),
        ("true", answer(tool_calls=True), []),
        ("other-text", answer(tool_calls="none", function_call="none"), []),
        ("twice", answer(tool_calls=[ONE, ONE]), CALLED),
    ]
]  # fmt: skip


@table(CALLS)
def test_calls(row, adapter, way):
    check(row, adapter, way)


def under(key: str, value: Any) -> Reply:
    body = reply("Paid.")
    del body["choices"][0]["message"]
    body["choices"][0][key] = value
    return Reply(body, [chunk({"content": "Paid."}), last("stop")])


@table(
    [
        Row("delta-in-a-whole-body", under("delta", {"content": "Paid."}), {"text": "Paid."}),
        Row("a-message-that-is-text", under("message", "Paid."), {"text": "Paid."}),
    ]
)
def test_messages(row, adapter, way):
    check(row, adapter, way)


COUNTED = (11, 7, 18, None, None)
USAGES: dict[str, tuple[Any, Any]] = {
    "text": ({"prompt_tokens": "11", "completion_tokens": " 7"}, COUNTED),
    "fractions-of-zero": (
        {"prompt_tokens": 11.0, "completion_tokens": 7.0, "total_tokens": 18.0}, COUNTED,
    ),
    "other-names": ({"input_tokens": 11, "output_tokens": 7}, COUNTED),
    "other-names-in-detail": (
        {"input_tokens": 11, "output_tokens": 7, "input_tokens_details": {"cached_tokens": 4},
         "output_tokens_details": {"reasoning_tokens": "3"}},
        (11, 7, 18, 4, 3),
    ),
    "empty": ({}, None),
    "nothing-known": ({"seconds": 3}, (0, 0, 0, None, None)),
    "nonsense": (
        {"prompt_tokens": True, "completion_tokens": [7], "total_tokens": "many"},
        (0, 0, 0, None, None),
    ),
}  # fmt: skip


@table(
    [
        Row(name, said("Paid.", usage=usage), {"text": "Paid.", "usage": wanted})
        for name, (usage, wanted) in USAGES.items()
    ]
)
def test_usage(row, adapter, way):
    check(row, adapter, way)


ODD = [[None], ["a"], [{"token": 1}], [{"token": "a", "logprob": "x", "top_logprobs": 5}], [[]]]


def with_logprobs(content: Any) -> Reply:
    body = reply("Paid.")
    body["choices"][0]["logprobs"] = {"content": content}
    piece = chunk({"content": "Paid."})
    piece["choices"][0]["logprobs"] = {"content": content}
    return Reply(body, [piece, last("stop")])


@table(
    [
        Row(str(number), with_logprobs(content), {"text": "Paid."})
        for number, content in enumerate(ODD)
    ]
)
def test_log_probabilities(row, adapter, way):
    check(row, adapter, way)
