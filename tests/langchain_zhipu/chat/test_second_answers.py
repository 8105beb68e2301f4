"""Structured output that is asked for once more while it is streamed: the second answer counts."""

from __future__ import annotations

import json
import pickle
from functools import reduce
from operator import add
from typing import Any

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessageChunk
from pydantic import BaseModel

from langchain_zhipu import ChatZhipuAI
from tests.contract.server import TWICE, calls, said, scripted
from zhipu_client import ZhipuError


class Person(BaseModel):
    """A person."""

    name: str
    age: int


ANN = {"name": "Ann", "age": 7}
METHODS: Any = ("function_calling", "json_mode", "json_schema")
SCHEMAS: Any = (Person, Person.model_json_schema())


def replies(method: str, *values: Any) -> list[Any]:
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    if method == "function_calling":
        return [calls(("Person", text), reasoning="hm") for text in texts]
    return [said(text, reasoning="hm") for text in texts]


def model_of(server: Any, **settings: Any) -> ChatZhipuAI:
    return ChatZhipuAI(
        base_url=server.base_url, api_key="id.secret", model="glm-4.7", max_retries=0, **settings
    )


def total_of(parts: list[Any]) -> dict[str, Any]:
    total: dict[str, Any] = reduce(add, parts)
    return total


async def parts_of(runnable: Any, way: str) -> list[Any]:
    if way == "stream":
        return list(runnable.stream("hi"))
    return [part async for part in runnable.astream("hi")]


