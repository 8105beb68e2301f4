"""Responses that are made without validating are what the constructors make."""

from __future__ import annotations

import copy
import pickle

import pytest
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from llama_index_zhipu._chat.fast_responses import response_so_far
from llama_index_zhipu._chat.tools import call_dicts

SLOTS = ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
RAW = {"id": "1", "choices": [{"index": 0, "delta": {"content": "hi"}}]}


def _both(thinking):
    facts = {"thinking_delta": "hm"} if thinking else {}
    light = response_so_far(thinking, "oh hi", (), (), delta="hi", raw=dict(RAW), facts=dict(facts))
    message = ChatMessage(
        role=MessageRole.ASSISTANT,
        blocks=[*([thinking] if thinking else []), TextBlock(text="oh hi")],
        additional_kwargs={},
    )
    built = ChatResponse(message=message, delta="hi", raw=dict(RAW), additional_kwargs=facts)
    return light, built


@pytest.mark.parametrize("thinking", [None, ThinkingBlock(content="hm")])
def test_response_equals_the_constructors(thinking):
    light, built = _both(thinking)
    pairs = [(light, built), (light.message, built.message)]
    pairs += zip(light.message.blocks, built.message.blocks, strict=True)
    for made, expected in pairs:
        assert type(made) is type(expected)
        for slot in SLOTS:
            assert getattr(made, slot) == getattr(expected, slot)
    assert light == built
    assert repr(light) == repr(built)
    assert light.model_dump() == built.model_dump()
    assert light.message.content == "oh hi"
    assert copy.deepcopy(light) == pickle.loads(pickle.dumps(light)) == built


def test_calls_are_as_the_constructors_have_them():
    calls = [ToolCallBlock(tool_call_id="c", tool_name="add", tool_kwargs='{"a": 1')]
    dicts = call_dicts(calls)
    made = response_so_far(None, "", calls, dicts, delta="", raw=dict(RAW), facts={})
    built = ChatMessage(
        role=MessageRole.ASSISTANT,
        blocks=[TextBlock(text=""), *calls],
        additional_kwargs={"tool_calls": dicts},
    )
    assert made.message == built
    assert made.message.model_dump() == built.model_dump()
    assert made.message.blocks is not calls
    assert made.message.additional_kwargs["tool_calls"] is not dicts


def test_no_two_responses_share_a_container():
    one, two = _both(None)[0], _both(None)[0]
    assert one.message.blocks is not two.message.blocks
    assert one.message.additional_kwargs is not two.message.additional_kwargs
    assert one.additional_kwargs is not two.additional_kwargs
