"""A key whose site nobody has named: where one site refuses it, the other is tried once."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from langchain_zhipu import ChatZhipuAI, ZhipuAIEmbeddings
from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding
from tests.support.answers import reply
from zhipu_client import AuthenticationError, Client, InvalidRequestError, _learned, chat
from zhipu_client._defaults import PRESETS, resolve_base_url

KEY = "planted-id.planted-secret"
CHINA, WORLD = "open.bigmodel.cn", "api.z.ai"
VECTOR = {"data": [{"index": 0, "embedding": [1.0, 2.0]}]}
CHUNK = {"choices": [{"index": 0, "delta": {"content": "in"}, "finish_reason": "stop"}]}
STREAM = f"data: {json.dumps(CHUNK)}\n\ndata: [DONE]\n\n"
REFUSED = {"error": {"code": "401", "message": "token expired or incorrect"}}


@pytest.fixture(autouse=True)
def _nothing_learned() -> Iterator[None]:
    _learned.forget()
    yield
    _learned.forget()


class Sites:
    """Both sites: those in ``open_to`` take the key.

    Args:
        open_to: Their hosts.
        refusal: The status and the body for a key that is not let in.
    """

    def __init__(self, *open_to: str, refusal: tuple[int, Any] = (401, REFUSED)) -> None:
        self.open_to = open_to
        self.asked: list[str] = []
        self.clients = {
            "http_client": httpx.Client(transport=httpx.MockTransport(self._answer)),
            "http_async_client": httpx.AsyncClient(transport=httpx.MockTransport(self._answer)),
            "max_retries": 0,
        }
        self._refusal = refusal

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.host)
        if request.url.host not in self.open_to:
            status, body = self._refusal
            return httpx.Response(status, json=body)
        if not json.loads(request.content).get("stream"):
            return httpx.Response(200, json={**reply("in"), **VECTOR})
        return httpx.Response(200, text=STREAM, headers={"content-type": "text/event-stream"})


def by_client(sites: Sites, **more: Any) -> Any:
    messages = [{"role": "user", "content": "hi"}]
    settings = {"http_client": sites.clients["http_client"], "max_retries": 0, **more}
    return Client(**settings).send(chat.create(model="glm-4.7", messages=messages))


def by_langchain(sites: Sites, **more: Any) -> Any:
    return ChatZhipuAI(**sites.clients, **more).invoke("hi")


def by_langchain_streamed(sites: Sites, **more: Any) -> Any:
    async def read() -> list[Any]:
        model = ChatZhipuAI(**sites.clients, **more)
        return [chunk async for chunk in model.astream("hi")]

    return asyncio.run(read())


def by_llama_index(sites: Sites, **more: Any) -> Any:
    return asyncio.run(ZhipuAI(**sites.clients, **more).acomplete("hi"))


def by_llama_index_streamed(sites: Sites, **more: Any) -> Any:
    return list(ZhipuAI(**sites.clients, **more).stream_complete("hi"))


WAYS = [by_client, by_langchain, by_langchain_streamed, by_llama_index, by_llama_index_streamed]


@pytest.fixture(params=WAYS)
def ask(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize(
    ("variable", "first", "second"),
    [("ZAI_API_KEY", WORLD, CHINA), ("ZHIPUAI_API_KEY", CHINA, WORLD)],
)
def test_the_other_site_is_tried_once_and_remembered(
    ask: Any, variable: str, first: str, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, KEY)
    sites = Sites(second)
    with pytest.warns(UserWarning, match=f"{first} refuses this key") as caught:
        ask(sites)
    assert sites.asked == [first, second]
    assert KEY not in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ask(sites)  # made anew, with the same key
    assert sites.asked == [first, second, second]


@pytest.mark.parametrize(
    "refusal",
    [
        (200, {"code": 401, "msg": "token expired or incorrect", "success": False}),
        (401, {"error": {"code": "1000", "message": "no"}}),
    ],
    ids=["200 with a code", "another code"],
)
def test_however_it_is_refused(
    ask: Any, refusal: tuple[int, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZAI_API_KEY", KEY)
    sites = Sites(CHINA, refusal=refusal)
    with pytest.warns(UserWarning, match="is tried at"):
        ask(sites)
    assert sites.asked == [WORLD, CHINA]


@pytest.mark.parametrize("status", [401, 200])
@pytest.mark.parametrize("code", ["1001", "1005"])
def test_a_missing_header_or_a_second_login_is_not_about_the_site(
    ask: Any, status: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZAI_API_KEY", KEY)
    sites = Sites(CHINA, refusal=(status, {"error": {"code": code, "message": "no"}}))
    with pytest.raises(AuthenticationError) as caught:
        ask(sites)
    assert sites.asked == [WORLD]
    assert "choose the site" not in str(caught.value)


EMBEDDERS = {
    "langchain": lambda sites: ZhipuAIEmbeddings(**sites.clients).embed_query("hi"),
    "langchain, async": lambda sites: asyncio.run(
        ZhipuAIEmbeddings(**sites.clients).aembed_query("hi")
    ),
    "llama_index": lambda sites: ZhipuAIEmbedding(**sites.clients).get_text_embedding("hi"),
}


@pytest.mark.parametrize("embed", EMBEDDERS)
def test_what_only_the_other_site_offers_goes_there(
    embed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The official packages read the key of both sites from ``ZAI_API_KEY``."""
    monkeypatch.setenv("ZAI_API_KEY", KEY)
    sites = Sites(CHINA)
    with pytest.warns(UserWarning, match=r"api\.z\.ai does not offer POST /embeddings"):
        assert EMBEDDERS[embed](sites) == [1.0, 2.0]
    assert sites.asked == [CHINA]
    refused = Sites(WORLD)
    warned = pytest.warns(UserWarning, match="does not offer")
    with warned, pytest.raises(AuthenticationError, match=r"api\.z\.ai does not offer"):
        EMBEDDERS[embed](refused)
    assert refused.asked == [CHINA]


