"""C09: a stream that nobody reads any more does not keep its place for ever."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from zhipu_client import AsyncClient, chat
from zhipu_client._io import gates, gc_safety
from zhipu_client._io.async_streams import AsyncStream

from . import scenarios as say
from .clocks import FakeClock
from .conftest import Drive
from .drivers import Driver, Outcome
from .frames import DONE, TEXT, delta, last
from .server import Exchange, FaultServer, Scenario
from .subjects import KEY, SUBJECTS

PATIENT = 60.0  # until a call is taken to wait for ever


def _pick(exchange: Exchange) -> Scenario:
    endless = say.stream(*(delta("x") for _ in range(3)), end="hold")
    return endless if exchange.request.prompt == "outer" else say.healthy()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "LOOK_AGAIN", 0.02)
    monkeypatch.setattr(gates, "LEFT", 0.05)
    monkeypatch.setattr(gc_safety, "COLLECT_EVERY", 0.5)


@pytest.fixture
def no_collection() -> Iterator[None]:
    """The collector runs only where somebody asks for it."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Page:
    """What a web framework makes of a generator: here, a part of a cycle."""

    def __init__(self, pieces: Any) -> None:
        self.pieces = pieces
        self.me = self


def _in_a_thread(driver: Driver) -> Outcome:
    """A call from a thread of its own: it has nothing to do with the stream."""
    done: list[Outcome] = []

    def call() -> None:
        done.append(driver.complete())

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(PATIENT)
    assert done, "still waiting"
    return done[0]


async def _anext(pieces: Any) -> None:
    await anext(pieces)


@pytest.mark.usefixtures("no_collection")
def test_C09_a_stream_left_behind_in_a_cycle_gives_its_place_back(drive: Drive) -> None:
    async def tasks(driver: Driver) -> Outcome:
        async def visit() -> None:
            page = Page(driver.subject.apieces("outer"))
            await anext(page.pieces)

        await asyncio.create_task(visit())
        return await asyncio.wait_for(asyncio.create_task(driver.acomplete()), PATIENT)

    def threads(driver: Driver) -> Outcome:
        page = Page(driver.subject.pieces("outer"))
        next(page.pieces)
        del page
        return _in_a_thread(driver)

    with FaultServer(say.chosen(_pick)) as server:
        driver = drive(server, max_concurrency=1)
        outcome = driver.run(tasks(driver)) if driver.is_async else threads(driver)
        assert outcome.ok().text == TEXT


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("by", ["its reader", "a task of its reader"])
def test_C09_who_left_a_stream_behind_is_not_refused(
    drive: Drive, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gc_safety, "COLLECT_EVERY", 1e9)  # it ran a moment ago
    monkeypatch.setattr(gates, "STUCK", 0.05)

    async def tasks(driver: Driver) -> Outcome:
        async def visit() -> None:
            page = Page(driver.subject.apieces("outer"))
            await anext(page.pieces)

        await visit()
        if by == "its reader":
            return await driver.acomplete()
        return await asyncio.wait_for(asyncio.create_task(driver.acomplete()), PATIENT)

    with FaultServer(say.chosen(_pick)) as server:
        driver = drive(server, max_concurrency=1)
        if driver.is_async:
            outcome = driver.run(tasks(driver))
        else:
            page = Page(driver.subject.pieces("outer"))
            next(page.pieces)
            del page
            outcome = driver.complete()
        assert outcome.ok().text == TEXT


