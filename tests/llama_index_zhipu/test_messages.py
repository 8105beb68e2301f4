"""Messages to the wire: pure."""

from __future__ import annotations

import pytest
from llama_index.core.base.llms.types import (
    CacheControl,
    CachePoint,
    ChatMessage,
    CitableBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from tests.llama_index_zhipu.messages import ask, calls, one, user
from tests.llama_index_zhipu.wire import to_wire


@pytest.mark.parametrize(
    ("role", "wire"),
    [
        ("system", "system"),
        ("developer", "system"),
        ("user", "user"),
        ("assistant", "assistant"),
        ("chatbot", "assistant"),
        ("model", "assistant"),
    ],
)
def test_roles(role, wire):
    sent = to_wire([ask(), ChatMessage(role=MessageRole(role), content="x")])
    joined = "?\n\nx" if wire == "user" else "x"  # neighbours of one role are one message
    assert sent[-1] == {"role": wire, "content": joined}


@pytest.mark.parametrize("role", ["tool", "function"])
def test_roles_of_results(role):
    sent = to_wire([ask(), calls("c1"), ChatMessage(role=MessageRole(role), content="x")])
    assert sent[2] == {"role": "tool", "tool_call_id": "c1", "content": "x"}


def test_text_alone_is_a_string():
    assert one(user(TextBlock(text="a"), TextBlock(text="b")))["content"] == "a\nb"


def test_messages_given_are_not_changed():
    messages = [user(TextBlock(text="a")), ChatMessage(role="system", content="b")]
    before = [message.model_dump() for message in messages]
    to_wire(messages)
    assert [message.model_dump() for message in messages] == before


def test_system_alone_is_asked_as_a_user():
    sent = to_wire(
        [ChatMessage(role="system", content="a"), ChatMessage(role="system", content="b")]
    )
    assert sent == [{"role": "user", "content": "a\n\nb"}]


def test_cache_points_are_ignored_and_citable_blocks_written_out():
    sent = one(
        user(
            CitableBlock(title="T", source="s", content="body"),
            CachePoint(cache_control=CacheControl(type="ephemeral")),
            TextBlock(text="?"),
        )
    )
    assert sent["content"] == "[T](s)\nbody\n?"


def loop():
    """Two turns; the second one is in its tool loop."""

    def thought(text):
        return ThinkingBlock(content=text)

    return [
        user(TextBlock(text="one")),
        ChatMessage(role="assistant", blocks=[thought("t1"), TextBlock(text="a1")]),
        user(TextBlock(text="two")),
        ChatMessage(
            role="assistant",
            blocks=[
                thought("t2"),
                TextBlock(text=""),
                ToolCallBlock(tool_call_id="c1", tool_name="f", tool_kwargs={"x": "北"}),
            ],
        ),
        ChatMessage(role="tool", content="r", additional_kwargs={"tool_call_id": "c1"}),
    ]


@pytest.mark.parametrize(
    ("history", "thoughts"),
    [("tool_loop", [None, "t2"]), ("all", ["t1", "t2"]), ("none", [None, None])],
)
def test_reasoning_goes_back_by_policy(history, thoughts):
    sent = to_wire(loop(), reasoning_history=history)
    assert [m.get("reasoning_content") for m in sent if m["role"] == "assistant"] == thoughts


def test_tool_calls_and_results():
    sent = to_wire(loop())
    (made,) = sent[3]["tool_calls"]
    assert made == {
        "id": "c1",
        "type": "function",
        "function": {"name": "f", "arguments": '{"x": "北"}'},
    }
    assert sent[4] == {"role": "tool", "content": "r", "tool_call_id": "c1"}


@pytest.mark.parametrize("as_object", [False, True])
def test_calls_kept_by_other_integrations_are_sent(as_object):
    class Function:
        name, arguments = "f", '{"a":1}'

    class Made:
        id, function = "c9", Function

    plain = {"id": "c9", "function": {"name": "f", "arguments": '{"a":1}'}}
    message = ChatMessage(
        role="assistant",
        content="",
        additional_kwargs={"tool_calls": [Made if as_object else plain]},
    )
    assert to_wire([ask(), message])[1]["tool_calls"][0]["function"]["name"] == "f"


def test_return_direct_answers_do_not_carry_a_call_id():
    direct = ChatMessage(role="assistant", content="x", additional_kwargs={"tool_call_id": "c1"})
    assert to_wire([ask(), direct])[1] == {"role": "assistant", "content": "x"}


def test_an_empty_answer_is_left_out():
    empty = ChatMessage(role="assistant", blocks=[ThinkingBlock(content="hm"), TextBlock(text="")])
    assert to_wire([ask(), empty, ask()]) == [{"role": "user", "content": "?\n\n?"}]
