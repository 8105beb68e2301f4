"""R01 to R11: what is tried again, when, and how often."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from zhipu_client import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    BadRequestError,
    InsufficientBalanceError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    StreamIncompleteError,
)

from . import scenarios as say
from .clocks import FakeClock
from .conftest import Drive
from .frames import TEXT, delta
from .server import FaultServer


def test_R01_retry_after_is_waited_for(drive: Drive, clock: FakeClock) -> None:
    for streamed in (False, True):
        refusal = say.error(429, "1302", {"Retry-After": "2"})
        with FaultServer(refusal, say.healthy()) as server:
            driver = drive(server, clock=clock)
            outcome = driver.stream() if streamed else driver.complete()
            assert outcome.ok().text == TEXT
            assert len(server.requests) == 2
    assert len(clock.waits) == 2
    assert all(2.0 <= wait <= 2.5 for wait in clock.waits)


def test_R02_retry_after_as_a_date(drive: Drive, clock: FakeClock) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    with FaultServer(say.error(503, None, {"Retry-After": date}), say.healthy()) as server:
        assert drive(server, clock=clock).complete().ok().text == TEXT
    (wait,) = clock.waits
    # The date has whole seconds, and the machine may be slow.
    assert 10 <= wait <= 20


def test_R03_an_hour_is_neither_slept_nor_ignored(drive: Drive, clock: FakeClock) -> None:
    with FaultServer(say.error(429, "1302", {"Retry-After": "3600"})) as server:
        for outcome in drive(server, clock=clock).both():
            outcome.failed(RateLimitError, status=429, code="1302", retry_after=3600.0)
        assert len(server.requests) == 2
    assert clock.waits == []


FAILING_ONCE = {
    "429": say.error(429, "1305"),
    "429 without a code": say.answer({"error": "Too many requests"}, 429),
    "500": say.error(500, "1234"),
    "502": say.page(b"<html><body>502 Bad Gateway</body></html>", 502),
    "503": say.page(b"", 503),
    "504": say.page(b"upstream request timeout", 504, kind="text/plain"),
}


def test_R04_passing_failures_are_retried_once(drive: Drive, clock: FakeClock) -> None:
    for name, failure in FAILING_ONCE.items():
        script = (failure, say.healthy(), failure, say.healthy())
        with FaultServer(*script) as server:
            for outcome in drive(server, clock=clock).both():
                assert outcome.ok().text == TEXT, name
            assert len(server.requests) == 4, name
    assert len(clock.waits) == 2 * len(FAILING_ONCE)


NEVER_RETRIED: list[tuple[int, str | None, type[APIError]]] = [
    (400, "1214", BadRequestError),
    (401, "1001", AuthenticationError),
    (403, "1220", PermissionDeniedError),
    (404, None, NotFoundError),
    (422, None, BadRequestError),
    (434, None, PermissionDeniedError),
    (435, None, BadRequestError),
]


def test_R05_mistakes_are_never_retried(drive: Drive, clock: FakeClock) -> None:
    for status, code, kind in NEVER_RETRIED:
        with FaultServer(say.error(status, code)) as server:
            for outcome in drive(server, clock=clock).both():
                outcome.failed(kind, status=status, code=code, retryable=False)
            assert len(server.requests) == 2, status
    assert clock.waits == []


#: Account and plan codes: they come as 429 and waiting does not help.
ACCOUNT_CODES = ("1113", "1304", "1308", "1309", "1310", "1311", "1313", "1316")


def test_R06_an_empty_account_is_not_retried(drive: Drive, clock: FakeClock) -> None:
    for code in ACCOUNT_CODES:
        with FaultServer(say.error(429, code)) as server:
            for outcome in drive(server, clock=clock).both():
                error = outcome.failed(APIError, status=429, code=code, retryable=False)
                assert not isinstance(error, RateLimitError)
                assert isinstance(error, InsufficientBalanceError) == (code == "1113")
            assert len(server.requests) == 2, code
    assert clock.waits == []


@pytest.mark.parametrize("retries", [0, 1, 2, 5])
def test_R07_max_retries_is_exact(drive: Drive, clock: FakeClock, retries: int) -> None:
    with FaultServer(say.error(503)) as server:
        driver = drive(server, clock=clock, max_retries=retries)
        driver.complete().failed(ServerError, status=503)
        assert len(server.requests) == retries + 1
        driver.stream().failed(ServerError, status=503)
        assert len(server.requests) == 2 * (retries + 1)
    assert len(clock.waits) == 2 * retries


def test_R08_the_back_off_has_jitter_and_grows(drive: Drive, clock: FakeClock) -> None:
    with FaultServer(say.error(500, "500")) as server:
        driver = drive(server, clock=clock, max_retries=6)
        for _ in range(8):
            driver.complete().failed(ServerError)
    rounds = [clock.waits[start : start + 6] for start in range(0, 48, 6)]
    assert len({waits[0] for waits in rounds}) == 8
    for waits in rounds:
        for number, wait in enumerate(waits):
            assert 0.2 * 2**number <= wait <= 1.0 * 2**number or number > 3
        assert max(waits) <= 8.0


def test_R09_a_connection_lost_before_an_answer_is_retried(drive: Drive, clock: FakeClock) -> None:
    for lost in (say.reset_early(), say.close_early()):
        # A fresh connection is lost; then one that has served before.
        with FaultServer(lost, say.healthy(), lost, say.healthy()) as server:
            for outcome in drive(server, clock=clock).both():
                assert outcome.ok().text == TEXT
            assert len(server.requests) == 4


def test_R09_unless_there_are_no_retries(drive: Drive, clock: FakeClock) -> None:
    with FaultServer(say.reset_early()) as server:
        for outcome in drive(server, clock=clock, max_retries=0).both():
            outcome.failed(APIConnectionError)
        assert len(server.requests) == 2
    assert clock.waits == []


def test_R10_connection_refused_is_typed(drive: Drive, clock: FakeClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    driver = drive(f"http://127.0.0.1:{port}/api/paas/v4", clock=clock)
    for outcome in driver.both():
        error = outcome.failed(APIConnectionError, sent=False, retryable=True)
        assert len(str(error)) < 600
    assert len(clock.waits) == 4


@pytest.mark.parametrize("end", ["fin", "rst", "whole"])
def test_R11_a_broken_stream_is_not_replayed(
    drive: Drive, clock: FakeClock, end: say.Ending
) -> None:
    broken = say.stream(delta("你好，"), delta("世界"), end=end)
    with FaultServer(broken, say.healthy()) as server:
        outcome = drive(server, clock=clock, max_retries=5).stream()
        error = outcome.failed(StreamIncompleteError, APIConnectionError, retryable=True)
        assert outcome.text in {"你好，", "你好，世界"}
        assert error.partial["choices"][0]["message"]["content"] == outcome.text
        assert len(server.requests) == 1
    assert clock.waits == []


def test_R11_but_one_that_broke_before_any_event_is(drive: Drive, clock: FakeClock) -> None:
    with FaultServer(say.stream(end="fin"), say.healthy()) as server:
        assert drive(server, clock=clock).stream().ok().text == TEXT
        assert len(server.requests) == 2
