"""The two clients: streams are read once, and closed however they are left."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from tests.reliability import scenarios as say
from tests.reliability.frames import TEXT, delta, stream_frames
from tests.reliability.server import FaultServer
from tests.zhipu_client.clients.asking import KEY, ask, ask_stream
from zhipu_client import AsyncClient, Client, chat

# --- streams as objects ------------------------------------------------------------------------


def test_a_stream_is_read_once(server: FaultServer) -> None:
    client = Client(api_key=KEY, base_url=server.base_url)
    with client.stream(ask_stream()) as chunks:
        first = list(chunks)
        assert list(chunks) == []
    assert list(chunks) == []
    chunks.close()
    assert len(first) == len(stream_frames()) - 1
    assert "".join(c["choices"][0]["delta"].get("content", "") for c in first) == TEXT


def test_a_stream_that_is_not_read_sends_nothing(server: FaultServer) -> None:
    client = Client(api_key=KEY, base_url=server.base_url)
    with client.stream(ask_stream()):
        pass
    client.stream(ask_stream()).close()
    del client
    gc.collect()
    assert server.requests == []


def test_an_error_in_the_readers_own_code_closes_the_stream() -> None:
    with FaultServer(say.stream(*(delta("x") for _ in range(500)), pause=0.005)) as server:
        client = Client(api_key=KEY, base_url=server.base_url, max_concurrency=1)
        with pytest.raises(ZeroDivisionError), client.stream(ask_stream()) as chunks:
            for _ in chunks:
                1 / 0  # noqa: B018
        assert server.wait_for(lambda s: s.open == 0, 1.0)


def test_a_stream_without_with_is_closed_when_dropped() -> None:
    with FaultServer(
        say.stream(*(delta("x") for _ in range(500)), pause=0.005), say.healthy()
    ) as server:
        client = Client(api_key=KEY, base_url=server.base_url, max_concurrency=1)
        chunks = client.stream(ask_stream())
        next(chunks)
        del chunks
        assert server.wait_for(lambda s: s.open == 0, 1.0)
        # Its place is free again, or this would wait for ever.
        assert client.send(ask())["choices"][0]["message"]["content"] == TEXT


async def test_an_async_stream_is_read_once(server: FaultServer) -> None:
    client = AsyncClient(api_key=KEY, base_url=server.base_url)
    async with client.stream(ask_stream()) as chunks:
        first = [chunk async for chunk in chunks]
        assert [chunk async for chunk in chunks] == []
    await chunks.aclose()
    assert len(first) == len(stream_frames()) - 1


async def test_async_streams_in_parallel_stay_apart() -> None:
    def said(chunks: list[Any]) -> str:
        return "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)

    async def one(prompt: str) -> str:
        messages = [{"role": "user", "content": prompt}]
        async with client.stream(chat.stream(model="glm-4.7", messages=messages)) as chunks:
            return said([chunk async for chunk in chunks])

    with FaultServer(say.echo()) as server:
        client = AsyncClient(api_key=KEY, base_url=server.base_url)
        prompts = [f"prompt {number}" for number in range(30)]
        assert await asyncio.gather(*map(one, prompts)) == prompts
