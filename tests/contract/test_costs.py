"""What an answer costs: both adapters say it alike, whole, streamed, and summed over a run."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.caches import InMemoryCache
from llama_index.core.base.llms.types import ChatMessage

import langchain_zhipu
import llama_index_zhipu
from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from zhipu_client import InvalidRequestError, models

adapters = pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
ways = pytest.mark.parametrize("way", ["sync", "async"])
modes = pytest.mark.parametrize("mode", ["whole", "streamed"])
QUESTION = "What is 17 * 19?"


def answered(adapter: str, way: str, mode: str, **given: Any) -> tuple[Any, Any]:
    """The cost of an answer, and the tokens."""
    if adapter == "langchain":
        message = _message(ChatZhipuAI(model="glm-4.7", **given), way, mode)
        facts = message.response_metadata
        return facts.get("cost"), facts["token_usage"]
    response = _response(ZhipuAI(model="glm-4.7", **given), way, mode)
    return response.additional_kwargs.get("cost"), response.raw["usage"]


def _message(model: ChatZhipuAI, way: str, mode: str) -> Any:
    async def summed() -> Any:
        whole: Any = None
        async for chunk in model.astream(QUESTION):
            whole = chunk if whole is None else whole + chunk
        return whole

    if mode == "whole":
        return model.invoke(QUESTION) if way == "sync" else asyncio.run(model.ainvoke(QUESTION))
    if way == "async":
        return asyncio.run(summed())
    whole: Any = None
    for chunk in model.stream(QUESTION):
        whole = chunk if whole is None else whole + chunk
    return whole


def _response(llm: ZhipuAI, way: str, mode: str) -> Any:
    said = [ChatMessage(content=QUESTION)]

    async def last() -> Any:
        return [one async for one in await llm.astream_chat(said)][-1]

    if mode == "whole":
        return llm.chat(said) if way == "sync" else asyncio.run(llm.achat(said))
    return asyncio.run(last()) if way == "async" else list(llm.stream_chat(said))[-1]


@adapters
@ways
@modes
def test_an_answer_says_what_it_cost(adapter, way, mode, reach):
    cost, usage = answered(adapter, way, mode, cost="zai", **reach)
    assert cost == models.cost_of("glm-4.7", "zai", usage)
    assert cost["amount"] > 0


@adapters
@modes
@pytest.mark.parametrize("cost", [False, True, "bigmodel"])
def test_without_a_known_price_there_is_no_number(adapter, mode, cost, reach):
    """The emulator is on no site; open.bigmodel.cn's price of this model is not known."""
    found, _ = answered(adapter, "sync", mode, cost=cost, **reach)
    assert found is None


@adapters
def test_a_site_that_has_no_prices_is_refused(adapter, reach, service):
    with pytest.raises((InvalidRequestError, ValueError), match="cost"):
        answered(adapter, "sync", "whole", cost="elsewhere", **reach)
    assert not service.requests


@adapters
def test_a_run_is_summed(adapter, reach):
    package = langchain_zhipu if adapter == "langchain" else llama_index_zhipu
    with package.track_costs() as tracked:
        for mode in ("whole", "streamed"):
            cost, _ = answered(adapter, "sync", mode, cost="zai", **reach)
            answered(adapter, "async", mode, cost="zai", **reach)
        answered(adapter, "sync", "whole", **reach)
    answered(adapter, "sync", "whole", cost="zai", **reach)  # outside of the block
    assert tracked.costs.answers == 5
    assert tracked.costs.unpriced == 1
    assert tracked.costs.amounts["USD"] == pytest.approx(4 * cost["amount"], rel=0.2)


@adapters
def test_blocks_in_threads_do_not_mix(adapter, reach):
    package = langchain_zhipu if adapter == "langchain" else llama_index_zhipu

    def run(count: int) -> int:
        with package.track_costs() as tracked:
            for _ in range(count):
                answered(adapter, "sync", "whole", cost="zai", **reach)
        return tracked.costs.answers

    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(run, [1, 2, 3])) == [1, 2, 3]


def test_what_a_cache_answers_costs_nothing(reach):
    model = ChatZhipuAI(model="glm-4.7", cost="zai", cache=InMemoryCache(), **reach)
    with langchain_zhipu.track_costs() as tracked:
        for _ in range(3):
            model.invoke(QUESTION)
    assert (tracked.costs.answers, tracked.costs.unpriced) == (1, 0)


def test_an_agent_of_langchain_is_counted(reach):
    def multiply(a: int, b: int) -> int:
        """Multiply two numbers."""
        return a * b

    agent = create_agent(ChatZhipuAI(model="glm-4.7", cost="zai", **reach), [multiply])
    with langchain_zhipu.track_costs() as tracked:
        agent.invoke({"messages": [("user", "What is 17 times 19?")]})
    assert tracked.costs.answers == 2
    assert tracked.costs.unpriced == 0
