"""Whoever watches httpx sees our requests, although they do not pass its client otherwise."""

from __future__ import annotations

import functools
import logging
from typing import Any

import httpx
import pytest

from zhipu_client._io import direct

from . import scenarios as say
from .conftest import Drive
from .server import FaultServer

KINDS = (httpx.Client, httpx.AsyncClient)


@pytest.mark.parametrize("name", ["send", "_send_single_request"])
def test_a_tracer_in_the_place_of_a_method_sees_each_request(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    seen: list[str] = []

    def watched(method: Any) -> Any:
        @functools.wraps(method)
        def around(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
            seen.append(request.method)
            return method(self, request, *args, **kwargs)

        return around

    for kind in KINDS:
        monkeypatch.setattr(kind, name, watched(getattr(kind, name)))
    with FaultServer(say.healthy()) as server:
        driver = drive(server)
        driver.complete().ok()
        driver.stream().ok()
    assert seen == ["POST", "POST"]


def test_a_tracer_that_came_first_is_known_by_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapped = functools.wraps(httpx.Client.send)(lambda *args, **kwargs: None)
    assert direct._is_of_httpx(httpx.Client.send)
    assert not direct._is_of_httpx(wrapped)
    assert not direct._is_of_httpx(functools.partial(httpx.Client.send))


def test_the_log_of_httpx_has_each_request_where_it_is_wanted(
    drive: Drive, caplog: pytest.LogCaptureFixture
) -> None:
    with FaultServer(say.healthy()) as server:
        driver = drive(server)
        driver.complete().ok()
        before = [record for record in caplog.records if record.name == "httpx"]
        with caplog.at_level(logging.INFO, logger="httpx"):
            driver.complete().ok()
            driver.stream().ok()
    after = [record for record in caplog.records if record.name == "httpx"]
    assert (len(before), len(after)) == (0, 2)


def test_else_the_client_of_httpx_is_not_asked(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a request passed httpx's client")

    for kind in KINDS:  # below what is looked at
        monkeypatch.setattr(kind, "_transport_for_url", refuse)
    with FaultServer(say.healthy()) as server:
        driver = drive(server)
        driver.complete().ok()
        driver.stream().ok()
        assert len(server.requests) == 2
