"""Bodies with a file in them: the same bytes as any other, made as they are sent."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from typing import Any

import httpx
import pytest

from tests.contract.server import Reply, scripted
from zhipu_client import AsyncClient, Client, ServerError, ZhipuError, _check, chat, ocr
from zhipu_client._files import data_url
from zhipu_client._io import bodies
from zhipu_client._io.bodies import LONG, LongBody, long_body
from zhipu_client.dialects import DIALECTS

URL = "data:application/pdf;base64," + "QUJD" * (LONG // 4)
PDF = b"%PDF-1.7\n" + b"x" * LONG
ANSWER = Reply({"id": "1", "md_results": "text", "layout_details": [[]]})
BODIES: list[Any] = [
    {"file": URL},
    {"file": URL, "model": "glm-ocr", "n": [1, 2.5, None, True], "话": "页"},
    {"messages": [{"content": [{"image_url": {"url": URL}}, {"image_url": {"url": URL}}, URL]}]},
    {"a": "x" * LONG, "b": {"c": ["y" * LONG, "z"]}, "d": 'say "x"' * LONG},
]
BUSY = Reply({"error": {"code": "1234", "message": "network"}}, status=500)


@pytest.mark.parametrize("body", BODIES)
def test_it_is_the_same_json(body: Any) -> None:
    made = long_body(body)
    assert made is not None
    whole = _check.as_json(body, separators=(",", ":"))
    assert bytes(made) == whole
    assert bytes(made) == whole  # it can be read again
    assert len(made) == len(whole)
    assert max(map(len, made)) < len(whole) or len(made) < 2 * LONG


@pytest.mark.parametrize(
    "text", ["short", "x" * (LONG - 1), "页" * LONG, '"' * LONG, "\\" * LONG, "a\n" * LONG]
)
def test_other_texts_are_written_at_once(text: str) -> None:
    assert long_body({"file": text}) is None
    assert long_body([{"a": {"b": text}}]) is None  # type: ignore[arg-type]


def test_what_cannot_be_written_is_said_as_of_any_body() -> None:
    for odd in ("\ud83d", float("nan"), {1, 2}):
        with pytest.raises(ValueError, match=r".") as caught:
            long_body({"file": URL, "odd": odd})
        with pytest.raises(ValueError, match=r".") as plain:
            _check.as_json({"file": "short", "odd": odd})
        assert str(caught.value) == str(plain.value)


def test_it_is_not_copied() -> None:
    url = "data:application/pdf;base64," + "QUJD" * 2**20
    tracemalloc.start()
    try:
        made = [long_body({"file": url, "page": page}) for page in range(8)]
        sent = sum(len(piece) for body in made if body for piece in body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sent > 32 * 2**20
    assert peak < 2**20


def test_base64_of_a_file_is_made_with_one_copy() -> None:
    content = b"%PDF-" + bytes(4 * 2**20)
    tracemalloc.start()
    try:
        made = data_url(content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2.2 * len(made)


def test_the_answer_of_another_call_is_known() -> None:
    first, content, _ = bodies.write(ocr.create(file=URL), DIALECTS["zhipu"])
    second, other, _ = bodies.write(ocr.create(file=URL, start_page_id=2), DIALECTS["zhipu"])
    third, same, _ = bodies.write(ocr.create(file=URL), DIALECTS["zhipu"])
    assert isinstance(content, LongBody)
    assert bodies.foreign(first, content, {"request_id": second}) == second
    assert bodies.foreign(first, content, {"request_id": third}) is None
    assert bodies.foreign(third, same, {"request_id": second}) == second
    assert other is not None


def _client(kind: str, base_url: str, **more: Any) -> Any:
    of: Any = Client if kind == "sync" else AsyncClient
    return of(api_key="a.b", base_url=base_url, dialect="zhipu", **more)


def _send(client: Any, request: Any) -> Any:
    found = client.send(request)
    return asyncio.run(found) if asyncio.iscoroutine(found) else found


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_each_attempt_sends_all_of_it(kind: str) -> None:
    with scripted(BUSY, ANSWER) as server:
        _send(_client(kind, server.base_url, max_retries=2), ocr.create(file=PDF))
        first, second = (request.json for request in server.requests)
    assert first == second
    assert first["file"] == data_url(PDF)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_chat_with_a_document_too(kind: str) -> None:
    part = {"type": "file", "file": {"file_data": data_url(PDF), "filename": "a.pdf"}}
    messages = [{"role": "user", "content": [part]}]
    with scripted(BUSY) as server:
        with pytest.raises(ServerError):
            _send(
                _client(kind, server.base_url, max_retries=0),
                chat.create(model="glm-5.3-flash", messages=messages),
            )
        assert server.requests[0].json["messages"] == messages


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_client_of_the_callers_own_can_read_it(kind: str) -> None:
    seen: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(200, json=ANSWER.body)

    hooks = {"request": [lambda request: seen.append(json.loads(request.content))]}
    if kind == "sync":
        own: Any = httpx.Client(transport=httpx.MockTransport(answer), event_hooks=hooks)
        _send(_client(kind, "http://a.example", http_client=own), ocr.create(file=PDF))
    else:

        async def hook(request: httpx.Request) -> None:
            seen.append(json.loads(request.content))

        own = httpx.AsyncClient(
            transport=httpx.MockTransport(answer), event_hooks={"request": [hook]}
        )
        _send(_client(kind, "http://a.example", http_client=own), ocr.create(file=PDF))
    assert [body["file"] for body in seen] == [data_url(PDF)] * 2


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_refusal_before_all_is_sent_is_read(kind: str) -> None:
    refused = Reply({"error": {"code": "1210", "message": "too large"}}, status=413)
    with scripted(refused) as server, pytest.raises(ZhipuError, match="too large"):
        _send(_client(kind, server.base_url, max_retries=0), ocr.create(file=PDF))
