"""`ResponseMaker`: chunks to responses; pure."""

from __future__ import annotations

import base64

import pytest
from llama_index.core.base.llms.types import AudioBlock, ThinkingBlock, ToolCallBlock

from llama_index_zhipu._chat.tools import selections
from tests.llama_index_zhipu.stub import USAGE, call, chunk, chunks, last
from tests.llama_index_zhipu.wire import from_wire, read
from tests.support.exchanges import TOOL
from zhipu_client.chat import Accumulator
from zhipu_client.conversation.tools import encode_name


def dump(response):
    return response.message.model_dump()


def test_every_chunk_holds_everything_up_to_it():
    responses = read(chunks("Hel", "lo", reasoning=["I ", "think"]))
    assert [response.delta for response in responses] == ["", "", "Hel", "lo", ""]
    assert [response.message.content for response in responses] == ["", "", "Hel", "Hello", "Hello"]
    thoughts = [response.message.blocks[0].content for response in responses]
    assert thoughts == ["I ", "I think", "I think", "I think", "I think"]
    deltas = [response.additional_kwargs.get("thinking_delta") for response in responses]
    assert deltas == ["I ", "I think"[2:], None, None, None]
    assert all(len(response.message.blocks) == 2 for response in responses)


def test_the_last_chunk_is_the_whole_answer():
    events = chunks("Hello", reasoning=["why"], tool_calls=[call("f", '{"a": 1}')])
    whole = Accumulator()
    for event in events:
        whole.add(event)
    final = read(events)[-1]
    expected = from_wire(whole.message())
    assert dump(final) == dump(expected)
    assert final.additional_kwargs == expected.additional_kwargs
    assert final.raw["usage"] == USAGE


def test_chunks_do_not_share_what_callers_change():
    responses = read(chunks("a", "b", tool_calls=[call("f", "{}")]))
    responses[0].message.additional_kwargs["x"] = 1
    responses[-2].message.additional_kwargs["tool_calls"].clear()
    assert responses[-1].message.additional_kwargs["tool_calls"]
    assert "x" not in responses[1].message.additional_kwargs


def test_no_tool_calls_key_without_tool_calls():
    assert all("tool_calls" not in r.message.additional_kwargs for r in read(chunks("a", "b")))


@pytest.mark.parametrize(
    "deltas",
    [
        # two calls in one chunk
        [[call("f", '{"a":1}', "c1", 0), call("g", '{"b":2}', "c2", 1)]],
        # index -1 for both, and no index at all
        [[call("f", '{"a":1}', "c1", -1)], [call("g", '{"b":2}', "c2", -1)]],
        [[call("f", '{"a":1}', "c1", None)], [call("g", '{"b":2}', "c2", None)]],
        # arguments in pieces, interleaved
        [
            [call("f", '{"a"', "c1", 0)],
            [call("g", '{"b"', "c2", 1)],
            [{"index": 0, "function": {"arguments": ":1}"}}],
            [{"index": 1, "function": {"arguments": ":2}"}}],
        ],
        # arguments as objects
        [[call("f", {"a": 1}, "c1", 0)], [call("g", {"b": 2}, "c2", 1)]],
    ],
)
def test_calls_of_every_dialect(deltas):
    events = [*(chunk({"tool_calls": calls}) for calls in deltas), last("tool_calls")]
    found = selections(read(events)[-1])
    assert [(c.tool_id, c.tool_name, c.tool_kwargs) for c in found] == [
        ("c1", "f", {"a": 1}),
        ("c2", "g", {"b": 2}),
    ]


def test_calls_without_ids_keep_the_one_they_get():
    events = [
        chunk({"tool_calls": [call("f", '{"a"', None)]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]}),
        last("tool_calls"),
    ]
    ids = [[made.tool_id for made in selections(response)] for response in read(events)]
    assert [len(found) for found in ids] == [0, 1, 1]
    assert ids[1] == ids[2]


def test_finish_reason_on_every_tool_chunk_is_no_trouble():
    events = [
        chunk({"tool_calls": [call("f", "{}", "c1", 0)]}, finish_reason="tool_calls"),
        chunk({"tool_calls": [call("g", "{}", "c2", 1)]}, finish_reason="tool_calls"),
        last("tool_calls"),
    ]
    final = read(events)[-1]
    assert [c.tool_name for c in selections(final)] == ["f", "g"]
    assert final.additional_kwargs["finish_reason"] == "tool_calls"


