"""Serves a body to httpx without a socket, in pieces cut at random bytes."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from tests.reliability.drivers import Driver, Mode, Outcome
from tests.reliability.subjects import SUBJECTS
from tests.wire.dialects import as_asked

__all__ = ["InProcess", "cut"]

BASE_URL = "http://zhipu.test/api/paas/v4"


def cut(body: bytes, rng: random.Random) -> list[bytes]:
    """The body in some twenty pieces, in the middle of characters, lines and words."""
    count = min(len(body) // 2, rng.randrange(1, 40))
    places = sorted(rng.sample(range(1, len(body)), count)) if count else []
    return [body[a:b] for a, b in zip([0, *places], [*places, len(body)], strict=True)]


class _Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


class InProcess:
    """A product whose HTTP client answers itself, with the body that was put in last.

    Args:
        name: Of `tests.reliability.subjects.SUBJECTS`.
        mode: Sync or async.
        seed: For the places at which bodies are cut.
    """

    def __init__(self, name: str, mode: Mode, seed: int) -> None:
        self._subject, self._mode = SUBJECTS[name], mode
        self._rng = random.Random(seed)
        self._response = (200, "", b"")
        #: Whether the last request asked for the tokens of its stream.
        self.asked = False
        self._http = httpx.Client(transport=httpx.MockTransport(self._serve))
        self._ahttp = httpx.AsyncClient(transport=httpx.MockTransport(self._serve))
        self._drivers: dict[Any, Driver] = {}

    def ask(
        self, body: str, *, status: int = 200, model: str = "glm-4.7", tools: Any = None
    ) -> Outcome:
        """What the product makes of this body; streamed if it is a stream."""
        streamed = "data:" in body[:200] or status != 200
        kind = "text/event-stream;charset=UTF-8" if "data:" in body[:200] else "application/json"
        self._response = (status, kind, body.encode())
        driver = self._driver(model, tools)
        return driver.stream() if streamed else driver.complete()

    def close(self) -> None:
        for driver in self._drivers.values():
            driver.close()
        self._http.close()

    def _driver(self, model: str, tools: Any) -> Driver:
        key = (model, bool(tools))
        if key not in self._drivers:
            subject = self._subject(
                BASE_URL,
                model=model,
                max_retries=0,
                http_client=self._http,
                http_async_client=self._ahttp,
                **({"tools": tools} if tools else {}),
            )
            self._drivers[key] = Driver(subject, self._mode)
        return self._drivers[key]

    def _serve(self, request: httpx.Request) -> httpx.Response:
        status, kind, body = self._response
        options = json.loads(request.content).get("stream_options") or {}
        self.asked = bool(options.get("include_usage"))
        if "event-stream" in kind:
            body = as_asked(body.decode(), usage=self.asked).encode()
        assert request.url.path.endswith("/chat/completions")
        pieces = _Pieces(cut(body, self._rng))
        return httpx.Response(status, headers={"Content-Type": kind}, stream=pieces)
