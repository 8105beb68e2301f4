"""`ZhipuAIBatch` of both adapters: jobs of several batches, found and collected elsewhere."""

from __future__ import annotations

import errno
import http.server
import io
import json
import logging
import threading
import tracemalloc
from typing import Any

import pytest

import langchain_zhipu
import llama_index_zhipu
import zhipu_emulator
from zhipu_client import APIError, BatchAnswer, Client, InvalidRequestError, ZhipuError, batches
from zhipu_client._io import gathering
from zhipu_emulator.scripting import Fault

ADAPTERS: dict[str, Any] = {
    "langchain": (langchain_zhipu, "ChatZhipuAI", "ZhipuAIEmbeddings"),
    "llama_index": (llama_index_zhipu, "ZhipuAI", "ZhipuAIEmbedding"),
}


@pytest.fixture
def service():
    with zhipu_emulator.serve() as running:
        yield running


@pytest.fixture(params=ADAPTERS)
def made(request, service):
    """Make a batch of the adapter: of chats, or of texts."""
    package, chat, embedding = ADAPTERS[request.param]
    where = {"api_key": service.api_key, "base_url": service.base_url, "max_retries": 0}

    def make(kind: str = "chat", *, truncate: bool = False, **options: Any) -> Any:
        if kind == "chat":
            model = getattr(package, chat)(model="glm-4-flash", **where)
        else:
            model = getattr(package, embedding)(dimensions=256, truncate=truncate, **where)
        return package.ZhipuAIBatch(model, interval=0.01, **options)

    return make


def said(answer: BatchAnswer[Any]) -> str:
    value = answer.get()
    return str(getattr(value, "text", "") or value.message.content)


async def test_answers_come_in_the_order_of_the_items(made) -> None:
    items = [f"What is {number} * 2?" for number in range(5)]
    seen: list[tuple[int, int | None]] = []
    batch = made()
    found = batch.run(items, progress=lambda *counts: seen.append(counts))
    assert [str(number * 2) in said(one) for number, one in enumerate(found)] == [True] * 5
    assert seen == [(number, 5) for number in range(1, 6)]
    read: list[int] = []
    made(on_result=lambda pair: read.append(pair[0])).collect(batch.submit(items[:3]))
    assert sorted(read) == [0, 1, 2]
    again = await batch.arun(items)
    assert list(map(said, again)) == list(map(said, found))


async def test_a_job_above_the_limits_is_several_batches(made) -> None:
    batch = made()
    batch._work.most = 2
    items = [f"What is {number} * 2?" for number in range(5)]
    job = batch.submit(items)
    assert job.count(",") == 2
    assert [part.metadata["part"] for part in batch.status(job)] == ["1/3", "2/3", "3/3"]
    elsewhere = made()
    found = elsewhere.collect(job)
    assert [str(number * 2) in said(one) for number, one in enumerate(found)] == [True] * 5
    assert list(map(said, await elsewhere.acollect(await batch.asubmit(items)))) == list(
        map(said, found)
    )


