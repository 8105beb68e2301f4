"""A stream that another task or thread closes, or whose task is cancelled, ends at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from zhipu_client import AsyncClient, Client, chat
from zhipu_client._io import async_streams

from . import scenarios as say
from .frames import delta, error_body
from .server import FaultServer, Scenario
from .subjects import SUBJECTS

REQUEST = chat.stream(model="glm-4.7", messages=[{"role": "user", "content": "hello"}])
LIMIT = 20.0  # seconds; far below any time limit of ours


async def _never() -> str:
    await asyncio.Event().wait()
    raise AssertionError


@dataclass
class Place:
    """Where a stream waits.

    Attributes:
        first: What the server does with it.
        options: Settings of the client.
        requests: How many reach the server.
        held: Whether another stream has the only place.
    """

    first: Scenario
    options: dict[str, Any] = field(default_factory=dict)
    requests: int = 1
    held: bool = False


PLACES = {
    "the head": Place(say.stalled()),
    "a whole answer in its place": Place(say.dribble(b"{" * 1000, 0.05)),
    "an error's body": Place(say.dribble(b"{" * 1000, 0.05, status=500)),
    "the first content": Place(say.pings(every=0.05)),
    "more content": Place(say.stalled(delta("a"))),
    "a retry": Place(say.answer(error_body("500"), 503, {"Retry-After": "50"})),
    "a key": Place(say.healthy(), {"api_key": _never}, requests=0),
    "a place": Place(say.stalled(delta("a")), held=True),
}


@pytest.mark.parametrize("where", PLACES)
def test_a_closed_stream_ends_at_once(where: str) -> None:
    place = PLACES[where]

    async def main(server: FaultServer) -> None:
        options = {"api_key": "a.b", "max_concurrency": 1, **place.options}
        client = AsyncClient(base_url=server.base_url, **options)
        holder = client.stream(REQUEST)
        if place.held:
            await anext(holder)
        stream = client.stream(REQUEST)

        async def read() -> list[Any]:
            return [chunk async for chunk in stream]

        reader = asyncio.create_task(read())
        await asyncio.to_thread(server.wait_for, lambda s: len(s.requests) >= place.requests)
        await asyncio.sleep(0.1)  # it waits now
        async with asyncio.timeout(LIMIT):
            await stream.aclose()
            assert len(await reader) == (where == "more content")  # in order: no error
            await holder.aclose()
            if "api_key" in place.options:
                client = AsyncClient(base_url=server.base_url, api_key="a.b")
            async with client.stream(REQUEST) as chunks:  # the place is free again
                assert [chunk async for chunk in chunks]
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not others

    with FaultServer(*[place.first] * max(1, place.requests), say.healthy()) as server:
        asyncio.run(main(server))
        assert server.wait_for(lambda s: s.open == 0)


@pytest.mark.parametrize("where", [where for where in PLACES if where != "a key"])
def test_a_stream_closed_by_another_thread_ends_at_once(where: str) -> None:
    place = PLACES[where]
    with FaultServer(*[place.first] * max(1, place.requests), say.healthy()) as server:
        client = Client(base_url=server.base_url, api_key="a.b", max_concurrency=1)
        holder, stream = client.stream(REQUEST), client.stream(REQUEST)
        with ThreadPoolExecutor(1) as threads:
            if place.held:
                next(holder)
            reader = threads.submit(list, stream)
            assert server.wait_for(lambda s: len(s.requests) >= place.requests)
            time.sleep(0.1)  # it waits now
            stream.close()
            assert len(reader.result(LIMIT)) == (where == "more content")  # in order: no error
        holder.close()
        with client.stream(REQUEST) as chunks:  # the place is free again
            assert list(chunks)
        assert server.wait_for(lambda s: s.open <= 1)  # the last one is kept


@pytest.mark.parametrize("where", ["the head", "the first content", "more content", "a retry"])
@pytest.mark.parametrize("name", SUBJECTS)
def test_a_cancelled_one_gives_its_place_back(name: str, where: str) -> None:
    async def main(server: FaultServer) -> None:
        subject = SUBJECTS[name](server.base_url, max_concurrency=1)

        async def read() -> list[Any]:
            return [piece async for piece in subject.apieces("hello")]

        reader = asyncio.create_task(read())
        await asyncio.to_thread(server.wait_for, lambda s: len(s.requests) == 1)
        await asyncio.sleep(0.1)  # it waits now
        reader.cancel()
        async with asyncio.timeout(LIMIT):
            with pytest.raises(asyncio.CancelledError):
                await reader
            assert await read()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with FaultServer(PLACES[where].first, say.healthy()) as server:
        asyncio.run(main(server))
        assert server.wait_for(lambda s: s.open == 0)


class _Watch:
    """In place of what watches a socket, which a transport of httpx's tests does not have."""

    over = False

    def begin(self, seconds: float) -> None: ...

    def end(self) -> None: ...

    def stop(self) -> None: ...


class _Held(httpx.AsyncByteStream):
    """A first piece without content, which comes when the test says so, and nothing after it."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.sent = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.asked.set()
        await self.sent.wait()
        yield b": ping\n\n"
        await asyncio.Event().wait()


async def test_a_stream_that_is_closed_while_bytes_come_ends_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(async_streams, "silence_of", lambda loop, response: _Watch())
    held = _Held()
    headers = {"content-type": "text/event-stream"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, stream=held))
    async with httpx.AsyncClient(transport=transport) as http:
        stream = AsyncClient(api_key="a.b", http_client=http).stream(REQUEST)

        async def read() -> list[Any]:
            return [chunk async for chunk in stream]

        reader = asyncio.create_task(read())
        await held.asked.wait()
        held.sent.set()  # the reader has the piece, and has not run yet
        await stream.aclose()
        async with asyncio.timeout(LIMIT):
            assert await reader == []