def test_a_key_that_was_let_in_elsewhere_stays_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIPUAI_API_KEY", KEY)
    sites = Sites(WORLD)
    with pytest.warns(UserWarning, match="is tried at"):
        by_langchain(sites)
    with pytest.raises(InvalidRequestError, match="not offered on this site"):
        EMBEDDERS["langchain"](sites)
    monkeypatch.setenv("ZAI_BASE_URL", "zai")
    _learned.forget()
    with pytest.raises(InvalidRequestError, match="not offered on this site"):
        EMBEDDERS["langchain"](sites)  # it was named
    assert sites.asked == [CHINA, WORLD]


def test_a_key_that_both_refuse_is_an_error(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIPUAI_API_KEY", KEY)
    sites = Sites()
    warned = pytest.warns(UserWarning, match="is tried at")
    with warned, pytest.raises(AuthenticationError, match="too"):
        ask(sites)
    assert sites.asked == [CHINA, WORLD]


def test_a_site_that_was_named_is_kept(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sites = Sites(WORLD)
    with pytest.raises(AuthenticationError):
        ask(sites, api_key=KEY, base_url="bigmodel")
    monkeypatch.setenv("ZHIPUAI_BASE_URL", "bigmodel")
    with pytest.raises(AuthenticationError):
        ask(sites, api_key=KEY)
    assert sites.asked == [CHINA, CHINA]


@pytest.mark.parametrize(
    ("variable", "mode", "asked"),
    [("ZAI_API_KEY", "ZAI", 2), ("Z_AI_API_KEY", "odd", 2), ("Z_AI_API_KEY", "ZAI", 1)],
)
def test_the_mode_names_the_site_of_its_own_key_only(
    ask: Any, variable: str, mode: str, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, KEY)
    monkeypatch.setenv("Z_AI_MODE", mode)
    sites = Sites()
    with warnings.catch_warnings(), pytest.raises(AuthenticationError):
        warnings.simplefilter("ignore", UserWarning)
        ask(sites)
    assert sites.asked == [WORLD, CHINA][:asked]


@pytest.mark.parametrize(
    ("mode", "site"), [("ZHIPU", "bigmodel"), ("zai", "zai"), ("", "zai"), ("odd", "zai")]
)
def test_the_coding_tools_variables_are_known(mode: str, site: str) -> None:
    found = resolve_base_url(None, "Z_AI_API_KEY", {"Z_AI_MODE": mode})
    assert found == PRESETS[site]
