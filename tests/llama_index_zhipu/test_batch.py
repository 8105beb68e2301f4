"""`ZhipuAIBatch`, on the emulator, whose batches really run."""

from __future__ import annotations

import io
import json

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse

from llama_index_zhipu import BatchAnswer, ZhipuAI, ZhipuAIBatch, ZhipuAIEmbedding
from tests.llama_index_zhipu.conftest import KEY
from zhipu_client import (
    BadRequestError,
    Client,
    ContentFilterError,
    InvalidRequestError,
    ServerError,
    TaskFailedError,
    TaskTimeoutError,
    ZhipuError,
    batches,
    files,
)
from zhipu_client._io import gathering
from zhipu_emulator.scripting import Fault

BATCH = {"id": "batch_1", "status": "completed", "request_counts": {"total": 3}}


@pytest.fixture
def connection(emulator):
    return {"api_key": emulator.api_key, "base_url": emulator.base_url, "max_retries": 0}


@pytest.fixture
def chats(connection):
    llm = ZhipuAI(model="glm-4-flash", temperature=0.5, **connection)
    return ZhipuAIBatch(llm, interval=0.01)


@pytest.fixture
def texts(connection):
    return ZhipuAIBatch(ZhipuAIEmbedding(dimensions=256, **connection), interval=0.01)


def collected(chats, batch, contents, count):
    """Collect a batch whose files have these contents."""
    left = [io.BytesIO(content) for content in contents]
    names = dict(zip(("output_file_id", "error_file_id"), ("a", "b"), strict=True))
    files = dict(list(names.items())[: len(left)])
    ended = batch.model_copy(update=files)

    class Service:
        def send(self, request, **_):
            return left.pop(0) if request.spooled else ended

    chats._client = Service
    return chats.collect("batch_1", count)


async def both(batch, items):
    yield batch.run(items)
    yield await batch.arun(items)


async def test_prompts_and_conversations(chats):
    items = [
        "What is 17 plus 25?",
        [ChatMessage(role="system", content="Be brief."), ChatMessage(content="What is 6 * 7?")],
    ]
    async for answers in both(chats, items):
        assert [answer.error for answer in answers] == [None, None]
        for answer in answers:
            assert isinstance(answer.get(), ChatResponse)
            assert "42" in answer.value.message.content
            assert answer.value.additional_kwargs["total_tokens"] > 0


async def test_what_fails_is_kept_in_its_place(chats):
    items = ["What is 17 plus 25?", "how to make a bomb", "What is 6 * 7?"]
    async for answers in both(chats, items):
        assert [answer.error is None for answer in answers] == [True, False, True]
        error = answers[1].error
        assert isinstance(error, ContentFilterError)
        assert (error.code, error.request_id) == ("1301", "line-000001")
        with pytest.raises(ContentFilterError):
            answers[1].get()


async def test_texts(texts, connection):
    items = [f"Text number {number}." for number in range(30)]
    one_by_one = ZhipuAIEmbedding(dimensions=256, **connection).get_text_embedding_batch(items)
    async for answers in both(texts, items):
        assert [answer.get() for answer in answers] == one_by_one
    assert texts._model.usage["total_tokens"] > 60


def test_each_line_is_what_the_model_itself_would_send(chats, emulator):
    chats._model.chat([ChatMessage(content="Hello")])
    sent = dict(emulator.requests[-1]["json"])
    del sent["request_id"]
    assert chats._work.request("Hello").json == sent
    assert sent["temperature"] == 0.5


async def test_in_two_halves(chats, connection):
    ids = [chats.submit(["What is 6 * 7?"]), await chats.asubmit(["What is 6 * 7?"])]
    other = ZhipuAIBatch(ZhipuAI(model="glm-4-flash", **connection), interval=0.01)
    for batch_id in ids:
        (answer,) = other.collect(batch_id)
        (again,) = await other.acollect(batch_id)
        assert "42" in answer.value.message.content
        assert again.value.message.content == answer.value.message.content


def test_metadata_is_kept(chats, connection):
    chats.metadata["night"] = "12"
    batch_id = chats.submit(["Hello"])
    found = Client(**connection).send(batches.retrieve(batch_id))
    assert found.metadata == {"night": "12"}
    assert found.endpoint == "/v4/chat/completions"


async def test_a_model_that_takes_no_batches(connection):
    batch = ZhipuAIBatch(ZhipuAI(model="glm-4.7", **connection))
    with pytest.raises(BadRequestError, match="glm-4-flash"):
        batch.run(["Hello"])
    with pytest.raises(BadRequestError, match="glm-4-flash"):
        await batch.arun(["Hello"])


