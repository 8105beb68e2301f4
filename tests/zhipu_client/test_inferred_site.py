"""A key whose site nobody has named: where one site refuses it, the other is tried once."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from tests.support.answers import reply
from zhipu_client import AuthenticationError, Client, _learned, chat
from zhipu_client._defaults import PRESETS, resolve_base_url

KEY = "planted-id.planted-secret"
CHINA, WORLD = "open.bigmodel.cn", "api.z.ai"
REFUSED = {"error": {"code": "401", "message": "token expired or incorrect"}}


@pytest.fixture(autouse=True)
def _nothing_learned() -> Iterator[None]:
    _learned.forget()
    yield
    _learned.forget()


class Sites:
    """Both sites: those in ``open_to`` take the key."""

    def __init__(self, *open_to: str) -> None:
        self.open_to = open_to
        self.asked: list[str] = []
        self.http = httpx.Client(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.host)
        if request.url.host in self.open_to:
            return httpx.Response(200, json=reply("in"))
        return httpx.Response(401, json=REFUSED)


def by_client(sites: Sites, **more: Any) -> Any:
    messages = [{"role": "user", "content": "hi"}]
    client = Client(http_client=sites.http, max_retries=0, **more)
    return client.send(chat.create(model="glm-4.7", messages=messages))


def by_langchain(sites: Sites, **more: Any) -> Any:
    return ChatZhipuAI(http_client=sites.http, max_retries=0, **more).invoke("hi")


def by_llama_index(sites: Sites, **more: Any) -> Any:
    return ZhipuAI(http_client=sites.http, max_retries=0, **more).complete("hi")


@pytest.fixture(params=[by_client, by_langchain, by_llama_index])
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
    ("mode", "site"), [("ZHIPU", "bigmodel"), ("zai", "zai"), ("", "zai"), ("odd", "zai")]
)
def test_the_coding_tools_variables_are_known(mode: str, site: str) -> None:
    found = resolve_base_url(None, "Z_AI_API_KEY", {"Z_AI_MODE": mode})
    assert found == PRESETS[site]
