"""The sum of the chunks is the message of the same answer whole, whatever the dialect."""

from __future__ import annotations

import base64
import io
import itertools
import json
import wave
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk, message_chunk_to_message
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.outputs.chat_generation import merge_chat_generation_chunks
from langchain_core.utils._merge import merge_lists

from tests.langchain_zhipu.chat.wire import (
    HEAD,
    USAGE,
    body,
    call,
    chunks_of,
    delta,
    from_wire,
    total_of,
)


def same(total: Any, whole: AIMessage) -> None:
    message = message_chunk_to_message(total)
    assert type(message) is AIMessage
    assert message.content == whole.content
    assert message.additional_kwargs == whole.additional_kwargs
    assert message.tool_calls == whole.tool_calls
    assert message.invalid_tool_calls == whole.invalid_tool_calls
    assert message.usage_metadata == whole.usage_metadata
    assert message.response_metadata == whole.response_metadata
    assert message.content_blocks == whole.content_blocks


DIALECTS: dict[str, list[dict[str, Any]]] = {
    "glm since 2025-10": [
        delta(reasoning_content="\nI"),
        delta(reasoning_content=" add."),
        delta(content="\n"),
        delta(tool_calls=[call("f", '{"a":1}', "c1", 0)]),
        delta(tool_calls=[call("g", "{}", "c2", 1)]),
        delta("tool_calls", USAGE, content=""),
    ],
    "glm-4.5 of summer 2025: finish on each call, index -1": [
        delta(content="", reasoning_content="\nI"),
        delta(reasoning_content=" add."),
        delta(content="\n"),
        delta("tool_calls", tool_calls=[call("f", '{"a":1}', "c1", -1)]),
        delta("tool_calls", tool_calls=[call("g", "{}", "c2", -1)]),
        delta("tool_calls", USAGE, content=""),
    ],
    "tool_stream": [
        delta(reasoning_content="\nI add."),
        delta(content="\n"),
        delta(tool_calls=[call("f", "", "c1", 0)]),
        delta(tool_calls=[call(None, '{"a"', None, 0)]),
        delta(tool_calls=[call(None, ":1}", None, 0)]),
        delta(tool_calls=[call("g", "", "c2", 1)]),
        delta("tool_calls", USAGE, tool_calls=[call(None, "{}", None, 1)]),
    ],
    "indices that are text, in turns": [
        delta(reasoning_content="\nI add."),
        delta(content="\n"),
        delta(tool_calls=[call("f", "", "c1", "0")]),
        delta(tool_calls=[call("g", "", "c2", "1")]),
        delta(tool_calls=[call(None, '{"a"', None, "0")]),
        delta(tool_calls=[call(None, "{}", None, "1")]),
        delta("tool_calls", USAGE, tool_calls=[call(None, ":1}", None, "0")]),
    ],
    "id and name in each fragment": [
        delta(reasoning_content="\nI add."),
        delta(content="\n"),
        delta(tool_calls=[call("f", '{"a"', "c1", 0)]),
        delta(tool_calls=[call("f", ":1}", "c1", 0)]),
        delta(tool_calls=[call("g", "{}", "c2", 1)]),
        delta("tool_calls", USAGE),
    ],
    "no index at all": [
        delta(reasoning_content="\nI add."),
        delta(content="\n"),
        delta(tool_calls=[call("f", '{"a"', "c1", None)]),
        delta(tool_calls=[call(None, ":1}", None, None)]),
        delta(tool_calls=[call("g", "{}", "c2", None)]),
        delta("tool_calls", USAGE),
    ],
    "vllm: reasoning, empty call lists, usage apart": [
        delta(reasoning="\nI add.", tool_calls=[]),
        delta(content="\n", tool_calls=[], reasoning_content=None),
        delta(tool_calls=[call("f", '{"a":1}', "c1", 0)], content=None),
        delta(tool_calls=[call("g", "", "c2", 1)], content=None),
        delta("tool_calls"),
        {**HEAD, "choices": [], "usage": USAGE},
    ],
    "arguments as an object": [
        delta(reasoning_content="\nI add."),
        delta(content="\n"),
        delta(tool_calls=[call("f", {"a": 1}, "c1", 0), call("g", {}, "c2", 1)]),
        delta("tool_calls", USAGE),
    ],
}
WHOLE = body(
    "tool_calls",
    USAGE,
    content="\n",
    reasoning_content="\nI add.",
    tool_calls=[call("f", '{"a":1}', "c1", 0), call("g", "{}", "c2", 1)],
)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_sums_up_to_the_whole(dialect: str) -> None:
    same(total_of(chunks_of(DIALECTS[dialect])), from_wire(WHOLE))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_both_ways_of_adding_agree(dialect: str) -> None:
    chunks = chunks_of(DIALECTS[dialect])
    listed = merge_chat_generation_chunks([ChatGenerationChunk(message=c) for c in chunks])
    assert listed is not None
    same(listed.message, from_wire(WHOLE))


