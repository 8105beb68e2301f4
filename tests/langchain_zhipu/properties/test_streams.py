"""Whatever the dialect and however the bytes are cut: the sum of a stream is the whole answer."""

from __future__ import annotations

import functools
import itertools
import json
import operator
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk, message_chunk_to_message

from tests.langchain_zhipu.chat.wire import chunks_of, from_wire
from tests.langchain_zhipu.properties.dialects import DIALECTS, Answer, Event, answers
from zhipu_client import _sse
from zhipu_client.chat import _chunks

CUTS = st.lists(st.integers(0, 4000), max_size=12)


def framed(events: list[Event], *, line: str, space: str, comments: bool, escape: bool) -> bytes:
    """Events on the wire."""
    parts = []
    for made in events:
        if comments:
            parts.append(f": PROCESSING{line}{line}")
        parts.append(f"data:{space}{json.dumps(made, ensure_ascii=escape)}{line}{line}")
    return "".join([*parts, f"data:{space}[DONE]{line}{line}"]).encode()


def decoded(raw: bytes, cuts: list[int]) -> list[Any]:
    """What the client makes of bytes that come in pieces."""
    decoder, reader = _sse.SSEDecoder(1_000_000), _chunks.ChatReader()
    places = sorted({0, len(raw), *(cut % (len(raw) + 1) for cut in cuts)})
    found = []
    for start, end in itertools.pairwise(places):
        for data, name in decoder.feed(raw[start:end]):
            chunk = reader.feed(data, name)
            if chunk is not None:
                found.append(chunk)
    reader.finish()
    assert reader.done
    return found


def summed(chunks: list[AIMessageChunk]) -> AIMessage:
    return message_chunk_to_message(functools.reduce(operator.add, chunks))  # type: ignore[return-value]


def check_same(streamed: AIMessage, whole: AIMessage) -> None:
    assert type(streamed) is AIMessage
    for name in (
        "content", "additional_kwargs", "tool_calls", "invalid_tool_calls", "usage_metadata",
        "response_metadata", "content_blocks",
    ):  # fmt: skip
        assert getattr(streamed, name) == getattr(whole, name), name


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=40, deadline=None)
@given(
    answer=answers(),
    cuts=CUTS,
    line=st.sampled_from(["\n", "\r\n", "\r"]),
    space=st.sampled_from([" ", ""]),
    comments=st.booleans(),
    escape=st.booleans(),
)
def test_the_sum_is_the_whole(
    dialect: str, answer: Answer, cuts: list[int], line: str, space: str, comments: bool,
    escape: bool,
) -> None:  # fmt: skip
    event(f"{len(answer.calls)} calls, {answer.finish}")
    events = list(DIALECTS[dialect](answer))
    raw = framed(events, line=line, space=space, comments=comments, escape=escape)
    wire = decoded(raw, cuts)
    assert wire == events
    whole = from_wire(answer.whole())
    check_same(summed(chunks_of(wire)), whole)
    joined = _chunks.Accumulator()
    for chunk in wire:
        joined.add(chunk)
    accumulated = from_wire(joined.message())
    for name in ("content", "additional_kwargs", "tool_calls", "invalid_tool_calls"):
        assert getattr(accumulated, name) == getattr(whole, name), name
    assert accumulated.usage_metadata == whole.usage_metadata


@settings(max_examples=30, deadline=None)
@given(answer=answers(), cuts=CUTS)
def test_every_byte_alone_is_the_same(answer: Answer, cuts: list[int]) -> None:
    events = list(DIALECTS["tool_stream"](answer))
    raw = framed(events, line="\n", space=" ", comments=True, escape=False)
    assert decoded(raw, list(range(len(raw)))) == decoded(raw, cuts) == events


@settings(max_examples=60, deadline=None)
@given(answer=answers(), dialect=st.sampled_from(sorted(DIALECTS)), split=st.integers(0, 30))
def test_the_order_of_adding_does_not_matter(answer: Answer, dialect: str, split: int) -> None:
    chunks = chunks_of(list(DIALECTS[dialect](answer)))
    place = 1 + split % len(chunks)
    left = functools.reduce(operator.add, chunks[:place])
    rest = chunks[place:]
    halves = left + functools.reduce(operator.add, rest) if rest else left
    check_same(message_chunk_to_message(halves), summed(chunks))  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(answer=answers(), dialect=st.sampled_from(sorted(DIALECTS)))
def test_a_cut_call_is_never_runnable(answer: Answer, dialect: str) -> None:
    message = summed(chunks_of(list(DIALECTS[dialect](answer))))
    for number, (name, _) in enumerate(answer.calls):
        text = answer.arguments(number)
        try:
            whole = json.loads(text)
        except ValueError:
            assert (name, text) in [(c["name"], c["args"]) for c in message.invalid_tool_calls]
        else:
            assert (name, whole) in [(c["name"], c["args"]) for c in message.tool_calls]
