"""Batches that ended half way, and files of them that are gone: what is there is collected."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import langchain_zhipu
import llama_index_zhipu
import zhipu_emulator
from zhipu_client import (
    APIError,
    BadRequestError,
    Client,
    GoneError,
    NotFoundError,
    TaskFailedError,
    batches,
    files,
)
from zhipu_client.work import partial_of

PACKAGES: dict[str, Any] = {
    "langchain": (langchain_zhipu, "ChatZhipuAI"),
    "llama_index": (llama_index_zhipu, "ZhipuAI"),
}
ITEMS = [f"What is {number} * 2?" for number in range(6)]


@pytest.fixture(scope="module")
def running():
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def service(running):
    running.reset()
    return running


@pytest.fixture
def client(service) -> Client:
    return Client(api_key=service.api_key, base_url=service.base_url, max_retries=0)


@pytest.fixture(params=PACKAGES)
def made(request, service) -> Callable[..., Any]:
    """A job of three batches, of two items each."""
    package, chat = PACKAGES[request.param]
    model = getattr(package, chat)(
        model="glm-4-flash", api_key=service.api_key, base_url=service.base_url, max_retries=0
    )

    def make(**options: Any) -> Any:
        batch = package.ZhipuAIBatch(model, interval=0.01, **options)
        batch._work.most = 2
        return batch

    return make


def reads(batch: Any, job: str) -> Iterator[Callable[[], dict[int, Any]]]:
    """Collect a job, each way; what was there before an error is its ``partial``."""

    async def aread(found: dict[int, Any]) -> None:
        async for pair in batch.aiterate(job):
            found.__setitem__(*pair)

    def one_by_one(*, awaited: bool) -> dict[int, Any]:
        found: dict[int, Any] = {}
        try:
            if awaited:
                asyncio.run(aread(found))
            else:
                for pair in batch.iterate(job):
                    found.__setitem__(*pair)
        except APIError as error:
            error.partial = found
            raise
        return found

    yield lambda: dict(enumerate(batch.collect(job, 6)))
    yield lambda: dict(enumerate(asyncio.run(batch.acollect(job, 6))))
    yield lambda: one_by_one(awaited=False)
    yield lambda: one_by_one(awaited=True)


def said(answer: Any) -> str:
    value = answer.get()
    return str(getattr(value, "text", "") or value.message.content)


def good(found: dict[int, Any]) -> list[int]:
    return sorted(place for place, one in found.items() if one.error is None)


def test_a_deleted_file_of_results_costs_its_own_answers(made, client) -> None:
    batch = made()
    job = batch.submit(ITEMS)
    batch.collect(job)
    lost = batch.status(job)[1]
    client.send(files.delete(lost.output_file_id))
    for read in reads(batch, job):
        with pytest.raises(GoneError) as caught:
            read()
        error = caught.value
        assert isinstance(error, NotFoundError)
        assert (error.batch_id, error.file_id, error.task_id) == (lost.id, lost.output_file_id, job)
        for words in (lost.id, lost.output_file_id, "submit", "1214"):
            assert words in str(error)
        assert good(partial_of(error)) == [0, 1, 4, 5]


def ends(service: Any, batch_id: str, status: str, *, lines: int) -> None:
    """Let a batch have ended half way, with so many of its lines done."""
    kept = service.state.store("batches")[batch_id]
    kept["status"] = status
    output = service.state.store("files")[kept["output_file_id"]]
    output["content"] = b"".join(output["content"].splitlines(keepends=True)[:lines])
    if not lines:
        del service.state.store("files")[kept["output_file_id"]]
        kept["output_file_id"] = ""


@pytest.mark.parametrize("status", ["expired", "cancelled", "failed"])
def test_of_a_batch_that_ended_half_way_what_is_there_is_collected(made, service, status) -> None:
    batch = made()
    job = batch.submit(ITEMS)
    batch.collect(job)
    ended = batch.status(job)[1].id
    ends(service, ended, status, lines=1)
    for read in reads(batch, job):
        found = read()
        assert good(found) == [0, 1, 2, 4, 5]
        assert "= 4" in said(found[2])
        if 3 in found:
            assert found[3].error.retryable
            assert f"batch {ended} ended ({status})" in str(found[3].error)


def test_a_batch_that_failed_as_a_whole_costs_no_other(made, service) -> None:
    batch = made()
    job = batch.submit(ITEMS)
    batch.collect(job)
    failed = batch.status(job)[0].id
    ends(service, failed, "failed", lines=0)
    for read in reads(batch, job):
        with pytest.raises(TaskFailedError, match=failed) as caught:
            read()
        assert caught.value.task_id == job
        assert good(partial_of(caught.value)) == [2, 3, 4, 5]


def test_a_batch_that_is_not_there_is_named_and_costs_no_other(made, service) -> None:
    batch = made()
    job = batch.submit(ITEMS)
    lost = job.split(",")[0]
    del service.state.store("batches")[lost]
    for read in reads(batch, job):
        with pytest.raises(GoneError, match=lost) as caught:
            read()
        assert (caught.value.batch_id, caught.value.file_id) == (lost, None)
        assert "goes on" not in str(caught.value)
        assert good(partial_of(caught.value)) == [2, 3, 4, 5]


def test_a_refusal_that_is_not_the_services_loses_no_batch() -> None:
    """A proxy's 400 has no code: what is forgotten for it would be paid for once more."""
    refused = BadRequestError("Request Header Or Cookie Too Large", status=400)
    for request in (batches.retrieve("batch-1"), files.open_content("file-1")):
        assert request.failed is not None
        assert request.failed(refused) is refused


