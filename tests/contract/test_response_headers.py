"""``include_response_headers``: what came with an answer, without secrets, alike in both halves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.answers import reply
from zhipu_emulator.scripting import Answer

from .subjects import ADAPTERS, WAYS, Ask, Way

HEADERS = {"X-Log-Id": "7", "Set-Cookie": "acw_tc=secret", "X-Session-Token": "planted"}
adapters = pytest.mark.parametrize("adapter", ADAPTERS)
ways = pytest.mark.parametrize("way", WAYS)


def answers(subject: Any, way: Way, ask: Ask) -> Any:
    """The answer, or the sum (LangChain) or the last (LlamaIndex) of what was streamed."""

    async def later() -> list[Any]:
        if way == "awhole":
            return [await subject.awhole(ask)]
        return [piece async for piece in subject.astream(ask)]

    if way.startswith("a"):
        pieces = asyncio.run(later())
    else:
        pieces = [subject.whole(ask)] if way == "whole" else list(subject.stream(ask))
    if not hasattr(pieces[0], "response_metadata"):
        return pieces[-1].additional_kwargs
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole + piece
    return whole.response_metadata


def scripted(text: str, log: str) -> Answer:
    body = reply(text)
    headers = {**HEADERS, "X-Log-Id": log}
    return Answer(json=body, headers=headers)


def streamed(text: str, log: str) -> Answer:
    start = {"id": "1", "model": "glm-4.7", "choices": [{"index": 0, "delta": {"content": text}}]}
    end = {"id": "1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    return Answer(chunks=[start, end], headers={**HEADERS, "X-Log-Id": log})


def made(way: Way, text: str, log: str) -> Answer:
    return (streamed if "stream" in way else scripted)(text, log)


@adapters
@ways
def test_they_are_in_the_answer_on_request(adapter, way, reach, service):
    service.script(made(way, "323", "7"))
    subject = ADAPTERS[adapter](model="glm-4.7", include_response_headers=True, **reach)
    found = answers(subject, way, Ask())["headers"]
    assert found["x-log-id"] == "7"
    assert "content-type" in found
    assert not {"set-cookie", "x-session-token"} & found.keys()


@adapters
@ways
def test_without_a_request_they_are_not(adapter, way, reach):
    assert "headers" not in answers(ADAPTERS[adapter](model="glm-4.7", **reach), way, Ask())


@adapters
@ways
def test_where_the_model_was_asked_again_they_are_of_the_last_answer(adapter, way, reach, service):
    """JSON was asked for, and came with the second answer."""
    service.script(made(way, "no", "1"), made(way, '{"a": 1}', "2"))
    subject = ADAPTERS[adapter](
        model="glm-4.7",
        include_response_headers=True,
        response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}},
        **reach,
    )
    assert answers(subject, way, Ask())["headers"]["x-log-id"] == "2"


SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


@adapters
def test_one_call_may_ask_for_them(adapter, reach):
    subject = ADAPTERS[adapter](model="glm-4.7", **reach)
    ask = Ask(more={"include_response_headers": True})
    assert answers(subject, "whole", ask)["headers"]["content-type"].startswith("application/json")
