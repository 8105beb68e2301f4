"""Habits of GLM that agents must survive come out as ordered, whole and streamed."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

import zhipu_emulator
from zhipu_emulator import Answer, Fault, scripting
from zhipu_emulator.chat.habits import CHANGES, ON_THE_WIRE
from zhipu_emulator.scripting.fault_kinds import HABITS

ARGUMENTS = {"berth": {"pier": "N", "number": 3}, "ropes": ["bow", "stern"], "ship": "Ada"}
CALL = {"function": {"name": "moor", "arguments": json.dumps(ARGUMENTS)}}
MESSAGE = {"reasoning_content": "Two ships.", "content": "Done 🚢 now.", "tool_calls": [CALL, CALL]}


def said(ask, habits: str, *, stream: bool, **fields: Any) -> tuple[dict[str, Any], list[str]]:
    """The message of an answer, and the texts of its pieces."""
    ask.server.script(Answer(message=MESSAGE, fault=Fault.parse(f"habits={habits}")))
    if not stream:
        message = ask.message("Moor them.", **fields)
        return message, [message["content"]]
    deltas = [event["choices"][0]["delta"] for event in ask.events("Moor them.", **fields)]
    message = {
        name: "".join(delta.get(name) or "" for delta in deltas)
        for name in ("content", "reasoning_content")
    }
    message["tool_calls"] = [call for delta in deltas for call in delta.get("tool_calls") or ()]
    return message, [delta["content"] for delta in deltas if delta.get("content")]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("habit", "arguments"),
    [
        ("null_arguments", None),
        ("twice_encoded_arguments", json.dumps(ARGUMENTS)),
        (
            "nested_as_text",
            {"berth": '{"pier":"N","number":3}', "ropes": '["bow","stern"]', "ship": "Ada"},
        ),
        ("nested_as_text, null_arguments", None),
    ],
)
def test_arguments(ask, habit: str, arguments: Any, stream: bool) -> None:
    message, _ = said(ask, habit, stream=stream)
    got = [json.loads(call["function"]["arguments"]) for call in message["tool_calls"]]
    assert got == [arguments, arguments]


@pytest.mark.parametrize("stream", [False, True])
def test_identity_of_calls(ask, stream: bool) -> None:
    def identities(habits: str) -> list[tuple[str, int, str]]:
        calls = said(ask, habits, stream=stream)[0]["tool_calls"]
        return [(call["id"], call["index"], call["function"]["name"]) for call in calls]

    one, two = identities("same_call_id")
    assert (one[0] == two[0], one[1:], two[1:]) == (True, (0, "moor"), (1, "moor"))
    one, two = identities("index_zero")
    assert (one[0] == two[0], one[1], two[1]) == (False, 0, 0)
    assert [name for _, _, name in identities("name_with_newline")] == ["moor\n", "moor\n"]


def test_index_zero_in_pieces_of_arguments(ask) -> None:
    message, _ = said(ask, "index_zero", stream=True, tool_stream=True)
    assert {call["index"] for call in message["tool_calls"]} == {0}
    assert len(message["tool_calls"]) > 4


@pytest.mark.parametrize("stream", [False, True])
def test_marks_in_the_text(ask, stream: bool) -> None:
    message, pieces = said(ask, "box_marks", stream=stream)
    assert message["content"] == "<|begin_of_box|>Done 🚢 now.<|end_of_box|>"
    assert stream == (len(pieces) > 3)
    message, _ = said(ask, "lone_think_end", stream=stream)
    assert message["content"] == "Two ships.</think>\nDone 🚢 now."
    assert not message.get("reasoning_content")


def test_halves_of_an_emoji(ask) -> None:
    message, pieces = said(ask, "split_emoji", stream=True)
    high, low = (next(p for p in pieces if half in p) for half in ("\ud83d", "\udea2"))
    assert pieces.index(low) == pieces.index(high) + 1
    joined = message["content"].encode("utf-16", "surrogatepass").decode("utf-16")
    assert joined == MESSAGE["content"]
    whole, _ = said(ask, "split_emoji", stream=False)
    assert whole["content"] == MESSAGE["content"]


@pytest.mark.parametrize("stream", [False, True])
def test_bare_sound(ask, stream: bool) -> None:
    ask.server.script("habits=bare_sound")
    if stream:
        deltas = [e["choices"][0]["delta"] for e in ask.events("Hello", model="glm-4-voice")]
        pieces = [delta["audio"]["data"] for delta in deltas if delta.get("audio")]
        assert len(pieces) > 2
        assert pieces[0].endswith("=")
    else:
        pieces = [ask.message("Hello", model="glm-4-voice")["audio"]["data"]]
    sound = b"".join(map(base64.b64decode, pieces))
    assert not sound.startswith(b"RIFF")
    whole = base64.b64decode(ask.message("Hello", model="glm-4-voice")["audio"]["data"])
    assert whole[44:] == sound


def test_of_what_the_emulator_makes_up(ask, tool) -> None:
    tools = [tool("hoist", "Hoist a flag", flag="string")]
    ask.server.script(Answer(habits=["null_arguments"]), "habits=box_marks")
    assert ask.calls("Hoist the flag 'Alpha'", tools=tools) == [("hoist", None)]
    assert ask.text("Hello").startswith("<|begin_of_box|>Hello")
    assert ask.text("Hello").startswith("Hello")


def test_now_and_then(ask) -> None:
    ask.server.configure(habits=("box_marks",), habit_rate=0.3)
    count = sum("box" in ask.text("Hello") for _ in range(60))
    assert 5 <= count <= 35  # ids, not chance: the same each time
    ask.server.configure(habit_rate=1.0)
    assert "box" in ask.text("Hello")


@pytest.mark.parametrize(
    "order",
    [
        lambda: Answer(habits=("nulls",)),
        lambda: Answer(habits="box_marks"),
        lambda: Answer(json={}, habits=("box_marks",)),
        lambda: zhipu_emulator.serve(habits=("nulls",)),
        lambda: Fault.parse("habits=nulls"),
        lambda: Fault.parse("habits="),
    ],
)
def test_what_is_no_habit(order) -> None:
    with pytest.raises(ValueError, match="habits"):
        order()


def test_the_table_is_whole() -> None:
    assert set(CHANGES) | ON_THE_WIRE == set(HABITS)
    for name in HABITS:
        assert f"\n{name} " in str(scripting.__doc__)