@pytest.mark.parametrize("way", ["stream", "astream"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("schema", SCHEMAS, ids=["class", "dict"])
async def test_the_second_answer_replaces_the_first(schema: Any, method: Any, way: str) -> None:
    with scripted(*replies(method, {"name": "Ann", "age": "old"}, ANN)) as server:
        structured = model_of(server).with_structured_output(schema, method=method)
        last = (await parts_of(structured, way))[-1]
    assert last == (Person(**ANN) if schema is Person else ANN)
    assert len(server.requests) == 2


@pytest.mark.parametrize("way", ["stream", "astream"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("schema", SCHEMAS, ids=["class", "dict"])
async def test_the_message_beside_it_is_the_second(schema: Any, method: Any, way: str) -> None:
    with scripted(*replies(method, {"name": "Ann", "age": "old"}, ANN)) as server:
        structured = model_of(server).with_structured_output(
            schema, method=method, include_raw=True
        )
        parts = await parts_of(structured, way)
    total = total_of(parts)
    assert total["parsed"] == (Person(**ANN) if schema is Person else ANN)
    assert total["parsing_error"] is None
    raw = total["raw"]
    if method == "function_calling":
        assert [call["args"] for call in raw.tool_calls] == [ANN]
        assert (raw.text, raw.invalid_tool_calls) == ("", [])
    else:
        assert json.loads(raw.text) == ANN
        assert raw.tool_calls == []
    assert raw.additional_kwargs["reasoning_content"] == "hmhm"
    assert raw.usage_metadata["input_tokens"] == TWICE[0]


@pytest.mark.parametrize("way", ["invoke", "stream", "astream"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("schema", SCHEMAS, ids=["class", "dict"])
@pytest.mark.parametrize("wrong", [{"name": "Ann", "age": "old"}, {"name": "Ann"}])
async def test_what_never_fits_is_an_error_and_no_value(
    schema: Any, method: Any, way: str, wrong: Any
) -> None:
    with scripted(*replies(method, wrong, wrong)) as server:
        structured = model_of(server).with_structured_output(
            schema, method=method, include_raw=True
        )
        if way == "invoke":
            total = structured.invoke("hi")
        else:
            parts = await parts_of(structured, way)
            total = total_of(parts)
            # Once, at the end.
            assert sum("parsing_error" in part for part in parts) == 1
            assert sum("parsed" in part for part in parts) == 1
    assert total["parsed"] is None
    assert isinstance(total["parsing_error"], ValueError)
    assert total["raw"] is not None
    assert len(server.requests) == 2


@pytest.mark.parametrize("way", ["stream", "astream"])
@pytest.mark.parametrize("method", METHODS)
async def test_cut_json_is_no_value_either(method: Any, way: str) -> None:
    (cut,) = replies(method, '{"name": "Ann", "ag')
    cut.body["choices"][0]["finish_reason"] = "length"
    with scripted(cut) as server:
        structured = model_of(server).with_structured_output(
            SCHEMAS[1], method=method, include_raw=True
        )
        total = total_of(await parts_of(structured, way))
    assert total["parsed"] is None
    assert total["parsing_error"] is not None
    assert len(server.requests) == 1


async def test_the_error_is_of_both_families() -> None:
    with scripted(*replies("json_mode", "no", "no")) as server:
        structured = model_of(server).with_structured_output(Person, method="json_mode")
        for kind in (ZhipuError, OutputParserException, ValueError):
            with pytest.raises(kind, match="not a JSON object") as caught:
                await structured.ainvoke("hi")
            assert type(caught.value).__name__ == "StructuredOutputError"
            crossed = pickle.loads(pickle.dumps(caught.value))
            assert crossed.usage == caught.value.usage
            assert crossed.llm_output == "no"
            assert str(crossed) == str(caught.value)


def bound(model: ChatZhipuAI, method: str) -> Any:
    hints = {"structured": {"lenient": False, "schema": Person}}
    if method == "function_calling":
        return model.bind_tools([Person], tool_choice="Person", **hints)
    wanted = {"type": "json_object", "schema": Person.model_json_schema()}
    return model.bind(response_format=wanted, **hints)


@pytest.mark.parametrize("method", METHODS[:2])
@pytest.mark.parametrize("version", ["v0", "v1"])
def test_every_sum_is_of_one_answer(method: str, version: str) -> None:
    with scripted(*replies(method, {"name": "Ann", "age": "old"}, ANN)) as server:
        model = model_of(server, output_version=version)
        chunks = list(bound(model, method).stream("hi"))
    total: Any = None
    for chunk in chunks:
        total = chunk if total is None else total + chunk
        assert total.text.count("{") <= 1
        assert len(total.tool_call_chunks) <= 1
    assert reduce(add, [chunks[0], chunks[1:]]) == total  # type: ignore[operator]
    half = len(chunks) // 2
    assert reduce(add, chunks[:half]) + reduce(add, chunks[half:]) == total
    assert isinstance(total, AIMessageChunk)
    if method == "function_calling":
        assert [call["args"] for call in total.tool_calls] == [ANN]
    else:
        assert json.loads(total.text) == ANN


@pytest.mark.parametrize("method", METHODS[:2])
async def test_events_end_with_the_second_answer(method: str) -> None:
    with scripted(*replies(method, {"name": "Ann", "age": "old"}, ANN)) as server:
        events = await bound(model_of(server), method).astream_events("hi", version="v3")
        async for _ in events:
            pass
        message = await events.output
    if method == "function_calling":
        assert [call["args"] for call in message.tool_calls] == [ANN]
        assert "asked again" in message.invalid_tool_calls[0]["error"]
    else:
        assert json.loads(message.text) == ANN


@pytest.mark.parametrize("method", METHODS)
async def test_older_events_end_with_it_too(method: Any) -> None:
    with scripted(*replies(method, {"name": "Ann", "age": "old"}, ANN)) as server:
        structured = model_of(server).with_structured_output(Person, method=method)
        ends = [
            event["data"]["output"]
            async for event in structured.astream_events("hi", version="v2")
            if event["event"] in {"on_chat_model_end", "on_chain_end"}
        ]
    assert ends[-1] == Person(**ANN)
    message = ends[0]
    assert message.tool_calls or json.loads(message.text) == ANN
    assert [call["args"] for call in message.tool_calls] in ([], [ANN])
