"""An httpx client of the caller's own has times of its own: an error names the one that passed."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.reliability import scenarios as say
from tests.reliability.frames import delta
from tests.reliability.server import FaultServer, Scenario
from zhipu_client import APITimeoutError

from .subjects import ADAPTERS, WAYS, Ask, Way

KEY = "id.secret"
TIMES = httpx.Timeout(5, read=0.25)


def _raised(adapter: str, way: Way, base_url: str, times: Any, **settings: Any) -> APITimeoutError:
    """Return the error of a call by a client with these times."""
    own = httpx.Client(timeout=times)
    made: list[Any] = []

    def subject(other: httpx.AsyncClient | None = None) -> Any:
        return ADAPTERS[adapter](
            model="glm-4.7", api_key=KEY, base_url=base_url, max_retries=0,
            http_client=own, http_async_client=other, **settings,
        )  # fmt: skip

    async def later() -> None:
        async with httpx.AsyncClient(timeout=times) as other:
            if way == "awhole":
                await subject(other).awhole(Ask())
            else:
                async for piece in subject(other).astream(Ask()):
                    made.append(piece)  # noqa: PERF401 - what came stays

    with own, pytest.raises(APITimeoutError) as caught:
        if way.startswith("a"):
            asyncio.run(later())
        elif way == "whole":
            subject().whole(Ask())
        else:
            made.extend(subject().stream(Ask()))
    return caught.value


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize(
    ("way", "begun"), [*((way, False) for way in WAYS), ("stream", True), ("astream", True)]
)
def test_a_silent_server(adapter: str, way: Way, begun: bool) -> None:
    scenario: Scenario = say.stalled(*([delta("x")] if begun else []))
    with FaultServer(scenario) as server:
        error = _raised(adapter, way, server.base_url, TIMES)
    assert str(error) == (
        f"no byte from {server.base_url} for 0.25 s, the read timeout of your own httpx client: "
        "give that client another one, or timeout= here"
    )
    assert error.sent


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("way", WAYS)
def test_a_timeout_that_is_given_here_is_the_one(adapter: str, way: Way) -> None:
    with FaultServer(say.stalled()) as server:
        error = _raised(adapter, way, server.base_url, httpx.Timeout(5), timeout=0.25)
    assert "timeout=0.25 s" in str(error)
    assert "your own" not in str(error)


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("way", WAYS)
def test_a_connection_that_is_not_made(adapter: str, way: Way) -> None:
    with _full() as port:
        base_url = f"http://127.0.0.1:{port}/api/paas/v4"
        error = _raised(adapter, way, base_url, httpx.Timeout(5, connect=0.25))
    assert str(error).startswith(
        f"no connection to {base_url} for 0.25 s, the connect timeout of your own httpx client"
    )
    assert not error.sent


class _full:
    """A port whose queue of connections is full: the next one is neither taken nor refused."""

    def __enter__(self) -> int:
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen(0)
        port = int(self._listening.getsockname()[1])
        self._waiting = [socket.socket() for _ in range(8)]
        for one in self._waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        return port

    def __exit__(self, *_: object) -> None:
        for one in (*self._waiting, self._listening):
            one.close()


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_pool_without_a_free_place(adapter: str) -> None:
    limits = httpx.Limits(max_connections=1)
    with (
        FaultServer(say.stalled()) as server,
        httpx.Client(timeout=httpx.Timeout(5, pool=0.25), limits=limits) as own,
    ):
        subject = ADAPTERS[adapter](
            model="glm-4.7", api_key=KEY, base_url=server.base_url, max_retries=0, http_client=own
        )
        errors: list[Exception] = []
        first = threading.Thread(target=_quietly, args=(subject, errors))
        first.start()
        assert server.wait_for(lambda found: len(found.requests) == 1)
        with pytest.raises(APITimeoutError) as caught:
            subject.whole(Ask())
    first.join()
    assert str(caught.value).startswith(
        "no free connection for 0.25 s, the pool timeout of your own httpx client"
    )
    assert not caught.value.sent


def _quietly(subject: Any, errors: list[Exception]) -> None:
    call: Callable[[Any], Any] = subject.whole
    try:
        call(Ask())
    except Exception as error:
        errors.append(error)
