"""A refusal about the model names it, and what is known of it: both adapters, in every form."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from tests.reliability import scenarios as say
from tests.reliability.server import FaultServer
from zhipu_client import APIError, ContextOverflowError


def _calls(model: str, server: FaultServer) -> Iterator[Callable[[], Any]]:
    settings: dict[str, Any] = {"api_key": "id.secret", "base_url": server.base_url}
    chain = ChatZhipuAI(model=model, max_retries=0, **settings)
    llm = ZhipuAI(model=model, max_retries=0, **settings)

    async def awaited(work: Any) -> Any:
        return await work

    async def streamed() -> None:
        async for _ in chain.astream("Hello"):
            pass
        raise AssertionError("not refused")

    async def llm_streamed() -> None:
        async for _ in await llm.astream_complete("Hello"):
            pass
        raise AssertionError("not refused")

    yield lambda: chain.invoke("Hello")
    yield lambda: list(chain.stream("Hello"))
    yield lambda: asyncio.run(awaited(chain.ainvoke("Hello")))
    yield lambda: asyncio.run(streamed())
    yield lambda: llm.complete("Hello")
    yield lambda: list(llm.stream_complete("Hello"))
    yield lambda: asyncio.run(awaited(llm.acomplete("Hello")))
    yield lambda: asyncio.run(llm_streamed())


@pytest.mark.parametrize("form", range(8))
def test_an_unknown_model_is_named_with_the_nearest(form: int) -> None:
    with FaultServer(*[say.error(400, "1211")] * 2) as server:
        call = list(_calls("glm-4.7x", server))[form]
        with pytest.raises(
            APIError, match=r"asked for was 'glm-4\.7x': did you mean 'glm-4\.7"
        ) as e:
            call()
    assert "Sites that have it: bigmodel, zai" in str(e.value)


def test_a_model_that_is_like_no_other_is_named() -> None:
    with FaultServer(*[say.error(400, "1211")] * 2) as server:
        for call in list(_calls("my-own", server))[:1]:
            with pytest.raises(APIError, match=r"The model asked for was 'my-own'$"):
                call()


@pytest.mark.parametrize("form", range(8))
def test_an_overflow_says_what_the_model_takes_and_about_what_was_sent(form: int) -> None:
    with FaultServer(*[say.error(400, "1261")] * 2) as server:
        call = list(_calls("glm-4.7", server))[form]
        with pytest.raises(
            ContextOverflowError, match=r"glm-4\.7 takes \d+ tokens.*about \d+ were"
        ):
            call()
