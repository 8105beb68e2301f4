"""Who is called, as whom and over what: sites, keys, headers, connections, limits of time."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from langchain_core import exceptions as core
from langchain_core.embeddings import Embeddings

from langchain_zhipu import ChatZhipuAI, ZhipuAIEmbeddings
from tests.reliability import scenarios as say_
from tests.reliability.server import FaultServer
from zhipu_client import Timeout

Make = Callable[..., ChatZhipuAI]
KEY = "0123456789abcdef.PlantedSecret42"


@pytest.mark.parametrize(
    ("preset", "url"),
    [
        ("bigmodel", "https://open.bigmodel.cn/api/paas/v4"),
        ("zai", "https://api.z.ai/api/paas/v4"),
        ("bigmodel-coding", "https://open.bigmodel.cn/api/coding/paas/v4"),
        ("zai-coding", "https://api.z.ai/api/coding/paas/v4"),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
    ],
)
def test_presets_and_urls(preset: str, url: str) -> None:
    assert ChatZhipuAI(api_key=KEY, base_url=preset)._sync_client().base_url == url


@pytest.mark.parametrize("auth", ["bearer", "jwt"])
def test_the_key_or_a_token_signed_with_it(auth: str) -> None:
    with FaultServer(say_.healthy()) as server:
        ChatZhipuAI(api_key=KEY, base_url=server.base_url, auth=auth).invoke("hi")
        header = server.requests[0].headers["authorization"].removeprefix("Bearer ")
    if auth == "bearer":
        assert header == KEY
        return
    payload = header.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["api_key"] == KEY.partition(".")[0]
    assert "PlantedSecret42" not in header


def test_models_of_one_site_share_their_connections() -> None:
    with FaultServer(say_.healthy()) as server:
        for number in range(5):
            model = ChatZhipuAI(
                model="glm-4.6", api_key=KEY, base_url=server.base_url, temperature=number / 10
            )
            model.invoke("hi")
            list(model.bind(stop=["x"]).stream("hi"))
        assert len(server.requests) == 10
        assert server.accepted == 1


def test_your_own_clients_and_headers(make: Make, server: Any) -> None:
    seen: list[str] = []

    def note(request: httpx.Request) -> None:
        seen.append(request.headers["x-team"])

    async def anote(request: httpx.Request) -> None:
        seen.append(f"async {request.headers['x-team']}")

    async def asynchronous() -> None:
        async with httpx.AsyncClient(event_hooks={"request": [anote]}) as own:
            await make(http_async_client=own, default_headers={"X-Team": "b"}).ainvoke("hi")

    with httpx.Client(event_hooks={"request": [note]}) as own:
        make(http_client=own, default_headers={"X-Team": "a"}).invoke("hi")
    asyncio.run(asynchronous())
    assert seen == ["a", "async b"]


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_stream_that_stalls_is_a_timeout(make: Make, server: Any, mode: str) -> None:
    server.script("stall=2")
    model = make(timeout=Timeout(content=0.3), max_retries=0)

    async def read() -> None:
        async for _ in model.astream("Name three rivers."):
            pass

    with pytest.raises(core.ModelTimeoutError) as caught:
        asyncio.run(read()) if mode == "async" else list(model.stream("Name three rivers."))
    assert isinstance(caught.value, TimeoutError)


@pytest.mark.parametrize("fault", ["error=1302/429; retry-after=0", "error=1234/500", "drop=fin"])
def test_passing_failures_are_not_seen(make: Make, server: Any, fault: str) -> None:
    server.script(fault)
    assert make().invoke("hi").text
    assert len(server.requests) == 2


def test_a_used_up_plan_says_when_it_is_back_and_is_not_asked_again(
    make: Make, server: Any
) -> None:
    message = "Your limit will reset at 2030-01-02 03:04:05"
    server.script(f"error=1308/429; message={message}")
    with pytest.raises(core.ModelPermissionDeniedError) as caught:
        make().invoke("hi")
    assert len(server.requests) == 1
    assert caught.value.reset_at is not None  # type: ignore[attr-defined]


def test_embeddings_are_langchains(server: Any) -> None:
    model = ZhipuAIEmbeddings(api_key=server.api_key, base_url=server.base_url, dimensions=256)
    assert isinstance(model, Embeddings)
    assert [len(vector) for vector in model.embed_documents(["a"] * 65)] == [256] * 65
