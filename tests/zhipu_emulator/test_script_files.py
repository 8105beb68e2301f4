"""Scripts as JSON: from a file, and the same objects from Python."""

from __future__ import annotations

import json
from typing import Any

import pytest

from zhipu_emulator.__main__ import main
from zhipu_emulator.scripting.files import load
from zhipu_emulator.scripting.reading import read


def refused(make: Any) -> str:
    with pytest.raises((ValueError, TypeError)) as caught:
        make()
    return str(caught.value)


ORDERS = [
    None,
    "error=1302; retry-after=1",
    {"think": "Weather.", "call": {"name": "moor", "arguments": {"pier": "N"}}},
    {"say": "Snow.", "finish_reason": "length", "when": {"user": "snow"}, "times": "always"},
    {"call": [{"name": "a"}, {"name": "b", "arguments": "{"}], "habits": ["same_call_id"]},
    {"json": {"error": {"code": "1214"}}, "status": 400, "path": "/embeddings"},
    {"chunks": [{"choices": []}], "done": False},
    {"fault": "cut=2"},
    {"say": "cut", "fault": "cut=1"},
]


def test_orders_as_json(ask, tool, tmp_path) -> None:
    path = tmp_path / "script.json"
    path.write_text(json.dumps(ORDERS), "utf-8")
    orders = load(path)
    assert len(orders) == len(ORDERS)
    assert (orders[3].times, orders[3].condition.user) == (None, "snow")
    ask.server.state.script.extend(orders[:1] + orders[2:4])
    assert ask.text("Hello").startswith("Hello")
    assert ask.calls("Hi", tools=[tool("moor", "Moor.")]) == [("moor", {"pier": "N"})]
    answer = ask("Is there snow?")["choices"][0]
    assert (answer["message"]["content"], answer["finish_reason"]) == ("Snow.", "length")


def test_the_same_objects_from_python(ask, tool, tmp_path) -> None:
    body = {"choices": [{"message": {"content": "whole"}}]}
    orders = [*ORDERS[2:3], {"say": "Snow.", "times": 2}, body, {"json": {"any": 1}}]
    path = tmp_path / "script.json"
    path.write_text(json.dumps(orders), "utf-8")
    for items in (orders, load(path), load(path)):
        ask.server.script(*items)
        assert ask.calls("Hi", tools=[tool("moor", "Moor.")]) == [("moor", {"pier": "N"})]
        assert [ask.text("Hi") for _ in range(3)] == ["Snow.", "Snow.", "whole"]
        assert ask("Hi") == {"any": 1}
        ask.server.assert_all_used()
    ask.server.script({"say": "x", "when": {"user": "wind"}}, {"say": "y"}, model="glm-4.7")
    assert ask.server.unused == [
        "say='x' (model='glm-4.7', user='wind')", "say='y' (model='glm-4.7')",
    ]  # fmt: skip


def test_a_task_s_status_is_of_its_body(ask) -> None:
    body = {"id": "batch_1", "object": "batch", "status": "completed"}
    [order] = read([body])
    assert (order.item.json, order.item.status) == (body, 200)
    with pytest.raises(ValueError, match=r"unknown key 'error'.*\{\"json\": "):
        read([{"status": 429, "error": {"code": "1302"}}])


def test_orders_can_be_scripted_again(ask) -> None:
    orders = read([{"say": "x"}])
    ask.server.script(*orders)
    assert ask.text("Hi") == "x"
    ask.server.script(*orders)
    assert ask.text("Hi") == "x"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[\n  null,\n\n  {"sya": "x"}\n]', ", line 4, order 2: unknown key 'sya'"),
        ('\n{"say": 3}', ", line 2, order 1: say=3"),
        ('[{"say": "a", "say": "b"}]', "the key 'say' is twice"),
        ('[\n  {"say": "a",}\n]', "line 2"),
    ],
)
def test_a_file_says_where_it_is_wrong(text: str, words: str, tmp_path) -> None:
    path = tmp_path / "script.json"
    path.write_text(text, "utf-8")
    assert words in refused(lambda: load(path))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([None, {"sya": "x"}], "order 2: unknown key 'sya'"),
        ({"say": "x", "when": {"temperature": "1"}}, "unknown key 'temperature'"),
        ({"say": "x", "when": {"user": 1}}, "user=1: wanted a text"),
        ({"say": "x", "times": "often"}, "times='often'"),
        ({"path": "/x"}, "says nothing"), ({}, "says nothing"), ([3], "order 1: 3"),
        ({"say": 3}, "wanted a text"), ({"fault": 3}, "fault=3"), ({"call": "moor"}, "call='moor'"),
        ("nonsense", "unknown fault"),
    ],
)  # fmt: skip
def test_orders_that_cannot_be_read(value: Any, words: str) -> None:
    assert words in refused(lambda: read(value))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '[{"sya": 1}]', "\xff"])
def test_a_file_that_cannot_be_read(text: str, tmp_path, capsys) -> None:
    path = tmp_path / "script.json"
    path.write_bytes(text.encode("latin-1"))
    assert main(["--script", str(path)]) == 1
    said = capsys.readouterr().err
    assert str(path) in said
    assert said.count("\n") == 1


def test_a_file_that_is_not_there(tmp_path, capsys) -> None:
    assert main(["--script", str(tmp_path / "none.json")]) == 1
    assert "none.json" in capsys.readouterr().err
    assert main(["--fault-rate", "7"]) == 1
    assert "fault_rate=7" in capsys.readouterr().err
