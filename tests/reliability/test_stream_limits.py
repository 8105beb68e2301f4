"""S18 to S21: how large a stream's event may be, what it costs, how long it may be silent."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from zhipu_client import APITimeoutError, StreamIncompleteError

from . import scenarios as say
from .clocks import SOON, FakeClock
from .conftest import Drive
from .frames import DONE, delta, last, stream_frames
from .server import FaultServer

MIB = 1 << 20


def test_S18_an_endless_event_is_refused_in_bounded_memory(drive: Drive) -> None:
    with FaultServer(say.endless_line(96)) as server:
        driver = drive(server, max_retries=0)
        tracemalloc.start()
        try:
            outcome = driver.stream()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    error = outcome.failed(StreamIncompleteError)
    assert "max_event_bytes" in str(error) or "bytes" in str(error)
    # 32 MiB are the limit; a copy or two of that while joining is fair.
    assert peak < 110 * MIB


def _cost(drive: Drive, size: int) -> float:
    """CPU seconds of this thread for one event of ``size`` bytes that comes in small pieces."""
    text = "0123456789abcdef" * (size // 16)
    big = delta(text)
    parts = [big[at : at + 1024] for at in range(0, len(big), 1024)]
    with FaultServer(say.stream(*parts, last(), DONE)) as server:
        driver = drive(server, max_retries=0)
        start = time.thread_time()
        outcome = driver.stream().ok()
        spent = time.thread_time() - start
    assert outcome.text == text
    return spent


def test_S19_a_large_event_in_small_pieces_costs_linear_time(drive: Drive) -> None:
    small, large = _cost(drive, MIB), _cost(drive, 4 * MIB)
    assert large < 3.0
    # Four times the bytes: quadratic code takes sixteen times as long.
    assert large < 12 * max(small, 0.02)


def test_S20_a_stalled_stream_times_out(drive: Drive, clock: FakeClock) -> None:
    with FaultServer(say.stalled(delta("你好，")), say.stalled()) as server:
        driver = drive(server, timeout=0.2, clock=clock)
        outcome = driver.stream()
        error = outcome.failed(APITimeoutError, retryable=True)
        assert isinstance(error, TimeoutError)
        assert outcome.text == "你好，"
        assert outcome.seconds < SOON
        # Not even headers: the limit is spent, so there is no second try.
        outcome = driver.stream()
        outcome.failed(APITimeoutError)
        assert outcome.seconds < SOON
        assert len(server.requests) == 2
    assert clock.waits == []


PINGS = {
    "comments": b": ping\n\n",
    "blank lines": b"\n\n",
    "ids": b"id: 1\n\n",
    "empty data": b"data:\n\n",
    "data without choices": b'data: {"choices": []}\n\n',
    "empty deltas": delta(""),
}


@pytest.mark.parametrize("name", PINGS)
def test_S21_a_stream_that_only_pings_times_out(drive: Drive, name: str) -> None:
    with FaultServer(say.pings(delta("你好，"), every=0.04, ping=PINGS[name])) as server:
        driver = drive(server, timeout=0.2, max_retries=0)
        outcome = driver.stream()
        outcome.failed(APITimeoutError)
        assert outcome.text == "你好，"
        assert outcome.seconds < SOON
        assert server.wait_for(lambda s: s.open == 0, 1.0)


def test_S21_a_slow_stream_with_content_does_not(drive: Drive) -> None:
    # Each pause is far below the limit, which a busy machine may stretch; their sum is above it.
    text = "0123456789" * 4
    with FaultServer(say.stream(*stream_frames(*text), pause=0.05)) as server:
        outcome = drive(server, timeout=1.5, max_retries=0).stream().ok()
    assert outcome.text == text
    assert outcome.seconds > 1.5