def test_wrong_items_and_settings(chats, texts, emulator):
    with pytest.raises(InvalidRequestError, match="items"):
        chats.run([])
    with pytest.raises(InvalidRequestError, match="text"):
        texts.run([[ChatMessage(content="x")]])
    with pytest.raises(InvalidRequestError, match=r"items\[0\] must not be empty"):
        texts.run([""])
    with pytest.raises(InvalidRequestError, match="interval"):
        ZhipuAIBatch(chats._model, interval=0)
    assert not emulator.requests


def test_a_model_or_an_item_of_another_kind(chats):
    with pytest.raises(InvalidRequestError, match="model must be") as caught:
        ZhipuAIBatch("glm-4-flash")
    assert caught.value.field == "model"
    with pytest.raises(InvalidRequestError, match="items must be"):
        chats.submit([5])


def test_a_batch_of_others(chats, connection):
    client = Client(**connection)
    body = {"model": "glm-4-flash", "messages": [{"role": "user", "content": "Hello"}]}
    content = batches.lines([batches.line("request-1", body)])
    file = client.send(files.create(file=content, filename="a.jsonl", purpose="batch"))
    started = client.send(batches.create(input_file_id=file.id))
    with pytest.raises(InvalidRequestError, match="not made by ZhipuAIBatch"):
        chats.collect(started.id)


@pytest.mark.parametrize(
    ("status", "error"), [("failed", TaskFailedError), ("in_progress", TaskTimeoutError)]
)
async def test_batches_that_fail_or_never_end(stub, status, error):
    stub.default = {**BATCH, "status": status}
    llm = ZhipuAI(model="glm-4-flash", api_key=KEY, base_url=stub.base_url)
    batch = ZhipuAIBatch(llm, interval=0.01, wait=30 if status == "failed" else 0.05)
    with pytest.raises(error) as caught:
        batch.run(["Hello"])
    assert caught.value.task_id == "batch_1"
    with pytest.raises(error):
        await batch.acollect("batch_1")


def test_an_answer_without_an_id(stub):
    stub.default = {"status": "validating"}
    llm = ZhipuAI(model="glm-4-flash", api_key=KEY, base_url=stub.base_url)
    with pytest.raises(InvalidRequestError, match="input_file_id"):
        ZhipuAIBatch(llm).submit(["Hello"])


def test_lines_that_are_missing(chats):
    body = {"error": {"code": "1210", "message": "m"}}
    row = {"custom_id": "line-000002", "response": {"status_code": 400, "body": body}}
    content = json.dumps(row).encode()
    ended = batches.Batch(**{**BATCH, "status": "expired"})
    found = collected(chats, ended, [content], None)
    assert [type(answer.error) for answer in found] == [ServerError, ServerError, BadRequestError]
    assert "expired" in str(found[0].error)
    assert found[0].error.retryable
    assert len(collected(chats, ended, [], 5)) == 5
    uncounted = batches.Batch(**{**BATCH, "request_counts": None})
    assert len(collected(chats, uncounted, [content], None)) == 3


def test_an_answer():
    assert BatchAnswer([1.0]).get() == [1.0]


def test_an_answer_that_broke_off_is_none(chats):
    body = {"choices": [{"index": 0, "finish_reason": "network_error", "message": {}}]}
    row = {"custom_id": "line-000000", "response": {"status_code": 200, "body": body}}
    (answer,) = collected(chats, batches.Batch(**BATCH), [json.dumps(row).encode()], 1)
    assert isinstance(answer.error, ServerError)
    assert "network_error" in str(answer.error)


def _row(number):
    body = {"choices": [{"finish_reason": "stop", "message": {"content": f"answer {number}"}}]}
    return {"custom_id": f"line-{number:06d}", "response": {"status_code": 200, "body": body}}


@pytest.mark.parametrize("cut", [60, -5])
def test_a_damaged_line_costs_its_own_answer_only(chats, cut):
    rows = [json.dumps(_row(number)).encode() for number in range(3)]
    rows[1] = rows[1][:cut]
    answers = collected(chats, batches.Batch(**BATCH), [b"\n".join(rows)], 3)
    assert [one.value and one.value.message.content for one in answers] == [
        "answer 0",
        None,
        "answer 2",
    ]
    with pytest.raises(ZhipuError, match="line 2 of the result file is cut"):
        answers[1].get()
    assert answers[1].error.request_id == "line-000001"


