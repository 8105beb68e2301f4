"""JSON in prose, leaked calls, token estimates, tools, profiles."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.tools import StructuredTool, tool
from pydantic import BaseModel, Field

from langchain_zhipu._chat.profiles import profile_of
from langchain_zhipu._chat.tools import wire_tools
from zhipu_client import InvalidRequestError
from zhipu_client.conversation import (
    choice_as_text,
    estimate_messages,
    estimate_text,
    read_choice,
    redacted,
)
from zhipu_client.conversation.json_answers import JsonFilter, json_text
from zhipu_client.conversation.text_tool_calls import calls_in_text
from zhipu_client.conversation.think_tags import ThinkFilter
from zhipu_client.conversation.tools import encoded_tools


class Shape(BaseModel):
    """A shape."""

    name: str = Field(min_length=2)
    scale: float = Field(default=1, gt=0, le=10)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ('```json\n{"a": "}"}\n```', '{"a": "}"}'),
        ('Sure:\n<|begin_of_box|>{"a": "\\""}<|end_of_box|> Done {x}', '{"a": "\\""}'),
        ("no json", "no json"),
        ('{"a": [1, {"b": 2}', '{"a": [1, {"b": 2}'),
    ],
)
def test_json_is_found_in_prose(text: str, found: str) -> None:
    assert json_text(text) == found


@given(st.text(), st.lists(st.integers(0, 60), max_size=5))
def test_json_in_pieces_is_json_in_one(preface: str, cuts: list[int]) -> None:
    text = preface + '```json\n{"a": "}{\\"", "b": [1, {}]}```'
    whole = json_text(text)
    places = sorted({0, len(text), *(c for c in cuts if c < len(text))})
    reader = JsonFilter()
    pieces = [reader.feed(text[a:b]) for a, b in itertools.pairwise(places)]
    assert "".join(pieces) == whole


@given(st.lists(st.integers(0, 60), max_size=6), st.sampled_from(["<think>", " \n<think>", ""]))
def test_reasoning_in_the_text_is_taken_out_however_it_is_cut(cuts: list[int], tag: str) -> None:
    text = f"{tag}a </thin> b</think>\n\nyes <think> no</think>" if tag else "no <think>tag</think>"
    places = sorted({0, len(text), *(c for c in cuts if c < len(text))})
    reader = ThinkFilter()
    pairs = [reader.feed(text[a:b]) for a, b in itertools.pairwise(places)] + [reader.rest()]
    thought, rest = ("".join(pair[n] for pair in pairs) for n in (0, 1))
    expected = ("a </thin> b", "yes <think> no</think>") if tag else ("", text)
    assert (thought, rest) == expected


def test_leaked_calls_are_read() -> None:
    text = (
        "hm <tool_call>bash\n<arg_key>cmd</arg_key>\n<arg_value>ls -l</arg_value>\n"
        "<arg_key>n</arg_key><arg_value>3</arg_value></tool_call>"
        "<tool_call>now</tool_call>"
    )
    found = calls_in_text(text)
    assert [(c["name"], json.loads(c["arguments"])) for c in found] == [
        ("bash", {"cmd": "ls -l", "n": 3}),
        ("now", {}),
    ]
    assert found[0]["id"] != found[1]["id"]
    assert calls_in_text("no <tool_call> here") == []


def test_estimates_know_chinese() -> None:
    chinese = "人工智能正在改变世界，大语言模型是其中的重要部分。"
    assert 12 <= estimate_text(chinese) <= 20
    english = "Artificial intelligence changes the world, and language models are a part of it."
    assert 12 <= estimate_text(english) <= 22
    assert estimate_text("") == 0
    one = estimate_messages([{"role": "user", "content": "hi"}])
    image = [{"type": "image_url", "image_url": {"url": "u"}}]
    assert estimate_messages([{"role": "user", "content": image}]) > 500 + one


# --- tools


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def test_tools_of_every_kind_lose_what_the_service_does_not_know() -> None:
    anthropic = {
        "name": "f",
        "description": "d",
        "input_schema": {"type": "object", "properties": {}},
        "cache_control": {"type": "ephemeral"},
    }
    bare = {"type": "function", "function": {"name": "g", "strict": True}}
    found = wire_tools([add, Shape, anthropic, bare], strict=True)
    assert [t["function"]["name"] for t in found] == ["add", "Shape", "f", "g"]
    known = {"name", "description", "parameters", "strict"}
    assert all(set(t["function"]) <= known for t in found)
    assert found[0]["function"]["parameters"]["additionalProperties"] is False


@pytest.mark.parametrize("name", ["$ref", "$defs"])
def test_a_parameter_of_a_json_schema_may_be_called_as_a_keyword_is(name: str) -> None:
    schema = {"type": "object", "properties": {name: {"type": "object"}}, "title": "look_up"}
    made = StructuredTool(name="look_up", description="", args_schema=schema, func=str)
    (found,) = wire_tools([made])
    assert found["function"] == {
        "name": "look_up",
        "description": "look_up",
        "parameters": {"type": "object", "properties": {name: {"type": "object"}}},
    }


def test_references_of_a_json_schema_are_left_to_the_core() -> None:
    text = {"type": "string"}
    parameters = {"type": "object", "properties": {"a": {"$ref": "#/$defs/a%20b"}}}
    schema = {**parameters, "$defs": {"a b": text}}
    made = StructuredTool(name="look_up", description="Look.", args_schema=schema, func=str)
    (found,) = wire_tools([made])
    assert found["function"]["parameters"] == schema
    sent: Any = encoded_tools([found])[0]
    assert sent["function"]["parameters"]["properties"] == {"a": text}


@pytest.mark.parametrize("kind", ["web_search", "retrieval", "mcp", "drawing_tool"])
def test_server_tools_pass_as_they_are(kind: str) -> None:
    given = {"type": kind, kind: {"enable": True}}
    assert wire_tools([given]) == [given]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"type": "function", "function": {"name": ""}}, "function.name"),
        ({"type": "function", "function": {"name": "f", "parameters": "none"}}, "parameters"),
        (
            {"type": "function", "function": {"name": "f", "parameters": {"type": "array"}}},
            "parameters.type",
        ),
        (42, "cannot be made a tool"),
        ({"x": 1}, "cannot be made a tool"),
    ],
)
def test_a_tool_with_a_bad_schema_is_refused(bad: Any, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words) as caught:
        wire_tools([add, bad])
    assert (caught.value.field or "").startswith("tools[1]")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (None, None),
        (False, None),
        ("auto", None),
        ({"type": "auto"}, None),
        (True, "any"),
        ("any", "any"),
        ("required", "any"),
        ({"type": "any"}, "any"),
        ("none", "none"),
        ({"type": "none"}, "none"),
        ("add", "add"),
        ({"type": "function", "function": {"name": "add"}}, "add"),
        ({"type": "tool", "name": "add"}, "add"),
        ({"name": "add"}, "add"),
        ("web_search", "web_search"),
    ],
)
def test_every_form_of_tool_choice(given: Any, meant: str | None) -> None:
    tools = [*wire_tools([add]), {"type": "web_search", "web_search": {}}]
    assert choice_as_text(read_choice(given, tools)) == meant


def test_a_choice_that_is_not_offered_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match=r"on offer: add") as caught:
        read_choice("subtract", wire_tools([add]))
    assert (caught.value.field, caught.value.value) == ("tool_choice", "subtract")


def test_mcp_headers_are_redacted_but_told_apart() -> None:
    def shown(token: str) -> str:
        mcp = {"type": "mcp", "mcp": {"server_label": "s", "headers": {"Authorization": token}}}
        return str(redacted({"tools": [mcp], "extra_headers": {"X": token}}))

    assert "tok-a" not in shown("tok-a")
    assert shown("tok-a") != shown("tok-b")


# --- profiles


def test_profiles_come_from_the_catalogue() -> None:
    text, vision, voice = (profile_of(m) for m in ("glm-4.7", "GLM-4.6V", "glm-4-voice"))
    assert text is not None
    assert vision is not None
    assert voice is not None
    assert (text["max_input_tokens"], text["structured_output"], text["image_inputs"]) == (
        204800,
        True,
        False,
    )
    assert vision["image_inputs"]
    assert vision["video_inputs"]
    assert vision["pdf_inputs"]
    assert voice["audio_inputs"]
    assert voice["audio_outputs"]
    assert not voice["tool_calling"]
    assert (profile_of("glm-5.3") or {})["reasoning_effort_levels"] == ["low", "high", "max"]
    assert profile_of("my-model") is None


def test_profiles_of_own_deployments() -> None:
    own, service = profile_of("zai-org/GLM-4.6V-FP8"), profile_of("glm-4.6v")
    assert own == service
    assert (profile_of("openrouter/z-ai/glm-4.6:free") or {})["image_inputs"] is False
    assert (profile_of("glm-z1-air") or {})["status"] == "deprecated"
    # Whoever serves the weights goes on as long as they like.
    assert (profile_of("THUDM/GLM-Z1-9B-0414") or {})["status"] == "active"