def test_another_failure_ends_it_at_once(made, service) -> None:
    batch = made()
    job = batch.submit(ITEMS)
    batch.collect(job)
    for read in reads(batch, job):
        service.script(None, "error=1113/429")
        with pytest.raises(APIError) as caught:
            read()
        assert caught.value.code == "1113"


def test_with_a_checkpoint_what_is_gone_is_begun_anew(made, client, tmp_path) -> None:
    options = {"checkpoint": tmp_path / "work.sqlite"}
    batch = made(**options)
    first = batch.submit(ITEMS)
    batch.collect(first)
    lost = batch.status(first)[1]
    client.send(files.delete(lost.output_file_id))
    with pytest.raises(GoneError):
        batch.collect(first)
    again = made(**options)
    second = again.submit(ITEMS)
    same = [one == other for one, other in zip(first.split(","), second.split(","), strict=True)]
    assert same == [True, False, True]
    assert good(dict(enumerate(asyncio.run(again.acollect(second))))) == [0, 1, 2, 3, 4, 5]


def test_an_upload_that_a_checkpoint_has_may_have_expired(made, service, client, tmp_path) -> None:
    for way in ("submit", "asubmit"):
        options = {"checkpoint": tmp_path / f"{way}.sqlite", "metadata": {"way": way}}
        service.script(None, "error=1234/500")  # uploaded, and killed before the batch began
        with pytest.raises(APIError):
            made(**options).submit(ITEMS[:2])
        *_, name = service.state.store("files")
        client.send(files.delete(name))
        jobs = []
        for _ in range(2):
            found = getattr(made(**options), way)(ITEMS[:2])
            jobs.append(asyncio.run(found) if way == "asubmit" else found)
        assert jobs[0] == jobs[1]  # begun once
        assert made(**options).find({"way": way}) == jobs[:1]
        assert good(dict(enumerate(made(**options).collect(jobs[0])))) == [0, 1]


def test_the_client_names_what_is_not_there(client) -> None:
    asked = {
        "upload it again": batches.create(input_file_id="file-1"),
        "for a time only": files.open_content("file-1"),
        "keeps files": files.content("file-1"),
        "each for its own account": files.delete("file-1"),
        "submitted again": batches.retrieve("batch-1"),
        "another account": batches.cancel("batch-1"),
    }
    for words, request in asked.items():
        with pytest.raises(GoneError, match=words) as caught:
            client.send(request)
        name = caught.value.file_id or caught.value.batch_id
        assert name in ("file-1", "batch-1")
        assert name in str(caught.value)
        assert (caught.value.code, caught.value.retryable) == ("1214", False)
