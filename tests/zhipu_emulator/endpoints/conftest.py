"""One emulator a module, asked by plain httpx."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

import zhipu_emulator


@pytest.fixture(scope="module")
def server() -> Iterator[zhipu_emulator.Server]:
    with zhipu_emulator.serve() as running:
        yield running


@pytest.fixture(scope="module")
def client(server: zhipu_emulator.Server) -> Iterator[httpx.Client]:
    with connect(server) as ready:
        yield ready


@pytest.fixture
def options() -> Iterator[Callable[..., httpx.Client]]:
    """A function that starts an emulator with options and gives a client of it."""
    running: list[zhipu_emulator.Server] = []
    clients: list[httpx.Client] = []

    def start(**values: Any) -> httpx.Client:
        running.append(zhipu_emulator.serve(**values).start())
        clients.append(connect(running[-1]))
        return clients[-1]

    yield start
    for ready in clients:
        ready.close()
    for one in running:
        one.stop()


def connect(server: zhipu_emulator.Server) -> httpx.Client:
    return httpx.Client(
        base_url=server.base_url + "/",
        headers={"Authorization": f"Bearer {server.api_key}"},
        trust_env=False,
    )


@pytest.fixture
def refused(satisfies: Callable[[Any, str], Any]) -> Callable[..., dict[str, str]]:
    """Check a refusal: its status, its code, its envelope; gives what is in ``error``."""

    def check(answer: httpx.Response, code: str, status: int = 400) -> dict[str, str]:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json; charset=UTF-8"
        error: dict[str, str] = satisfies(answer.json(), "error")["error"]
        assert error["code"] == code, error
        return error

    return check
