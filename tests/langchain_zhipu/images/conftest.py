"""An emulator for the module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import zhipu_emulator


@pytest.fixture(scope="module")
def running_server() -> Iterator[Any]:
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def server(running_server: Any) -> Any:
    running_server.reset()
    return running_server


@pytest.fixture
def access(server: Any) -> dict[str, Any]:
    return {"api_key": server.api_key, "base_url": server.base_url, "max_retries": 0}
