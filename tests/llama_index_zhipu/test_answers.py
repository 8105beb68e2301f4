"""Answers of the wire to messages and responses: pure."""

from __future__ import annotations

import base64
import json

import pytest
from llama_index.core.base.llms.types import (
    AudioBlock,
    CitationBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from llama_index_zhipu._chat.tools import selections
from tests.llama_index_zhipu.messages import ask
from tests.llama_index_zhipu.stub import USAGE, call, reply
from tests.llama_index_zhipu.wire import from_wire, to_wire


def test_answers_in_order_thinking_text_citations_calls():
    body = reply(
        "text",
        reasoning="why",
        tool_calls=[call("f", '{"a": 1}')],
        web_search=[
            {"title": "T", "link": "https://x.example", "content": "C", "refer": "ref_2"},
            {"title": "", "link": "", "content": ""},
        ],
    )
    response = from_wire(body)
    assert [type(block) for block in response.message.blocks] == [
        ThinkingBlock,
        TextBlock,
        CitationBlock,
        CitationBlock,
        ToolCallBlock,
    ]
    thinking, _, cited, _, made = response.message.blocks
    assert thinking.num_tokens == 3
    assert (cited.title, cited.source) == ("T", "https://x.example")
    assert cited.additional_location_info == {"ref": 2}
    assert made.tool_kwargs == {"a": 1}
    assert response.raw == body


def test_facts_of_an_answer():
    facts = from_wire(reply("x", usage=USAGE)).additional_kwargs
    assert facts == {
        "prompt_tokens": 11,
        "completion_tokens": 7,
        "total_tokens": 18,
        "cached_tokens": 4,
        "reasoning_tokens": 3,
        "finish_reason": "stop",
        "request_id": "20260101x",
    }


@pytest.mark.parametrize("content", [None, "", "\n", [{"type": "text", "text": "a"}]])
def test_any_content_is_read(content):
    body = reply(content, tool_calls=[call("f")])
    assert from_wire(body).message.content == {"\n": "\n"}.get(
        content if isinstance(content, str) else "", "a" if isinstance(content, list) else ""
    )


def test_self_hosted_reasoning():
    body = reply("x")
    body["choices"][0]["message"]["reasoning"] = "why"
    assert from_wire(body).message.blocks[0].content == "why"
    tags = from_wire(reply("<think>why</think>\n\nx"), site=None)
    assert [block.block_type for block in tags.message.blocks] == ["thinking", "text"]
    assert tags.message.content == "x"


def test_sound_comes_as_a_block_and_goes_back_by_its_id():
    body = reply("hello")
    wav = base64.b64encode(b"RIFF\x24\0\0\0WAVEfmt ").decode()
    body["choices"][0]["message"]["audio"] = {"id": "a1", "data": wav, "expires_at": 1}
    message = from_wire(body).message
    (sound,) = [block for block in message.blocks if isinstance(block, AudioBlock)]
    assert sound.resolve_audio().read() == b"RIFF\x24\0\0\0WAVEfmt "
    sent = to_wire([ask(), message])[1]
    assert sent["audio"] == {"id": "a1"}


def test_answers_are_plain_data():
    body = reply("x", reasoning="y", tool_calls=[call("f", {"a": 1})])
    json.dumps(from_wire(body).model_dump(mode="json"))


def test_logprobs_of_self_hosted_servers():
    body = reply("x")
    token = {"token": "x", "logprob": -0.5, "bytes": [120], "top_logprobs": []}
    body["choices"][0]["logprobs"] = {"content": [token]}
    assert from_wire(body).logprobs[0][0].logprob == -0.5


def test_unknown_fields_and_values_do_not_raise():
    body = reply("x", finish="something_new", surprise={"a": [1]})
    body["choices"][0]["message"]["new_thing"] = 1
    body["usage"]["prompt_tokens"] = None
    assert from_wire(body).additional_kwargs["finish_reason"] == "something_new"
    assert from_wire({}).message.content == ""


def test_calls_that_the_service_ran_are_told_and_not_to_be_run():
    served = {"id": "m1", "type": "mcp", "mcp": {"type": "mcp_call", "name": "f", "output": "o"}}
    response = from_wire(reply("a", tool_calls=[served, call("g")]))
    kinds = [block.block_type for block in response.message.blocks]
    assert kinds == ["text", "citable", "tool_call"]
    assert [item.tool_name for item in selections(response)] == ["g"]
    assert response.additional_kwargs["server_tool_calls"] == [served]
    response = from_wire(reply("a", tool_calls=[served]))
    assert "tool_calls" not in response.message.additional_kwargs
    assert to_wire([ask(), response.message])[1] == {"role": "assistant", "content": "a"}


def test_ids_that_are_numbers():
    (item,) = selections(from_wire(reply("", tool_calls=[call("f", identity=7)])))
    assert item.tool_id == "7"


@pytest.mark.parametrize("data", ["abcde", 5])
def test_sound_that_is_no_base64_does_not_cost_the_answer(data, caplog):
    body = reply("hi")
    body["choices"][0]["message"]["audio"] = {"id": "a1", "data": data}
    message = from_wire(body).message
    assert [block.block_type for block in message.blocks] == ["text"]
    assert message.content == "hi"
    assert "sound" in caplog.text
