"""C07, C10: an object that is forked, copied or pickled still works, and for itself only."""

from __future__ import annotations

import copy
import json
import os
import pickle

import pytest

from tests.programs import run_program
from zhipu_client import InvalidRequestError

from . import scenarios as say
from .conftest import Drive
from .drivers import Driver
from .frames import TEXT
from .server import FaultServer
from .subjects import ADAPTERS, KEY, SUBJECTS

#: Busy: other threads go on calling while the process forks, so locks may be taken. Full: they have
#: taken all places of the object's ceiling too, which they do not give back in the child. The
#: adapters fork through the same client: fewer rounds show that they do. First: another thread
#: is in the middle of the first call, which imports httpx.
FORKS = [
    *(("client", mode, 15, "quiet") for mode in ("sync", "async")),
    *(("client", mode, 10, "busy") for mode in ("sync", "async")),
    *(("client", mode, 5, "full") for mode in ("sync", "async")),
    *(("client", mode, 1, "first") for mode in ("sync", "async")),
    ("client", "async", 1, "first, on a loop"),
    *((name, mode, 5, "quiet") for name in ADAPTERS for mode in ("sync", "async")),
]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize(("name", "mode", "rounds", "state"), FORKS)
def test_C07_parent_and_child_get_their_own_answers(
    name: str, mode: str, rounds: int, state: str
) -> None:
    with FaultServer(say.echo(after=0.002)) as server:
        given = (name, mode, server.base_url, str(rounds), state)
        result = run_program("tests.reliability.fork_program", *given, warn="ignore")
    assert result.returncode == 0, result.stderr[-2000:]
    found = json.loads(result.stdout)
    assert found["bad"] == []
    assert found["answers"] == 1 + 4 * rounds


def importable_key() -> str:
    """A key that comes from elsewhere; pickle stores the function's name only."""
    return KEY


def _restored(driver: Driver) -> None:
    driver.subject.thing = pickle.loads(pickle.dumps(driver.subject.thing))


def test_C10_pickled_with_the_key_in_the_environment(
    drive_adapter: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer(say.healthy()) as server:
        driver = drive_adapter(server, api_key="0000.explicit")
        driver.complete().ok()
        monkeypatch.setenv("ZHIPUAI_API_KEY", KEY)
        _restored(driver)
        for outcome in driver.both():
            assert outcome.ok().text == TEXT
        assert server.requests[0].headers["authorization"].endswith("0000.explicit")
        assert server.requests[1].headers["authorization"].endswith(KEY)


def test_C10_pickled_with_an_importable_function(drive_adapter: Drive) -> None:
    with FaultServer(say.healthy()) as server:
        driver = drive_adapter(server, api_key=importable_key)
        _restored(driver)
        assert driver.complete().ok().text == TEXT
        assert server.requests[0].headers["authorization"].endswith(KEY)


def test_C10_pickled_without_either_says_how(drive_adapter: Drive) -> None:
    with FaultServer(say.healthy()) as server:
        driver = drive_adapter(server)
        try:
            _restored(driver)
        except InvalidRequestError as error:
            text = str(error)
        else:
            text = str(driver.complete().failed(InvalidRequestError))
        assert "ZHIPUAI_API_KEY" in text
        assert "function" in text or "callable" in text
        assert server.requests == []


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_C10_copies_keep_the_key(drive_adapter: Drive, duplicate: type) -> None:
    with FaultServer(say.healthy()) as server:
        driver = drive_adapter(server)
        driver.complete().ok()
        driver.subject.thing = duplicate(driver.subject.thing)
        assert driver.complete().ok().text == TEXT
        assert server.requests[1].headers["authorization"].endswith(KEY)


def test_C10_the_bare_client_is_not_carried() -> None:
    client = SUBJECTS["client"]("http://127.0.0.1:9").thing
    for carry in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="make one where it is used"):
            carry(client)