def test_only_the_last_chunk_is_the_last() -> None:
    chunks = chunks_of(DIALECTS["tool_stream"])
    assert [c.chunk_position for c in chunks] == [None] * (len(chunks) - 1) + ["last"]


def test_a_stream_of_one_chunk_becomes_a_message() -> None:
    total = total_of(chunks_of([delta("stop", USAGE)]))
    same(total, from_wire(body("stop", USAGE, content="")))


def test_search_results_and_filter_come_with_the_end_and_once() -> None:
    found = [
        {"title": "A", "link": "https://a", "content": "x", "index": 0, "hot": True},
        {"title": "B", "link": "", "content": "y", "index": 0, "hot": False},
    ]
    end = {
        **delta("stop", USAGE),
        "web_search": found,
        "content_filter": [{"role": "user", "level": 3}],
    }
    whole = {
        **body("stop", USAGE, content="ab"),
        "web_search": found,
        "content_filter": [{"role": "user", "level": 3}],
    }
    same(total_of(chunks_of([delta(content="a"), delta(content="b"), end])), from_wire(whole))


def test_calls_the_service_ran_itself_are_no_tool_calls() -> None:
    mcp = {
        "id": "m1",
        "type": "mcp",
        "mcp": {
            "id": "x",
            "type": "mcp_call",
            "name": "search",
            "arguments": '{"q": "a"}',
            "output": "found",
        },
    }
    total = total_of(chunks_of([delta(tool_calls=[mcp]), delta(content="a"), delta("stop", USAGE)]))
    same(total, from_wire(body("stop", USAGE, content="a", tool_calls=[mcp])))
    kinds = [b["type"] for b in total.content_blocks]
    assert kinds == ["text", "server_tool_call", "server_tool_result"]
    assert total.tool_calls == []


@pytest.mark.parametrize("identity", [None, "", 7], ids=["missing", "empty", "number"])
def test_every_call_has_an_id_that_is_a_string(identity: Any) -> None:
    # Without one, LangGraph can match no result to the call.
    calls = [call("f", '{"a":1}', identity, 0), call("f", '{"a":2}', identity and 8, 1)]
    streamed = total_of(chunks_of([delta(tool_calls=[one]) for one in calls] + [delta("stop")]))
    whole = from_wire(body("tool_calls", content="", tool_calls=calls))
    ids = [found["id"] for found in whole.tool_calls]
    assert ids == (["7", "8"] if identity else [f"call_{HEAD['id']}_0", f"call_{HEAD['id']}_1"])
    assert streamed.tool_calls == whole.tool_calls
    nameless = {**body("tool_calls", content="", tool_calls=[call("f", "{}")]), "id": None}
    assert from_wire(nameless).tool_calls[0]["id"] != from_wire(nameless).tool_calls[0]["id"]


def test_what_is_no_call_is_passed_over() -> None:
    for odd in ([None, "f"], {"id": "c1"}):
        assert from_wire(body(content="x", tool_calls=odd)).tool_calls == []
        assert total_of(chunks_of([delta(content="x", tool_calls=odd)])).tool_calls == []