def test_usage_in_a_chunk_of_its_own():
    events = [
        *chunks("a", tool_calls=[call("f", "{}")], usage=None),
        {"id": "x", "choices": [], "usage": USAGE},
    ]
    final = read(events)[-1]
    assert final.message.content == "a"
    assert selections(final)
    assert final.raw["usage"] == USAGE
    assert final.additional_kwargs["total_tokens"] == 18


def test_usage_before_the_end_is_not_lost():
    first = {**chunk({"content": "a"}), "usage": USAGE}
    assert read([first, last(usage=None)])[-1].raw["usage"] == USAGE


def test_an_answer_that_only_done_ends_is_marked_as_finished():
    cut = [chunk({"tool_calls": [call("rm", '{"path": "/data"')]})]
    final = read(cut)[-1]
    assert final.additional_kwargs["finish_reason"] is None
    assert selections(final) == []


def test_only_one_call_where_one_is_wanted():
    events = chunks(
        tool_calls=[call("f", identity="c1", index=0), call("g", identity="c2", index=1)]
    )
    assert all(
        len(selections(r)) <= 1 for r in read(events, parallel_tool_calls=False, tools=[TOOL])
    )


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_think_tags_are_no_text(size):
    text = "\n<think>I think </thi so</think>\n\nHello <b>you</b>"
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    responses = read(chunks(*pieces), site=None)
    assert responses[-1].message.content == "Hello <b>you</b>"
    assert responses[-1].message.blocks[0].content == "I think </thi so"
    assert "".join(r.delta for r in responses) == "Hello <b>you</b>"
    thoughts = (r.additional_kwargs.get("thinking_delta", "") for r in responses)
    assert "".join(thoughts) == "I think </thi so"


@pytest.mark.parametrize("text", ["<thin", "\n", "<", "<think", "a<think>b</think>"])
def test_what_only_looks_like_a_tag_is_text(text):
    responses = read(chunks(*text), site=None)
    assert responses[-1].message.content == text
    assert not isinstance(responses[-1].message.blocks[0], ThinkingBlock)


def test_unclosed_thinking_is_thinking():
    final = read(chunks("<think>so </th", finish="length"), site=None)[-1]
    assert final.message.content == ""
    assert final.message.blocks[0].content == "so </th"


def test_odd_chunks():
    events = [
        {},
        {"choices": []},
        {"choices": [{"index": 0}]},
        chunk({}),
        chunk({"content": None, "tool_calls": [], "reasoning_content": None}),
        chunk({"content": "a", "tool_calls": []}),
        chunk({"reasoning": "never twice"}),
        last(),
    ]
    assert read(events)[-1].message.content == "a"


def test_half_arguments_while_they_come():
    events = [
        chunk({"tool_calls": [call("f", "", "c1", 0)]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"city": "Bei'}}]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": 'jing"}'}}]}),
        last("tool_calls"),
    ]
    responses = read(events)
    whole = [{"city": "Beijing"}]
    assert [[c.tool_kwargs for c in selections(r)] for r in responses] == [[], [], whole, whole]
    blocks = [b for b in responses[1].message.blocks if isinstance(b, ToolCallBlock)]
    assert blocks[0].tool_kwargs == '{"city": "Bei'


def test_names_are_decoded_while_they_come():
    named = {"type": "function", "function": {"name": "查天气"}}
    events = chunks(tool_calls=[call(encode_name("查天气"), "{}")])
    for response in read(events, tools=[named])[:1]:
        assert selections(response)[0].tool_name == "查天气"


def test_calls_that_the_service_ran_are_told_and_not_to_be_run():
    served = {"id": "m1", "type": "mcp", "mcp": {"type": "mcp_call", "name": "f", "output": "o"}}
    responses = read([chunk({"tool_calls": [served]}), *chunks("a", tool_calls=[call("g")])])
    assert not responses[0].message.additional_kwargs
    assert [item.tool_name for item in selections(responses[-1])] == ["g"]
    assert responses[-1].additional_kwargs["server_tool_calls"] == [served]


def test_sound_in_pieces():
    wav = b"RIFF1234WAVEabc"
    for cut in (3, 5, 7):  # base64 with no padding, and with either
        pieces = [base64.b64encode(part).decode() for part in (wav[:cut], wav[cut:])]
        events = [chunk({"audio": {"id": "a1", "data": piece}}) for piece in pieces]
        (sound,) = [
            block
            for block in read([*events, last()])[-1].message.blocks
            if isinstance(block, AudioBlock)
        ]
        assert sound.resolve_audio().read() == wav
