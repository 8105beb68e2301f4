"""Chunks that are made without validating are what the constructors make."""

from __future__ import annotations

import copy
import pickle

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

from langchain_zhipu._chat.chunks import ZhipuMessageChunk
from langchain_zhipu._chat.fast_chunks import generation_chunk, text_chunk

SLOTS = ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
METADATA = {"model_provider": "zhipu", "model_name": "glm-4.7"}
KINDS = (AIMessageChunk, ZhipuMessageChunk)


def _built(kind, text="hi", extra=None):
    return kind(
        content=text,
        additional_kwargs=extra or {},
        response_metadata=dict(METADATA),
        tool_call_chunks=[],
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("extra", [{}, {"reasoning_content": "hm"}])
def test_text_chunk_equals_the_constructor(kind, extra):
    light, built = text_chunk(kind, "hi", dict(extra), dict(METADATA)), _built(kind, extra=extra)
    assert type(light) is kind
    for slot in SLOTS:
        assert getattr(light, slot) == getattr(built, slot)
    assert light == built
    assert repr(light) == repr(built)
    assert light.model_dump() == built.model_dump()
    assert light.to_json() == built.to_json()
    assert light.content_blocks == built.content_blocks
    assert copy.deepcopy(light) == pickle.loads(pickle.dumps(light)) == built


@pytest.mark.parametrize("kind", KINDS)
def test_sums_are_equal(kind):
    light = text_chunk(kind, "a", {}, dict(METADATA)) + text_chunk(kind, "b", {}, {})
    assert light == _built(kind, "a") + kind(content="b")


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_chunks_share_a_container(kind):
    one, two = (text_chunk(kind, "a", {}, {}) for _ in range(2))
    for name, value in vars(one).items():
        if isinstance(value, (list, dict)):
            assert getattr(two, name) is not value
    one.tool_calls.append({})
    assert two.tool_calls == []


def test_generation_chunk_equals_the_constructor():
    message = text_chunk(AIMessageChunk, "hi", {}, dict(METADATA))
    light, built = generation_chunk(message), ChatGenerationChunk(message=message)
    for slot in SLOTS:
        assert getattr(light, slot) == getattr(built, slot)
    assert type(light.text) is type(built.text)
    assert (light + light).text == (built + built).text == "hihi"


def test_generation_chunk_of_blocks_goes_through_the_constructor():
    message = AIMessageChunk(content=[{"type": "text", "text": "hi"}])
    assert generation_chunk(message) == ChatGenerationChunk(message=message)
