"""Calls that were cut, in every sum and event that LangChain makes of a stream."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.load import dumpd, load
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    AnyMessage,
    HumanMessage,
    ToolMessage,
    message_chunk_to_message,
)
from langchain_core.tools import tool
from pydantic import TypeAdapter

from langchain_zhipu import ChatZhipuAI
from langchain_zhipu._chat.messages import to_wire
from tests.langchain_zhipu.chat.wire import USAGE, body, call, chunks_of, delta
from zhipu_client.conversation import prepared
from zhipu_emulator import Answer

HALF = [delta(tool_calls=[call("pay", '{"amount": 10', "c1")]), delta(content="")]


@tool
def pay(amount: int = 0) -> int:
    """Pay."""
    return amount


def test_a_sum_that_begins_with_a_chunk_of_langchains_own() -> None:
    kept: Any = AIMessageChunk(content="")
    for chunk in chunks_of(HALF)[:-1]:
        kept += chunk
    assert kept.tool_calls == []
    whole: Any = AIMessageChunk(content="")
    for chunk in chunks_of(
        [delta(tool_calls=[call("pay", '"{\\"amount\\": 5}"', "c1")]), delta("tool_calls")]
    ):
        whole += chunk
    assert [c["args"] for c in whole.tool_calls] == [{"amount": 5}]


@pytest.mark.parametrize("finish", ["length", "sensitive"])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_call_that_was_cut_before_its_arguments(
    model: ChatZhipuAI, server: Any, finish: str, streamed: bool
) -> None:
    cut = call("pay", "", "c1")
    pieces = [delta(tool_calls=[cut]), delta(finish, USAGE)]
    server.script(
        Answer(chunks=pieces) if streamed else Answer(json=body(finish, tool_calls=[cut]))
    )
    bound = model.bind_tools([pay])
    message: Any = None
    if streamed:
        for chunk in bound.stream("hi"):
            message = chunk if message is None else message + chunk
    else:
        message = bound.invoke("hi")
    assert message.tool_calls == []
    assert [c["name"] for c in message.invalid_tool_calls] == ["pay"]


@pytest.mark.parametrize(
    ("arguments", "args"),
    [("null", {}), ('"{\\"amount\\": 5}"', {"amount": 5}), ('{"amount": "5"}', {"amount": 5})],
)
async def test_events_have_the_calls_as_they_were_read(
    model: ChatZhipuAI, server: Any, arguments: str, args: Any
) -> None:
    pieces = [delta(tool_calls=[call("pay", arguments, "c1")]), delta("tool_calls", USAGE)]
    server.script(Answer(chunks=pieces), Answer(chunks=pieces))
    bound = model.bind_tools([pay])
    events = await bound.astream_events("hi", version="v3")  # type: ignore[call-overload]
    async for _ in events:
        pass
    message = await events.output
    assert [c["args"] for c in message.tool_calls] == [args]


@pytest.mark.parametrize("method", ["json_mode", "json_schema"])
def test_cut_json_beside_its_message_is_an_error(
    model: ChatZhipuAI, server: Any, method: Any
) -> None:
    server.script(Answer(json=body("length", content='{"amount": 10')))
    schema = {"title": "Pay", "type": "object", "properties": {"amount": {"type": "integer"}}}
    found = model.with_structured_output(schema, method=method, include_raw=True).invoke("hi")
    assert found["parsed"] is None
    assert "not whole JSON" in str(found["parsing_error"])


END = AIMessageChunk(content="", chunk_position="last")
#: Ways in which a chunk leaves a program and comes back, or is ended by somebody else's chunk.
DOORS: dict[str, Any] = {
    "ended": lambda chunk: chunk + END,
    "json": lambda chunk: AIMessageChunk.model_validate_json(chunk.model_dump_json()),
    "json-and-ended": lambda chunk: AIMessageChunk(**chunk.model_dump()) + END,
    "any-message": lambda chunk: TypeAdapter(AnyMessage).validate_python(chunk.model_dump()),
    "loaded": lambda chunk: load(dumpd(chunk), allowed_objects="messages") + END,
    "copied": lambda chunk: chunk.model_copy(deep=True) + END,
}


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("arguments", ["", '{"amount": 10', '{"amount": 1, "to": {"name": "A'])
def test_no_way_of_a_cut_call_makes_it_run(arguments: str, door: str) -> None:
    chunks = chunks_of([delta(tool_calls=[call("pay", arguments, "c1")]), delta("length")])
    whole: Any = chunks[0]
    for number, chunk in enumerate([None, *chunks[1:]]):
        whole = whole if chunk is None else whole + chunk
        made = DOORS[door](whole)
        assert made.tool_calls == [], number
        assert "tool_call" not in {block["type"] for block in made.content_blocks}
    (said,) = message_chunk_to_message(whole).invalid_tool_calls
    assert said["args"] == arguments


@pytest.mark.parametrize("version", ["v0", "v1"])
async def test_the_beginning_of_a_call_under_another_id_is_not_a_call(
    model: ChatZhipuAI, server: Any, version: Any
) -> None:
    parts = ["", '{"amount"', ": 5", "}"]
    fragments = [call("pay", text, f"c{number}") for number, text in enumerate(parts)]
    pieces = [*(delta(tool_calls=[one]) for one in fragments), delta("tool_calls", USAGE)]
    server.script(Answer(chunks=pieces), Answer(chunks=pieces))
    bound = model.model_copy(update={"output_version": version}).bind_tools([pay])
    events = await bound.astream_events("hi", version="v3")  # type: ignore[call-overload]
    async for _ in events:
        pass
    seen = await events.output
    assert [c["args"] for c in seen.tool_calls] == [{"amount": 5}]
    first, *others = bound.stream("hi")
    whole = first + others
    assert [c["args"] for c in whole.tool_calls] == [{"amount": 5}]
    assert [block["type"] for block in whole.content_blocks] == ["tool_call"]


@pytest.mark.parametrize("args", ["", None, '{"amount": 10}', '{"amount": 10'])
def test_a_call_that_must_not_run_is_not_sent_back_whatever_its_arguments(args: Any) -> None:
    call = {"name": "pay", "args": args, "id": "c1", "error": "?", "type": "invalid_tool_call"}
    talk = [HumanMessage("Pay."), AIMessage("", invalid_tool_calls=[call])]
    sent = prepared(to_wire([*talk, ToolMessage("not run", tool_call_id="c1", name="pay")]))
    assert [(m["role"], m["content"]) for m in sent] == [
        ("user", "Pay.\n\nResult of the tool pay:\nnot run")
    ]
