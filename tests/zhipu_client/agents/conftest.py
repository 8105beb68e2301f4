"""An emulator, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import zhipu_emulator
from zhipu_client import Client


@pytest.fixture(scope="module")
def running() -> Iterator[zhipu_emulator.Server]:
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def server(running: zhipu_emulator.Server) -> zhipu_emulator.Server:
    running.reset()
    return running


@pytest.fixture
def client(server: zhipu_emulator.Server) -> Client:
    return Client(api_key=server.api_key, base_url=server.base_url, max_retries=0)
