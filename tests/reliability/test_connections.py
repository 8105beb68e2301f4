"""C01 to C06, C08: connections are shared, given back, and let go of."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from zhipu_client import AsyncClient, Client, chat

from . import scenarios as say
from .conftest import Drive
from .drivers import Driver
from .frames import TEXT, delta, stream_frames
from .server import Exchange, FaultServer, Scenario
from .subjects import ClientSubject


def descriptors() -> int:
    """Open file descriptors of this process; objects that wait for the collector are not ours."""
    gc.collect()
    for folder in (Path("/proc/self/fd"), Path("/dev/fd")):
        if folder.is_dir():
            return len(list(folder.iterdir()))
    pytest.skip("this system does not list open descriptors")


def settled(expected: int, seconds: float = 3.0) -> int:
    """The number of descriptors, once it is down to ``expected`` or the time is over."""
    until = time.monotonic() + seconds
    while (found := descriptors()) > expected and time.monotonic() < until:
        time.sleep(0.02)
    return found


def test_C01_calls_and_streams_use_one_connection(drive: Drive) -> None:
    with FaultServer(say.healthy()) as server:
        driver = drive(server)
        for _ in range(10):
            driver.complete().ok()
        for _ in range(10):
            driver.stream().ok()
        assert len(server.requests) == 20
        assert server.accepted == 1


def test_C01_so_do_refused_ones(drive: Drive) -> None:
    with FaultServer(say.error(400, "1214")) as server:
        driver = drive(server)
        for _ in range(5):
            driver.both()
        assert server.accepted == 1


def _endless() -> Scenario:
    return say.stream(*(delta(f"{number} ") for number in range(2000)), pause=0.005)


def test_C02_a_stream_closed_by_its_reader_is_closed(drive: Drive) -> None:
    with FaultServer(_endless()) as server:
        outcome = drive(server).stream(take=2).ok()
        assert outcome.text
        assert server.wait_for(lambda s: s.open == 0, 1.0)


def test_C02_a_stream_that_is_dropped_is_closed(drive: Drive) -> None:
    with FaultServer(_endless()) as server:
        driver = drive(server)
        if driver.is_async:
            driver.run(_drop(driver))
        else:
            source = driver.subject.pieces("hello")
            next(source)
            del source
        # Without the collector: at once.
        assert server.wait_for(lambda s: s.open == 0, 1.0)


async def _drop(driver: Driver) -> None:
    source = driver.subject.apieces("hello")
    await anext(source)
    del source
    await asyncio.sleep(0.2)


def test_C03_cancelled_streams_are_closed(drive_async: Drive) -> None:
    async def cancel(driver: Driver) -> None:
        going = [asyncio.Event() for _ in range(20)]
        streams = [
            asyncio.create_task(driver.astream(seen=lambda _, event=event: event.set()))
            for event in going
        ]
        async with asyncio.timeout(5):
            await asyncio.gather(*(event.wait() for event in going))
        for stream in streams:
            stream.cancel()
        results = await asyncio.gather(*streams, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)
        # The loop stays busy with something else.
        async with asyncio.timeout(2):
            # Looked at, not waited for: the count is another thread's.
            while server.open:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    def pick(exchange: Exchange) -> Scenario:
        return _endless() if exchange.request.prompt == "hello" else say.healthy()

    with FaultServer(say.chosen(pick)) as server:
        driver = drive_async(server)
        driver.run(cancel(driver))
        assert driver.complete("are you well?").ok().text == TEXT
        assert driver.stream("are you well?").ok().text == TEXT


def test_C03_many_rounds_of_cancelled_requests(drive_async: Drive) -> None:
    """A pool that loses a connection to each cancelled request is dead long before the end."""
    rng = random.Random(20)
    slow = say.by_mode(say.healthy(after=0.002), say.stream(*stream_frames(), pause=0.001))

    async def rounds(driver: Driver, count: int) -> None:
        for number in range(count):
            one = driver.astream if number % 2 else driver.acomplete
            tasks = [asyncio.create_task(one()) for _ in range(20)]
            await asyncio.sleep(rng.random() * 0.008)
            for task in tasks:
                task.cancel()
                if rng.random() < 0.2:
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    with FaultServer(slow) as server:
        driver = drive_async(server)
        driver.complete().ok()
        before = descriptors()
        # The adapters cancel through the same client: fewer rounds show that they do.
        driver.run(rounds(driver, 120 if isinstance(driver.subject, ClientSubject) else 15))
        for outcome in driver.many(["hello"] * 10):
            assert outcome.ok().text == TEXT
        for _ in range(10):
            assert driver.stream().ok().text == TEXT
        # Idle connections may be kept for the next calls: as many as calls at once, two ends each.
        assert settled(before + 2 * 20) <= before + 2 * 20
        assert server.wait_for(lambda s: s.in_flight == 0)
        driver.close()
        assert server.wait_for(lambda s: s.open == 0)
        assert settled(before) <= before


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_C04_one_object_and_several_loops(drive_async: Drive, streamed: bool) -> None:
    with FaultServer(say.healthy()) as server:
        driver = drive_async(server, max_retries=0)
        for _ in range(3):
            one = driver.astream if streamed else driver.acomplete
            assert asyncio.run(one()).ok().text == TEXT
            assert server.wait_for(lambda s: s.open == 0)


def test_C04_many_loops_leave_no_descriptor(drive_async: Drive) -> None:
    with FaultServer(say.healthy()) as server:
        driver = drive_async(server, max_retries=0)
        asyncio.run(driver.acomplete()).ok()
        before = settled(0, 0.1)
        rounds = 300 if isinstance(driver.subject, ClientSubject) else 100
        for _ in range(rounds):
            outcome = asyncio.run(driver.acomplete())
            assert outcome.error is None
        assert settled(before) <= before
        assert server.accepted == rounds + 1


def test_C04_two_loops_at_once(drive_async: Drive) -> None:
    def ask(number: int) -> str:
        async def some() -> list[str]:
            prompts = [f"{number}-{turn}" for turn in range(10)]
            return [(await driver.acomplete(prompt)).ok().text for prompt in prompts]

        return " ".join(asyncio.run(some()))

    with FaultServer(say.echo()) as server:
        driver = drive_async(server)
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(ask, range(4)))
    assert answers == [" ".join(f"{n}-{turn}" for turn in range(10)) for n in range(4)]


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_C05_the_event_loop_stays_free(drive_async: Drive, streamed: bool) -> None:
    async def watched(driver: Driver) -> float:
        one = driver.astream if streamed else driver.acomplete
        (await one()).ok()
        call = asyncio.create_task(one())
        gaps, last = [], time.monotonic()
        while not call.done():
            await asyncio.sleep(0.01)
            now = time.monotonic()
            gaps.append(now - last)
            last = now
        assert (await call).ok().text == TEXT
        assert len(gaps) > 5
        return max(gaps)

    with FaultServer(say.healthy(after=0.4)) as server:
        driver = drive_async(server)
        assert driver.run(watched(driver)) < 0.3


THREADS, TURNS = 8, 25


def test_C06_threads_share_one_object(drive: Drive) -> None:
    barrier = threading.Barrier(THREADS)

    def ask(thread: int) -> list[tuple[str, str]]:
        barrier.wait()
        found = []
        for turn in range(TURNS):
            prompt = f"{thread}-{turn}"
            one = _on_a_new_loop(driver) if driver.is_async else driver.complete
            found.append((prompt, one(prompt).ok().text))
        return found

    with FaultServer(say.echo()) as server:
        driver = drive(server)
        with ThreadPoolExecutor(THREADS) as pool:
            answers = [pair for found in pool.map(ask, range(THREADS)) for pair in found]
        assert len(answers) == THREADS * TURNS
        assert [pair for pair in answers if pair[0] != pair[1]] == []
        if not driver.is_async:
            assert server.accepted <= THREADS


def _on_a_new_loop(driver: Driver) -> Callable[[str], Any]:
    return lambda prompt: asyncio.run(driver.acomplete(prompt))


def test_C06_tasks_share_one_object(drive_async: Drive) -> None:
    with FaultServer(say.echo(after=0.005)) as server:
        driver = drive_async(server)
        prompts = [str(number) for number in range(200)]
        for streamed in (False, True):
            answers = driver.many(prompts, streamed=streamed)
            assert [answer.ok().text for answer in answers] == prompts


def test_C08_objects_made_used_and_dropped_keep_nothing(drive: Drive) -> None:
    with FaultServer(say.healthy()) as server:
        driver = drive(server)
        driver.complete().ok()
        before = descriptors()
        for number in range(30):
            driver.subject = type(driver.subject)(server.base_url)
            (driver.stream() if number % 2 else driver.complete()).ok()
        assert settled(before) <= before
        # All of them had the same way out, so they shared its connection.
        assert server.accepted == 1


def test_the_descriptor_count_is_real() -> None:
    """The checks above would pass on a count that never changes."""
    if sys.platform == "win32":
        pytest.skip("no descriptors to list")
    before = descriptors()
    with Path(os.devnull).open():
        assert descriptors() == before + 1


# Before the head, nobody but its own transport knows the socket of a caller's client.
CLOSED_WHILE_READ = {
    "before the head": (say.stalled(), False),
    "in the answer": (say.stalled(delta("a")), False),
    "in the answer, by a client of the caller's": (say.stalled(delta("a")), True),
}


@pytest.mark.parametrize("where", CLOSED_WHILE_READ)
def test_a_stream_that_another_thread_closes_ends_at_once(where: str) -> None:
    """Also for the server, which would go on generating: closing a socket is not enough."""
    scenario, own = CLOSED_WHILE_READ[where]
    with FaultServer(scenario) as server:
        http = httpx.Client() if own else None
        client = Client(api_key="a.b", base_url=server.base_url, http_client=http)
        request = chat.stream(model="glm-4.7", messages=[{"role": "user", "content": "hello"}])
        stream = client.stream(request)
        found: list[Any] = []
        reader = threading.Thread(target=lambda: found.extend([list(stream)]))
        reader.start()
        assert server.wait_for(lambda s: s.in_flight == 1)
        time.sleep(0.2)  # it blocks now
        stream.close()
        assert server.wait_for(lambda s: s.open == 0, 5.0)
        reader.join(5)
        assert not reader.is_alive()
        assert len(found) == 1, "the reader's loop ends in order"
        if http is not None:
            http.close()


def test_a_stream_that_another_task_closes_ends_at_once() -> None:
    async def main(server: FaultServer) -> None:
        client = AsyncClient(api_key="a.b", base_url=server.base_url)
        request = chat.stream(model="glm-4.7", messages=[{"role": "user", "content": "hello"}])
        stream = client.stream(request)

        async def read() -> list[Any]:
            return [chunk async for chunk in stream]

        reader = asyncio.create_task(read())
        await asyncio.sleep(0.3)
        await stream.aclose()
        async with asyncio.timeout(5):
            assert len(await reader) == 1

    with FaultServer(say.stalled(delta("a"))) as server:
        asyncio.run(main(server))
        assert server.wait_for(lambda s: s.open == 0, 5.0)


def test_a_loop_that_is_dropped_takes_its_connections_along() -> None:
    """Without being closed, as a test suite or a notebook leaves one."""
    with FaultServer(say.healthy()) as server:
        subject = ClientSubject(server.base_url)

        def one() -> None:
            loop = asyncio.new_event_loop()
            loop.run_until_complete(subject.acall("hello"))

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            one()
            before = descriptors()
            for _ in range(20):
                one()
            assert settled(before + 4) <= before + 4


EARLY = """
import asyncio, atexit, sys
def late():
    from zhipu_client import chat
    request = chat.create(model="glm-4.7", messages=[{"role": "user", "content": "hello"}])
    print(client.send(request).choices[0].message.content, flush=True)
    async def main():
        print((await client.as_async().send(request)).choices[0].message.content, flush=True)
    asyncio.run(main())
atexit.register(late)
from zhipu_client import Client
client = Client(api_key="a.b", base_url=sys.argv[1])
print(client.base_url)
"""


def test_what_was_registered_before_the_import_may_still_send() -> None:
    with FaultServer(say.healthy()) as server:
        command = [sys.executable, "-c", EARLY, server.base_url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "closed" not in done.stderr
    assert done.stdout.count(TEXT) == 2
