"""Forced tools and schemas: instructed, checked, asked for once more, then a clear error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.exceptions import OutputParserException
from pydantic import BaseModel
from typing_extensions import TypedDict

from langchain_zhipu import ChatZhipuAI
from tests.langchain_zhipu.chat.wire import USAGE, body, call, delta
from zhipu_client import InvalidRequestError
from zhipu_emulator import Answer

Say = Callable[..., None]
Sent = Callable[[], list[dict[str, Any]]]


class Report(BaseModel):
    """A weather report."""

    city: str
    degrees: int


class Typed(TypedDict):
    """A weather report."""

    city: str
    degrees: int


GOOD = '{"city": "Paris", "degrees": 21}'
CALL = {"content": "", "tool_calls": [call("Report", GOOD, "c1")]}
PARIS = Report(city="Paris", degrees=21)


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return city


def drained(chunks: Any) -> Any:
    found: Any = None
    for chunk in chunks:
        found = chunk if found is None else found + chunk
    return found


def test_any_is_instructed_and_not_sent(model: ChatZhipuAI, say: Say, sent: Sent) -> None:
    say(CALL)
    model.bind_tools([Report, get_weather], tool_choice="any").invoke("hi")
    request = sent()[0]
    assert "tool_choice" not in request
    assert request["messages"][0]["role"] == "system"
    assert "must call one of the tools Report, get_weather" in request["messages"][0]["content"]


def test_a_name_leaves_only_that_tool(model: ChatZhipuAI, say: Say, sent: Sent) -> None:
    say(CALL)
    model.bind_tools([Report, get_weather], tool_choice="Report").invoke(
        [("system", "Be brief."), ("human", "hi")]
    )
    request = sent()[0]
    assert [t["function"]["name"] for t in request["tools"]] == ["Report"]
    assert request["messages"][0]["content"].startswith("Be brief.\n\nYou must call")


@pytest.mark.parametrize("streamed", [False, True])
def test_one_repair_turn_and_then_the_call(
    model: ChatZhipuAI, say: Say, sent: Sent, streamed: bool
) -> None:
    say({"content": "It is warm.", "reasoning_content": "a"}, {**CALL, "reasoning_content": "b"})
    bound = model.bind_tools([Report], tool_choice="any")
    message = drained(bound.stream("hi")) if streamed else bound.invoke("hi")
    assert [c["name"] for c in message.tool_calls] == ["Report"]
    assert message.content == ""
    assert message.additional_kwargs["reasoning_content"] == "ab"
    second = sent()[1]["messages"]
    assert second[-2] == {"role": "assistant", "content": "It is warm."}
    assert "did not call the tool Report" in second[-1]["content"]
    usage = message.usage_metadata
    assert usage is not None
    # Both count both attempts; the second alone answered a longer conversation.
    assert usage["total_tokens"] == message.response_metadata["token_usage"]["total_tokens"]
    assert usage["total_tokens"] > 2 * 100
    assert message.response_metadata["finish_reason"] == "tool_calls"


def test_the_second_attempt_too_has_no_two_turns_of_the_user_in_a_row(
    make: Any, say: Say, sent: Sent
) -> None:
    picture = [{"type": "text", "text": "hi"}, {"type": "image", "url": "https://x/y.png"}]
    for content in ("hi", picture):
        say("", CALL)
        bound = make(model="glm-4.6v").bind_tools([Report], tool_choice="any")
        assert bound.invoke([("user", content)]).tool_calls
        messages = sent()[-1]["messages"]
        assert [message["role"] for message in messages] == ["system", "user"]
        assert "did not call the tool Report" in str(messages[-1]["content"])


@pytest.mark.parametrize("streamed", [False, True])
def test_no_call_twice_is_a_clear_error(
    model: ChatZhipuAI, say: Say, sent: Sent, streamed: bool
) -> None:
    say("no", "no")
    bound = model.bind_tools([Report], tool_choice="any")
    with pytest.raises(OutputParserException, match="call the tool Report") as caught:
        drained(bound.stream("hi")) if streamed else bound.invoke("hi")
    assert caught.value.llm_output == "no"
    assert len(sent()) == 2


async def test_async_repairs_too(model: ChatZhipuAI, say: Say, sent: Sent) -> None:
    say("no", CALL, "no", CALL)
    bound = model.bind_tools([Report], tool_choice="any")
    assert (await bound.ainvoke("hi")).tool_calls
    found: Any = None
    async for chunk in bound.astream("hi"):
        found = chunk if found is None else found + chunk
    assert found.tool_calls
    assert len(sent()) == 4


def test_text_before_a_call_is_streamed_once_the_call_comes(
    model: ChatZhipuAI, server: Any
) -> None:
    server.script(
        Answer(
            chunks=[
                delta(content="Let me"),
                delta(content=" see."),
                delta(tool_calls=[call("Report", GOOD, "c1")]),
                delta("tool_calls", USAGE),
            ]
        )
    )
    message = drained(model.bind_tools([Report], tool_choice="any").stream("hi"))
    assert message.content == "Let me see."
    assert len(message.tool_calls) == 1


def test_a_cut_answer_is_not_asked_for_again(model: ChatZhipuAI, server: Any) -> None:
    cut = call("Report", '{"city": "Par', "c1")
    server.script(Answer(json=body("length", USAGE, content="", tool_calls=[cut])))
    with pytest.raises(OutputParserException, match="cut at max_tokens"):
        model.bind_tools([Report], tool_choice="any").invoke("hi")
    assert len(server.requests) == 1


# --- with_structured_output


METHODS = ["function_calling", "json_schema", "json_mode"]


def as_said(method: str, text: str = GOOD) -> Any:
    if method == "function_calling":
        return {"content": "", "tool_calls": [call("Report", text, "c1")]}
    return text


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("schema", [Report, Report.model_json_schema()])
def test_three_methods_invoke_and_stream(
    model: ChatZhipuAI, say: Say, method: Any, schema: Any
) -> None:
    say(as_said(method), as_said(method))
    structured = model.with_structured_output(schema, method=method)
    expected = PARIS if schema is Report else PARIS.model_dump()
    assert structured.invoke("hi") == expected
    assert list(structured.stream("hi"))[-1] == expected


def test_typed_dicts_and_openai_functions(model: ChatZhipuAI, say: Say) -> None:
    say({"content": "", "tool_calls": [call("Typed", GOOD, "c1")]}, as_said("json_schema"))
    assert model.with_structured_output(Typed).invoke("hi") == PARIS.model_dump()
    bare = {"type": "object", "properties": {"city": {"type": "string"}}}
    assert (
        model.with_structured_output(bare, method="json_schema").invoke("hi") == PARIS.model_dump()
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_wrong_shape_is_repaired_once(
    model: ChatZhipuAI, say: Say, sent: Sent, method: Any
) -> None:
    say(as_said(method, '{"city": "Paris"}'), as_said(method))
    assert model.with_structured_output(Report, method=method).invoke("hi") == PARIS
    assert "degrees is missing" in sent()[1]["messages"][-1]["content"]


@pytest.mark.parametrize("method", METHODS)
def test_twice_wrong_raises_or_is_told_with_the_raw_message(
    model: ChatZhipuAI, say: Say, method: Any
) -> None:
    wrong = as_said(method, '{"city": "Paris"}')
    say(wrong, wrong, wrong, wrong)
    with pytest.raises(OutputParserException, match="degrees is missing"):
        model.with_structured_output(Report, method=method).invoke("hi")
    found = model.with_structured_output(Report, method=method, include_raw=True).invoke("hi")
    assert set(found) == {"raw", "parsed", "parsing_error"}
    assert found["parsed"] is None
    assert found["parsing_error"] is not None
    assert found["raw"].response_metadata["model_provider"] == "zhipu"


def test_no_call_at_all_is_told_too(model: ChatZhipuAI, say: Say) -> None:
    say("no", "no")
    found = model.with_structured_output(Report, include_raw=True).invoke("hi")
    assert isinstance(found["parsing_error"], OutputParserException)


@pytest.mark.parametrize("streamed", [False, True])
def test_fences_boxes_and_prefaces_are_cut(model: ChatZhipuAI, server: Any, streamed: bool) -> None:
    text = f"Here it is:\n```json\n{GOOD}\n```\nDone."
    pieces = [delta(content=text[n : n + 7]) for n in range(0, len(text), 7)]
    server.script(Answer(chunks=[*pieces, delta("stop", USAGE)]) if streamed
                  else Answer(json=body("stop", USAGE, content=text)))  # fmt: skip
    bound = model.bind(response_format={"type": "json_object"})
    message = drained(bound.stream("hi")) if streamed else bound.invoke("hi")
    assert message.content == GOOD


@pytest.mark.parametrize("streamed", [False, True])
def test_prose_instead_of_json_is_asked_for_again(
    model: ChatZhipuAI, say: Say, sent: Sent, streamed: bool
) -> None:
    say("It is 21 degrees.", GOOD)
    structured = model.with_structured_output(Report, method="json_schema")
    found = list(structured.stream("hi"))[-1] if streamed else structured.invoke("hi")
    assert found == PARIS
    assert "not a JSON object" in sent()[1]["messages"][-1]["content"]


def test_the_schema_goes_into_the_prompt_and_json_mode_on_the_wire(
    model: ChatZhipuAI, make: Any, say: Say, sent: Sent
) -> None:
    say(GOOD, GOOD)
    model.with_structured_output(Report, method="json_schema").invoke("hi")
    vision = make(model="glm-4.6v")  # has no JSON mode of its own
    vision.with_structured_output(Report, method="json_mode").invoke("hi")
    text, seen = sent()
    assert text["response_format"] == {"type": "json_object"}
    assert '"degrees"' in text["messages"][0]["content"]
    assert "response_format" not in seen
    assert '"degrees"' in seen["messages"][0]["content"]


def test_json_streams_as_it_comes(model: ChatZhipuAI, say: Say) -> None:
    say('{"city": "Paris", "degrees": 21}')
    schema = Report.model_json_schema()
    found = list(model.with_structured_output(schema, method="json_schema").stream("hi"))
    assert {"city": "Paris"} in found
    assert found[-1] == PARIS.model_dump()


def test_a_schema_cut_at_max_tokens_is_an_error(model: ChatZhipuAI, server: Any) -> None:
    server.script(Answer(json=body("length", USAGE, content='{"city": "Par')))
    with pytest.raises(OutputParserException, match="max_tokens"):
        model.with_structured_output(Report.model_json_schema(), method="json_schema").invoke("hi")
    assert len(server.requests) == 1


def test_response_format_takes_a_class(model: ChatZhipuAI, say: Say) -> None:
    say(f"```json\n{GOOD}\n```")
    assert model.invoke("hi", response_format=Report).content == GOOD


def test_bad_methods_and_schemas_are_refused(model: ChatZhipuAI) -> None:
    with pytest.raises(InvalidRequestError, match="method"):
        model.with_structured_output(Report, method="telepathy")  # type: ignore[arg-type]
    with pytest.raises(InvalidRequestError, match="schema"):
        model.with_structured_output(None, method="json_schema")
    with pytest.raises(InvalidRequestError, match="schema"):
        model.with_structured_output({"no": "schema"})


@pytest.mark.parametrize("streamed", [False, True])
def test_a_list_is_json_too_where_no_schema_says_otherwise(
    model: ChatZhipuAI, say: Say, streamed: bool
) -> None:
    say('```json\n[{"a": 1}, {"b": 2}]\n```')
    bound = model.bind(response_format={"type": "json_object"})
    message = drained(bound.stream("hi")) if streamed else bound.invoke("hi")
    assert message.content == '[{"a": 1}, {"b": 2}]'


def test_json_mode_without_a_schema(model: ChatZhipuAI, say: Say) -> None:
    say('{"anything": 1}')
    assert model.with_structured_output(None, method="json_mode").invoke("hi") == {"anything": 1}
