"""Refusals say what was wrong, with which value, and what to do; the same in both adapters."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from langchain_zhipu import (
    ChatZhipuAI,
    ZhipuAIEmbeddings,
    ZhipuAIImageGenerator,
    ZhipuAIOCRLoader,
    ZhipuAIRerank,
)
from llama_index_zhipu import (
    ZhipuAI,
    ZhipuAIEmbedding,
    ZhipuAIImageGeneratorToolSpec,
    ZhipuAIOCRReader,
)
from llama_index_zhipu import ZhipuAIRerank as ZhipuAIPostprocessor
from tests.reliability import scenarios as say
from tests.reliability.server import FaultServer
from zhipu_client import APIConnectionError, Client, InvalidRequestError

KEY = "planted-id.planted-secret"
CHAT = [ChatZhipuAI, ZhipuAI]
ALL: list[Callable[..., Any]] = [
    *CHAT, ZhipuAIEmbeddings, ZhipuAIEmbedding, ZhipuAIRerank, ZhipuAIPostprocessor
]  # fmt: skip


@pytest.fixture
def closed() -> int:
    """Return a port where nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.parametrize("kind", CHAT)
@pytest.mark.parametrize("value", ["on", "true", 1, 1.5, []])
def test_a_wrong_thinking_is_refused_at_construction(kind: Any, value: Any) -> None:
    with pytest.raises(InvalidRequestError, match="thinking") as caught:
        kind(api_key=KEY, model="glm-4.7", thinking=value)
    assert caught.value.field == "thinking"
    assert "'disabled'" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "permitted"),
    [("thinking", "on", "[\"']disabled[\"']"), ("reasoning_effort", 5, "valid string")],
)
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("later", [False, True])
def test_a_wrong_value_of_a_call_is_refused(
    name: str, value: Any, permitted: str, streamed: bool, later: bool
) -> None:
    for call in _calls(streamed, later, {name: value}):
        with pytest.raises(InvalidRequestError, match=permitted) as caught:
            call()
        assert caught.value.field == name


def _calls(streamed: bool, later: bool, given: dict[str, Any]) -> list[Callable[[], Any]]:
    settings: dict[str, Any] = {"api_key": KEY, "model": "glm-5.2", "max_retries": 0}
    chain, llm = ChatZhipuAI(**settings), ZhipuAI(**settings)

    async def astreamed() -> None:
        async for _ in chain.astream("Hello", **given):
            pass

    async def allm_streamed() -> None:
        async for _ in await llm.astream_complete("Hello", **given):
            pass

    if later and streamed:
        return [lambda: asyncio.run(astreamed()), lambda: asyncio.run(allm_streamed())]
    if later:
        return [
            lambda: asyncio.run(_awaited(chain.ainvoke("Hello", **given))),
            lambda: asyncio.run(_awaited(llm.acomplete("Hello", **given))),
        ]
    if streamed:
        return [
            lambda: list(chain.stream("Hello", **given)),
            lambda: list(llm.stream_complete("Hello", **given)),
        ]
    return [lambda: chain.invoke("Hello", **given), lambda: llm.complete("Hello", **given)]


async def _awaited(work: Any) -> Any:
    return await work


@pytest.mark.parametrize(
    "call",
    [
        lambda: ZhipuAIEmbeddings(api_key=KEY, base_url="zai").embed_query("a"),
        lambda: ZhipuAIEmbedding(api_key=KEY, base_url="zai").get_text_embedding("a"),
        lambda: ZhipuAIRerank(api_key=KEY, base_url="zai").rerank(["a"], "b"),
    ],
)
def test_what_a_site_lacks_names_the_site_that_has_it(call: Callable[[], Any]) -> None:
    with pytest.raises(InvalidRequestError, match=r'not offered.*base_url="bigmodel" and a key'):
        call()


def test_a_refused_connection_to_this_machine_asks_for_the_server(closed: int) -> None:
    where: dict[str, Any] = {
        "api_key": KEY, "base_url": f"http://127.0.0.1:{closed}/api/paas/v4", "max_retries": 0
    }  # fmt: skip
    hint = f"Is the server running.*python -m zhipu_emulator --port {closed}"
    chain, llm = ChatZhipuAI(model="glm-4.7", **where), ZhipuAI(model="glm-4.7", **where)
    calls: list[Callable[[], Any]] = [
        lambda: chain.invoke("a"),
        lambda: list(chain.stream("a")),
        lambda: asyncio.run(_awaited(chain.ainvoke("a"))),
        lambda: llm.complete("a"),
        lambda: list(llm.stream_complete("a")),
        lambda: asyncio.run(_awaited(llm.acomplete("a"))),
    ]
    for call in calls:
        with pytest.raises(APIConnectionError, match=hint):
            call()


