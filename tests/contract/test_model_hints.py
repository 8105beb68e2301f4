"""A refusal about the model names it, and what is known of it: both adapters, in every form."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from langchain_zhipu import ChatZhipuAI, ZhipuAIEmbeddings, ZhipuAIRerank
from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding
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
            ContextOverflowError, match=r"glm-4\.7 takes \d+ tokens.*about \d+ tokens were"
        ):
            call()


def test_a_server_of_ones_own_knows_its_own_window() -> None:
    said = {"object": "error", "message": "This model's maximum context length is 32768 tokens"}
    with FaultServer(*[say.answer(said, 400)] * 2) as server:
        where: dict[str, Any] = {
            "api_key": "none", "base_url": server.base_url.replace("/api/paas/v4", "/v1"),
            "model": "glm-4.7", "max_retries": 0,
        }  # fmt: skip
        for call in (ChatZhipuAI(**where).invoke, ZhipuAI(**where).complete):
            with pytest.raises(
                ContextOverflowError, match=r"32768 tokens .*About 5 tokens were"
            ) as caught:
                call("Hello")
            assert " takes " not in str(caught.value)


def test_an_overflow_of_texts_to_embed_speaks_of_no_answer() -> None:
    with FaultServer(*[say.error(400, "1261")] * 3) as server:
        where: dict[str, Any] = {
            "api_key": "id.secret", "base_url": server.base_url, "max_retries": 0
        }  # fmt: skip
        for call in (
            lambda: ZhipuAIEmbeddings(**where).embed_query("a"),
            lambda: ZhipuAIEmbedding(**where).get_query_embedding("a"),
            lambda: ZhipuAIRerank(**where).rerank(["a"], "b"),
        ):
            with pytest.raises(ContextOverflowError) as caught:
                call()
            assert "answer" not in str(caught.value)


def test_an_overflow_names_the_room_that_was_asked_for() -> None:
    with FaultServer(*[say.error(400, "1261")] * 2) as server:
        where: dict[str, Any] = {
            "api_key": "id.secret", "base_url": server.base_url, "max_retries": 0
        }  # fmt: skip
        for model in (ChatZhipuAI, ZhipuAI):
            llm = model(model="glm-4.7", max_tokens=131072, **where)
            call = llm.invoke if model is ChatZhipuAI else llm.complete
            with pytest.raises(ContextOverflowError, match=r"max_tokens=131072 .* leaves room"):
                call("Hello")


def test_of_very_much_the_characters_are_counted() -> None:
    with FaultServer(say.error(400, "1261")) as server:
        llm = ChatZhipuAI(api_key="id.secret", base_url=server.base_url, max_retries=0)
        with pytest.raises(ContextOverflowError, match="about 500000 characters were sent"):
            llm.invoke(
                [("system", "a" * 250_000), ("user", [{"type": "text", "text": "b" * 250_000}])]
            )
