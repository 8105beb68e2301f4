"""Names, choices and calls: pure."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ToolCallBlock
from llama_index.core.bridge.pydantic import BaseModel
from llama_index.core.tools import FunctionTool, ToolMetadata

from llama_index_zhipu._chat.stream import GrowingCall
from llama_index_zhipu._chat.tools import selections, tool_spec
from tests.llama_index_zhipu.stub import call, reply
from tests.llama_index_zhipu.wire import from_wire


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
    *_, block = from_wire(reply("", tool_calls=[call("f", arguments)])).message.blocks
    assert block.tool_kwargs == read


def test_missing_ids_are_made_up_and_differ():
    nameless = [call("f", identity=None), call("f", identity=None)]
    blocks = from_wire(reply("", tool_calls=nameless)).message.blocks[-2:]
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
def test_half_arguments_are_read_as_far_as_they_go_while_they_come(text, read):
    growing = GrowingCall(tool_call_id="c", tool_name="f", tool_kwargs=text)
    object.__setattr__(growing, "maker", SimpleNamespace(is_open=True, shows_objects=True))
    message = ChatMessage(role="assistant", blocks=[growing])
    (made,) = selections(ChatResponse(message=message, delta=""))
    assert made.tool_kwargs == read


@pytest.mark.parametrize("text", ["", "{", '{"city": "Bei', "<arg_key>a</arg_key>"])
def test_half_arguments_are_no_call_while_they_come(text):
    growing = GrowingCall(tool_call_id="c", tool_name="f", tool_kwargs=text)
    object.__setattr__(growing, "maker", SimpleNamespace(is_open=True, shows_objects=False))
    object.__setattr__(growing, "whole", None)
    message = ChatMessage(role="assistant", blocks=[growing])
    assert selections(ChatResponse(message=message, delta="")) == []


@pytest.mark.parametrize("text", ["", "{", '{"city": "Bei'])
def test_half_arguments_of_a_stream_that_was_left_never_run(text):
    growing = GrowingCall(tool_call_id="c", tool_name="f", tool_kwargs=text)
    object.__setattr__(growing, "maker", SimpleNamespace(is_open=False))
    left = ChatResponse(message=ChatMessage(role="assistant", blocks=[growing]), delta="")
    assert selections(left) == []
    assert selections(ChatResponse.model_validate_json(left.model_dump_json())) == []


@pytest.mark.parametrize("text", ['{"path": "/data"', "nonsense", "[1]"])
def test_cut_arguments_of_a_finished_answer_never_run(text, caplog):
    finished = response(text, delta="", additional_kwargs={"finish_reason": "length"})
    with caplog.at_level(logging.WARNING):
        assert selections(finished) == []
    assert "left out" in caplog.text
    assert selections(response(text)) == []
