"""Streams between server and reader: closed by somebody else, read slowly, cut at odd places."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from typing import Any

import httpcore
import pytest

from tests.reliability import scenarios as say
from tests.reliability.frames import DONE, delta, last
from tests.reliability.server import Exchange, FaultServer
from zhipu_client import (
    APITimeoutError,
    AsyncClient,
    Client,
    StreamIncompleteError,
    Timeout,
    chat,
)
from zhipu_client._io.call import Call
from zhipu_client._io.stream_state import StreamState

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


def test_the_garbage_collector_may_close_it_inside_of_the_pool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It may run at any step: also while this thread has the lock that closing takes."""
    endless = say.stream(*[delta("x")] * 2000, pause=0.005)
    with FaultServer(say.by_mode(say.healthy(), endless)) as server:
        client = Client(api_key=KEY, base_url=server.base_url)
        assign = httpcore.ConnectionPool._assign_requests_to_connections
        cycle: list[Any] = [client.stream(ask_stream())]
        next(cycle[0])
        dropped = weakref.ref(cycle[0])
        cycle.append(cycle)
        gc.disable()
        del cycle

        def assign_and_collect(self: Any) -> Any:
            gc.collect()
            return assign(self)

        monkeypatch.setattr(
            httpcore.ConnectionPool, "_assign_requests_to_connections", assign_and_collect
        )
        request = chat.create(model="glm-4.7", messages=[{"role": "user", "content": "hello"}])
        work = threading.Thread(target=client.send, args=(request,), daemon=True)
        work.start()
        work.join(60)  # collecting takes long on a busy machine
        gc.enable()
        assert dropped() is None
        assert not work.is_alive()
        assert server.wait_for(lambda s: s.open == 1)


# --- a slow reader ----------------------------------------------------------------------------


def states(content: float) -> tuple[StreamState[Any], list[bytes]]:
    """A stream at time 0, and the two halves of its second frame."""
    base_url = "http://127.0.0.1:1/api/paas/v4"
    client = Client(api_key=KEY, base_url=base_url, timeout=Timeout(content=content))
    request = ask_stream()
    call = Call.of(client._core, request, None, None, None)
    state = StreamState(call, request, 0.0, {})
    state.feed(delta("a"), 0.0)
    state.take()
    frame = delta("b")
    return state, [frame[:20], frame[20:]]


def test_the_readers_own_time_is_no_stall() -> None:
    """It thought for 100 s over the first chunk; of the second, half has come by then."""
    state, halves = states(content=5)
    state.resume(100.0)
    state.feed(halves[0], 100.0)
    state.feed(halves[1], 104.0)
    assert state.ready
    assert not state.ended


def test_nor_does_it_make_up_for_one() -> None:
    """Chunks without content keep the reader busy: what counts is the time spent waiting."""
    state, _ = states(content=5)
    for second in range(0, 6, 2):
        state.resume(100.0 * second)
        state.feed(delta(""), 100.0 * second + 2)
        state.take()
    assert state.ended
    with pytest.raises(APITimeoutError, match="no content for timeout=5 s"):
        state.finish()


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_reader_slower_than_the_timeout_gets_all(mode: str) -> None:
    """The second frame comes in two reads, both long after the first was handed out."""
    second = delta("b")
    more = threading.Event()

    async def halves(exchange: Exchange) -> None:
        await exchange.head(200, say.SSE)
        await exchange.body(delta("a"))
        await asyncio.to_thread(more.wait, 10)
        await exchange.body(second[:20])
        await asyncio.sleep(0.05)
        for item in (second[20:], last(), DONE):
            await exchange.body(item)
        await exchange.finish()

    with FaultServer(halves) as server:
        client = Client(api_key=KEY, base_url=server.base_url, timeout=Timeout(content=0.4))
        whole = chat.Accumulator()
        if mode == "sync":
            with client.stream(ask_stream()) as chunks:
                whole.add(next(chunks))
                time.sleep(0.6)
                more.set()
                for chunk in chunks:
                    whole.add(chunk)
        else:

            async def read() -> None:
                async with client.as_async().stream(ask_stream()) as chunks:
                    whole.add(await anext(chunks))
                    await asyncio.sleep(0.6)
                    more.set()
                    async for chunk in chunks:
                        whole.add(chunk)

            asyncio.run(read())
    assert whole.message()["choices"][0]["message"]["content"] == "ab"


# --- what is wrong, and what came before it -------------------------------------------------------


def read_all(state: StreamState[Any], *pieces: bytes) -> list[Any]:
    """Everything up to the error, as a reader gets it."""
    got = []
    for piece in pieces:
        state.feed(piece, 0.0)
        while state.ready:
            got.append(state.take())
        if state.ended:
            return got
    state.eof()
    return got


GLUED = b'oken": 1}data: {\n\n'


@pytest.mark.parametrize("spoilt", [GLUED, b"data: {cut\n\n", b'data: {"choices": [5]}\n\n'])
def test_chunks_before_a_bad_frame_are_handed_out_however_they_are_cut(spoilt: bytes) -> None:
    whole = delta("b") + delta("c") + spoilt
    for cut in range(0, len(whole), 7):
        state, _ = states(content=5)
        assert len(read_all(state, whole[:cut], whole[cut:])) == 2
        with pytest.raises(StreamIncompleteError) as caught:
            state.finish()
        assert caught.value.partial["choices"][0]["message"]["content"] == "abc"


def test_a_piece_of_a_frame_at_the_very_end_has_the_partial_answer_too() -> None:
    state, _ = states(content=5)
    read_all(state, GLUED[:8] + b"{")
    with pytest.raises(StreamIncompleteError) as caught:
        state.finish()
    assert caught.value.partial["choices"][0]["message"]["content"] == "a"
    assert caught.value.request_id
