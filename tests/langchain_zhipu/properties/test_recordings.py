"""The streams that were recorded from the service and from self-hosted GLM, cut anywhere."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from tests.langchain_zhipu.chat.wire import from_wire
from tests.langchain_zhipu.properties.test_streams import (
    check_same,
    chunks_of,
    decoded,
    summed,
)
from zhipu_client import StreamIncompleteError
from zhipu_client.chat import _chunks

RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "recordings"

pytestmark = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="no ../shared/recordings beside this checkout"
)


@cache
def streams() -> dict[str, bytes]:
    """Whole streams of chat completions by name."""
    found = {}
    for area in ("chat_stream", "tools_stream", "selfhosted"):
        for file in sorted((RECORDINGS / area).glob("*.sse")):
            found[file.name] = file.read_bytes()
    with gzip.open(RECORDINGS / "wire_corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            body = json.loads(line)["body"]
            if body.lstrip().startswith("data:") or body.lstrip().startswith(":"):
                found[f"corpus {number}"] = body.encode()
    return {name: raw for name, raw in found.items() if b"[DONE]" in raw}


def plainly(raw: bytes) -> AIMessage:
    """The answer joined in the simplest way that is right for recorded streams."""
    text = raw.decode()
    events = [
        json.loads(line.removeprefix("data:"))
        for line in text.split("\n")
        if line.startswith("data:") and line.removeprefix("data:").strip() != "[DONE]"
    ]
    body: dict[str, Any] = {}
    message: dict[str, Any] = {"role": "assistant", "content": "", "reasoning_content": ""}
    calls: dict[Any, dict[str, Any]] = {}
    finish = None
    for event in events:
        for key in ("id", "created", "model"):
            body.setdefault(key, event.get(key))
        for key in ("usage", "web_search", "content_filter"):
            if event.get(key):
                body[key] = event[key]
        for choice in event.get("choices") or ():
            delta = choice.get("delta") or {}
            finish = choice.get("finish_reason") or finish
            message["content"] += delta.get("content") or ""
            spoken = delta.get("reasoning_content") or delta.get("reasoning") or ""
            message["reasoning_content"] += spoken
            for call in delta.get("tool_calls") or ():
                index = call.get("index", -1)
                call_key = index if index >= 0 else call["id"]
                known = calls.setdefault(
                    call_key, {"id": call.get("id"), "function": {"name": "", "arguments": ""}}
                )
                function = call.get("function") or {}
                known["function"]["name"] = known["function"]["name"] or function.get("name")
                known["function"]["arguments"] += function.get("arguments") or ""
    if calls:
        message["tool_calls"] = list(calls.values())
    return from_wire({**body, "choices": [{"message": message, "finish_reason": finish}]})


def test_there_are_recordings() -> None:
    assert len(streams()) > 300


def test_every_recorded_stream_is_the_whole_answer() -> None:
    for name, raw in streams().items():
        try:
            wire = decoded(raw, [])
        except StreamIncompleteError:
            assert "truncated" in name or "shortened" in name, name
            continue
        check_same(summed(chunks_of(wire)), plainly(raw))
        joined = _chunks.Accumulator()
        for chunk in wire:
            joined.add(chunk)
        assert from_wire(joined.message()).tool_calls == plainly(raw).tool_calls, name


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_cuts_change_nothing(data: st.DataObject) -> None:
    raw = streams()[data.draw(st.sampled_from(sorted(streams())))]
    cuts = data.draw(st.lists(st.integers(0, len(raw)), max_size=40))
    try:
        whole = decoded(raw, [])
    except StreamIncompleteError:
        return
    assert decoded(raw, cuts) == whole


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_stream_that_ends_early_is_never_taken_for_whole(data: st.DataObject) -> None:
    raw = streams()[data.draw(st.sampled_from(sorted(streams())))]
    before = raw.rfind(b'"finish_reason":"')
    first = raw.find(b'"finish_reason":"')
    if first < 0 or first != before:
        return
    cut = data.draw(st.integers(0, max(0, first - 1)))
    with pytest.raises(StreamIncompleteError):
        decoded(raw[:cut], [])


def recorded_bodies() -> list[Any]:
    found = []
    for area in ("chat", "tools", "vision", "selfhosted"):
        for file in sorted((RECORDINGS / area).glob("*.json")):
            body = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(body, dict) and body.get("choices"):
                found.append(pytest.param(body, id=file.name))
    return found if RECORDINGS.is_dir() else []


@pytest.mark.parametrize("body", recorded_bodies())
def test_every_recorded_body_is_read(body: dict[str, Any]) -> None:
    choice = body["choices"][0]
    if "message" not in choice:  # a sample of a stream's chunk
        return
    wire = choice["message"]
    message = from_wire(body)
    assert message.text == (wire.get("content") or "")
    calls = [*message.tool_calls, *message.invalid_tool_calls]
    assert len(calls) == len(wire.get("tool_calls") or ())
    reasoning = wire.get("reasoning_content") or wire.get("reasoning") or ""
    assert message.additional_kwargs.get("reasoning_content", "") == reasoning
    if body.get("usage"):
        assert message.usage_metadata is not None
        assert message.usage_metadata["output_tokens"] == body["usage"]["completion_tokens"]
