"""The one timer of a stream that ends a wait for bytes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import httpx

from zhipu_client._io.silence import Silence, silence_of


class Loop:
    """An event loop's clock and timers, turned by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, call: Callable[[], None]) -> Timer:
        self.timers.append(Timer(when, call))
        return self.timers[-1]

    def turn_to(self, now: float) -> None:
        self.now = now
        for timer in [timer for timer in self.timers if timer.at <= now]:
            self.timers.remove(timer)
            if not timer.cancelled:
                timer.call()


class Timer:
    def __init__(self, at: float, call: Callable[[], None]) -> None:
        self.at, self.call, self.cancelled = at, call, False

    def when(self) -> float:
        return self.at

    def cancel(self) -> None:
        self.cancelled = True


def _watched() -> tuple[Loop, Silence, socket.socket, socket.socket]:
    loop: Any = Loop()
    near, far = socket.socketpair()
    return loop, Silence(loop, near), near, far


def test_a_wait_that_is_too_long_ends_the_stream() -> None:
    loop, silence, near, far = _watched()
    with near, far:
        silence.begin(5)
        loop.turn_to(4.9)
        assert not silence.over
        loop.turn_to(5)
        assert silence.over
        assert near.recv(1) == far.recv(1) == b""


def test_the_pauses_of_the_reader_do_not_count() -> None:
    loop, silence, near, far = _watched()
    with near, far:
        silence.begin(5)
        loop.turn_to(1)
        silence.end()
        loop.turn_to(100)
        silence.begin(5)
        loop.turn_to(104)
        assert not silence.over
        loop.turn_to(105)
        assert silence.over


def test_a_thousand_waits_have_one_timer() -> None:
    loop, silence, near, far = _watched()
    with near, far:
        for number in range(1000):
            loop.turn_to(number / 1000)
            silence.begin(5)
            silence.end()
        assert len(loop.timers) == 1
        silence.begin(1)  # sooner than the timer
        loop.turn_to(2)
        assert silence.over


def test_after_the_stream_nothing_is_shut_down() -> None:
    loop, silence, near, far = _watched()
    with near, far:
        silence.begin(5)
        silence.stop()
        loop.turn_to(1000)
        assert not silence.over
        far.send(b"x")
        assert near.recv(1) == b"x"


def test_what_has_no_socket_is_not_watched() -> None:
    loop = asyncio.new_event_loop()
    try:
        assert silence_of(loop, httpx.Response(200)) is None
        assert silence_of(None, httpx.Response(200)) is None
    finally:
        loop.close()
