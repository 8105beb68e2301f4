"""The emulator, for clients that were written for the service."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

import zhipu_emulator

for _name in [name for name in os.environ if name.upper().endswith("_PROXY")]:
    del os.environ[_name]


@pytest.fixture(scope="session")
def _running() -> Iterator[zhipu_emulator.Server]:
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def server(_running: zhipu_emulator.Server) -> zhipu_emulator.Server:
    _running.reset()
    return _running
