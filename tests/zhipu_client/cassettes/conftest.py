"""A client whose requests are recorded, and what sends them in either way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.cassette_support.plugin import Mode, Service
from zhipu_client import Client, Request

Send = Callable[[Request[Any]], Awaitable[Any]]


@pytest.fixture
def client(service: Service) -> Client:
    return Client(**service.settings)


@pytest.fixture
def send(client: Client, mode: Mode) -> Send:
    async def send(request: Request[Any]) -> Any:
        return client.send(request) if mode == "sync" else await client.as_async().send(request)

    return send
