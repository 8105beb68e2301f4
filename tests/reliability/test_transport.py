"""The ways out: TLS, proxies, event loops other than asyncio's, a caller's own HTTP client."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
import trustme

from zhipu_client import APIConnectionError, APITimeoutError, AsyncClient, Client, chat
from zhipu_client._io import pools

from . import scenarios as say
from .conftest import Drive
from .drivers import Driver
from .frames import TEXT, completion, delta
from .proxy import ConnectProxy
from .server import FaultServer
from .subjects import KEY, ClientSubject
from .test_extra_answers import KINDS

MESSAGES = [{"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The process trusts our authority, as one does with ``SSL_CERT_FILE``."""
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    _forget_pools(monkeypatch)
    yield
    for client in pools._sync.values():
        client.close()


def _forget_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS settings are read once a process; a test has its own."""
    monkeypatch.setattr(pools._process, "tls", None)
    monkeypatch.setattr(pools, "_sync", {})
    monkeypatch.setattr(pools, "_async", {})


def _server_side(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.mark.usefixtures("trusted")
def test_tls_with_a_local_authority(drive: Drive, authority: trustme.CA) -> None:
    context = _server_side(authority.issue_cert("127.0.0.1"))
    with FaultServer(say.healthy(), tls=context) as server:
        assert server.base_url.startswith("https://")
        driver = drive(server)
        for outcome in [*driver.both(), *driver.both()]:
            assert outcome.ok().text == TEXT
        assert server.accepted == 1
        assert driver.stream(take=1).ok().text
        driver.close()


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("kind", KINDS)
def test_over_tls_no_extra_answer_goes_to_the_next_caller(
    drive: Drive, authority: trustme.CA, kind: str
) -> None:
    context = _server_side(authority.issue_cert("127.0.0.1"))
    with FaultServer(KINDS[kind], say.echo(), tls=context) as server:
        driver = drive(server, max_retries=0)
        assert driver.complete().ok().text == TEXT
        assert server.wait_for(lambda s: s.in_flight == 0)
        for outcome in driver.both("my own question"):
            assert outcome.ok().text == "my own question"
        assert server.accepted == 2


def _expired(authority: trustme.CA) -> trustme.LeafCert:
    return authority.issue_cert("127.0.0.1", not_after=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))


BAD_CERTIFICATES: dict[str, Any] = {
    "of an unknown authority": lambda _: trustme.CA().issue_cert("127.0.0.1"),
    "for another name": lambda ours: ours.issue_cert("api.example.org"),
    "out of date": _expired,
}


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("name", BAD_CERTIFICATES)
def test_a_bad_certificate_is_refused(drive: Drive, authority: trustme.CA, name: str) -> None:
    context = _server_side(BAD_CERTIFICATES[name](authority))
    with FaultServer(say.healthy(), tls=context) as server:
        for outcome in drive(server, max_retries=0).both():
            error = outcome.failed(APIConnectionError, sent=False)
            assert "certificate" in str(error).lower()
        assert server.requests == []


def test_a_proxy_from_the_environment(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(say.healthy()) as server, ConnectProxy() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        driver = drive(server)
        for outcome in driver.both():
            assert outcome.ok().text == TEXT
        assert proxy.tunnelled >= 1
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


# Only what the proxy passes on in one piece: nobody knows when it does the rest.
@pytest.mark.parametrize("kind", ["in the same bytes", "a part of one"])
def test_through_a_proxy_no_extra_answer_goes_to_the_next_caller(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with FaultServer(KINDS[kind], say.echo()) as server, ConnectProxy() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        driver = drive(server, max_retries=0)
        assert driver.complete().ok().text == TEXT
        assert server.wait_for(lambda s: s.in_flight == 0)
        for outcome in driver.both("my own question"):
            assert outcome.ok().text == "my own question"


def test_no_proxy_is_obeyed(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(say.healthy()) as server, ConnectProxy() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        for outcome in drive(server).both():
            assert outcome.ok().text == TEXT
        assert proxy.asked == []


@pytest.mark.usefixtures("trusted")
def test_tls_through_a_connect_proxy(
    drive: Drive, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = _server_side(authority.issue_cert("api.test"))
    with FaultServer(say.healthy(), tls=context) as server:
        with ConnectProxy(to=("127.0.0.1", server.port)) as proxy:
            monkeypatch.setenv("https_proxy", proxy.url)
            driver = drive("https://api.test/api/paas/v4")
            for outcome in driver.both():
                assert outcome.ok().text == TEXT
            # The proxy sees a name and a port, never the key.
            assert set(proxy.asked) == {"CONNECT api.test:443 HTTP/1.1"}
            driver.close()
        assert len(server.requests) == 2


def test_a_proxy_that_refuses_is_typed(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    with ConnectProxy(status=403) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        for outcome in drive("https://api.test/api/paas/v4", max_retries=0).both():
            outcome.failed(APIConnectionError)


def test_a_proxy_as_an_argument() -> None:
    with FaultServer(say.healthy()) as server, ConnectProxy() as proxy:
        client = Client(api_key=KEY, base_url=server.base_url, proxy=proxy.url)
        reply = client.send(chat.create(model="glm-4.7", messages=MESSAGES))
        assert reply.choices[0].message.content == TEXT
        assert proxy.tunnelled == 1


def test_a_proxy_url_is_a_secret() -> None:
    client = Client(api_key=KEY, base_url="http://x.test", proxy="http://me:hunter2@127.0.0.1:9")
    assert "hunter2" not in repr(client) + repr(vars(client))


def test_a_cookie_of_one_account_is_not_sent_for_another(drive: Drive) -> None:
    """Both use the connections of the process; the service sets ``acw_tc`` with its 401, too."""
    cookie = {"Set-Cookie": "acw_tc=of-the-first; Path=/"}
    refused = say.error(401, "1000", headers=cookie)
    with FaultServer(refused, say.answer(completion(), headers=cookie), say.healthy()) as server:
        first, second = drive(server), drive(server, api_key="another.key")
        first.complete()
        for driver in (first, second):
            assert driver.complete().ok().text == TEXT
        assert second.stream().ok().text == TEXT
        assert [request.headers.get("cookie") for request in server.requests] == [None] * 4


def test_nor_is_one_kept_behind_a_proxy_or_by_trio() -> None:
    answer = say.answer(completion(), headers={"Set-Cookie": "acw_tc=of-the-first; Path=/"})
    request = chat.create(model="glm-4.7", messages=MESSAGES)
    with FaultServer(answer) as server, ConnectProxy() as proxy:
        direct = AsyncClient(api_key=KEY, base_url=server.base_url)
        proxied = Client(api_key=KEY, base_url=server.base_url, proxy=proxy.url)

        async def twice(client: AsyncClient) -> None:
            await client.send(request)
            await client.send(request)

        trio.run(twice, direct)
        asyncio.run(twice(proxied.as_async()))
        proxied.send(request)
        proxied.send(request)
        assert len(server.requests) == 6
        assert not [one for one in server.requests if "cookie" in one.headers]


def test_trio() -> None:
    """The bare client only: LangChain's and LlamaIndex's own async methods need asyncio."""
    with FaultServer(say.healthy()) as server:
        driver = Driver(ClientSubject(server.base_url), "async")

        async def main() -> None:
            for _ in range(2):
                assert (await driver.acomplete()).ok().text == TEXT
                assert (await driver.astream()).ok().text == TEXT

        trio.run(main)
        trio.run(main)
        driver.close()
        assert server.wait_for(lambda s: s.open == 0)


def test_trio_cancels_and_times_out() -> None:
    endless = say.stream(*(delta("x") for _ in range(1000)), pause=0.01)
    with FaultServer(endless, say.stalled(), say.error(503), say.healthy()) as server:
        client = AsyncClient(api_key=KEY, base_url=server.base_url)
        request = chat.create(model="glm-4.7", messages=MESSAGES).as_dict()

        async def read() -> None:
            async with client.stream(chat.stream(model="glm-4.7", messages=MESSAGES)) as chunks:
                async for _ in chunks:
                    pass

        async def main() -> None:
            with trio.move_on_after(0.2) as scope:
                await read()
            assert scope.cancelled_caught
            with pytest.raises(APITimeoutError):
                await client.send(request, timeout=0.2, max_retries=0)
            body = await client.send(request)
            assert body["choices"][0]["message"]["content"] == TEXT

        trio.run(main)


def test_an_own_http_client_is_used_and_left_open() -> None:
    with FaultServer(say.healthy()) as server, httpx.Client(headers={"X-Mine": "1"}) as http:
        client = Client(api_key=KEY, base_url=server.base_url, http_client=http)
        client.send(chat.create(model="glm-4.7", messages=MESSAGES))
        with client.stream(chat.stream(model="glm-4.7", messages=MESSAGES)) as chunks:
            assert list(chunks)
        assert not http.is_closed
        assert [request.headers["x-mine"] for request in server.requests] == ["1", "1"]


async def test_an_own_async_http_client_is_used_and_left_open() -> None:
    with FaultServer(say.healthy()) as server:
        async with httpx.AsyncClient(headers={"X-Mine": "1"}) as http:
            client = AsyncClient(api_key=KEY, base_url=server.base_url, http_client=http)
            await client.send(chat.create(model="glm-4.7", messages=MESSAGES))
            stream = client.stream(chat.stream(model="glm-4.7", messages=MESSAGES))
            async with stream as chunks:
                assert [chunk async for chunk in chunks]
            assert not http.is_closed
            assert [request.headers["x-mine"] for request in server.requests] == ["1", "1"]


def test_own_clients_are_not_led_astray_by_redirects() -> None:
    """Even when they follow redirects by themselves."""
    with (
        FaultServer(say.healthy()) as other,
        FaultServer(say.redirect(f"{other.base_url}/chat/completions")) as server,
        httpx.Client(follow_redirects=True, auth=("me", "hunter2")) as http,
    ):
        client = Client(api_key=KEY, base_url=server.base_url, http_client=http, max_retries=0)
        with pytest.raises(Exception, match="307"):
            client.send(chat.create(model="glm-4.7", messages=MESSAGES))
        assert other.requests == []
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_stream_under_a_timeout_scope_is_cancelled(drive_async: Drive) -> None:
    """``asyncio.timeout`` around a stream, as servers do for their own limits."""

    async def read(driver: Driver) -> None:
        async with asyncio.timeout(0.2):
            async with aclosing(driver.subject.apieces("hello")) as source:  # type: ignore[type-var]
                async for _ in source:
                    pass

    with FaultServer(say.stream(*(delta("x") for _ in range(1000)), pause=0.01)) as server:
        driver = drive_async(server)
        with pytest.raises(TimeoutError) as caught:
            driver.run(read(driver))
        assert not isinstance(caught.value, APITimeoutError)
        assert server.wait_for(lambda s: s.open == 0, 1.0)
