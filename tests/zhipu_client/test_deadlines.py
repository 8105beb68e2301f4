"""Blocking reads within a deadline: how long the socket waits, and how often that is set."""

from __future__ import annotations

import errno
from typing import Any

import httpcore
import pytest

from zhipu_client._io import deadlines
from zhipu_client._io.clock import SystemClock
from zhipu_client._io.trace import Deadline


class Socket:
    """A socket that gives a byte when it was asked so often, and counts its settings."""

    def __init__(self, *, empty: int, error: OSError | None = None) -> None:
        self.empty = empty
        self.error = error or TimeoutError("timed out")
        self.waits: list[float] = []

    def gettimeout(self) -> float | None:
        return self.waits[-1] if self.waits else None

    def settimeout(self, seconds: float) -> None:
        self.waits.append(seconds)

    def recv(self, size: int) -> bytes:
        self.empty -= 1
        if self.empty >= 0:
            raise self.error
        return b"x"

    def send(self, data: bytes) -> int:
        return len(self.recv(1))


def stream_over(socket: Socket) -> Any:
    class Inner:
        def get_extra_info(self, info: str) -> Any:
            return socket if info == "socket" else None

    return deadlines._Stream(Inner())  # type: ignore[arg-type]


def test_a_socket_keeps_its_timeout_over_the_reads_of_a_stream() -> None:
    socket = Socket(empty=0)
    stream, limit = stream_over(socket), Deadline(SystemClock(), "content", 60.0)
    with deadlines.blocking(limit):
        for _ in range(100):
            assert stream.read(10, 60.0) == b"x"
    assert len(socket.waits) == 1


def test_a_read_waits_for_all_of_its_time_and_no_longer() -> None:
    socket = Socket(empty=1)
    assert stream_over(socket).read(10, 60.0) == b"x"
    assert sum(socket.waits) <= 60.0

    silent = Socket(empty=9)
    with pytest.raises(httpcore.ReadTimeout):
        stream_over(silent).read(10, 60.0)
    assert sum(silent.waits) == pytest.approx(60.0)


def test_a_peer_that_the_system_has_given_up_is_no_silence() -> None:
    """Read again, such a socket has an end, at which a cut answer would pass for a whole one."""
    gone = TimeoutError(errno.ETIMEDOUT, "Connection timed out")
    with pytest.raises(httpcore.ReadError, match="Connection timed out"):
        stream_over(Socket(empty=1, error=gone)).read(10, 60.0)
    with pytest.raises(httpcore.WriteError, match="Connection timed out"):
        stream_over(Socket(empty=1, error=gone)).write(b"x", 60.0)
