"""What to put behind the asynchronous client: each candidate through the same checks.

    python -m benchmarks.transports            # those that are installed

1. *cancel*: 300 rounds of 20 requests, each round cancelled at a random moment, on one client;
   then 10 healthy calls. How many succeed, and which descriptors stay open?
2. *burst*: 200 calls at once of 100 ms each on a warm pool, wall seconds (median of five rounds,
   the candidates in turn).
3. *replay*: is a call recorded, and replayed with the server gone, by vcrpy?
4. *break*: the server takes a whole request and closes the connection. Which error is that? One of
   connecting says that nothing was sent, and a creation that is billed would go out again.
5. *trace*: does httpx's ``trace`` extension report how far a request came?
6. *chunk*: CPU microseconds to read a chunk of a stream of 5,000, all there at once.

The server is another process. A candidate is a function that makes a client with httpx's surface.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import multiprocessing
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

BODY = b'{"ok": true}'
ROUNDS, EACH, BURST, CHUNKS = 300, 20, 200, 5000
_DATA = b'data: {"choices": [{"index": 0, "delta": {"content": "a word "}}]}\n\n'
STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"%x\r\n%b\r\n" % (len(_DATA), _DATA) * CHUNKS
    + b"0\r\n\r\n"
)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if b"/break" in head:
                break
            if b"/stream" in head:
                writer.write(STREAM)
                await writer.drain()
                continue
            await asyncio.sleep(0.1 if b"/slow" in head else 0.0)
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
            )
            await writer.drain()
    writer.close()


def _serve(port: Any, ready: Event) -> None:
    async def main() -> None:
        server = await asyncio.start_server(_answer, "127.0.0.1", 0, backlog=2048)
        port.value = server.sockets[0].getsockname()[1]
        ready.set()
        await asyncio.Event().wait()

    asyncio.run(main())


def _stock(limit: int | None) -> Any:
    import httpx

    return httpx.AsyncClient(limits=httpx.Limits(max_connections=limit), timeout=5)


def _httpx2() -> Any:
    import httpx2

    return httpx2.AsyncClient(timeout=5)


def _aiohttp() -> Any:
    import httpx
    import httpx_aiohttp

    limits = httpx.Limits(max_connections=None)
    return httpx_aiohttp.HttpxAiohttpClient(timeout=5, limits=limits)


def _ours() -> Any:
    import httpx

    from zhipu_client._io.async_pool import LastUsedFirstPool

    transport = httpx.AsyncHTTPTransport()
    pool = LastUsedFirstPool(None, keepalive_expiry=60, max_idle=256)
    transport._pool = pool  # type: ignore[assignment]
    return httpx.AsyncClient(transport=transport, timeout=5)


CANDIDATES: dict[str, tuple[str, Callable[[], Any]]] = {
    "httpx, limit 10": ("httpx", lambda: _stock(10)),
    "httpx, no limit": ("httpx", lambda: _stock(None)),
    "httpx2": ("httpx2", _httpx2),
    "httpx-aiohttp": ("httpx_aiohttp", _aiohttp),
    "ours over httpcore": ("httpx", _ours),
}


def _sockets() -> int:
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found += str(descriptor.readlink()).startswith("socket:")
    return found


async def cancel(make: Callable[[], Any], url: str) -> str:
    """Rounds of cancelled requests, then healthy ones."""
    client, dice = make(), random.Random(7)
    before = _sockets()
    for _ in range(ROUNDS):
        tasks = [asyncio.create_task(client.get(f"{url}/slow")) for _ in range(EACH)]
        await asyncio.sleep(dice.random() * 0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0.5)
    kept = _sockets() - before
    calls = [client.get(f"{url}/fast") for _ in range(10)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    served = sum(not isinstance(outcome, BaseException) for outcome in outcomes)
    await client.aclose()
    await asyncio.sleep(0.2)
    return f"{served}/10 served, {kept} sockets kept, {_sockets() - before} after closing"


async def burst(client: Any, url: str) -> float:
    """Seconds for all calls at once."""
    start = time.perf_counter()
    await asyncio.gather(*(client.get(f"{url}/slow") for _ in range(BURST)))
    return time.perf_counter() - start


async def bursts(makers: dict[str, Callable[[], Any]], url: str) -> dict[str, str]:
    """The candidates in turn, five rounds after a warm-up."""
    clients = {name: make() for name, make in makers.items() if "limit 10" not in name}
    seconds: dict[str, list[float]] = {name: [] for name in clients}
    for turn in range(6):
        for name, client in clients.items():
            taken = await burst(client, url)
            if turn:
                seconds[name].append(taken)
    for client in clients.values():
        await client.aclose()
    return {
        name: f"{statistics.median(all_):.3f} s ({min(all_):.3f} to {max(all_):.3f})"
        for name, all_ in seconds.items()
    }


async def replay(make: Callable[[], Any], url: str) -> str:
    """Record one call, then play it against a port where nobody listens."""
    import vcr

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cassette.yaml"
        with vcr.use_cassette(str(path), record_mode="once", match_on=["path"]) as cassette:
            async with make() as client:
                await client.get(f"{url}/fast")
            if not len(cassette):
                return "not recorded"
        with vcr.use_cassette(str(path), record_mode="none", match_on=["path"]) as cassette:
            try:
                async with make() as client:
                    answer = await client.get("http://127.0.0.1:9/fast")
            except Exception as error:
                return f"recorded, not replayed ({type(error).__name__})"
            return f"replayed, play_count {cassette.play_count}, {answer.content!r}"


async def broken(make: Callable[[], Any], url: str) -> str:
    """The error for a connection that ends after the request was sent."""
    async with make() as client:
        try:
            await client.post(f"{url}/break", content=b"{}")
        except Exception as error:
            return type(error).__name__
    return "none"


async def traced(make: Callable[[], Any], url: str) -> str:
    """How many events of a request are reported."""
    events: list[str] = []

    async def hear(event: str, _: Any) -> None:
        events.append(event)

    async with make() as client:
        await client.get(f"{url}/fast", extensions={"trace": hear})
    return f"{len(events)} events"


async def chunk(make: Callable[[], Any], url: str) -> str:
    """CPU time of reading a stream, the least of five."""
    least = float("inf")
    async with make() as client:
        for _ in range(5):
            begun = time.process_time()
            async with client.stream("GET", f"{url}/stream") as response:
                async for _ in response.aiter_raw():
                    pass
            least = min(least, time.process_time() - begun)
    return f"{least / CHUNKS * 1e6:.1f} us"


def main() -> None:
    """Print the table."""
    port, ready = multiprocessing.Value("i", 0), multiprocessing.Event()
    server = multiprocessing.Process(target=_serve, args=(port, ready), daemon=True)
    server.start()
    ready.wait()
    url = f"http://127.0.0.1:{port.value}"
    makers = {
        name: make
        for name, (module, make) in CANDIDATES.items()
        if importlib.util.find_spec(module) is not None
    }
    walls = asyncio.run(bursts(makers, url))
    for name, make in makers.items():
        print(f"{name:20} cancel: {asyncio.run(cancel(make, url))}")
        print(f"{'':20} burst:  {walls.get(name, '-')}")
        print(f"{'':20} replay: {asyncio.run(replay(make, url))}")
        print(f"{'':20} break:  {asyncio.run(broken(make, url))}")
        print(f"{'':20} trace:  {asyncio.run(traced(make, url))}")
        print(f"{'':20} chunk:  {asyncio.run(chunk(make, url))}")
    server.terminate()


if __name__ == "__main__":
    main()
