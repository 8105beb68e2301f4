"""`ChatZhipuAI` from cassettes: sync and async, plain, streamed, with tools, with an error."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.exceptions import ModelNotFoundError
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool

from langchain_zhipu import ChatZhipuAI
from tests.cassette_support.plugin import Mode, Service

pytestmark = pytest.mark.vcr


@pytest.fixture
def model(service: Service) -> ChatZhipuAI:
    return ChatZhipuAI(model="glm-4.7", **service.settings)


async def invoke(model: Any, mode: Mode, messages: Any) -> AIMessage:
    answer = model.invoke(messages) if mode == "sync" else await model.ainvoke(messages)
    assert isinstance(answer, AIMessage)
    return answer


async def stream(model: Any, mode: Mode, messages: Any) -> AIMessageChunk:
    if mode == "sync":
        chunks = list(model.stream(messages))
    else:
        chunks = [chunk async for chunk in model.astream(messages)]
    assert len(chunks) > 3
    total = chunks[0]
    for chunk in chunks[1:]:
        total += chunk
    assert isinstance(total, AIMessageChunk)
    return total


def check_sum(answer: AIMessage) -> None:
    assert "323" in answer.text
    kinds = [block["type"] for block in answer.content_blocks]
    assert kinds == ["reasoning", "text"]
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_token_details"]["reasoning"] > 0
    assert "cache_read" in answer.usage_metadata["input_token_details"]
    metadata = answer.response_metadata
    assert (metadata["finish_reason"], metadata["model_name"]) == ("stop", "glm-4.7")
    assert metadata["request_id"] or metadata["id"]


async def test_plain(model: ChatZhipuAI, mode: Mode) -> None:
    check_sum(await invoke(model, mode, "What is 17 * 19?"))


async def test_streamed(model: ChatZhipuAI, mode: Mode) -> None:
    check_sum(await stream(model, mode, "What is 17 * 19?"))


@tool
def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"{city}: 21 degrees and sunny"


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_a_tool_is_called_and_its_result_used(
    model: ChatZhipuAI, mode: Mode, streamed: bool
) -> None:
    bound = model.bind_tools([get_weather])
    ask = stream if streamed else invoke
    question = HumanMessage("What is the weather in Paris?")
    call = await ask(bound, mode, [question])
    assert [(made["name"], made["args"]) for made in call.tool_calls] == [
        ("get_weather", {"city": "Paris"})
    ]
    result: ToolMessage = get_weather.invoke(call.tool_calls[0])
    answer = await ask(bound, mode, [question, call, result])
    assert "21" in answer.text
    assert answer.tool_calls == []


async def test_an_unknown_model_is_a_typed_error(service: Service, mode: Mode) -> None:
    model = ChatZhipuAI(model="glm-that-never-was", **service.settings)
    with pytest.raises(ModelNotFoundError) as caught:
        await invoke(model, mode, "hello")
    assert (caught.value.status, caught.value.code) == (400, "1211")  # type: ignore[attr-defined]


async def test_an_unknown_model_streamed_is_the_same_error(service: Service, mode: Mode) -> None:
    model = ChatZhipuAI(model="glm-that-never-was", **service.settings)
    with pytest.raises(ModelNotFoundError):
        await stream(model, mode, "hello")


async def test_a_batch(model: ChatZhipuAI, mode: Mode) -> None:
    sums: list[Any] = ["What is 2 * 3?", "What is 4 * 5?"]
    answers = model.batch(sums) if mode == "sync" else await model.abatch(sums)
    assert ["6" in answers[0].text, "20" in answers[1].text] == [True, True]
