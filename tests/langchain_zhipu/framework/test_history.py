"""`trim_messages` and its kin: counting and cutting a conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    filter_messages,
    merge_message_runs,
    trim_messages,
)

from langchain_zhipu import ChatZhipuAI

Make = Callable[..., ChatZhipuAI]

CONVERSATION = [
    SystemMessage("Be brief."),
    HumanMessage("First question, which is rather long and winding, about the sea."),
    AIMessage("First answer.", additional_kwargs={"reasoning_content": "Old thoughts. " * 30}),
    HumanMessage("天气怎么样？"),
    AIMessage("", tool_calls=[{"name": "weather", "args": {"city": "杭州"}, "id": "call_1"}]),
    ToolMessage("rain", tool_call_id="call_1"),
    AIMessage("下雨。"),
    HumanMessage("Thanks."),
]


@pytest.mark.parametrize("counting", ["estimate", "service", "auto"])
def test_trimming_with_the_model_as_counter(make: Make, server: Any, counting: str) -> None:
    model = make(token_counting=counting)
    whole = model.get_num_tokens_from_messages(CONVERSATION)
    most = model.get_num_tokens_from_messages([CONVERSATION[0], *CONVERSATION[3:]])
    # The system message is counted by itself, and each count of the service has its own frame.
    most += model.get_num_tokens_from_messages([HumanMessage("")])
    kept = trim_messages(
        CONVERSATION, max_tokens=most, token_counter=model, strategy="last",
        include_system=True, start_on="human",
    )  # fmt: skip
    assert most < whole
    assert kept == [CONVERSATION[0], *CONVERSATION[3:]]
    assert model.invoke(kept).text
    asked = [request for request in server.requests if request["path"].endswith("/tokenizer")]
    assert bool(asked) == (counting != "estimate")


def test_trimming_cuts_inside_of_a_message_where_that_is_allowed(make: Make) -> None:
    model = make(token_counting="estimate")
    kept = trim_messages(
        [HumanMessage("词" * 400)], max_tokens=50, token_counter=model, strategy="first",
        allow_partial=True, text_splitter=list,
    )  # fmt: skip
    assert 0 < model.get_num_tokens_from_messages(kept) <= 50


def test_what_filters_and_merges_leave_can_be_sent(make: Make, server: Any) -> None:
    kept = filter_messages(CONVERSATION, exclude_types=["tool"], exclude_tool_calls=True)
    merged = merge_message_runs([*kept, HumanMessage("And again?")])
    make().invoke(merged)
    roles = [message["role"] for message in server.requests[-1]["json"]["messages"]]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]


def test_a_history_cut_in_the_middle_of_a_loop_can_be_sent(make: Make, server: Any) -> None:
    for start in range(len(CONVERSATION)):
        assert make().invoke(CONVERSATION[start:]).text
    assert len(server.requests) == len(CONVERSATION)
