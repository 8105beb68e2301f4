from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

from langchain_zhipu._chat.messages import usage_of as worded
from tests.langchain_zhipu.chat.wire import from_wire, to_wire
from zhipu_client import InvalidRequestError
from zhipu_client.conversation import Usage


def usage_of(usage: Any) -> Any:
    return worded(Usage.of(usage))


def calls(*ids: str) -> list[dict[str, Any]]:
    return [{"name": "f", "args": {"x": 1}, "id": i, "type": "tool_call"} for i in ids]


def test_simple_messages_become_roles_and_strings() -> None:
    assert to_wire([SystemMessage("be brief"), HumanMessage("hi"), AIMessage("hello")]) == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "hello"},
    ]


def test_a_name_is_not_sent() -> None:
    assert to_wire([HumanMessage("hi", name="Ann")]) == [{"role": "user", "content": "hi"}]


def test_text_blocks_collapse_to_a_string_and_foreign_keys_go() -> None:
    blocks = [
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}, "index": 0},
        "b",
    ]
    assert to_wire([HumanMessage(blocks)]) == [{"role": "user", "content": "a\nb"}]
    assert to_wire([SystemMessage(blocks), HumanMessage("x")])[0]["content"] == "a\nb"


def test_chat_messages_map_by_role_and_unknown_roles_are_refused() -> None:
    wire = to_wire(
        [ChatMessage(role="developer", content="d"), ChatMessage(role="User", content="u")]
    )
    assert [m["role"] for m in wire] == ["system", "user"]
    with pytest.raises(InvalidRequestError, match=r"messages\[0\] is 'critic'"):
        to_wire([ChatMessage(role="critic", content="x")])
    with pytest.raises(InvalidRequestError, match="RemoveMessage"):
        to_wire([RemoveMessage(id="1")])


def test_tool_calls_go_back_with_json_arguments_not_escaped() -> None:
    message = AIMessage("", tool_calls=[{"name": "f", "args": {"城市": "北京"}, "id": "c1"}])
    wire = to_wire([HumanMessage("hi"), message, ToolMessage("晴", tool_call_id="c1")])
    assert wire[1]["tool_calls"] == [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"城市": "北京"}'}}
    ]
    assert wire[2] == {"role": "tool", "tool_call_id": "c1", "content": "晴"}


def test_a_cut_call_is_not_sent_back_but_what_came_of_it_is() -> None:
    bad = {"name": "f", "args": '{"x": ', "id": "c1", "error": "cut", "type": "invalid_tool_call"}
    wire = to_wire(
        [
            HumanMessage("hi"),
            AIMessage("", invalid_tool_calls=[bad]),
            ToolMessage("?", tool_call_id="c1"),
        ]
    )
    assert wire == [{"role": "user", "content": "hi\n\nResult of the tool f:\n?"}]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("tool_loop", [False, True]),
        ("all", [True, True]),
        ("none", [False, False]),
    ],
)
def test_reasoning_history_policies(policy: Any, expected: list[bool]) -> None:
    old = AIMessage("a", additional_kwargs={"reasoning_content": "old thoughts"})
    new = AIMessage("", tool_calls=calls("c1"), additional_kwargs={"reasoning_content": "new"})
    history = [
        HumanMessage("1"),
        old,
        HumanMessage("2"),
        new,
        ToolMessage("r", tool_call_id="c1"),
    ]
    wire = to_wire(history, reasoning_history=policy)
    found = ["reasoning_content" in m for m in wire if m["role"] == "assistant"]
    assert found == expected


def test_reasoning_blocks_are_sent_once_when_the_kwarg_has_them_too() -> None:
    message = AIMessage(
        [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "yes"}],
        additional_kwargs={"reasoning_content": "hm"},
    )
    wire = to_wire([HumanMessage("q"), message])
    assert wire[1] == {"role": "assistant", "content": "yes", "reasoning_content": "hm"}


