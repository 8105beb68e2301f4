"""Drivers, clocks and loopback servers for the checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .clocks import FakeClock, FastClock
from .drivers import Driver, Mode
from .server import FaultServer
from .subjects import ADAPTERS, SUBJECTS

Drive = Callable[..., Driver]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def fast_clock() -> FastClock:
    return FastClock()


def _drivers(name: str, mode: Mode) -> Iterator[Drive]:
    subject = SUBJECTS[name]
    made: list[Driver] = []

    def drive(server: FaultServer | str, **options: Any) -> Driver:
        base_url = server if isinstance(server, str) else server.base_url
        made.append(Driver(subject(base_url, **options), mode))
        return made[-1]

    yield drive
    for driver in made:
        driver.close()


@pytest.fixture(
    params=[(name, mode) for name in SUBJECTS for mode in ("sync", "async")], ids="-".join
)
def drive(request: pytest.FixtureRequest) -> Iterator[Drive]:
    """``drive(server, **options)`` makes a driver; one run for each product, sync and async."""
    yield from _drivers(*request.param)


@pytest.fixture(
    params=[(name, mode) for name in ADAPTERS for mode in ("sync", "async")], ids="-".join
)
def drive_adapter(request: pytest.FixtureRequest) -> Iterator[Drive]:
    """As ``drive``, without the bare client (which is made where it is used, never carried)."""
    yield from _drivers(*request.param)


@pytest.fixture(params=["sync", "async"])
def drive_langchain(request: pytest.FixtureRequest) -> Iterator[Drive]:
    """As ``drive``, for what only LangChain asks for."""
    yield from _drivers("langchain", request.param)


@pytest.fixture(params=list(SUBJECTS))
def drive_async(request: pytest.FixtureRequest) -> Iterator[Drive]:
    """As ``drive``, for checks that only async code can fail."""
    yield from _drivers(request.param, "async")


@pytest.fixture(params=list(SUBJECTS))
def drive_sync(request: pytest.FixtureRequest) -> Iterator[Drive]:
    """As ``drive``, for checks on threads and processes, or where the mode makes no difference."""
    yield from _drivers(request.param, "sync")
