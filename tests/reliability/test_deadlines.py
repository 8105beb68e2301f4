"""Every wait has an end: a peer that sends a byte now and then does not move it.

Each peer here goes on for ten seconds. The limit is a small part of that, and what is asserted
leaves room for a loaded machine.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from zhipu_client import APITimeoutError, Timeout
from zhipu_client._io.trace import Deadline

from . import scenarios as say
from .clocks import SOON, FakeClock
from .conftest import Drive
from .frames import delta, whole
from .proxy import ConnectProxy
from .server import FaultServer, Scenario

LIMIT = 0.3

HEADS: dict[str, Scenario] = {
    "a head that dribbles": say.heads_dribble(0.05),
    "interim answers": say.interim(0.05),
    "interim answers at full speed": say.interim(),
}


@pytest.fixture(params=["direct", "behind a proxy"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if request.param == "direct":
        yield
        return
    with ConnectProxy() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        yield
        assert proxy.asked


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("name", HEADS)
def test_the_head_of_an_answer_comes_in_time(drive: Drive, name: str) -> None:
    with FaultServer(HEADS[name]) as server:
        for outcome in drive(server, timeout=LIMIT, max_retries=2).both():
            error = outcome.failed(APITimeoutError, sent=True)
            assert f"timeout={LIMIT}" in str(error)
            assert outcome.seconds < SOON
        # The limit is spent: nothing was tried again.
        assert len(server.requests) == 2


@pytest.mark.usefixtures("way")
def test_the_whole_of_an_answer_comes_in_time(drive: Drive) -> None:
    with FaultServer(say.dribble(whole(), 0.05)) as server:
        outcome = drive(server, timeout=LIMIT, max_retries=0).complete()
        outcome.failed(APITimeoutError)
        assert outcome.seconds < SOON


@pytest.mark.usefixtures("way")
def test_an_error_in_a_streams_place_comes_in_time(drive: Drive) -> None:
    with FaultServer(say.dribble(b"x" * 200, 0.05, status=400)) as server:
        outcome = drive(server, timeout=LIMIT, max_retries=0).stream()
        outcome.failed(APITimeoutError)
        assert outcome.seconds < SOON


def test_a_tunnel_through_a_proxy_is_made_in_time(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectProxy(dribbles=0.05) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        driver = drive(
            "https://api.test/api/paas/v4", timeout=Timeout(connect=LIMIT), max_retries=0
        )
        for outcome in driver.both():
            outcome.failed(APITimeoutError, sent=False)
            assert outcome.seconds < SOON


def test_a_server_that_says_nothing_of_tls_is_given_up(drive: Drive) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        driver = drive(
            f"https://127.0.0.1:{port}/v4", timeout=Timeout(connect=LIMIT), max_retries=0
        )
        for outcome in driver.both():
            outcome.failed(APITimeoutError, sent=False)
            assert outcome.seconds < SOON


@pytest.mark.usefixtures("way")
def test_bytes_that_are_none_of_the_body_do_not_keep_a_stream_alive(drive: Drive) -> None:
    with FaultServer(say.framing_dribbles(delta("你好，"), every=0.05)) as server:
        outcome = drive(server, timeout=LIMIT, max_retries=0).stream()
        outcome.failed(APITimeoutError)
        assert outcome.text == "你好，"
        assert outcome.seconds < SOON


FILLERS = {
    "empty deltas": delta(""),
    "many at once": delta("") * 500,
    "comments": b": so\n\n" * 1000,
    "chunks without choices": b'data: {"choices": []}\n\n',
}


@pytest.mark.parametrize("name", FILLERS)
def test_a_flood_without_content_is_silence(drive: Drive, name: str) -> None:
    with FaultServer(say.flood(delta("你好，"), filler=FILLERS[name])) as server:
        outcome = drive(server, timeout=LIMIT, max_retries=0).stream()
        outcome.failed(APITimeoutError)
        assert outcome.text == "你好，"
        assert outcome.seconds < 25


def test_a_request_that_nobody_takes_ends(drive: Drive) -> None:
    """The peer accepts the connection and reads nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as deaf:
        driver = drive(f"http://127.0.0.1:{deaf.getsockname()[1]}/v4", timeout=LIMIT, max_retries=0)
        for outcome in driver.both("x" * 20_000_000):
            outcome.failed(APITimeoutError)
            assert outcome.seconds < 2 * SOON


class _Request:
    def __init__(self, method: bytes) -> None:
        self.method = method


def _phases(deadline: Deadline, *events: tuple[str, bytes]) -> None:
    for name, method in events:
        _, step, what = name.split(".")
        deadline.trace(step, what, {"request": _Request(method)})


def test_the_limit_of_each_phase_counts_on_the_clock(clock: FakeClock) -> None:
    deadline = Deadline(clock, "head", 100.0, connect=10.0)
    _phases(deadline, ("connection.connect_tcp.started", b"POST"))
    clock.sleep(4)
    assert 5 < deadline.left <= 6
    _phases(
        deadline,
        ("http11.send_request_headers.started", b"CONNECT"),
        ("http11.send_request_body.complete", b"CONNECT"),
    )
    assert 5 < deadline.left <= 6, "the tunnel is a part of connecting"
    _phases(deadline, ("http11.send_request_headers.started", b"POST"))
    assert 99 < deadline.left <= 100
    clock.sleep(50)
    assert 49 < deadline.left <= 50
    whole_answer = Deadline(clock, "whole", 100.0, connect=10.0)
    clock.sleep(60)
    _phases(whole_answer, ("http11.send_request_headers.started", b"POST"))
    assert 39 < whole_answer.left <= 40


def test_a_slow_reader_is_not_the_services_silence(drive_async: Drive) -> None:
    """Its pauses are longer than the limit; what comes between them is no content."""
    frames = [delta("a"), *([delta("")] * 3), delta("b"), *([delta("")] * 3), *_ending()]
    with FaultServer(say.stream(*frames)) as server:
        driver = drive_async(server, timeout=0.4, max_retries=0)

        async def read() -> list[Any]:
            found = []
            async for piece in driver.subject.apieces("hello"):
                found.append(piece)
                await asyncio.sleep(0.5)
            return found

        assert len(driver.run(read())) >= 2


def _ending() -> list[bytes]:
    from .frames import DONE, last

    return [last(), DONE]
