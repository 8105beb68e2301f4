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

Where a test fails, its report has a section with what was scripted and what was asked. With the
setting ``zhipu_emulator_all_used = true`` (pyproject.toml: ``[tool.pytest.ini_options]``) each test
that passes ends with ``assert_all_used()``. A marker changes both and the options for one test::

    @pytest.mark.zhipu_emulator(all_used=False, scripted_only=True)
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from zhipu_emulator.http.server import Server

_NAME, _ALL_USED, _MARKED = "zhipu_emulator", "zhipu_emulator_all_used", "all_used"
_PASSED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The setting."""
    parser.addini(
        _ALL_USED,
        "whether a test fails that left something unused of what it scripted on zhipu_emulator",
        type="bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marker."""
    config.addinivalue_line(
        "markers",
        f"{_NAME}(all_used=..., **options): whether all that is scripted must be used, and fields "
        "of the emulator's Options, for one test",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say in the report of a failed test what was scripted and what was asked."""
    report = yield
    server: Any = getattr(item, "funcargs", {}).get(_NAME)
    if report.when == "call" and hasattr(server, "report"):
        item.stash[_PASSED] = report.passed
        if report.failed:
            report.sections.append((_NAME, server.report()))
    return report


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
def zhipu_emulator(
    request: pytest.FixtureRequest, _zhipu_emulator_server: Server
) -> Iterator[Server]:
    """A running stand-in that remembers nothing of the tests before."""
    server = _zhipu_emulator_server
    before = server.state.options
    server.reset()
    all_used = _configured(server, request)
    try:
        yield server
        if all_used and request.node.stash.get(_PASSED, False):
            server.assert_all_used()
    finally:
        server.state.options = before
        server.reset()


def _configured(server: Server, request: pytest.FixtureRequest) -> bool:
    """Set the options of the test's marker; whether all that it scripts must be used."""
    from zhipu_emulator.http.state import OPTIONS, check_names

    marker = request.node.get_closest_marker(_NAME)
    given = dict(marker.kwargs) if marker else {}
    try:
        if marker and marker.args:
            raise ValueError(f"options are given by name, not as {marker.args[0]!r}")
        check_names(given, (_MARKED, *OPTIONS))
        all_used: Any = given.pop(_MARKED, request.config.getini(_ALL_USED))
        if not isinstance(all_used, bool):
            raise TypeError(f"{_MARKED}={all_used!r}: wanted True or False")
        server.configure(**given)
    except (TypeError, ValueError) as error:
        pytest.fail(f"@pytest.mark.{_NAME} of {request.node.nodeid}: {error}", pytrace=False)
    return all_used