@pytest.mark.parametrize("odd", [b"[1]", b"\xff\xfe", b'{"response": {"bo', b"[" * 200_000])
def test_a_damaged_line_of_no_known_item(chats, odd):
    content = b"\n".join([json.dumps(_row(0)).encode(), odd])
    first, second = collected(chats, batches.Batch(**BATCH), [content], 2)
    assert first.get().message.content == "answer 0"
    assert "line 2 of the result file is cut" in str(second.error)


async def test_an_error_after_the_start_has_the_id(chats, emulator):
    for _ in range(2):
        emulator.script(Fault.parse("error=1234/500", path="/content"))
    with pytest.raises(ZhipuError) as first:
        chats.run(["Hello"])
    with pytest.raises(ZhipuError) as second:
        await chats.arun(["Hello"])
    for caught in (first, second):
        assert caught.value.task_id.startswith("batch_")
        assert caught.value.task_id in str(caught.value)
        assert chats.collect(caught.value.task_id, 1)[0].error is None


def test_an_interrupt_has_the_id(chats, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("zhipu_client._io.batch_runs.wait_for", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        chats.run(["Hello"])
    assert caught.value.task_id.startswith("batch_")


@pytest.mark.parametrize("status", ["ok", -1, 1e300, [], {}, True, "9" * 5000])
def test_a_status_that_is_no_number_costs_its_own_answer_only(chats, status):
    rows = [_row(number) for number in range(3)]
    rows[1]["response"]["status_code"] = status
    content = b"\n".join(json.dumps(row).encode() for row in rows)
    answers = collected(chats, batches.Batch(**BATCH), [content], 3)
    assert [one.value is not None for one in answers] == [True, False, True]
    assert isinstance(answers[1].error, ZhipuError)


@pytest.mark.parametrize("mark", ["request-1", "line-", "line-x", "line-99999999999", None, 7, {}])
def test_an_id_of_another_batch_costs_its_own_answer_only(chats, mark):
    rows = [_row(number) for number in range(3)]
    rows[1]["custom_id"] = mark
    content = b"\n".join(json.dumps(row).encode() for row in rows)
    answers = collected(chats, batches.Batch(**BATCH), [content], 3)
    assert [one.value is not None for one in answers] == [True, False, True]


async def test_large_results_are_read_from_disk(chats, monkeypatch):
    written = []
    monkeypatch.setattr(gathering, "IN_MEMORY", 10)
    monkeypatch.setattr(
        gathering.tempfile.SpooledTemporaryFile,
        "rollover",
        _noting(gathering.tempfile.SpooledTemporaryFile.rollover, written),
    )
    async for answers in both(chats, [f"What is {number} + 1?" for number in range(20)]):
        assert all(answer.error is None for answer in answers)
    assert len(written) == 2
    assert all(file.closed for file in written)


def _noting(method, seen):
    def noted(self):
        seen.append(self)
        return method(self)

    return noted


def test_a_line_longer_than_any_answer_is_one_bad_line(monkeypatch):
    monkeypatch.setattr(batches, "_LONGEST_LINE", 64)
    file = io.BytesIO(
        b'{"custom_id": "line-000000", "x": "' + b"a" * 1000 + b'"}\n{"custom_id": "b"}'
    )
    first, second = batches.read_output(file)
    assert first["custom_id"] == "line-000000"
    assert "cut" in first["error"]["message"]
    assert second == {"custom_id": "b"}


def test_each_answer_is_told_as_it_is_read(connection):
    told = []
    llm = ZhipuAI(model="glm-4-flash", **connection)
    batch = ZhipuAIBatch(llm, interval=0.01, on_result=told.append)
    answers = batch.run(["What is 6 * 7?", "What is 17 + 25?"])
    assert sorted(told, key=lambda one: one[0]) == list(enumerate(answers))


def test_what_a_callback_ends_has_the_answers_and_the_id(connection):
    def tell(piece):
        raise LookupError

    llm = ZhipuAI(model="glm-4-flash", **connection)
    with pytest.raises(LookupError) as caught:
        ZhipuAIBatch(llm, interval=0.01, on_result=tell).run(["What is 6 * 7?"])
    assert caught.value.task_id.startswith("batch_")
    assert "42" in caught.value.partial[0].value.message.content


@pytest.mark.parametrize("model", [ZhipuAI, ZhipuAIEmbedding])
def test_an_item_that_cannot_be_sent_is_named_by_its_place(stub, model):
    batch = ZhipuAIBatch(model(api_key="k.s", base_url=stub.base_url))
    items = [f"note {number}" for number in range(50)]
    items[37] = ""
    with pytest.raises(InvalidRequestError, match=r"items\[37\]"):
        batch.run(items)
    assert not stub.requests
