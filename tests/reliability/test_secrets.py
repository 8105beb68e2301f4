"""X01 to X06: the key, and what the user asked, go to the service and nowhere else."""

from __future__ import annotations

import logging
import socket
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from zhipu_client import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AuthenticationError,
    InvalidRequestError,
)

from . import scenarios as say
from .clocks import FakeClock
from .conftest import Drive
from .drivers import Driver
from .frames import TEXT, delta
from .server import FaultServer
from .subjects import KEY

SECRET = KEY.partition(".")[2]
PROMPT = "a question that nobody else may read"


def _things(driver: Driver) -> list[Any]:
    subject = driver.subject
    return [getattr(subject, name) for name in ("thing", "athing") if hasattr(subject, name)]


def test_X01_the_key_is_not_in_repr_or_str(drive: Drive) -> None:
    with FaultServer(say.healthy()) as server:
        driver = drive(server)
        for used in (False, True):
            for thing in _things(driver):
                for text in (repr(thing), str(thing), f"{thing}", repr(vars(thing))):
                    assert SECRET not in text, used
            driver.both()


def test_X02_neither_key_nor_prompt_is_logged(
    drive: Drive, caplog: pytest.LogCaptureFixture, clock: FakeClock
) -> None:
    caplog.set_level(logging.DEBUG)
    broken = say.stream(delta("你好"), end="fin")
    script = (say.healthy(), say.error(503), say.healthy(), say.error(401, "1001"), broken)
    with FaultServer(*script) as server:
        driver = drive(server, clock=clock)
        for _ in range(3):
            driver.complete(PROMPT)
        assert driver.stream(PROMPT).error is not None
        driver.stream(PROMPT)
        assert len(server.requests) >= 5
    lines = "\n".join(f"{record.getMessage()} {record.exc_text}" for record in caplog.records)
    assert SECRET not in lines
    assert PROMPT not in lines


@pytest.mark.parametrize(
    "bad", [f"{KEY}\n", f"{KEY}\r\nX: 1", f"{KEY}\x00", f"{KEY}\x7f", f"{KEY}é"]
)
def test_X03_a_key_that_no_header_can_carry_is_refused(drive: Drive, bad: str) -> None:
    def use() -> None:
        raise drive(server, api_key=bad).complete().error or AssertionError("no error")

    with FaultServer(say.healthy()) as server:
        with pytest.raises(InvalidRequestError) as caught:
            use()
        assert server.requests == []
    text = "".join(traceback.format_exception(caught.value))
    assert SECRET not in text
    assert "api_key" in text


def test_X03_also_from_a_function(drive: Drive) -> None:
    with FaultServer(say.healthy()) as server:
        driver = drive(server, api_key=lambda: f"{KEY}\n")
        for outcome in driver.both():
            error = outcome.failed(InvalidRequestError)
            assert SECRET not in "".join(traceback.format_exception(error))
        assert server.requests == []


def test_X03_also_from_the_environment(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIPUAI_API_KEY", f"{KEY}\x01")
    with pytest.raises(InvalidRequestError) as caught:
        raise drive("http://127.0.0.1:9", api_key=None).complete().error  # type: ignore[misc]
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_X04_the_key_is_in_no_serialised_form(drive_sync: Drive) -> None:
    with FaultServer(say.healthy()) as server:
        driver = drive_sync(server)
        for used in (False, True):
            for text in driver.subject.serialised():
                assert SECRET not in text, used
            driver.complete().ok()


def _refused() -> str:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return f"http://127.0.0.1:{sock.getsockname()[1]}/api/paas/v4"


FAILURES: dict[str, tuple[Callable[[], say.Scenario] | None, type[Exception]]] = {
    "401": (lambda: say.error(401, "1001"), AuthenticationError),
    "timeout": (say.stalled, APITimeoutError),
    "refused": (None, APIConnectionError),
    "reset": (say.reset_early, APIConnectionError),
}


@pytest.mark.parametrize("name", FAILURES)
def test_X05_the_key_is_in_no_traceback(drive: Drive, name: str) -> None:
    scenario, kind = FAILURES[name]
    with FaultServer(scenario() if scenario else say.healthy()) as server:
        where = server.base_url if scenario else _refused()
        for outcome in drive(where, timeout=0.2, max_retries=0).both():
            error = outcome.failed(kind)
            text = "".join(traceback.format_exception(error))
            assert SECRET not in text
            assert SECRET not in repr(vars(error))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_X06_a_redirect_is_not_followed(drive: Drive, status: int) -> None:
    with (
        FaultServer(say.healthy()) as other,
        FaultServer(say.redirect(f"{other.base_url}/chat/completions", status)) as server,
    ):
        for outcome in drive(server, max_retries=0).both(PROMPT):
            outcome.failed(APIError, status=status)
            assert outcome.text == ""
        assert (other.accepted, other.requests) == (0, [])
        assert len(server.requests) == 2


def test_the_key_does_reach_the_service(drive: Drive) -> None:
    """The checks above would pass for a client that sends no key."""
    with FaultServer(say.healthy()) as server:
        for outcome in drive(server).both(PROMPT):
            assert outcome.ok().text == TEXT
        for request in server.requests:
            assert request.headers["authorization"] == f"Bearer {KEY}"
            assert request.prompt == PROMPT