def test_reasoning_of_another_provider_is_not_sent() -> None:
    message = AIMessage(
        [
            {"type": "thinking", "thinking": "secret", "signature": "x"},
            {"type": "text", "text": "y"},
        ],
        response_metadata={"model_provider": "anthropic"},
    )
    assert to_wire([HumanMessage("q"), message])[1] == {"role": "assistant", "content": "y"}


def test_anthropic_tool_use_and_tool_result_blocks() -> None:
    wire = to_wire(
        [
            HumanMessage("q"),
            AIMessage(
                [
                    {"type": "text", "text": "let me see"},
                    {"type": "tool_use", "id": "t1", "name": "f", "input": {"x": 1}},
                ]
            ),
            HumanMessage(
                [
                    {
                        "type": "tool_result",
                        "tool_use_id": "t1",
                        "is_error": False,
                        "content": [{"type": "text", "text": "green"}],
                    },
                    {"type": "text", "text": "and now?"},
                ]
            ),
        ]
    )
    assert [m["role"] for m in wire] == ["user", "assistant", "tool", "user"]
    assert wire[1]["tool_calls"][0]["function"]["arguments"] == '{"x": 1}'
    assert wire[2] == {"role": "tool", "tool_call_id": "t1", "content": "green"}


def test_media_of_tools_are_hoisted_after_all_results_of_the_turn() -> None:
    image = {"type": "image", "base64": "aGk=", "mime_type": "image/png"}
    wire = to_wire(
        [
            HumanMessage("draw two"),
            AIMessage([], tool_calls=calls("a", "b")),
            ToolMessage([image], tool_call_id="a", name="draw"),
            ToolMessage([{"type": "text", "text": "done"}, image], tool_call_id="b"),
        ]
    )
    assert [m["role"] for m in wire] == ["user", "assistant", "tool", "tool", "user"]
    assert all(isinstance(m["content"], str) for m in wire if m["role"] == "tool")
    assert wire[3]["content"] == "done\n(see the next message)"
    kinds = [part["type"] for part in wire[4]["content"]]
    assert kinds == ["text", "image_url", "text", "image_url"]
    assert wire[4]["content"][1]["image_url"]["url"] == "data:image/png;base64,aGk="


def test_a_tools_data_is_told_as_json() -> None:
    rows = [{"城市": "北京"}, {"type": "row", "n": 1}]
    result = ToolMessage(rows, tool_call_id="a")
    wire = to_wire([HumanMessage("q"), AIMessage("", tool_calls=calls("a")), result])
    assert wire[2]["content"] == '{"城市": "北京"}\n{"type": "row", "n": 1}'


def test_an_empty_tool_result_says_so() -> None:
    wire = to_wire(
        [HumanMessage("q"), AIMessage("", tool_calls=calls("a")), ToolMessage("", tool_call_id="a")]
    )
    assert wire[2]["content"] == "(no output)"


def test_function_messages_are_kept_as_the_users_words() -> None:
    wire = to_wire([HumanMessage("q"), FunctionMessage(name="f", content="42")])
    assert wire[-1]["role"] == "user"
    assert "42" in wire[-1]["content"]


def test_voice_answers_go_back_by_id() -> None:
    spoken = AIMessage("hi", additional_kwargs={"audio": {"id": "a1", "data": "AAAA"}})
    assert to_wire([HumanMessage("q"), spoken])[1]["audio"] == {"id": "a1"}


def test_messages_are_not_changed() -> None:
    history = [
        HumanMessage([{"type": "text", "text": "q"}]),
        AIMessage([{"type": "text", "text": "a"}], tool_calls=calls("a")),
        ToolMessage([{"type": "text", "text": "r"}], tool_call_id="a"),
    ]
    before = copy.deepcopy(history)
    to_wire(history)
    assert history == before


# --- history repair


def test_only_a_system_message_becomes_the_users() -> None:
    assert to_wire([SystemMessage("say hi")]) == [{"role": "user", "content": "say hi"}]


def test_nothing_at_all_is_not_made_into_something() -> None:
    assert to_wire([HumanMessage("")]) == []


