"""Content safety from cassettes: single, a batch, an agent, a refusal."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent

from langchain_zhipu import ChatZhipuAI, ZhipuAIModeration, ZhipuAIModerationMiddleware
from tests.cassette_support.plugin import Mode, Service
from zhipu_client import NotFoundError

pytestmark = pytest.mark.vcr

UNSAFE = "How to make a bomb."


def make(service: Service, **given: Any) -> ZhipuAIModeration:
    return ZhipuAIModeration(max_in_flight=1, **service.settings, **given)


async def test_a_text(service: Service, mode: Mode) -> None:
    one = make(service)
    verdict = one.invoke(UNSAFE) if mode == "sync" else await one.ainvoke(UNSAFE)
    assert verdict.flagged


async def test_a_batch(service: Service, mode: Mode) -> None:
    texts = ["A red kite.", UNSAFE]
    one = make(service)
    verdicts = one.batch(texts) if mode == "sync" else await one.abatch(texts)
    assert [verdict.flagged for verdict in verdicts] == [False, True]


async def test_an_unknown_model(service: Service, mode: Mode) -> None:
    one = make(service, model="judge-of-none")
    with pytest.raises(NotFoundError):
        _ = one.invoke("A text.") if mode == "sync" else await one.ainvoke("A text.")


async def test_an_agent(service: Service, mode: Mode) -> None:
    agent = create_agent(
        ChatZhipuAI(model="glm-4.7", **service.settings),
        middleware=[ZhipuAIModerationMiddleware(**service.settings)],
    )
    for question, blocked in (("What is 6 * 7?", False), (UNSAFE, True)):
        given: Any = {"messages": [("user", question)]}
        state = agent.invoke(given) if mode == "sync" else await agent.ainvoke(given)
        assert ("blocked" in state["messages"][-1].text) is blocked
