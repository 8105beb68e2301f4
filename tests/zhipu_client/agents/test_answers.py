"""Agents: what answers and events mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.zhipu_client.agents.calls import DECK, carried_out, reply_of, step
from zhipu_client import StreamIncompleteError, call_agent, iterate_agent
from zhipu_client._replies import read
from zhipu_client.agents import AgentCall, AgentEvent, AgentReply, Collected
from zhipu_emulator.scripting import Answer


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"messages": [{"content": "a"}, {"content": {"type": "text", "text": "b"}}]}, "ab"),
        ({"message": {"role": "assistant", "content": {"type": "text", "text": "a"}}}, "a"),
        ({"message": [{"content": [{"type": "text", "text": "a"}, "b"]}]}, "ab"),
        ({"delta": {"content": "a"}}, "a"),
        ({"messages": None, "message": "odd"}, ""),
        ({"messages": [{"content": [None, 5, {"text": ["a"]}]}]}, "5a"),
        ({"messages": [{"content": "a", "phase": ["answer"]}]}, "a"),
    ],
)
def test_every_shape_of_the_wire_is_read(choice, text) -> None:
    assert read(AgentReply, {"choices": [choice]}).text == text


def test_odd_facts_cost_no_answer_and_are_in_no_warning() -> None:
    choices = [{"messages": [{"content": "a"}]}]
    reply = read(AgentReply, {"id": ["x"], "usage": "odd", "status": {}, "choices": choices})
    assert AgentEvent.of_reply(reply).text == "a"


def test_files_of_every_kind() -> None:
    parts = [
        {"type": "image_url", "image_url": {"url": "i"}, "tag_cn": "图"},
        {"type": "audio_url", "audio_url": "a", "tag": "sound"},
        {"type": "video_url", "video_url": "v"},
        {"type": "file_url", "file_url": None},
        {"type": "hologram_url", "hologram_url": "h"},
    ]
    found = [(file.kind, file.url, file.name) for file in reply_of(parts).files]
    assert found == [("image", "i", "图"), ("audio", "a", "sound"), ("video", "v", None)]


def test_pages_follow_the_steps() -> None:
    steps = [
        step("insert_page", "A", 1),
        step("insert_page", "C", 2),
        step("insert_page", "B", 2),
        step("update_page", "c", 3),
        step("remove_slides", None, 1),
        {"type": "object", "object": "odd"},
        step("insert_page", "?", 0),
    ]
    steps = json.loads(json.dumps(steps))
    assert reply_of(steps, phase="tool").pages == ["B", "c"]
    assert reply_of(steps, phase="tool").text == ""


def test_phases_that_nobody_knows_are_part_of_the_answer() -> None:
    assert reply_of("x", phase="conclusion").text == "x"
    assert reply_of("x", phase="thinking").text == ""


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({"status": "pending", "async_id": "t"}, "running"),
        ({"status": "of tomorrow", "async_id": "t"}, "running"),
        ({"async_id": "t"}, "running"),
        ({"async_id": "t", "choices": [{"index": 0}]}, "succeeded"),
        ({"choices": []}, "succeeded"),
        ({"status": "FAILED"}, "failed"),
    ],
)
def test_states(body, state) -> None:
    assert read(AgentReply, body).state == state


def test_halves_of_characters_are_joined_over_events(client, server) -> None:
    def event(text: str, **more: Any) -> bytes:
        choice = {"messages": [{"role": "assistant", "content": text}], **more}
        return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"

    server.script(Answer(frames=[event("a\ud83d"), event("\ude42b", finish_reason="stop")]))
    texts = [found.text for found in iterate_agent(client, AgentCall("b", "x"))]
    assert texts == ["a", "\U0001f642b"]


def test_many_events_are_put_together_in_linear_steps() -> None:
    collected = Collected()
    data = {"choices": [{"messages": [{"role": "assistant", "content": "ab"}]}]}
    event = AgentEvent.of(data)
    for _ in range(20_000):
        collected.add(event)
    assert collected.reply().text == "ab" * 20_000
    assert collected.contents == 20_000


def test_a_half_that_nothing_follows_is_shown_as_such(client, server) -> None:
    def event(*contents: str, **more: Any) -> bytes:
        messages = [{"role": "assistant", "content": content} for content in contents]
        choice = {"messages": messages, **more}
        return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"

    server.script(Answer(frames=[event("a\ud83d"), event(finish_reason="stop")]))
    call = AgentCall("an-agent-of-tomorrow", "x")
    assert carried_out(client, call, "streamed").text == "a\ufffd"


@pytest.mark.parametrize("async_id", [42, "42"])
def test_an_id_that_is_a_number_is_not_lost(client, server, async_id) -> None:
    server.script(Answer(json={"agent_id": "a", "async_id": async_id, "status": "pending"}))
    call = AgentCall("an-agent-of-tomorrow", "x")
    assert call.submitted(client.send(call.submission())) == "42"


def test_bytes_that_are_not_utf8_end_a_stream(client, server) -> None:
    server.script("bad-utf8=5")
    with pytest.raises(StreamIncompleteError) as caught:
        call_agent(client, DECK)
    assert caught.value.partial.conversation_id