def test_a_refused_connection_to_a_server_of_ones_own_does_not_speak_of_the_emulator(
    closed: int,
) -> None:
    where = {"api_key": KEY, "base_url": f"http://localhost:{closed}/v1", "max_retries": 0}
    for call in (ChatZhipuAI(**where).invoke, ZhipuAI(**where).complete):
        with pytest.raises(APIConnectionError, match=r"Is the server running\?") as caught:
            call("a")
        assert "emulator" not in str(caught.value)


def test_a_coding_plan_is_sent_to_the_site_of_its_own_account() -> None:
    for site, other in (("zai-coding", "zai"), ("bigmodel-coding", "bigmodel")):
        where = {"api_key": KEY, "base_url": site}
        for draw in (
            lambda w=where: ZhipuAIImageGenerator(**w).generate("a cat"),
            lambda w=where: ZhipuAIImageGeneratorToolSpec(**w).generate_image("a cat"),
        ):
            with pytest.raises(InvalidRequestError, match=rf'base_url="{other}".*the same key'):
                draw()


def test_what_does_not_answer_may_be_a_proxy_or_tls(closed: int) -> None:
    with FaultServer(say.healthy()) as server:
        for more in (
            {"proxy": f"http://127.0.0.1:{closed}"},
            {"http_client": httpx.Client(proxy=f"http://127.0.0.1:{closed}")},
            {"base_url": server.base_url.replace("http:", "https:")},
        ):
            where = {"api_key": KEY, "base_url": server.base_url, "max_retries": 0, **more}
            for call in (ChatZhipuAI(**where).invoke, ZhipuAI(**where).complete):
                with pytest.raises(APIConnectionError) as caught:
                    call("a")
                assert "Is the server running" not in str(caught.value)
        assert server.requests == []


@pytest.mark.parametrize("kind", ALL)
def test_the_wrong_half_of_httpx_is_refused_at_construction(kind: Callable[..., Any]) -> None:
    with (
        httpx.Client() as client,
        pytest.raises(InvalidRequestError, match=r"http_async_client is an httpx\.Client") as found,
    ):
        kind(api_key=KEY, http_async_client=client)
    assert found.value.field == "http_async_client"
    other = httpx.AsyncClient()
    with pytest.raises(InvalidRequestError, match=r"http_client is an httpx\.AsyncClient"):
        kind(api_key=KEY, http_client=other)
    with pytest.raises(InvalidRequestError, match="http_client"):
        Client(api_key=KEY, http_client=other)


@pytest.mark.parametrize("kind", ALL)
def test_two_names_of_one_setting_at_once_are_refused(kind: Callable[..., Any]) -> None:
    with pytest.raises(InvalidRequestError, match="request_timeout and timeout are two names"):
        kind(api_key=KEY, request_timeout=3, timeout=4)


@pytest.mark.parametrize("kind", [ZhipuAIRerank, ZhipuAIPostprocessor])
def test_two_values_for_the_raw_scores_are_refused(kind: Callable[..., Any]) -> None:
    for one in (False, True):
        with pytest.raises(InvalidRequestError, match="raw_scores are two names of one setting"):
            kind(api_key=KEY, raw_scores=one, return_raw_scores=not one)
        kind(api_key=KEY, raw_scores=one, return_raw_scores=one)  # nothing is lost


@pytest.mark.parametrize("kind", [ZhipuAIOCRLoader, ZhipuAIOCRReader])
def test_two_values_for_the_regions_are_refused(kind: Callable[..., Any]) -> None:
    given = {"file_path": "a.pdf"} if kind is ZhipuAIOCRLoader else {}
    with pytest.raises(InvalidRequestError, match="two names of one setting"):
        kind(**given, api_key=KEY, boxes=True, with_regions=False)


def test_a_secret_is_not_shown_where_two_were_given() -> None:
    for kind in CHAT:
        with pytest.raises(InvalidRequestError, match="api_key alone") as caught:
            kind(api_key=KEY, zhipuai_api_key=SecretStr("other.planted-secret"))
        assert "planted" not in repr(caught.value)
