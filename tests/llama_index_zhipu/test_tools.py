"""Names, choices and calls: pure."""

from __future__ import annotations

import logging
import re

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ToolCallBlock
from llama_index.core.bridge.pydantic import BaseModel
from llama_index.core.tools import FunctionTool, ToolMetadata

from llama_index_zhipu._tools import (
    call_blocks,
    decode_names,
    encode_name,
    encode_tools,
    read_choice,
    selections,
    tool_spec,
)
from tests.llama_index_zhipu.stub import call
from zhipu_client import InvalidRequestError


def spec(name, description="d"):
    return {"type": "function", "function": {"name": name, "description": description}}


@pytest.mark.parametrize("name", ["a", "get_weather", "a-b_C9", "x" * 64])
def test_plain_names_stay(name):
    assert encode_name(name) == name


def test_other_names_become_plain_and_stay_apart():
    names = ["查天气", "算价格", "a.b", "a b", "Box[int]", "Box[str]", "x" * 65, "x" * 66, "é"]
    encoded = [encode_name(name) for name in names]
    assert len(set(encoded)) == len(names)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in encoded)
    tools = [spec(name) for name in names]
    assert decode_names(tools) == dict(zip(encoded, names, strict=True))


def test_a_changed_name_stands_in_the_description():
    (sent,) = encode_tools([spec("查天气", "Weather of a city")])
    assert sent["function"]["description"] == "查天气: Weather of a city"
    assert encode_tools([spec("plain")]) == [spec("plain")]


def test_server_tools_pass():
    tool = {"type": "web_search", "web_search": {"enable": True}}
    assert encode_tools([tool]) == [tool]
    assert decode_names([tool]) == {}


def test_spec_of_a_tool_keeps_its_name_and_a_long_description():
    def 查天气(city: str) -> str:  # noqa: PLC2401
        return city

    made = tool_spec(FunctionTool.from_defaults(查天气, description="长" * 2000))["function"]
    assert made["name"] == "查天气"
    assert len(made["description"]) == 2000
    assert made["parameters"]["required"] == ["city"]


def test_spec_of_a_tool_without_parameters():
    class Nothing(BaseModel):
        pass

    tool = FunctionTool(lambda: 1, ToolMetadata(name="f", description="", fn_schema=Nothing))
    assert tool_spec(tool)["function"] == {
        "name": "f",
        "description": "f",
        "parameters": {"type": "object", "properties": {}},
    }


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (None, "auto"),
        ("auto", "auto"),
        ({"type": "auto"}, "auto"),
        ("none", "none"),
        ("required", "required"),
        ("any", "required"),
        (True, "required"),
        ("f", ("f",)),
        ("查天气", ("查天气",)),
        (encode_name("查天气"), ("查天气",)),
        ({"type": "function", "function": {"name": "f"}}, ("f",)),
        ({"type": "tool", "name": "f"}, ("f",)),
    ],
)
def test_choices(given, read):
    assert read_choice(given, [spec("f"), spec("查天气")]) == read


def test_a_choice_of_no_tool_is_refused():
    with pytest.raises(InvalidRequestError, match="none of the tools: f") as caught:
        read_choice("g", [spec("f")])
    assert caught.value.field == "tool_choice"


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        ('{"a": 1}', {"a": 1}),
        ({"a": 1}, {"a": 1}),
        ("", {}),
        (None, {}),
        ("null", {}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ('{"a": 1', '{"a": 1'),
        ("[1]", "[1]"),
    ],
)
def test_arguments_of_a_whole_answer(arguments, read):
    (block,) = call_blocks([call("f", arguments)], {}, whole=True)
    assert block.tool_kwargs == read


def test_missing_ids_are_made_up_and_differ():
    blocks = call_blocks([call("f", identity=None), call("f", identity=None)], {}, whole=True)
    assert len({block.tool_call_id for block in blocks}) == 2


def response(kwargs, **more):
    block = ToolCallBlock(tool_call_id="c", tool_name="f", tool_kwargs=kwargs)
    return ChatResponse(message=ChatMessage(role="assistant", blocks=[block]), **more)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", {}),
        ("{", {}),
        ('{"ci', {}),
        ('{"city": "Bei', {"city": "Bei"}),
        ('{"city": "Beijing", "days": 1', {"city": "Beijing", "days": 1}),
        ("nonsense", {}),
        ("[1, 2", {}),
    ],
)
def test_half_arguments_are_read_as_far_as_they_go(text, read):
    (made,) = selections(response(text, delta=""))
    assert made.tool_kwargs == read


@pytest.mark.parametrize("text", ['{"path": "/data"', "nonsense", "[1]"])
def test_cut_arguments_of_a_finished_answer_never_run(text, caplog):
    finished = response(text, delta="", additional_kwargs={"finish_reason": "length"})
    with caplog.at_level(logging.WARNING):
        assert selections(finished) == []
    assert "left out" in caplog.text
    assert selections(response(text)) == []
