"""A server that answers well, and a clock that only a test moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.reliability import scenarios as say
from tests.reliability.clocks import FakeClock
from tests.reliability.server import FaultServer


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(say.healthy()) as made:
        yield made


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
