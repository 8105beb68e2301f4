"""Clients that answer by themselves, and small PDFs."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from zhipu_client._request import Reply, Request
from zhipu_client.dialects import dialect_of

Answer = Callable[[dict[str, Any]], Any]


class FakeClient:
    """Answers each body with what a function makes of it; knows how many were in flight."""

    def __init__(self, answer: Answer, *, seconds: float = 0.0, site: str | None = None) -> None:
        self.answer = answer
        self.seconds = seconds
        self.site = site
        self.base_url = "https://api.example/api/paas/v4"
        self.dialect = dialect_of(self.base_url)
        self.bodies: list[dict[str, Any]] = []
        self.now = self.most = 0
        self._lock = threading.Lock()
        #: Called with each request, before it is answered.
        self.before: Callable[[Request[Any]], None] = lambda request: None

    def _enter(self, request: Request[Any]) -> dict[str, Any]:
        self.before(request)
        body = dict(request.json or {})
        with self._lock:
            self.bodies.append(body)
            self.now += 1
            self.most = max(self.most, self.now)
        return body

    def _leave(self, request: Request[Any], body: dict[str, Any]) -> Any:
        with self._lock:
            self.now -= 1
        data = self.answer(body)
        if isinstance(data, Exception):
            raise data
        return request.parse(Reply(200, {}, b"", data))

    def send(self, request: Request[Any]) -> Any:
        body = self._enter(request)
        time.sleep(self.seconds)
        return self._leave(request, body)


class FakeAsyncClient(FakeClient):
    """The same for tasks."""

    async def send(self, request: Request[Any]) -> Any:  # type: ignore[override]
        body = self._enter(request)
        await asyncio.sleep(self.seconds)
        return self._leave(request, body)


def make_pdf(pages: int, *, padding: int = 0) -> bytes:
    """A PDF whose page n says ``page n``, with some incompressible bytes on each page."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    kids = []
    for number in range(1, pages + 1):
        text = b"BT /F1 20 Tf 60 700 Td (This is page %d of the book) Tj ET" % number
        fill = b"\n%" + (b"%08d" % number) * (padding // 8) if padding else b""
        objects.append(b"<</Length %d>>stream\n%b\nendstream" % (len(text + fill), text + fill))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R"
            b"/Resources<</Font<</F1 3 0 R>>>>>>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(kids), b" ".join(kids))
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each test of an engine runs with threads and with tasks."""
    return str(request.param)


@pytest.fixture
def make_client(kind: str) -> Callable[..., FakeClient]:
    return FakeClient if kind == "sync" else FakeAsyncClient


@pytest.fixture
def run(kind: str) -> Callable[[Any, Any], Any]:
    from zhipu_client import arun
    from zhipu_client import run as run_now

    if kind == "sync":
        return run_now
    return lambda client, job: asyncio.run(arun(client, job))


@pytest.fixture
def collect(kind: str) -> Callable[[Any, Any], tuple[list[Any], Exception | None]]:
    """What an iteration handed over, and the error that ended it."""
    from zhipu_client import aiterate, iterate

    def now(client: Any, job: Any) -> tuple[list[Any], Exception | None]:
        found: list[Any] = []
        try:
            for piece in iterate(client, job):
                found.append(piece)  # noqa: PERF402 - kept when an error comes
        except Exception as error:
            return found, error
        return found, None

    async def later(client: Any, job: Any) -> tuple[list[Any], Exception | None]:
        found: list[Any] = []
        try:
            async for piece in aiterate(client, job):
                found.append(piece)  # noqa: PERF401 - kept when an error comes
        except Exception as error:
            return found, error
        return found, None

    if kind == "sync":
        return now
    return lambda client, job: asyncio.run(later(client, job))


@pytest.fixture
def pdf() -> Callable[..., bytes]:
    return make_pdf
