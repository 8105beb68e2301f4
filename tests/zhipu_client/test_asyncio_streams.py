"""Connections over asyncio's transports: what httpcore needs of them, and who may drop one."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpcore
import pytest

from zhipu_client._io.asyncio_streams import AsyncioBackend

Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]
BIG = 16 * 1024 * 1024


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[httpcore.AsyncNetworkStream, Peer]]:
    peers: asyncio.Queue[Peer] = asyncio.Queue()
    server = await asyncio.start_server(lambda *peer: peers.put_nowait(peer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    backend = AsyncioBackend(httpcore.AnyIOBackend())
    stream = await backend.connect_tcp("127.0.0.1", port, 5.0)
    assert type(stream).__module__ == AsyncioBackend.__module__
    peer = await peers.get()
    made = [stream]
    del stream  # whoever has it may drop it
    try:
        yield made.pop(), peer
    finally:
        peer[1].transport.abort()
        server.close()


def run(work: Callable[[httpcore.AsyncNetworkStream, Peer], Awaitable[None]]) -> None:
    async def main() -> None:
        async with connected() as (stream, peer):
            await work(stream, peer)
            await stream.aclose()

    asyncio.run(main())


def test_bytes_come_in_order_and_in_pieces_of_what_was_asked_for():
    async def work(stream: httpcore.AsyncNetworkStream, peer: Peer) -> None:
        peer[1].write(b"abcdefg")
        assert [await stream.read(3, 5.0) for _ in range(3)] == [b"abc", b"def", b"g"]
        peer[1].write(b"next")
        assert await stream.read(64) == b"next"
        peer[1].close()
        assert await stream.read(64, 5.0) == b""
        assert stream.get_extra_info("is_readable")

    run(work)


def test_a_wait_that_was_too_long_loses_nothing():
    async def work(stream: httpcore.AsyncNetworkStream, peer: Peer) -> None:
        assert not stream.get_extra_info("is_readable")
        with pytest.raises(httpcore.ReadTimeout):
            await stream.read(64, 0.001)
        peer[1].write(b"late")
        assert await stream.read(64, 5.0) == b"late"

    run(work)


def test_a_cancelled_wait_loses_nothing():
    async def work(stream: httpcore.AsyncNetworkStream, peer: Peer) -> None:
        reading = asyncio.create_task(stream.read(64, 5.0))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        peer[1].write(b"later")
        assert await stream.read(64, 5.0) == b"later"

    run(work)


def test_a_peer_that_does_not_read_ends_a_write_in_time():
    async def work(stream: httpcore.AsyncNetworkStream, peer: Peer) -> None:
        await stream.write(b"small", 5.0)
        peer[1].transport.pause_reading()  # type: ignore[attr-defined]
        with pytest.raises(httpcore.WriteTimeout):
            await stream.write(b"x" * BIG, 0.01)

    run(work)


def test_a_large_write_is_over_when_it_is_on_its_way():
    async def work(stream: httpcore.AsyncNetworkStream, peer: Peer) -> None:
        writing = asyncio.create_task(stream.write(b"x" * BIG, 10.0))
        assert len(await peer[0].readexactly(BIG)) == BIG
        await writing

    run(work)


def test_a_peer_that_is_faster_than_its_reader_has_to_wait():
    async def work(stream: httpcore.AsyncNetworkStream, peer: Peer) -> None:
        peer[1].write(b"x" * BIG)
        await stream.read(1, 5.0)
        seen = []
        for _ in range(50):  # turns of the loop in which nobody reads
            await asyncio.sleep(0)
            seen.append(sum(map(len, stream._protocol.read_queue)))  # type: ignore[attr-defined]
        assert max(seen) < BIG / 8
        read = 1
        while read < BIG:
            read += len(await stream.read(65536, 5.0))
        assert read == BIG

    run(work)


def test_others_have_a_turn_between_bytes_that_wait_already():
    async def work(stream: httpcore.AsyncNetworkStream, peer: Peer) -> None:
        peer[1].write(b"abcd")
        await stream.read(1, 5.0)
        turns: list[str] = []
        asyncio.get_running_loop().call_soon(turns.append, "another")
        await stream.read(1, 5.0)
        assert turns == ["another"]

    run(work)


@pytest.mark.parametrize("gone", ["closed by another task", "reset by its peer"])
def test_whoever_waits_learns_that_the_connection_is_gone(gone: str):
    async def work(stream: httpcore.AsyncNetworkStream, peer: Peer) -> None:
        reading = asyncio.create_task(stream.read(64, 5.0))
        await asyncio.sleep(0)
        if gone == "closed by another task":
            await stream.aclose()
            with pytest.raises(httpcore.ReadError, match="was closed"):
                await reading
        else:
            peer[1].transport.abort()
            assert await reading == b""
            return
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"more", 5.0)

    run(work)


def test_one_that_is_dropped_is_closed():
    async def main() -> None:
        async with connected() as (stream, peer):
            waiting = asyncio.create_task(stream.read(1, 5.0))
            peer[1].write(b"ab")
            assert await waiting == b"a"
            del waiting, stream
            gc.collect()
            assert await asyncio.wait_for(peer[0].read(), 5.0) == b""

    asyncio.run(main())


def test_a_stream_of_another_kind_stays_as_it_is():
    class Other(httpcore.AsyncNetworkStream):
        pass

    class Backend(httpcore.AsyncNetworkBackend):
        async def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
            return Other()

    made = asyncio.run(AsyncioBackend(Backend()).connect_tcp("host", 1))
    assert isinstance(made, Other)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_is_reached_by_its_address_and_by_its_name(host: str) -> None:
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]

    async def main() -> None:
        server = await asyncio.start_server(_echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        backend = AsyncioBackend(httpcore.AnyIOBackend())
        stream = await backend.connect_tcp(host, port, 5.0, socket_options=options)
        assert type(stream).__module__ == AsyncioBackend.__module__
        assert stream.get_extra_info("socket").getsockopt(*options[0][:2])
        await stream.write(b"there", 5.0)
        assert await stream.read(64, 5.0) == b"there"
        await stream.aclose()
        server.close()

    asyncio.run(main())


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.read(64))
    writer.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_address_where_nobody_listens_is_an_error_of_connecting(host: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        connect = AsyncioBackend(httpcore.AnyIOBackend()).connect_tcp
        with pytest.raises(httpcore.ConnectError):
            asyncio.run(connect(host, unused.getsockname()[1], 5.0))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open sockets as on Linux")
@pytest.mark.parametrize("way", ["timeout", "cancelled"])
def test_a_connection_that_is_not_made_in_time_leaves_no_socket(way: str) -> None:
    async def main(port: int) -> None:
        backend = AsyncioBackend(httpcore.AnyIOBackend())
        before = _open_sockets()
        seconds = 0.02 if way == "timeout" else 5.0
        making = asyncio.create_task(backend.connect_tcp("127.0.0.1", port, seconds))
        if way == "timeout":
            with pytest.raises(httpcore.ConnectTimeout):
                await making
        else:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert _open_sockets() > before
            making.cancel()
            with pytest.raises(asyncio.CancelledError):
                await making
        assert _open_sockets() == before

    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for one in (first, second):  # what fills its queue; the next one is not answered
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        asyncio.run(main(full.getsockname()[1]))


def _open_sockets() -> int:
    gc.collect()
    found = (os.path.realpath(one) for one in Path("/proc/self/fd").iterdir())
    return sum("socket:" in one for one in found)
