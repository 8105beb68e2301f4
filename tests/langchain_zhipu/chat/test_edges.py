"""Where LangChain's own machinery meets ours: half sums, stuck models, arguments of a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage, HumanMessage, message_chunk_to_message
from langchain_core.tools import tool
from langgraph.graph.message import add_messages
from pydantic import BaseModel

from langchain_zhipu import ChatZhipuAI
from langchain_zhipu._chat.chunks import ZhipuMessageChunk
from tests.langchain_zhipu.chat.wire import USAGE, body, call, chunks_of, delta, from_wire, total_of
from zhipu_client import InvalidRequestError
from zhipu_client.conversation import read_arguments
from zhipu_emulator import Answer

Make = Callable[..., ChatZhipuAI]
Say = Callable[..., None]
Sent = Callable[[], list[dict[str, Any]]]
STUCK = "[" * 50_000


class Report(BaseModel):
    """A weather report."""

    city: str
    degrees: int


@tool
def pay(amount: int) -> str:
    """Pay an amount."""
    return str(amount)


def test_a_stream_left_early_becomes_a_message():
    wire = [delta(content="I "), delta(content="pay"), delta(tool_calls=[call("pay", "{}", "c1")])]
    half = total_of(chunks_of(wire)[:3])
    assert type(half) is ZhipuMessageChunk
    message = message_chunk_to_message(half)
    assert type(message) is AIMessage
    assert message.tool_calls == half.tool_calls
    assert message.additional_kwargs == half.additional_kwargs
    assert type(add_messages([], [half])[0]) is AIMessage


def test_arguments_without_end_are_an_invalid_call():
    assert read_arguments(STUCK).value is None
    wire = [delta(tool_calls=[call("pay", '{"amount": ' + STUCK, "c1")]), delta("length")]
    assert total_of(chunks_of(wire)).tool_calls == []


def test_an_answer_that_got_stuck_is_no_object(make: Make, say: Say):
    say(STUCK, STUCK)
    with pytest.raises(OutputParserException):
        make().with_structured_output(Report, method="json_schema").invoke("weather")


@pytest.mark.parametrize("method", ["function_calling", "json_schema", "json_mode"])
@pytest.mark.parametrize("answer", ["No.", '{"city": "Paris"}'])
async def test_a_stream_with_the_raw_message_tells_its_error(
    make: Make, say: Say, method: Any, answer: str
):
    model = make().with_structured_output(Report, method=method, include_raw=True)
    say(answer, answer)
    total: Any = None
    for part in model.stream("weather"):
        total = part if total is None else total + part
    say(answer, answer)
    atotal: Any = None
    async for part in model.astream("weather"):
        atotal = part if atotal is None else atotal + part
    for found in (total, atotal):
        assert sorted(found) == ["parsed", "parsing_error", "raw"]
        assert isinstance(found["parsing_error"], OutputParserException)
        assert found["parsed"] is None
        assert found["raw"].response_metadata["finish_reason"] == "stop"


@pytest.mark.parametrize("method", ["function_calling", "json_schema", "json_mode"])
def test_a_stream_with_the_raw_message_has_no_error_when_it_fits(make: Make, say: Say, method: Any):
    good = '{"city": "Paris", "degrees": 21}'
    called = {"content": "", "tool_calls": [call("Report", good, "c1")]}
    say(called if method == "function_calling" else good)
    total: Any = None
    for part in make().with_structured_output(Report, method=method, include_raw=True).stream("x"):
        total = part if total is None else total + part
    assert total["parsed"] == Report(city="Paris", degrees=21)
    assert total["parsing_error"] is None


def test_headers_of_one_call(make: Make, sent: Sent, server: Any):
    headers = {"X-Tenant": "7", "X-Both": "default"}
    make().invoke("hi", default_headers=headers, extra_headers={"X-Both": "extra"})
    assert "default_headers" not in sent()[-1]
    seen = {name.lower(): value for name, value in server.requests[-1]["headers"].items()}
    assert seen["x-tenant"] == "7"
    assert seen["x-both"] == "extra"


FUNCTION = {"type": "function", "function": {"name": "pay"}}
HEADERS = [{"Authorization": "secret.value"}]


@pytest.mark.parametrize(
    ("field", "value", "limit"),
    [
        ("stop", 5, "up to 4 words"),
        ("extra_body", [1], "must be a dict"),
        ("extra_headers", HEADERS, "must be a dict"),
        ("default_headers", HEADERS, "must be a dict"),
        ("response_format", int, "a schema class"),
        ("response_format", {"type": "json_object", "schema": "x"}, "whose schema is a dict"),
        ("response_format", {"type": "json_schema", "json_schema": {"schema": "x"}}, "is a dict"),
        ("response_format", {"type": "xml"}, "text, json_object or json_schema"),
        ("reasoning_history", "loop", "tool_loop, all, none"),
        ("tool_choice_mode", "forced", "auto, native, emulate"),
        ("tools", 5, "a list of tools"),
        ("tools", {"type": "mcp", "mcp": {"headers": HEADERS[0]}}, "a list of tools"),
        ("tool_choice", ["pay"], "one of the tools on offer: pay"),
    ],
)
@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_an_argument_of_the_wrong_kind_is_refused_before_sending(
    make: Make, sent: Sent, way: str, field: str, value: Any, limit: str
):
    given = {"tools": [FUNCTION], field: value}
    with pytest.raises(InvalidRequestError, match=limit) as caught:
        list(getattr(make(), way)("hi", **given))
    assert caught.value.field == field
    assert "secret" not in f"{caught.value} {caught.value.value}"
    assert not sent()


TWO = [
    {"index": n, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    for n, text in enumerate(["one", "<think>hm</think>two"])
]


@pytest.mark.parametrize("way", ["generate", "agenerate"])
async def test_more_than_one_answer_of_ones_own_server(make: Make, server: Any, way: str):
    server.script(Answer(json={"choices": TWO, "usage": USAGE}))
    model = make(n=2, dialect="openai")
    found = getattr(model, way)([[HumanMessage("hi")]])
    result = await found if way == "agenerate" else found
    messages = [generation.message for generation in result.generations[0]]
    assert [message.text for message in messages] == ["one", "two"]
    assert messages[0].usage_metadata["total_tokens"] == USAGE["total_tokens"]
    assert messages[1].usage_metadata is None  # what both took is counted once
    assert server.requests[-1]["json"]["n"] == 2


def test_one_answer_of_the_service_and_of_a_stream(make: Make, sent: Sent):
    with pytest.warns(UserWarning, match="n is not sent"):
        make(n=2).invoke("hi")
    assert "n" not in sent()[-1]
    with pytest.raises(InvalidRequestError, match="n must be 1"):
        list(make(n=2, dialect="openai").stream("hi"))
    make(n=1, dialect="openai").invoke("hi")
    assert len(sent()) == 2


def test_other_names_of_a_constructor_s_arguments_work_in_a_call(make: Make, sent: Sent):
    make().invoke("hi", stop_sequences=["x"], max_completion_tokens=50, model_name="glm-4.6")
    body = sent()[-1]
    assert (body["stop"], body["max_tokens"], body["model"]) == (["x"], 50, "glm-4.6")
    assert not {"stop_sequences", "max_completion_tokens", "model_name"} & set(body)


@pytest.mark.parametrize(
    "name",
    ["api_key", "zhipuai_api_key", "base_url", "http_client", "max_concurrency", "shared_limit"],
)
def test_what_belongs_to_the_model_is_no_argument_of_a_call(make: Make, sent: Sent, name: str):
    with pytest.raises(InvalidRequestError, match=name) as caught:
        make().invoke("hi", **{name: "secret.value"})
    assert "secret" not in str(caught.value)
    assert not sent()


def test_what_ends_a_stream_comes_last_in_a_whole_answer_too():
    found = body("tool_calls", content="Sunny.", tool_calls=[call("pay", "{}", "c1")])
    found["web_search"] = [{"title": "T", "link": "https://example.com"}]
    kinds = [block["type"] for block in from_wire(found).content_blocks]
    assert kinds == ["text", "tool_call", "server_tool_call", "server_tool_result"]


def test_a_conversation_that_says_nothing_is_refused_as_it_was_given(make: Make, sent: Sent):
    for given in ("", [("user", " ")], [("user", ""), ("ai", "")]):
        with pytest.raises(
            InvalidRequestError, match=r"messages must say something, got \['"
        ) as it:
            make().invoke(given)
        assert it.value.field == "messages"
    assert not sent()