def test_a_large_file_is_cut_too(made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zhipu_client.work._batch._MOST_BYTES", 700)
    batch = made()
    job = batch.submit(["x" * 200] * 4)
    assert job.count(",") >= 1
    assert len(batch.collect(job)) == 4


async def test_a_job_is_found_by_its_metadata(made) -> None:
    batch = made(metadata={"night": "of " + str(id(made))})
    batch._work.most = 1
    jobs = [batch.submit(["Hello", "there"]), await batch.asubmit(["Hello"])]
    elsewhere = made()
    assert elsewhere.find(batch.metadata) == jobs[::-1]
    assert await elsewhere.afind(batch.metadata, limit=1) == jobs[1:]
    assert elsewhere.find({"night": "of nobody"}) == []


async def test_answers_one_by_one(made) -> None:
    batch = made("texts")
    job = batch.submit(["a", "b", "c"])
    found = dict(batch.iterate(job))
    assert sorted(found) == [0, 1, 2]
    assert {place: one.get() async for place, one in batch.aiterate(job)} == {
        place: one.get() for place, one in found.items()
    }


async def test_a_job_is_cancelled_and_what_is_there_is_collected(made) -> None:
    batch = made()
    for job in (batch.submit(["Hello"]), await batch.asubmit(["Hello"])):
        await batch.acancel(job)
        (answer,) = batch.collect(job)
        with pytest.raises(ZhipuError, match="cancelled"):
            answer.get()
    assert (await batch.astatus(job))[0].status == "cancelled"


def test_all_items_are_checked_before_the_first_is_sent(made, service) -> None:
    sent = len(service.requests)
    batch = made("texts")
    batch._work.most = 2
    for bad, words in {"": "empty", "长" * 9000: "3,072.*truncate=True"}.items():
        with pytest.raises(InvalidRequestError, match=rf"items\[4\].*{words}") as caught:
            batch.submit(["a", "b", "c", "d", bad])
        assert caught.value.field == "items[4]"
    with pytest.raises(InvalidRequestError, match="items"):
        batch.submit([])
    with pytest.raises(InvalidRequestError, match="metadata"):
        made(metadata={"items": "5"})
    assert len(service.requests) == sent


def test_a_text_that_is_too_long_is_cut_where_that_is_asked_for(made) -> None:
    (answer,) = made("texts", truncate=True).run(["长" * 9000])
    assert len(answer.get()) == 256


async def test_what_has_begun_is_on_the_error(made, service) -> None:
    batch = made()
    batch._work.most = 1
    for submit in (batch.submit, batch.asubmit):
        service.script(None, None, Fault.parse("error=1234/500", path="/files"))
        with pytest.raises(APIError) as caught:
            found = submit(["Hello", "there"])
            await found
        job = caught.value.task_id
        assert job in str(caught.value)
        assert batch.collect(job, 1)[0].error is None


def test_the_id_is_logged_when_it_begins(made, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "zhipu_client"):
        job = made().submit(["Hello"])
    assert job in caplog.text
    assert "Hello" not in caplog.text


class _Huge(http.server.BaseHTTPRequestHandler):
    """A finished batch whose file of results has many long lines."""

    lines = 3000

    def do_GET(self) -> None:
        if not self.path.endswith("/content"):
            counts = {"total": self.lines}
            done = {"id": "b", "status": "completed", "output_file_id": "f"}
            done["request_counts"] = counts
            self._begin("application/json", len(json.dumps(done)))
            self.wfile.write(json.dumps(done).encode())
            return
        rows = [self._line(number) for number in range(self.lines)]
        self._begin("application/octet-stream", sum(map(len, rows)))
        for row in rows:
            self.wfile.write(row)

    def _line(self, number: int) -> bytes:
        message = {"role": "assistant", "content": "x" * 20_000}
        body = {"choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
        row = {"custom_id": f"line-{number:06d}", "response": {"status_code": 200, "body": body}}
        return json.dumps(row).encode() + b"\n"

    def _begin(self, kind: str, size: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(size))
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def huge():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Huge)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v4"
    server.shutdown()
    server.server_close()


def test_a_large_file_of_results_is_read_in_bounded_memory(huge: str) -> None:
    client = Client(api_key="a.b", base_url=huge)
    size = _Huge.lines * 20_000
    from zhipu_client import files

    tracemalloc.start()
    try:
        with client.send(files.open_content("f")) as file:
            count = sum(1 for row in batches.read_output(file) if batches.answer(row))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == _Huge.lines
    # The server's own lines are in this process too, once.
    assert peak < 1.6 * size


def test_a_line_without_end_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_LONGEST_LINE", 50)
    rows = b'{"custom_id": "line-000000"}\n' + b'{"custom_id": "line-000001", "x": "' + b"y" * 500
    file = io.BytesIO(rows + b'"}\n{"custom_id": "line-000002"}\n')
    found = list(batches.read_output(file))
    assert [row["custom_id"] for row in found] == ["line-000000", "line-000001", "line-000002"]
    assert "cut" in found[1]["error"]["message"]


async def test_a_failure_in_place_of_the_file_is_a_typed_error(made, service) -> None:
    batch = made()
    job = batch.submit(["Hello"])
    assert batch.collect(job)[0].error is None
    for fault in ("error=1234/500", "flat", "status=502"):
        service.script(None, Fault.parse(fault))
        with pytest.raises(APIError):
            batch.collect(job)
        service.script(None, Fault.parse(fault))
        with pytest.raises(APIError):
            await batch.acollect(job)


async def test_a_full_disk_is_a_typed_error(made, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, part: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    batch = made()
    job = batch.submit(["Hello"])
    monkeypatch.setattr(gathering.tempfile, "SpooledTemporaryFile", lambda _: Full())
    for collect in (batch.collect, batch.acollect):
        with pytest.raises(ZhipuError, match=r"TMPDIR.*The batch is " + job):
            found = collect(job)
            await found


def row(custom_id: str, **response: Any) -> bytes:
    message = {"role": "assistant", "content": custom_id}
    body = {"choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    given = {"status_code": 200, "body": body, **response}
    return json.dumps({"custom_id": custom_id, "response": given}).encode() + b"\n"


def results(batch: Any, *rows: bytes, errors: bytes = b"") -> list[BatchAnswer[Any]]:
    class Service:
        def send(self, request: Any) -> Any:
            if request.spooled:
                return io.BytesIO(errors if "errors" in request.path else b"".join(rows))
            more = {"error_file_id": "errors"} if errors else {}
            return batches.Batch(id="b", status="completed", output_file_id="f", **more)

    batch._client = Service
    return batch.collect("b", len(rows))


@pytest.mark.parametrize(
    "odd",
    [
        row("request-of-others"),
        row("line-000001", status_code="fine"),
        row("line-000001", status_code=[200]),
        row("line-000001", body="a word"),
        b"[]\n",
    ],
)
def test_an_odd_line_costs_its_own_answer_at_most(made, odd: bytes) -> None:
    found = results(made(), row("line-000000"), odd, row("line-000002"))
    assert said(found[0]) == "line-000000"
    assert said(found[2]) == "line-000002"


VECTOR = {"data": [{"index": 0, "embedding": [0.5, 0.25]}]}


@pytest.mark.parametrize(
    "more", [{"usage": "odd"}, {"model": ["a"]}, {"usage": {"total_tokens": [1]}}], ids=str
)
def test_an_odd_field_beside_a_vector_costs_nothing(made, more: Any) -> None:
    rows = [row(f"line-00000{n}", body=VECTOR | (more if n else {})) for n in range(2)]
    assert [one.get() for one in results(made("texts"), *rows)] == [[0.5, 0.25]] * 2


def test_what_no_reader_expects_is_an_error_of_its_line(made) -> None:
    found = results(made(), row("line-000000"), row("line-000001", body={"choices": 5}))
    assert said(found[0]) == "line-000000"
    assert isinstance(found[1].error, ZhipuError)


async def test_of_two_lines_for_an_item_the_answer_is_taken(made) -> None:
    answer, other = row("line-000000"), row("line-000000", body={"choices": []}, status_code=500)
    for rows in ([answer, other], [other, answer], [answer, answer.replace(b"assistant", b"user")]):
        (found, _) = results(made(), *rows)
        assert said(found) == "line-000000"


async def test_others_lines_in_one_of_the_files_cost_nothing(made) -> None:
    # Two files: of answers and of errors.
    found = results(made(), row("line-000000"), row("line-000001"), errors=row("request-1"))
    assert [said(one) for one in found] == ["line-000000", "line-000001"]


def test_a_batch_of_others_is_refused(made) -> None:
    with pytest.raises(InvalidRequestError, match="not made by ZhipuAIBatch"):
        results(made(), row("request-1"), row("request-2"))