def test_C09_a_stream_that_is_not_read_for_long_loses_its_place(
    drive: Drive, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody still refers to it, so no collector finds it."""
    monkeypatch.setattr(gc_safety.gc, "collect", lambda: 0)

    async def tasks(driver: Driver) -> Outcome:
        pieces = driver.subject.apieces("outer")
        await asyncio.create_task(_anext(pieces))
        waiting = asyncio.create_task(driver.acomplete())
        await asyncio.sleep(0.2)
        assert not waiting.done()
        clock.sleep(gates.LIFE)
        outcome = await asyncio.wait_for(waiting, PATIENT)
        await anext(pieces)  # it goes on
        await pieces.aclose()  # type: ignore[attr-defined]
        return outcome

    def threads(driver: Driver) -> Outcome:
        pieces = driver.subject.pieces("outer")
        next(pieces)
        threading.Timer(0.2, clock.sleep, (gates.LIFE,)).start()
        outcome = _in_a_thread(driver)
        next(pieces)  # it goes on
        pieces.close()  # type: ignore[attr-defined]
        return outcome

    with FaultServer(say.chosen(_pick)) as server:
        driver = drive(server, max_concurrency=1, clock=clock)
        for _ in range(2):  # and its place is not given back twice
            outcome = driver.run(tasks(driver)) if driver.is_async else threads(driver)
            assert outcome.ok().text == TEXT


@pytest.mark.parametrize("name", SUBJECTS)
def test_C09_streams_left_by_break_do_not_add_up(name: str) -> None:
    """The loop closes them a few turns later: an answer that is there at once takes fewer."""

    def answer(request: httpx.Request) -> httpx.Response:
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, content=delta("a") + delta("b"))

    async def visit() -> None:
        for _ in range(3):
            async for _piece in subject.apieces("hi"):
                break
            for _piece in subject.pieces("hi"):
                break

    transport = httpx.MockTransport(answer)
    subject = SUBJECTS[name](
        "http://127.0.0.1:1/",
        max_concurrency=2,
        http_client=httpx.Client(transport=transport),
        http_async_client=httpx.AsyncClient(transport=transport),
    )
    asyncio.run(visit())


@pytest.mark.parametrize("left", ["by break", "cancelled"])
@pytest.mark.parametrize("name", SUBJECTS)
def test_C09_a_loop_that_ends_while_a_stream_is_closed_says_nothing(name: str, left: str) -> None:
    """Python may close a generator that is already closing, and lets nothing be awaited then."""
    heard: list[Any] = []

    async def first(subject: Any) -> None:
        async for _piece in subject.apieces("outer"):
            break

    async def visit() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, said: heard.append(said))
        tasks = [asyncio.ensure_future(first(subject)) for _ in range(3)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if left == "cancelled":
            for task in tasks:
                task.cancel()

    for _ in range(3):  # how far each of them is by then differs
        with FaultServer(say.chosen(_pick)) as server:
            subject = SUBJECTS[name](server.base_url)
            asyncio.run(visit())
            gc.collect()
            assert server.wait_for(lambda s: s.open == 0, PATIENT)
    assert [said for said in heard if "exception" in said] == []


@pytest.mark.parametrize("by", ["hand", "the loop's end"])
@pytest.mark.parametrize("when", ["reading", "draining"])
def test_C09_a_reader_that_is_thrown_away_awaits_nothing(when: str, by: str) -> None:
    """A coroutine that is closed must not await, or Python says that it "ignored GeneratorExit"."""
    heard: list[Any] = []
    frames = [delta("x"), last(), DONE] if when == "draining" else [delta("x")]
    request = chat.stream(model="glm-4.7", messages=[{"role": "user", "content": "hi"}])

    async def read(chunks: Any, begun: asyncio.Event) -> None:
        async for _ in chunks:
            begun.set()

    async def visit(url: str) -> AsyncStream[Any]:
        asyncio.get_running_loop().set_exception_handler(lambda _, said: heard.append(said))
        client = AsyncClient(base_url=url, api_key=KEY, max_retries=0)
        chunks, begun = client.stream(request), asyncio.Event()
        task = asyncio.ensure_future(read(chunks, begun))
        await begun.wait()
        while when == "draining":
            await asyncio.sleep(0)
            if chunks._state and chunks._state.done and chunks._closed:
                break
        if by == "hand":
            task.get_coro().close()  # type: ignore[union-attr]
            assert chunks._closed
            assert chunks._response is None
            task.cancel()  # it has nothing to run any more
            await asyncio.gather(task, return_exceptions=True)
        return chunks

    with FaultServer(say.stream(*frames, end="hold")) as server:
        chunks = asyncio.run(visit(server.base_url))
        assert server.wait_for(lambda s: s.open == 0, PATIENT)
    assert chunks._closed
    assert [said for said in heard if "exception" in said] == []
