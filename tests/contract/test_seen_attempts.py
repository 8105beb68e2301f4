"""What an adapter's calls look like from outside: ``on_attempt``, in both frameworks alike."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.load import dumps

from langchain_zhipu import ChatZhipuAI
from zhipu_client import AttemptEvent

from .subjects import ADAPTERS, WAYS, Ask, Way

WHOLE = [(1, "failed"), (2, "answered")]
STREAMED = [(1, "failed"), (2, "opened"), (2, "ended")]


def call(subject: Any, way: Way) -> None:
    ask = Ask("What is 17 * 19?")

    async def acall() -> None:
        if way == "awhole":
            await subject.awhole(ask)
        else:
            _ = [piece async for piece in subject.astream(ask)]

    if way.startswith("a"):
        asyncio.run(acall())
    elif way == "whole":
        subject.whole(ask)
    else:
        list(subject.stream(ask))


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("way", WAYS)
def test_each_attempt_is_reported(adapter: str, way: Way, service: Any) -> None:
    seen: list[AttemptEvent] = []
    service.script("error=500/500; retry-after=0")
    where = {"api_key": service.api_key, "base_url": service.base_url}
    call(ADAPTERS[adapter](model="glm-4.7", on_attempt=seen.append, **where), way)
    found = [(event.number, event.outcome) for event in seen]
    assert found == (STREAMED if "stream" in way else WHOLE)


def test_it_is_no_part_of_what_is_written_down() -> None:
    """Nor of the key of LangChain's cache: it changes no answer."""
    plain, watched = ChatZhipuAI(api_key="a.b"), ChatZhipuAI(api_key="a.b", on_attempt=print)
    assert dumps(watched) == dumps(plain)
    assert watched._get_llm_string() == plain._get_llm_string()