@pytest.mark.parametrize("again", [{}, {"id": "a", "expires_at": 5}], ids=["once", "repeated"])
def test_audio_in_pieces_is_joined(again: dict[str, Any]) -> None:
    samples = [bytes(range(n, n + 5)) for n in range(3)]
    first, *rest = (base64.b64encode(piece).decode() for piece in samples)
    pieces = [
        delta(audio={"id": "a", "data": first, "expires_at": 5}),
        *(delta(audio={"data": piece, **again}) for piece in rest),
        delta("stop"),
    ]
    chunks = chunks_of(pieces)
    total = total_of(chunks)
    audio = total.additional_kwargs["audio"]
    assert (audio["id"], audio["expires_at"]) == ("a", 5)
    with wave.open(io.BytesIO(base64.b64decode(audio["data"]))) as opened:
        assert opened.getparams()[:3] == (1, 2, 44_100)
        assert opened.readframes(100) == b"".join(samples) + b"\0"
    block = {"type": "audio", "index": "lc_au_0", "mime_type": "audio/wav", "id": "a"}
    assert total.content_blocks == [{**block, "base64": audio["data"]}]
    # What output_version="v1" adds up.
    blocks = [found for chunk in chunks for found in chunk.content_blocks]
    assert merge_lists(*([found] for found in blocks)) == [{**block, "base64": audio["data"]}]


texts = st.lists(st.text(min_size=1, max_size=8), max_size=6)
arguments = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3)


@settings(max_examples=60, deadline=None)
@given(
    thoughts=texts,
    words=texts,
    calls=st.lists(arguments, max_size=3),
    cuts=st.lists(st.integers(0, 30), max_size=4),
    indexed=st.booleans(),
    cut_off=st.booleans(),
)
def test_generated_streams_sum_up(
    thoughts: list[str],
    words: list[str],
    calls: list[dict[str, Any]],
    cuts: list[int],
    indexed: bool,
    cut_off: bool,
) -> None:
    wire = [delta(reasoning_content=t) for t in thoughts] + [delta(content=w) for w in words]
    whole = []
    for number, args in enumerate(calls):
        text = json.dumps(args, ensure_ascii=False)
        if cut_off and number == len(calls) - 1:
            text = text[:-1]
        places = sorted({0, len(text), *(c for c in cuts if c < len(text))})
        pieces = [text[a:b] for a, b in itertools.pairwise(places)]
        index = number if indexed else None
        wire.append(delta(tool_calls=[call("f", pieces[0] if pieces else "", f"c{number}", index)]))
        wire += [delta(tool_calls=[call(None, p, None, index)]) for p in pieces[1:]]
        whole.append(call("f", text, f"c{number}", number))
    finish = "length" if cut_off else "tool_calls" if calls else "stop"
    wire.append(delta(finish, USAGE, content=""))
    message: dict[str, Any] = {"content": "".join(words)}
    if thoughts:
        message["reasoning_content"] = "".join(thoughts)
    if whole:
        message["tool_calls"] = whole
    same(total_of(chunks_of(wire)), from_wire(body(finish, USAGE, **message)))


def test_chunks_are_aimessagechunks_to_everybody() -> None:
    chunk = chunks_of([delta(content="a"), delta("stop")])[0]
    assert isinstance(chunk, AIMessageChunk)
    assert chunk.lc_id() == AIMessageChunk.lc_id()
    assert repr(chunk).startswith("AIMessageChunk(")


def test_blanks_before_a_call_come_before_it() -> None:
    wire = [
        delta(content="\n\n"),
        delta(tool_calls=[call("add", "{}", "c1")]),
        delta("tool_calls"),
    ]
    shown = [chunk for chunk in chunks_of(wire) if chunk.content or chunk.tool_call_chunks]
    assert [chunk.content for chunk in shown[:2]] == ["\n\n", ""]
    assert [bool(chunk.tool_call_chunks) for chunk in shown[:2]] == [False, True]
