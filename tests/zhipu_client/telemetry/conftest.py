"""An emulator, and what OpenTelemetry exported while a test ran."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import zhipu_emulator
from tests.zhipu_client.telemetry.calls import Seen
from zhipu_client import telemetry


@pytest.fixture(scope="module")
def running() -> Iterator[zhipu_emulator.Server]:
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def service(running: zhipu_emulator.Server) -> zhipu_emulator.Server:
    running.reset()
    return running


@pytest.fixture
def seen() -> Iterator[Seen]:
    made = Seen()
    made.switch_on()
    yield made
    telemetry.uninstrument()
