"""The tokenizer endpoint from cassettes: how `ChatZhipuAI` counts tokens."""

from __future__ import annotations

import asyncio

import pytest
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool

from langchain_zhipu import ChatZhipuAI
from tests.cassette_support.plugin import Mode, Service
from zhipu_client import AuthenticationError

pytestmark = pytest.mark.vcr

MESSAGES: list[BaseMessage] = [
    SystemMessage("You are brief."),
    HumanMessage("What is the capital of France?"),
]


@tool
def look_up(word: str) -> str:
    """Look a word up."""
    return word


async def count(model: ChatZhipuAI, mode: Mode) -> int:
    def counted() -> int:
        return model.get_num_tokens_from_messages(MESSAGES, [look_up])

    # There is no asynchronous method in LangChain: a thread, as its own callers do it.
    return counted() if mode == "sync" else await asyncio.to_thread(counted)


async def test_the_service_counts(service: Service, mode: Mode) -> None:
    model = ChatZhipuAI(model="glm-4.6", token_counting="service", **service.settings)
    estimate = ChatZhipuAI(model="glm-4.6", token_counting="estimate", **service.settings)
    counted = await count(model, mode)
    guessed = await count(estimate, mode)
    assert 0 < counted < 200
    assert guessed / 2 < counted < guessed * 2


async def test_a_refusal(service: Service, mode: Mode) -> None:
    settings = {**service.settings, "api_key": "wrong.key"}
    model = ChatZhipuAI(model="glm-4.6", token_counting="service", **settings)
    with pytest.raises(AuthenticationError):
        await count(model, mode)


def test_what_cannot_be_counted_is_estimated_and_not_asked_again(service: Service) -> None:
    settings = {**service.settings, "api_key": "wrong.key"}
    model = ChatZhipuAI(model="glm-4.6", token_counting="auto", **settings)
    first = model.get_num_tokens_from_messages(MESSAGES)
    assert model.get_num_tokens_from_messages(MESSAGES) == first > 0
