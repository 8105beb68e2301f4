"""The two clients: what they are made from, and which settings they refuse."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import zhipu_client
from tests.zhipu_client.clients.asking import CLIENTS, KEY, ask
from zhipu_client import AsyncClient, Client, InvalidRequestError

ROOT = Path(__file__).parents[3]


# --- what a client is made from ---------------------------------------------------------------


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize(
    ("variable", "site"),
    [
        ("ZHIPUAI_API_KEY", "bigmodel"),
        ("ZHIPU_API_KEY", "bigmodel"),
        ("ZAI_API_KEY", "zai"),
    ],
)
def test_the_environment_gives_key_and_site(
    kind: Any, variable: str, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, KEY)
    client = kind()
    assert client.site == site
    assert client.base_url == zhipu_client.PRESETS[site]


@pytest.mark.parametrize("kind", CLIENTS)
def test_without_a_key_the_ways_to_one_are_named(kind: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        kind()
    for word in ("api_key", "ZHIPUAI_API_KEY", "ZAI_API_KEY", "zhipu_emulator"):
        assert word in str(caught.value)
    assert caught.value.field == "api_key"


BAD_SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown preset": ({"base_url": "bigmodle"}, "base_url"),
    "a file as base URL": ({"base_url": "file:///etc/passwd"}, "base_url"),
    "a password in the base URL": ({"base_url": "https://me:pw@x.example"}, "base_url"),
    "no time at all": ({"timeout": 0}, "timeout"),
    "a time before now": ({"timeout": -1.0}, "timeout"),
    "a time that is none": ({"timeout": float("nan")}, "timeout"),
    "fewer than no retries": ({"max_retries": -1}, "max_retries"),
    "half a retry": ({"max_retries": 1.5}, "max_retries"),
    "no place at all": ({"max_concurrency": 0}, "max_concurrency"),
    "another way to sign": ({"auth": "basic"}, "auth"),
    "a number as key": ({"api_key": 17}, "api_key"),
    "an empty key": ({"api_key": "  "}, "api_key"),
    "a key with a line break": ({"api_key": f"{KEY}\n"}, "api_key"),
}


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("name", BAD_SETTINGS)
def test_a_setting_that_cannot_be_is_refused(kind: Any, name: str) -> None:
    settings, field = BAD_SETTINGS[name]
    with pytest.raises(InvalidRequestError) as caught:
        kind(**{"api_key": KEY, **settings})
    assert caught.value.field == field
    assert field in str(caught.value)
    assert KEY.partition(".")[2] not in str(caught.value)
    assert "pw" not in str(caught.value)


def test_making_a_client_costs_nothing() -> None:
    """No HTTP library, so no TLS context and no socket: in a fresh interpreter."""
    heavy = "{'httpx', 'httpcore', 'asyncio', 'anyio'} & set(sys.modules)"
    program = (
        "import sys, zhipu_client\n"
        "client = zhipu_client.Client(api_key='a.b')\n"
        f"print(sorted({heavy}))\n"
        "client.as_async(); zhipu_client.AsyncClient(api_key='a.b')\n"
        f"print(sorted({heavy} - {{'asyncio', 'anyio'}}))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert result.stdout.split() == ["[]", "[]"]


def test_the_names_of_the_package_are_there() -> None:
    assert len(zhipu_client.__all__) == len(set(zhipu_client.__all__))
    for name in zhipu_client.__all__:
        assert getattr(zhipu_client, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        zhipu_client.nonsense  # noqa: B018
    assert set(zhipu_client.__all__) <= set(dir(zhipu_client))


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_socks_proxy_says_what_it_needs(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    settings: Any = {"api_key": KEY, "base_url": "http://127.0.0.1:9/v4"}
    proxy = "socks5://127.0.0.1:9"
    with pytest.raises(InvalidRequestError, match=r"pip install 'httpx\[socks\]'") as caught:
        if mode == "sync":
            Client(**settings, proxy=proxy).send(ask())
        else:
            asyncio.run(AsyncClient(**settings, proxy=proxy).send(ask()))
    assert caught.value.field == "proxy"


@pytest.mark.parametrize("kind", CLIENTS)
def test_what_is_no_http_client_is_refused(kind: Any) -> None:
    with pytest.raises(InvalidRequestError, match="client of httpx, not int") as caught:
        kind(api_key=KEY, http_client=5)
    assert caught.value.field == "http_client"


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize(
    "proxy", ["nonsense://user:hidden@x", "user:hidden@x:80", "http://", "http://x:hidden", 7]
)
def test_a_proxy_that_is_none_is_refused_and_not_shown(kind: Any, proxy: Any) -> None:
    with pytest.raises(InvalidRequestError, match="proxy must be a URL") as caught:
        kind(api_key=KEY, proxy=proxy)
    assert "hidden" not in str(caught.value)
    assert kind(api_key=KEY, proxy="http://user:hidden@proxy.example:3128").site == "bigmodel"


def test_the_other_half_of_httpx_is_refused() -> None:
    import httpx

    with pytest.raises(InvalidRequestError, match=r"an httpx\.AsyncClient, which cannot") as caught:
        Client(api_key=KEY, http_client=httpx.AsyncClient())
    assert caught.value.field == "http_client"
    with httpx.Client() as blocking:
        with pytest.raises(InvalidRequestError, match=r"an httpx\.Client, which cannot"):
            AsyncClient(api_key=KEY, http_client=blocking)
        with pytest.raises(InvalidRequestError, match=r"an httpx\.Client, which cannot"):
            Client(api_key=KEY).as_async(http_client=blocking)
        assert Client(api_key=KEY, http_client=blocking)


@pytest.mark.parametrize("value", [-1, "2", 1.5, True])
async def test_the_tries_of_one_call_are_checked_like_those_of_a_client(value: Any) -> None:
    client = Client(api_key=KEY)
    with pytest.raises(InvalidRequestError, match="max_retries is"):
        client.send(ask(), max_retries=value)
    with pytest.raises(InvalidRequestError, match="max_retries is"):
        await client.as_async().send(ask(), max_retries=value)
