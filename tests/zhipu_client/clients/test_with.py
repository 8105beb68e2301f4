"""A client in a ``with`` statement: it closes nothing, as the connections are the process's."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.reliability.server import FaultServer
from tests.zhipu_client.clients.asking import KEY
from zhipu_client import AsyncClient, Client, chat

QUESTION = [{"role": "user", "content": "Hi"}]


def _request() -> Any:
    return chat.create(model="glm-4.7", messages=QUESTION)


def test_a_client_works_within_and_after(server: FaultServer) -> None:
    with Client(api_key=KEY, base_url=server.base_url) as client:
        first = client.send(_request())
    assert client.send(_request()).text == first.text


def test_so_does_an_asynchronous_one(server: FaultServer) -> None:
    async def work() -> None:
        async with AsyncClient(api_key=KEY, base_url=server.base_url) as client:
            first = await client.send(_request())
        assert (await client.send(_request())).text == first.text
        async with Client(api_key=KEY, base_url=server.base_url).as_async() as other:
            assert (await other.send(_request())).text == first.text

    asyncio.run(work())


def test_an_error_passes() -> None:
    with pytest.raises(KeyError), Client(api_key=KEY):
        raise KeyError

    async def work() -> None:
        async with AsyncClient(api_key=KEY):
            raise KeyError

    with pytest.raises(KeyError):
        asyncio.run(work())


def test_the_callers_own_client_stays_open(server: FaultServer) -> None:
    own = httpx.Client()
    with Client(api_key=KEY, base_url=server.base_url, http_client=own) as client:
        client.send(_request())
    assert not own.is_closed
    own.close()


def test_the_other_kind_of_with_says_what_to_write() -> None:
    async def work() -> None:
        async with Client(api_key=KEY):
            pass

    with pytest.raises(TypeError, match=r"`async with AsyncClient\(\) as client:`"):
        asyncio.run(work())
    with (
        pytest.raises(TypeError, match=r"`with Client\(\) as client:`"),
        AsyncClient(api_key=KEY),
    ):
        pass
