"""``on_attempt``: each attempt of a call is reported, with what became of it."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import zhipu_emulator
from tests.reliability.clocks import FakeClock
from zhipu_client import (
    AsyncClient,
    AttemptEvent,
    AuthenticationError,
    Client,
    InvalidRequestError,
    RateLimitError,
    ServerError,
    StreamIncompleteError,
    UsageCounter,
    ZhipuError,
    chat,
    embeddings,
)
from zhipu_client._io.call import Call

MESSAGES = [{"role": "user", "content": "What is 17 * 19?"}]
ways = pytest.mark.parametrize("way", ["sync", "async"])


@pytest.fixture(scope="module")
def running() -> Iterator[zhipu_emulator.Server]:
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def service(running: zhipu_emulator.Server) -> zhipu_emulator.Server:
    running.reset()
    return running


class Caller:
    """Asks a client of either kind, and keeps what was reported."""

    def __init__(self, server: zhipu_emulator.Server, way: str, **given: Any) -> None:
        self.seen: list[AttemptEvent] = []
        self.way = way
        hook = given.pop("on_attempt", self.seen.append)
        where = {"api_key": server.api_key, "base_url": server.base_url, "on_attempt": hook}
        self.clock = FakeClock()
        self.made = (Client if way == "sync" else AsyncClient)(clock=self.clock, **where, **given)

    def send(self, request: Any) -> Any:
        sent: Any = self.made.send(request)
        return sent if self.way == "sync" else asyncio.run(sent)

    def read(self, most: int = 10**9) -> list[Any]:
        request: Any = chat.stream(model="glm-4.7", messages=MESSAGES)
        if isinstance(self.made, Client):
            with self.made.stream(request) as chunks:
                return [chunk for _, chunk in zip(range(most), chunks, strict=False)]

        async def read() -> list[Any]:
            got: list[Any] = []
            async with self.made.stream(request) as chunks:
                while len(got) < most:
                    chunk = await anext(chunks, None)
                    if chunk is None:
                        break
                    got.append(chunk)
            return got

        return asyncio.run(read())

    @property
    def outcomes(self) -> list[tuple[int, str]]:
        return [(event.number, event.outcome) for event in self.seen]


def question() -> Any:
    return chat.create(model="glm-4.7", messages=MESSAGES)


@ways
def test_an_answer_is_one_event(service, way):
    caller = Caller(service, way)
    caller.send(question())
    (event,) = caller.seen
    assert (event.number, event.outcome, event.status, event.code) == (1, "answered", 200, None)
    assert (event.method, event.endpoint) == ("POST", "/chat/completions")
    assert (event.base_url, event.model) == (service.base_url, "glm-4.7")
    assert event.request_id == service.requests[0]["json"]["request_id"]
    assert not event.streamed
    assert event.seconds > 0
    assert event.waited >= 0
    assert (event.next_in, event.error) == (None, None)


@ways
def test_each_attempt_is_reported_with_the_time_until_the_next(service, way):
    service.script("error=500/500", "error=1302/429", "status=503; retry-after=7")
    caller = Caller(service, way)
    caller.send(question())
    assert caller.outcomes == [(1, "failed"), (2, "failed"), (3, "failed"), (4, "answered")]
    assert [event.next_in for event in caller.seen[:3]] == caller.clock.waits
    assert caller.seen[2].next_in == 7.0
    assert [event.status for event in caller.seen] == [500, 429, 503, 200]
    assert [event.code for event in caller.seen] == ["500", "1302", None, None]
    assert isinstance(caller.seen[1].error, RateLimitError)
    assert len({event.request_id for event in caller.seen}) == 1


@ways
def test_the_last_failure_has_no_next(service, way):
    service.script("error=1000/401")
    caller = Caller(service, way)
    with pytest.raises(AuthenticationError) as caught:
        caller.send(question())
    (event,) = caller.seen
    assert (event.outcome, event.next_in, event.error) == ("failed", None, caught.value)


@ways
def test_other_endpoints_are_reported_too(service, way):
    caller = Caller(service, way)
    caller.send(embeddings.create(model="embedding-3", input=["a"]))
    assert [event.endpoint for event in caller.seen] == ["/embeddings"]


@ways
def test_a_stream_is_opened_and_ends(service, way):
    service.script("error=500/500")
    caller = Caller(service, way)
    caller.read()
    assert caller.outcomes == [(1, "failed"), (2, "opened"), (2, "ended")]
    assert all(event.streamed for event in caller.seen)
    _, opened, ended = caller.seen
    assert opened.status == ended.status == 200
    assert opened.seconds <= ended.seconds


@ways
def test_a_stream_that_breaks_was_cut(service, way):
    service.script("cut=3")
    caller = Caller(service, way)
    with pytest.raises(StreamIncompleteError) as caught:
        caller.read()
    assert caller.outcomes == [(1, "opened"), (1, "cut")]
    assert caller.seen[-1].error is caught.value
    assert caller.seen[-1].next_in is None


@ways
def test_a_stream_that_nobody_reads_to_its_end_was_left(service, way):
    service.script("stall=3")  # or all of it has come by then
    caller = Caller(service, way)
    caller.read(most=2)
    assert caller.outcomes == [(1, "opened"), (1, "left")]


@ways
def test_a_stream_that_is_dropped_within_a_hook_is_reported_by_another_thread(service, way):
    lock, done = threading.Lock(), threading.Event()
    dropped: list[Any] = []
    seen: list[str] = []

    def hook(event: AttemptEvent) -> None:
        assert lock.acquire(timeout=10)
        seen.append(event.outcome)
        if event.outcome == "answered":
            dropped.clear()  # as the garbage collector would, between any two steps
        lock.release()
        if event.outcome == "left":
            done.set()

    service.script("stall=3")
    caller = Caller(service, way, on_attempt=hook)
    request: Any = chat.stream(model="glm-4.7", messages=MESSAGES)

    async def asked() -> None:
        dropped.append(caller.made.stream(request))
        await anext(dropped[0])
        await caller.made.send(question())

    if way == "async":
        asyncio.run(asked())
    else:
        dropped.append(caller.made.stream(request))
        next(dropped[0])
        caller.send(question())
    assert done.wait(10)
    assert seen == ["opened", "answered", "left"]


@ways
def test_a_stream_that_is_dropped_was_left_and_is_counted(service, way):
    service.script("stall=3")
    counter = UsageCounter()
    caller = Caller(service, way, usage_counter=counter)
    request: Any = chat.stream(model="glm-4.7", messages=MESSAGES)

    async def begun() -> None:
        await anext(caller.made.stream(request))

    if way == "async":
        asyncio.run(begun())
    else:
        next(caller.made.stream(request))
    gc.collect()
    assert caller.outcomes == [(1, "opened"), (1, "left")]
    assert counter.totals == {"answers": 1}


def test_a_call_that_is_cancelled_was_left(service):
    service.script("delay=30")
    caller = Caller(service, "async")

    async def cancelled() -> None:
        await asyncio.wait_for(caller.made.send(question()), 0.05)

    with pytest.raises(TimeoutError):
        asyncio.run(cancelled())
    assert caller.outcomes == [(1, "left")]


@ways
def test_the_wait_at_the_gate_is_apart_from_the_attempt(service, way):
    """A place is free once the clock, which the gate asks, was moved on by its holder."""
    caller = Caller(service, way)

    class Slow:
        def __init__(self, gate: Any) -> None:
            self.gate = gate

        def enter(self, **how: Any) -> Any:
            caller.clock.sleep(11.0)
            return self.gate.enter(**how)

        async def aenter(self, **how: Any) -> Any:
            caller.clock.sleep(11.0)
            return await self.gate.aenter(**how)

    core = caller.made._core
    core.ceiling = Slow(Client(api_key="a.b", max_concurrency=1)._core.ceiling)  # type: ignore[assignment]
    caller.send(question())
    (event,) = caller.seen
    assert 11.0 <= event.waited < 20.0
    assert event.seconds < 11.0


@ways
def test_a_hook_that_raises_harms_no_call_and_is_logged_once(service, way, caplog):
    def broken(event: AttemptEvent) -> None:
        raise LookupError(event.outcome)

    service.script("error=500/500")
    caller = Caller(service, way, on_attempt=broken)
    with caplog.at_level(logging.ERROR, "zhipu_client"):
        assert caller.send(question()).text
        assert caller.read()
    (record,) = caplog.records
    assert "on_attempt raised" in record.getMessage()


@ways
def test_an_error_of_a_key_function_is_reported_too(service, way):
    def broken() -> str:
        raise LookupError("the vault is closed")

    caller = Caller(service, way)
    caller.made._core.key = Client(api_key=broken)._core.key
    with pytest.raises(LookupError):
        caller.send(question())
    (event,) = caller.seen
    assert (event.outcome, event.status, event.seconds) == ("failed", None, 0.0)
    assert isinstance(event.error, LookupError)


async def _async_hook(event: AttemptEvent) -> None: ...


@pytest.mark.parametrize(
    ("given", "match"), [("print", "must be a function"), (_async_hook, "must be a plain one")]
)
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_what_is_not_a_plain_function_is_refused(kind: Callable[..., Any], given, match):
    with pytest.raises(InvalidRequestError, match=match) as caught:
        kind(api_key="a.b", on_attempt=given)
    assert caught.value.field == "on_attempt"


def test_a_call_that_nobody_watches_is_not_watched(service):
    where = {"api_key": service.api_key, "base_url": service.base_url}
    plain, watched = (Client(**where, on_attempt=hook) for hook in (None, print))
    calls = [Call.of(made._core, question(), None, None, None) for made in (plain, watched)]
    assert [made.watch is None for made in calls] == [True, False]


def test_an_event_says_nothing_secret(service):
    service.script("error=1000/401")
    caller = Caller(service, "sync")
    with pytest.raises(ZhipuError):
        caller.send(question())
    service.script("error=500/500", "error=500/500", "error=500/500")
    with pytest.raises(ServerError):
        caller.send(question())
    for event in caller.seen:
        assert service.api_key not in repr(event)
        assert "17 * 19" not in repr(event)