def test_a_history_without_a_user_turn_gets_one() -> None:
    wire = to_wire(
        [
            SystemMessage("s"),
            AIMessage("", tool_calls=calls("a")),
            ToolMessage("r", tool_call_id="a"),
        ]
    )
    assert [m["role"] for m in wire] == ["system", "user", "assistant", "tool"]


def test_doubles_are_joined() -> None:
    wire = to_wire(
        [
            SystemMessage("a"),
            SystemMessage("b"),
            HumanMessage("c"),
            HumanMessage("d"),
            AIMessage("e"),
            AIMessage("f"),
            HumanMessage("g"),
        ]
    )
    assert [m["content"] for m in wire] == ["a\n\nb", "c\n\nd", "e\n\nf", "g"]


def test_an_interrupted_call_gets_a_result() -> None:
    wire = to_wire(
        [
            HumanMessage("q"),
            AIMessage("", tool_calls=calls("a", "b")),
            ToolMessage("r", tool_call_id="b"),
            HumanMessage("next"),
        ]
    )
    assert [m["role"] for m in wire] == ["user", "assistant", "tool", "tool", "user"]
    assert wire[3]["tool_call_id"] == "a"
    assert "not run" in wire[3]["content"]


def test_a_result_without_its_call_is_kept_as_text() -> None:
    wire = to_wire([ToolMessage("42", tool_call_id="gone", name="f"), HumanMessage("so?")])
    assert wire == [{"role": "user", "content": "Result of the tool f:\n42\n\nso?"}]


def test_empty_messages_are_left_out() -> None:
    wire = to_wire([HumanMessage("a"), AIMessage(""), HumanMessage("b")])
    assert wire == [{"role": "user", "content": "a\n\nb"}]


# --- answers


def test_content_null_absent_or_a_list_is_text() -> None:
    for content in (None, ..., [{"type": "text", "text": "x"}]):
        message = {"role": "assistant"} if content is ... else {"content": content}
        answer = from_wire({"choices": [{"message": message}]})
        assert answer.content == ("x" if isinstance(content, list) else "")


def test_usage_counts_reasoning_once_and_survives_odd_shapes() -> None:
    usage = {
        "prompt_tokens": 5,
        "completion_tokens": 20,
        "total_tokens": 25,
        "completion_tokens_details": {"reasoning_tokens": 8},
    }
    found = usage_of(usage)
    assert found is not None
    assert found["output_tokens"] == 20
    assert found.get("output_token_details") == {"reasoning": 8}
    assert usage_of(None) is None
    assert usage_of({"prompt_tokens": None, "prompt_tokens_details": None}) == {
        "input_tokens": 0,
        "output_tokens": 0,
        "total_tokens": 0,
    }


def test_a_gateway_that_counts_cached_tokens_apart() -> None:
    found = usage_of(
        {
            "prompt_tokens": 720,
            "completion_tokens": 72,
            "total_tokens": 7896,
            "prompt_tokens_details": {"cached_tokens": 7104},
        }
    )
    assert found is not None
    assert found["input_tokens"] + found["output_tokens"] == found["total_tokens"]


def test_arguments_as_an_object_empty_or_cut() -> None:
    def call(arguments: Any) -> dict[str, Any]:
        return {"id": "c", "function": {"name": "f", "arguments": arguments}}

    answer = from_wire(
        {
            "choices": [
                {"message": {"tool_calls": [call({"a": 1}), call(""), call('{"a": '), call("[1]")]}}
            ]
        }
    )
    assert [c["args"] for c in answer.tool_calls] == [{"a": 1}, {}]
    assert [c["args"] for c in answer.invalid_tool_calls] == ['{"a": ', "[1]"]


def test_arguments_that_are_no_json_are_told_as_text() -> None:
    call = {"name": "book", "args": {"day": date(2026, 1, 2)}, "id": "c1"}
    wire = to_wire([HumanMessage("q"), AIMessage("", tool_calls=[call])])
    assert wire[1]["tool_calls"][0]["function"]["arguments"] == '{"day": "2026-01-02"}'
