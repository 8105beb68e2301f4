"""One exchange: what is sent, what is read, one more attempt, and what is kept when it fails."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.exchanges import TOOL, answered, deltas_of, exchange
from zhipu_client import ContextOverflowError, InvalidRequestError, ServerError
from zhipu_client.conversation import Exchange, RequirementError, StructuredAnswer, build
from zhipu_client.dialects import DIALECTS

USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
WANTED = {"type": "json_schema", "json_schema": {"name": "A", "schema": SCHEMA}}


def body(text: Any = "hi", finish: str = "stop", **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": finish, "message": {"content": text, **message}}
    return {"id": "x1", "model": "glm-4.7", "choices": [choice], "usage": USAGE}


def chunk(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    choice: dict[str, Any] = {"index": 0, "delta": delta}
    if finish:
        choice["finish_reason"] = finish
    return {"id": "x1", "model": "glm-4.7", "choices": [choice]}


def test_an_answer_that_does_not_fit_is_asked_for_once_more() -> None:
    asked = exchange(response_format=WANTED)
    asked.take(body("no idea"))
    assert (asked.done, asked.attempt) == (False, 2)
    sent = asked.request().json["messages"]  # type: ignore[index]
    assert sent[-2] == {"role": "assistant", "content": "no idea"}
    assert "not a JSON object" in sent[-1]["content"]
    asked.take(body('Sure: {"a": 1}', reasoning_content="hm"))
    assert asked.done
    assert (asked.answer.text, asked.answer.reasoning) == ('{"a": 1}', "hm")
    assert asked.answer.usage is not None
    assert asked.answer.usage.total == 24
    assert asked.answer.wire_usage == {**USAGE, "prompt_tokens": 18, "completion_tokens": 6,
                                       "total_tokens": 24}  # fmt: skip


def test_two_answers_that_do_not_fit_are_an_error_with_both_paid() -> None:
    asked = exchange(response_format=WANTED)
    asked.take(body("no"))
    with pytest.raises(RequirementError, match="give A") as caught:
        asked.take(body("never"))
    assert caught.value.answer.text == "never"
    assert caught.value.usage == {"prompt_tokens": 18, "completion_tokens": 6, "total_tokens": 24}


def test_the_model_sees_the_call_that_was_wrong() -> None:
    asked = exchange(
        tools=[TOOL], tool_choice="f", structured=StructuredAnswer(check=lambda _: ["x is odd"])
    )
    call = {"id": "c", "function": {"name": "f", "arguments": '{"x": 1}'}}
    asked.take(body("", "tool_calls", tool_calls=[call]))
    said, complaint = asked.request().json["messages"][-2:]  # type: ignore[index]
    assert said == {"role": "assistant", "content": '{"x": 1}'}
    assert "x is odd" in complaint["content"]


def test_what_was_paid_for_is_on_the_error_of_the_second_attempt() -> None:
    asked = exchange(response_format=WANTED)
    asked.take(body("no"))
    error = ServerError("down")
    asked.failed(error)
    assert error.first.text == "no"  # type: ignore[attr-defined]
    assert error.partial["usage"] == USAGE


def test_nothing_is_put_on_the_error_of_the_first_attempt() -> None:
    error = ServerError("down")
    exchange().failed(error)
    assert error.partial is None


def test_the_end_of_the_window_is_an_error_that_keeps_the_answer() -> None:
    with pytest.raises(ContextOverflowError) as caught:
        exchange().take(body("so far", "model_context_window_exceeded"))
    assert caught.value.partial["choices"][0]["message"]["content"] == "so far"


def test_a_chunk_that_shows_nothing_is_not_handed_out() -> None:
    asked = exchange(streaming=True)
    events = [chunk(role="assistant", content=""), chunk(content="a"), chunk("stop")]
    assert [delta.text for delta in deltas_of(asked, events)] == ["a"]
    assert asked.answer.text == "a"


def test_an_answer_goes_back_as_the_next_turn() -> None:
    call = {"id": "c", "function": {"name": "f", "arguments": '{"x": 1}'}}
    answer = answered(
        body("so", "tool_calls", reasoning_content="hm", tool_calls=[call]), tools=[TOOL]
    )
    history = [{"role": "user", "content": "hi"}, answer.as_wire(),
               {"role": "tool", "tool_call_id": "c", "content": "1"}]  # fmt: skip
    sent = exchange(messages=history).request().json["messages"][1]  # type: ignore[index]
    assert sent["reasoning_content"] == "hm"
    assert sent["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"x": 1}'}


def test_an_instruction_joins_a_system_message_of_parts() -> None:
    parts = [{"type": "text", "text": "Be brief."}]
    history = [{"role": "system", "content": parts}, {"role": "user", "content": "hi"}]
    sent = exchange(messages=history, response_format=WANTED).request().json["messages"]  # type: ignore[index]
    assert sent[0]["content"][0] == parts[0]
    assert sent[0]["content"][1]["text"].startswith("Give your final answer")


def test_secrets_of_tools_are_not_in_the_repr() -> None:
    tool = {"type": "mcp", "mcp": {"server_label": "s", "headers": {"Authorization": "planted"}}}
    values = {"model": "glm-4.7", "tools": [tool], "extra_headers": {"X-Key": "planted"}}
    assert "planted" not in repr(build(values, dialect=DIALECTS["zhipu"], streaming=False))


def test_hints_of_another_kind_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match="StructuredAnswer"):
        exchange(structured={"lenient": True}, response_format=WANTED)


KEYS = "message delta content tool_calls function name arguments type id audio".split()
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(choices=ODD, message=ODD, calls=ODD)
def test_odd_bodies_are_read_or_refused_as_what_they_are(
    choices: Any, message: Any, calls: Any
) -> None:
    for odd in (
        {"choices": choices},
        {"choices": [{"message": message}]},
        {"choices": [{"message": {"content": "a", "tool_calls": calls}}]},
    ):
        asked: Exchange = exchange(tools=[TOOL])
        try:
            asked.take(odd)
        except ServerError as error:
            assert error.partial is odd  # noqa: PT017 - either is right
        else:
            assert asked.done
