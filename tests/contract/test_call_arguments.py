"""What the model wrote as the arguments of a call: an object that is handed on, or no call."""

from __future__ import annotations

from typing import Any

from .rows import Row, check, in_turn, table
from .server import Reply, call, calls, chunk, last, reply
from .subjects import Ask

SHOW: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "show",
        "description": "Show something.",
        "parameters": {"type": "object", "properties": {"text": {"type": "string"}}},
    },
}
ASK = Ask(tools=[SHOW])


def runs(title: str, arguments: Any, wanted: dict[str, Any]) -> Row:
    want = {"calls": [("show", wanted)], "invalid": [], "finish": "tool_calls", "tries": 1}
    return Row(title, calls(("show", arguments)), want, ASK)


def never(title: str, arguments: Any, finish: str = "tool_calls") -> Row:
    want = {"calls": [], "invalid": ["show"], "finish": finish, "tries": 1}
    return Row(title, calls(("show", arguments), finish=finish), want, ASK)


def _beside_the_function(**facts: Any) -> Reply:
    made = {"id": "call_0", "index": 0, "type": "function", "arguments": '{"text": "hi"}', **facts}
    body = reply("", tool_calls=[made])
    return Reply(body, [chunk({"tool_calls": [made]}), last("tool_calls")])


def _without_arguments() -> Reply:
    made = call("show")
    del made["function"]["arguments"]
    return Reply(reply("", tool_calls=[made]))


ROWS = [
    runs("an-object", '{"text": "hi"}', {"text": "hi"}),
    runs("space-around", ' \n{"text": "hi"}\n ', {"text": "hi"}),
    runs("empty-object", "{}", {}),
    runs("empty", "", {}),
    runs("white-space", "  ", {}),
    runs("null-on-the-wire", None, {}),
    Row("missing", _without_arguments(), {"calls": [("show", {})], "invalid": []}, ASK),
    runs("object-instead-of-text", {"text": "hi"}, {"text": "hi"}),
    runs("escaped-newline", '{"text": "a\\nb"}', {"text": "a\nb"}),
    runs("chinese", '{"text": "你好"}', {"text": "你好"}),
    never("list", '["hi"]'),
    never("number", "5"),
    never("words", "show me"),
    never("stuck-brackets", "[" * 20_000),
    never("text-encoded-twice", '"hi"'),
    # What Python's own reader takes is not JSON: sent back, it would be refused a turn later.
    never("nan", '{"text": NaN}'),
    never("cut-in-a-string", '{"text": "h', "length"),
    never("cut-after-a-value", '{"text": "hi"', "length"),
    never("cut-though-it-says-tool-calls", '{"text": "hi"'),
]

# --- Where the adapters had drifted apart
FROM_THE_CORE = [
    runs("null", "null", {}),
    runs("encoded-twice", '"{\\"text\\": \\"hi\\"}"', {"text": "hi"}),
    runs("raw-newline", '{"text": "a\nb"}', {"text": "a\nb"}),
    runs("raw-tab", '{"text": "a\tb"}', {"text": "a\tb"}),
    runs("object-repeated", '{"text": "hi"}{"text": "hi"}', {"text": "hi"}),
    runs("null-of-python", "None", {}),
    runs("an-empty-object-first", '{}{"text": "hi"}', {"text": "hi"}),
]
HI = {"calls": [("show", {"text": "hi"})], "invalid": []}
OTHER_SHAPES = in_turn(
    [
        Row("no-function", _beside_the_function(name="show"), HI, ASK),
        Row("a-name-for-the-function", _beside_the_function(function="show"), HI, ASK),
    ]
)


@table([*ROWS, *FROM_THE_CORE, *OTHER_SHAPES])
def test_arguments(row, adapter, way):
    check(row, adapter, way)
