"""Fixtures for tests marked ``vcr``.

A test asks for `service` and uses its base URL and key; everything else happens by itself:

* ``pytest`` replays ``tests/cassettes/<folder>/<module>/<test>.yaml`` with every socket blocked,
  and fails unless the whole cassette was played;
* ``make record`` runs the same tests against the emulator and writes the cassettes;
* ``make record LIVE=1`` does so against the service.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_socket

from tests.cassette_support.scrub import BASE_URL, KEY, scrubbed_request, scrubbed_response

TESTS = Path(__file__).parent.parent
CASSETTES = TESTS / "cassettes"
#: The time in cassettes of the emulator, in Unix seconds: 2026-01-01, noon in Beijing.
RECORDED_AT = 1_767_240_000.0

Mode = Literal["sync", "async"]


@dataclass(frozen=True)
class Service:
    """Where a cassette test sends its requests.

    Attributes:
        base_url: For the adapter's ``base_url``.
        api_key: For the adapter's ``api_key``.
        recording: True while the cassette is being written.
        poll_interval: Seconds between looks at a task: next to none, except at the live service.
        script: Puts answers in line, where the emulator is recorded; None elsewhere.
        reset: Makes the emulator forget everything, where it is recorded; None elsewhere.
    """

    base_url: str
    api_key: str = field(repr=False)
    recording: bool
    poll_interval: float = 0.001
    script: Callable[..., None] | None = field(default=None, repr=False)
    reset: Callable[[], None] | None = field(default=None, repr=False)

    @property
    def settings(self) -> dict[str, Any]:
        """Both as keyword arguments; no retries, so that each exchange is one in the cassette."""
        return {"base_url": self.base_url, "api_key": self.api_key, "max_retries": 0}


def _records(config: pytest.Config) -> bool:
    return config.getoption("--record-mode") not in (None, "none")


@pytest.fixture(scope="session")
def _recorded_from(request: pytest.FixtureRequest) -> Iterator[Service]:
    if request.config.getoption("--live"):
        base_url = os.environ.get("ZHIPUAI_BASE_URL", "https://open.bigmodel.cn/api/paas/v4")
        key = os.environ["ZHIPUAI_API_KEY"]
        yield Service(base_url, key, recording=True, poll_interval=2.0)
        return
    import zhipu_emulator

    # A fixed clock and (in `service`) ids counted from the start of each test: recording again
    # changes only the cassettes whose exchanges are other ones.
    with zhipu_emulator.serve(clock=lambda: RECORDED_AT, fetch_loopback=True) as server:
        yield Service(
            server.base_url,
            server.api_key,
            recording=True,
            script=server.script,
            reset=server.reset,
        )


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Service:
    """The service to talk to: the emulator or the live one while recording, else the cassette."""
    if _records(request.config):
        made: Service = request.getfixturevalue("_recorded_from")
        if made.reset is not None:
            made.reset()
        return made
    return Service(BASE_URL, KEY, recording=False)


@pytest.fixture(params=["sync", "async"])
def mode(request: pytest.FixtureRequest) -> Mode:
    """Run the test once with the blocking calls and once with the asynchronous ones."""
    found: Mode = request.param
    return found


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """One folder for each test module, in the shape of the tree of tests."""
    module = Path(str(request.node.path)).relative_to(TESTS)
    return str(CASSETTES / module.parent / module.stem.removeprefix("test_"))


@pytest.fixture
def vcr_config() -> dict[str, Any]:
    """How exchanges are matched and what is kept of them."""
    return {
        "match_on": ["method", "path", "query", "body"],
        "before_record_request": scrubbed_request,
        "before_record_response": scrubbed_response,
        "decode_compressed_response": True,
    }


_OUTCOME = pytest.StashKey[bool]()
#: Tests of the standard suites that look at the test class itself.
_SEND_NOTHING = ("test_no_overrides_DO_NOT_OVERRIDE",)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether the test itself passed (and was not skipped)."""
    report = yield
    if call.when == "call":
        item.stash[_OUTCOME] = report.passed
    return report


@pytest.fixture(autouse=True)
def _whole_cassette_without_network(request: pytest.FixtureRequest, vcr: Any) -> Iterator[None]:
    """Replaying: no socket at all, and not one exchange left over."""
    if vcr is None or _records(request.config):
        yield
        return
    _play_one_at_a_time(vcr)
    pytest_socket.disable_socket(allow_unix_socket=True)
    try:
        yield
    finally:
        pytest_socket.enable_socket()
    if not request.node.stash.get(_OUTCOME, False) or request.node.name in _SEND_NOTHING:
        return
    assert vcr.play_count > 0, "nothing was played: is there a cassette? (`make record`)"
    assert vcr.all_played, f"{len(vcr) - vcr.play_count} exchanges of the cassette were not asked"


def _play_one_at_a_time(cassette: Any) -> None:
    # vcrpy looks whether an exchange was played, then counts it: threads would play one twice.
    lock, play = threading.Lock(), cassette.play_response

    def locked(request: Any) -> Any:
        with lock:
            return play(request)

    cassette.play_response = locked
