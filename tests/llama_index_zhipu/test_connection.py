"""The settings that every adapter has: where requests go, how, and with what key."""

from __future__ import annotations

import base64
import json

import httpx
import pytest

from llama_index_zhipu import (
    ZhipuAI,
    ZhipuAIEmbedding,
    ZhipuAIFileParserReader,
    ZhipuAIKnowledgeRetriever,
    ZhipuAIModerationPostprocessor,
    ZhipuAIRerank,
    ZhipuAIWebReader,
    ZhipuAIWebSearchRetriever,
    ZhipuAIWebSearchToolSpec,
)
from tests.llama_index_zhipu.conftest import KEY
from zhipu_client import PRESETS

ADAPTERS = [
    ZhipuAI,
    ZhipuAIEmbedding,
    ZhipuAIFileParserReader,
    ZhipuAIModerationPostprocessor,
    ZhipuAIRerank,
    ZhipuAIWebReader,
    ZhipuAIWebSearchRetriever,
    ZhipuAIWebSearchToolSpec,
    lambda **settings: ZhipuAIKnowledgeRetriever("1", **settings),
]


def connected(made):
    """The component that has the settings."""
    return getattr(made, "_zhipu", made)


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("preset", [*PRESETS, "http://localhost:8000/v1"])
def test_sites(adapter, preset):
    made = connected(adapter(api_key=KEY, base_url=preset))
    assert made._client.base_url == PRESETS.get(preset, preset)
    assert made._aclient.base_url == made._client.base_url


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_the_key_picks_the_site(adapter, monkeypatch):
    monkeypatch.delenv("ZHIPUAI_API_KEY", raising=False)
    monkeypatch.setenv("ZAI_API_KEY", KEY)
    assert connected(adapter())._client.site == "zai"


async def test_own_clients_and_headers(stub):
    seen = []

    async def note(request):
        seen.append(request)

    with httpx.Client(event_hooks={"request": [seen.append]}, trust_env=False) as http:
        async with httpx.AsyncClient(event_hooks={"request": [note]}, trust_env=False) as ahttp:
            llm = ZhipuAI(
                api_key=KEY,
                base_url=stub.base_url,
                http_client=http,
                http_async_client=ahttp,
                default_headers={"X-Team": "kites"},
            )
            assert llm.complete("x").text == (await llm.acomplete("x")).text == "ok"
            assert "".join(chunk.delta for chunk in llm.stream_complete("x")) == "ok"
    assert len(seen) == len(stub.requests) == 3
    assert {headers["x-team"] for headers in stub.headers} == {"kites"}


async def test_a_signed_token_in_place_of_the_key(stub):
    llm = ZhipuAI(api_key=KEY, base_url=stub.base_url, auth="jwt")
    llm.complete("x")
    await llm.acomplete("x")
    for headers in stub.headers:
        kind, _, token = headers["authorization"].partition(" ")
        head, claims, _ = token.split(".")
        assert (kind, "stub-secret" in token) == ("Bearer", False)
        assert json.loads(base64.urlsafe_b64decode(head + "=="))["alg"] == "HS256"
        assert json.loads(base64.urlsafe_b64decode(claims + "=="))["api_key"] == "stub-id"
