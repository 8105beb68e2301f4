"""Errors of transports that a caller's own client has from another library than httpcore."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.zhipu_client.clients.asking import KEY
from zhipu_client import APIConnectionError, AsyncClient, Client, chat, images


class Disconnected(Exception):
    """What another library raises when a server closes a connection."""


class Foreign(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Says that no connection was made when one broke, as httpx-aiohttp does."""

    def __init__(self, kind: type[httpx.TransportError]) -> None:
        self.kind = kind
        self.requests = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        raise self.kind("the server closed the connection") from Disconnected()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)


@pytest.mark.parametrize("kind", [httpx.ConnectTimeout, httpx.ConnectError])
@pytest.mark.parametrize("is_async", [False, True])
def test_what_is_paid_for_is_not_made_twice(
    kind: type[httpx.TransportError], is_async: bool
) -> None:
    transport = Foreign(kind)
    request = images.create(prompt="a red kite")
    with pytest.raises(APIConnectionError, match="server closed the connection"):
        if is_async:
            http = httpx.AsyncClient(transport=transport)
            asyncio.run(AsyncClient(api_key=KEY, http_client=http).send(request))
        else:
            Client(api_key=KEY, http_client=httpx.Client(transport=transport)).send(request)
    assert transport.requests == 1


class Instant:
    """A clock that waits for nothing."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        self.now += seconds

    def jitter(self) -> float:
        return 0.5


def test_what_may_be_made_again_is() -> None:
    transport = Foreign(httpx.ConnectTimeout)
    http = httpx.Client(transport=transport)
    client = Client(api_key=KEY, http_client=http, clock=Instant(), max_retries=2)
    with pytest.raises(APIConnectionError):
        client.send(chat.create(model="glm-4.7", messages=[{"role": "user", "content": "hi"}]))
    assert transport.requests == 3
