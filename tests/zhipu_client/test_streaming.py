"""Streams between server and reader: closed by somebody else, read slowly, cut at odd places."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from tests.reliability import scenarios as say
from tests.reliability.frames import delta
from tests.reliability.server import Exchange, FaultServer
from zhipu_client import AsyncClient, Client, chat

KEY = "0123456789abcdef.PlantedSecret42"


def ask_stream() -> Any:
    return chat.stream(model="glm-4.7", messages=[{"role": "user", "content": "hello"}])


class Held:
    """An endless stream whose head is held back until ``go``."""

    def __init__(self) -> None:
        self.go = threading.Event()

    async def __call__(self, exchange: Exchange) -> None:
        await asyncio.to_thread(self.go.wait, 10)
        await say.stream(*[delta("x")] * 2000, pause=0.005)(exchange)


def test_closed_by_another_thread_while_it_opens() -> None:
    """The reader waits for the head: what comes then must not stay open, read by nobody."""
    held = Held()
    with FaultServer(held) as server:
        stream = Client(api_key=KEY, base_url=server.base_url).stream(ask_stream())
        got: list[Any] = []
        reader = threading.Thread(target=lambda: got.extend(stream), daemon=True)
        reader.start()
        assert server.wait_for(lambda s: len(s.requests) == 1)
        stream.close()
        held.go.set()
        reader.join(5)
        assert not reader.is_alive()
        assert got == []
        assert server.wait_for(lambda s: s.open == 0, 2.0)


async def test_closed_by_another_task_while_it_opens() -> None:
    held = Held()
    with FaultServer(held) as server:
        stream = AsyncClient(api_key=KEY, base_url=server.base_url).stream(ask_stream())

        async def read() -> list[Any]:
            return [chunk async for chunk in stream]

        reader = asyncio.create_task(read())
        assert await asyncio.to_thread(server.wait_for, lambda s: len(s.requests) == 1)
        await stream.aclose()
        held.go.set()
        assert await asyncio.wait_for(reader, 5) == []
        assert await asyncio.to_thread(server.wait_for, lambda s: s.open == 0, 2.0)


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_closed_while_it_waits_for_a_place_nothing_is_sent(mode: str) -> None:
    with FaultServer(say.stalled(delta("x"))) as server:
        client = Client(api_key=KEY, base_url=server.base_url, max_concurrency=1)

        def blocking() -> None:
            first, second = client.stream(ask_stream()), client.stream(ask_stream())
            next(first)
            got: list[Any] = []
            reader = threading.Thread(target=lambda: got.extend(second), daemon=True)
            reader.start()
            second.close()
            first.close()
            reader.join(5)
            assert not reader.is_alive()

        async def tasks() -> None:
            first, second = (client.as_async().stream(ask_stream()) for _ in range(2))

            async def start() -> None:
                await anext(first)

            async def read() -> list[Any]:
                return [chunk async for chunk in second]

            await asyncio.create_task(start())  # a place of its own, not this task's
            reader = asyncio.create_task(read())
            await asyncio.sleep(0.05)
            await second.aclose()
            await first.aclose()
            assert await asyncio.wait_for(reader, 5) == []

        blocking() if mode == "sync" else asyncio.run(tasks())
        assert len(server.requests) == 1
