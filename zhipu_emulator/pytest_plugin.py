"""Fixtures for suites that want the stand-in. pytest finds them by itself where it is installed.

(In a checkout that is not installed: ``pytest_plugins = ["zhipu_emulator.pytest_plugin"]``.)

``zhipu_emulator`` is a running ``Server``, empty at the start of each test; the server itself is
shared by the tests of a process. ``zhipu_emulator_options`` may be overridden to configure it.

Example::

    def test_chat(zhipu_emulator):
        zhipu_emulator.script("error=1302; retry-after=0")
        call(base_url=zhipu_emulator.base_url, api_key=zhipu_emulator.api_key)
        assert len(zhipu_emulator.requests) == 2
        zhipu_emulator.assert_all_used()
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from zhipu_emulator.http.server import Server


@pytest.fixture(scope="session")
def zhipu_emulator_options() -> dict[str, Any]:
    """Fields of ``Options`` that every test starts with."""
    return {}


@pytest.fixture(scope="session")
def _zhipu_emulator_server(zhipu_emulator_options: dict[str, Any]) -> Iterator[Server]:
    from zhipu_emulator.http.server import serve  # every run of pytest loads this module

    with serve(**zhipu_emulator_options) as server:
        yield server


@pytest.fixture
def zhipu_emulator(_zhipu_emulator_server: Server) -> Iterator[Server]:
    """A running stand-in that remembers nothing of the tests before."""
    server = _zhipu_emulator_server
    before = server.state.options
    server.reset()
    yield server
    server.state.options = before
    server.reset()
