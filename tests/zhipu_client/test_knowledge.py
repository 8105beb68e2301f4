"""Knowledge bases, batches and parsed documents: what is read of them, and how they are awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import zhipu_emulator
from zhipu_client import (
    APIError,
    AuthenticationError,
    BadRequestError,
    Client,
    InvalidRequestError,
    NotFoundError,
    RateLimitError,
    ServerError,
    TaskFailedError,
    TaskTimeoutError,
    await_for,
    batches,
    file_parser,
    files,
    knowledge,
    wait_for,
)
from zhipu_client._request import Reply
from zhipu_emulator.endpoints.knowledge import BASES

ASK: dict[str, Any] = {"query": "q", "knowledge_ids": ["1"]}
BASE = next(iter(BASES))


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with zhipu_emulator.serve() as server:
        yield Client(api_key=server.api_key, base_url=server.base_url, max_retries=0)


def test_what_is_sent() -> None:
    request = knowledge.retrieve(
        **ASK, document_ids=["2"], top_k=3, rerank_model="rerank-pro", extra_body={"new": 1}
    )
    assert request.json == {
        "query": "q",
        "knowledge_ids": ["1"],
        "document_ids": ["2"],
        "top_k": 3,
        "rerank_status": 1,
        "rerank_model": "rerank-pro",
        "new": 1,
    }
    assert request.kind == "read"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"query": " "}, "query"),
        ({"knowledge_ids": []}, "knowledge_ids"),
        ({"knowledge_ids": "1"}, "knowledge_ids"),
        ({"knowledge_ids": [""]}, "knowledge_ids[0]"),
        ({"document_ids": []}, "document_ids"),
        ({"top_k": 0}, "top_k"),
        ({"top_n": 1.5}, "top_n"),
        ({"recall_method": "guess"}, "recall_method"),
        ({"recall_ratio": 101}, "recall_ratio"),
        ({"rerank_model": "best"}, "rerank_model"),
        ({"fractional_threshold": "high"}, "fractional_threshold"),
        ({"request_id": "short"}, "request_id"),
    ],
)
def test_wrong_values_are_refused(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        knowledge.retrieve(**{**ASK, **change})
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (404, NotFoundError),
        (429, RateLimitError),
        (500, ServerError),
        ("1211", NotFoundError),
        (777, ServerError),
    ],
)
def test_failures_that_come_with_http_200(code: Any, error: type[APIError]) -> None:
    request = knowledge.retrieve(**ASK)
    assert request.check is not None
    body = {"data": None, "code": code, "message": "It did not work."}
    with pytest.raises(error) as caught:
        request.check(Reply(200, {}, b"", body))
    assert (caught.value.status, caught.value.code) == (200, str(code))
    assert "It did not work." in str(caught.value)


@pytest.mark.parametrize("body", [{"data": None, "code": 200}, {"code": 200}, {}, []])
def test_nothing_found(body: Any) -> None:
    request = knowledge.retrieve(**ASK)
    reply = Reply(200, {}, b"", body)
    assert request.check is not None
    request.check(reply)
    assert request.parse(reply).data == []


def test_it_is_not_offered_abroad() -> None:
    with pytest.raises(InvalidRequestError, match="not offered"):
        Client(api_key="a.b", base_url="zai").send(knowledge.list())


def test_the_emulator_has_bases_that_answer(client: Client) -> None:
    listed = client.send(knowledge.list(size=1))
    assert [base.id for base in listed.data.found] == [BASE]
    assert listed.data.total == 2
    ask = knowledge.retrieve(query="how do heat pumps work", knowledge_ids=[BASE], top_k=1)
    (best,) = client.send(ask).data
    assert best.score
    assert best.metadata is not None
    assert best.metadata["doc_name"] == "Heat pumps in cold climates"
    with pytest.raises(BadRequestError) as caught:
        client.send(knowledge.retrieve(query="q", knowledge_ids=["42"]))
    assert caught.value.code == "400"


def test_a_line_of_a_batch_that_failed() -> None:
    error = {"error": {"code": "1301", "message": "Unsafe."}}
    for row, code in [
        ({"response": {"status_code": 400, "body": error}}, "1301"),
        ({"response": {"status_code": 200, "body": error}}, "1301"),
        ({"response": None, "error": {"code": "1210", "message": "m"}}, "1210"),
        ({"error": "unreadable"}, None),
    ]:
        with pytest.raises(APIError) as caught:
            batches.answer({"custom_id": "line-01", **row})
        assert caught.value.code == code
        assert caught.value.request_id == "line-01"


def test_waiting_for_a_batch_and_for_a_document(client: Client) -> None:
    body = {"model": "glm-4-flash", "messages": [{"role": "user", "content": "Hello"}]}
    content = batches.lines([batches.line("request-1", body)])
    file = client.send(files.create(file=content, filename="a.jsonl", purpose="batch"))
    started = client.send(batches.create(input_file_id=file.id or ""))
    done = wait_for(client, batches.waiting(started, interval=0.01))
    assert done.status == "completed"
    task = client.send(file_parser.create(file=b"Some text.", filename="a.txt"))
    plan = file_parser.waiting(task, interval=0.01)
    assert wait_for(client, plan).content == "Some text."
    assert asyncio.run(await_for(client.as_async(), plan)).content == "Some text."


def test_what_fails_and_what_never_ends() -> None:
    plan = file_parser.waiting("t1", timeout=3)
    for status in ("failed", False):
        with pytest.raises(TaskFailedError, match="unreadable") as caught:
            plan.ended(file_parser.ParserReply(status=status, message="unreadable"))
        assert caught.value.task_id == "t1"
    assert not plan.ended(file_parser.ParserReply(status="processing"))
    batch = batches.waiting("batch_1", timeout=3)
    with pytest.raises(TaskFailedError, match="batch batch_1 failed"):
        batch.ended(batches.Batch(status="failed"))
    assert not batch.ended(batches.Batch(status="validating"))
    assert batch.ended(batches.Batch(status="expired"))
    with pytest.raises(TaskTimeoutError, match="batch batch_1 was still running after 3 seconds"):
        raise batch.too_long()
    with pytest.raises(InvalidRequestError, match="batch_id"):
        batches.waiting("")
