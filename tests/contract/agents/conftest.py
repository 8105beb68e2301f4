"""An emulator, and settings that reach it."""

from __future__ import annotations

import pytest

import zhipu_emulator


@pytest.fixture(scope="module")
def running():
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def reach(reach):
    return {**reach, "interval": 0.01, "max_retries": 0}
