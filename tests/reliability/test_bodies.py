"""B01 to B08: bodies that are cut, huge, slow, or no JSON."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from zhipu_client import APIError, APITimeoutError, RateLimitError, ServerError, ZhipuError

from . import scenarios as say
from .clocks import SOON, FakeClock
from .conftest import Drive
from .frames import TEXT, completion, error_body, stream_frames, whole
from .server import FaultServer

MIB = 1 << 20
#: The longest text of an error, and room for the facts around it.
SHORT = 700


@pytest.mark.parametrize(
    "body", [b"<html><body><h1>502 Bad Gateway</h1></body></html>", b"", b"\xff"]
)
def test_B01_an_error_body_of_any_kind_is_typed(drive: Drive, body: bytes) -> None:
    with FaultServer(say.page(body, 502)) as server:
        for outcome in drive(server, max_retries=0).both():
            error = outcome.failed(ServerError, status=502, retryable=True)
            assert "<" not in str(error)


@pytest.mark.parametrize("keep", [0, 1, 60])
def test_B02_a_body_cut_short_is_typed_or_retried(
    drive: Drive, clock: FakeClock, keep: int
) -> None:
    short = say.short_body(whole(), keep)
    with FaultServer(short, say.healthy()) as server:
        assert drive(server, clock=clock).complete().ok().text == TEXT
    with FaultServer(short) as server:
        drive(server, max_retries=0).complete().failed(ZhipuError, retryable=True)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"OK", whole()[:-30], b"[1, 2]", b'"text"', b"\xff\xfe{}"]
)
def test_B03_a_body_that_is_no_json_object_is_typed(drive: Drive, body: bytes) -> None:
    with FaultServer(say.page(body, 200, kind="application/json")) as server:
        outcome = drive(server, max_retries=0).complete()
    error = outcome.failed(ServerError)
    assert len(str(error)) < SHORT


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (error_body("1305", "overloaded"), "1305"),
        ({"error": "Too many requests"}, None),
        ({"code": 401, "msg": "token expired or incorrect", "success": False}, "401"),
    ],
)
def test_B04_success_status_with_an_error_raises(
    drive: Drive, body: dict[str, object], code: str | None
) -> None:
    with FaultServer(say.answer(body)) as server:
        drive(server, max_retries=0).complete().failed(APIError, code=code)


def test_B05_a_huge_message_makes_a_short_error(drive: Drive) -> None:
    huge = say.error(400, "1214", message="x" * (20 * MIB))
    page = say.page(b"<p>" + b"y" * (20 * MIB), 500)
    with FaultServer(huge, huge, page, page) as server:
        driver = drive(server, max_retries=0)
        for outcome in [*driver.both(), *driver.both()]:
            error = outcome.failed(APIError)
            assert len(str(error)) < SHORT
            assert len(repr(error)) < SHORT
            assert outcome.seconds < 20


def test_B06_a_gzip_bomb_is_refused_in_bounded_memory(drive: Drive) -> None:
    block = b" " * MIB
    with FaultServer(say.gzipped(block for _ in range(256))) as server:
        driver = drive(server, max_retries=0)
        tracemalloc.start()
        try:
            outcome = driver.complete()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    error = outcome.failed(ZhipuError)
    assert "bytes" in str(error) or "MiB" in str(error)
    assert peak < 200 * MIB


def test_B06_an_honest_gzip_answer_is_read(drive: Drive) -> None:
    with FaultServer(say.gzipped([whole()])) as server:
        assert drive(server).complete().ok().text == TEXT


#: 64 MiB of blanks in a few hundred bytes.
NESTED = gzip.compress(gzip.compress(bytes(64 * MIB), 9), 9)
UNASKED = {
    "twice": (NESTED, "gzip, gzip"),
    "in two ways": (gzip.compress(zlib.compress(whole())), "deflate, gzip"),
    "by brotli": (b"\x0b\x02\x80hello\x03", "br"),
    "by zstd": (b"\x28\xb5\x2f\xfd\x04\x00\x01\x00\x00\x99\xe9\xd8\x51", "zstd"),
    "by what nobody knows": (whole(), "snappy"),
}


@pytest.mark.parametrize("how", UNASKED)
def test_B06_an_answer_that_is_packed_as_nobody_asked_is_refused(drive: Drive, how: str) -> None:
    body, coding = UNASKED[how]
    plain = say.packed(body, coding)
    events = say.packed(body, coding, "text/event-stream")
    with FaultServer(plain, events) as server:
        driver = drive(server, max_retries=0)
        tracemalloc.start()
        try:
            outcomes = driver.both()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 20 * MIB
    for outcome in outcomes:
        error = outcome.failed(ServerError, retryable=False)
        assert "Content-Encoding" in str(error)
        assert coding in str(error)


def test_B06_of_an_error_that_is_packed_twice_the_status_counts(drive: Drive) -> None:
    refused = say.page(NESTED, 503, {"Content-Encoding": "gzip, gzip"})
    with FaultServer(refused) as server:
        for outcome in drive(server, max_retries=0).both():
            outcome.failed(ServerError, status=503, retryable=True)


def _packed(data: bytes, wbits: int) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, wbits)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "wbits"), [("gzip", 31), ("GZIP", 31), ("deflate", 15), ("deflate", -15)]
)
def test_B06_an_answer_that_is_packed_once_is_read(drive: Drive, coding: str, wbits: int) -> None:
    plain = say.packed(_packed(whole(), wbits), coding)
    events = say.packed(_packed(b"".join(stream_frames()), wbits), coding, "text/event-stream")
    with FaultServer(plain, events) as server:
        for outcome in drive(server).both():
            assert outcome.ok().text == TEXT


def test_B06_a_long_answer_is_unpacked_whole(drive: Drive) -> None:
    text = "0123456789" * 100_000
    events = b"".join(stream_frames(text))
    with FaultServer(
        say.gzipped([whole(text)]), say.gzipped([events], "text/event-stream")
    ) as server:
        for outcome in drive(server).both():
            assert outcome.ok().text == text


def test_B07_the_timeout_bounds_the_whole_answer(drive: Drive, clock: FakeClock) -> None:
    with FaultServer(say.dribble(whole(), 0.05)) as server:
        outcome = drive(server, timeout=0.25, clock=clock).complete()
        error = outcome.failed(APITimeoutError)
        assert isinstance(error, TimeoutError)
        assert outcome.seconds < SOON
        assert len(server.requests) == 1
        assert server.wait_for(lambda s: s.open == 0, 1.0)
    assert clock.waits == []


def test_B07_an_error_body_that_dribbles_is_bounded_too(drive: Drive) -> None:
    with FaultServer(say.dribble(b"x" * 200, 0.05, status=500)) as server:
        for outcome in drive(server, timeout=0.25, max_retries=0).both():
            outcome.failed(ZhipuError)
            assert outcome.seconds < SOON


def test_B08_the_error_has_status_and_code(drive: Drive) -> None:
    body = {**error_body("1302", "too many at once"), "request_id": "2026-told"}
    with FaultServer(say.answer(body, 429)) as server:
        for outcome in drive(server, max_retries=0).both():
            error = outcome.failed(RateLimitError, status=429, code="1302", retryable=True)
            assert error.request_id == "2026-told"
            for part in ("429", "1302", "too many at once", "2026-told"):
                assert part in str(error)


def test_a_whole_answer_is_read_with_its_parts(drive: Drive) -> None:
    """The checks above would pass for a client that refuses everything."""
    call = {"id": "call_1", "index": 0, "type": "function"}
    call["function"] = {"name": "delete", "arguments": '{"path": "/tmp/x"}'}
    body = completion("", finish="tool_calls", reasoning_content="Because.", tool_calls=[call])
    with FaultServer(say.answer(body)) as server:
        outcome = drive(server).complete().ok()
    assert outcome.calls == [("delete", {"path": "/tmp/x"})]
    assert (outcome.reasoning, outcome.finish) == ("Because.", "tool_calls")
    assert outcome.usage == (7, 11, 18)
