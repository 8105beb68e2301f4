"""Starts each server once, and prints what was seen as a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.servers.running import KINDS, Kind, Missing, Running, running
from zhipu_client import _learned

_seen: dict[str, dict[str, str]] = {}
_titles: dict[str, str] = {}
_ADAPTERS = ("langchain", "llama_index")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--server", action="append", choices=KINDS, help="try this one; repeatable")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" in metafunc.fixturenames:
        names = metafunc.config.getoption("--server") or [name for name in KINDS if name != "vllm"]
        metafunc.parametrize("server", names, indirect=True, scope="session")
    if "adapter" in metafunc.fixturenames:
        metafunc.parametrize("adapter", _ADAPTERS)


@dataclass(frozen=True)
class Tried:
    """A server that runs, and its kind."""

    kind: Kind
    running: Running


@pytest.fixture(scope="session")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tried]:
    kind = KINDS[request.param]
    try:
        _titles[request.param] = f"{kind.title} {kind.version()}"
    except Missing as missing:
        pytest.skip(str(missing))
    with running(kind, tmp_path_factory.mktemp(request.param)) as found:
        yield Tried(kind, found)


@pytest.fixture(autouse=True)
def _nothing_learned() -> None:
    _learned.forget()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):  # type: ignore[no-untyped-def]
    report = yield
    call = getattr(item, "callspec", None)
    if report.when == "call" and call is not None and "server" in call.params:
        row = item.name.partition("[")[0].removeprefix("test_").replace("_", " ")
        notes = dict(item.user_properties).get("seen", "yes")
        text = {"passed": notes, "skipped": "not tried"}.get(report.outcome, "**no**")
        _seen.setdefault(row, {})[f"{call.params['server']} {call.params['adapter']}"] = text
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _titles:
        return
    out = terminalreporter
    out.section(f"works with, {dt.datetime.now(dt.UTC):%Y-%m-%d}")
    out.line("| | " + " | ".join(_titles.values()) + " |")
    out.line("|---" * (len(_titles) + 1) + "|")
    for row, found in _seen.items():
        cells = [[found.get(f"{name} {adapter}", "") for adapter in _ADAPTERS] for name in _titles]
        said = [both[0] if both[0] == both[1] else " / ".join(both) for both in cells]
        out.line(f"| {row} | " + " | ".join(said) + " |")
