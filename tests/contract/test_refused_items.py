"""One of many is refused: it is named, the others are there, or it is left out where asked for."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cookbook.paper import Text, Title, pdf
from tests.contract.refusing import REFUSAL, settings_of
from zhipu_client import (
    AuthenticationError,
    BadRequestError,
    Client,
    ServerError,
    embeddings,
    ocr,
    run,
)
from zhipu_client._io.documents import open_document
from zhipu_client.work._job import Around
from zhipu_client.work._pictures import Picture

from .server import Reply, scripted

BAD = 7
PAGES = 45


@pytest.fixture(scope="module")
def scan(tmp_path_factory: Any) -> Path:
    path: Path = tmp_path_factory.mktemp("scans") / "book.pdf"
    path.write_bytes(pdf([[Title(f"{n}"), Text("Whales.")] for n in range(1, PAGES + 1)]))
    return path


def _read(bad: Any) -> Any:
    def answer(body: Any) -> Any:
        first, last = body.get("start_page_id") or 1, body.get("end_page_id") or PAGES
        numbers = range(first, last + 1)
        if any(bad(number) for number in numbers):
            return REFUSAL
        region = {"index": 0, "label": "text", "native_label": "text", "bbox_2d": [0, 0, 9, 9]}
        return {
            "id": "1",
            "md_results": "\n\n".join(f"page {n}" for n in numbers),
            "layout_details": [[{**region, "content": f"page {n}"}] for n in numbers],
            "data_info": {"num_pages": len(numbers), "pages": [{"width": 9}] * len(numbers)},
        }

    return answer


def _load(adapter: str, way: str, scan: Path, **settings: Any) -> list[Any]:
    if adapter == "langchain":
        from langchain_zhipu import ZhipuAIOCRLoader

        loader = ZhipuAIOCRLoader(scan, **settings)
        return loader.load() if way == "sync" else asyncio.run(loader.aload())
    from llama_index_zhipu import ZhipuAIOCRReader

    reader = ZhipuAIOCRReader(**settings)
    return reader.load_data(scan) if way == "sync" else asyncio.run(reader.aload_data(scan))


def _numbers(documents: list[Any]) -> list[int]:
    return [int(one.metadata["page_label"]) for one in documents]


@pytest.mark.parametrize("in_flight", [1, 4])
@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_a_refused_page_is_left_out(adapter, way, in_flight, scan, caplog):
    with scripted(Reply(_read(BAD.__eq__))) as server:
        settings = {"on_error": "skip", "max_in_flight": in_flight, **settings_of(server)}
        found = _load(adapter, way, scan, **settings)
        kept = _load(adapter, way, scan, keep_empty=True, **settings)
    assert _numbers(found) == [n for n in range(1, PAGES + 1) if n != BAD]
    assert "book.pdf: page 7 was refused" in caplog.text
    assert _numbers(kept) == list(range(1, PAGES + 1))
    assert "cannot be parsed" in kept[BAD - 1].metadata["error"]
    assert [one.metadata.get("error") for one in kept].count(None) == PAGES - 1


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_a_refused_page_is_named_and_the_others_are_kept(adapter, way, scan):
    with scripted(Reply(_read(BAD.__eq__))) as server:
        with pytest.raises(BadRequestError, match=r"page 7\b.*book\.pdf") as caught:
            _load(adapter, way, scan, **settings_of(server))
        error = caught.value
        assert error.page == BAD
        point = getattr(error.resume_from, "progress", error.partial)
        done = {page.number for page in point.done}
        done |= {int(d.metadata["page_label"]) for d in getattr(error, "documents", [])}
        assert {1, 2, 3, 4, 5, 6} <= done
        assert BAD not in done
        assert point.next_page == BAD


@pytest.mark.parametrize("way", ["sync", "async"])
def test_what_a_folder_leaves_out_can_be_had_without_paying_twice(way, scan):
    from llama_index.core import SimpleDirectoryReader

    from llama_index_zhipu import ZhipuAIOCRReader

    with scripted(Reply(_read(BAD.__eq__))) as server:
        reader = ZhipuAIOCRReader(**settings_of(server))
        folder = SimpleDirectoryReader(input_files=[scan], file_extractor={".pdf": reader})
        found = folder.load_data() if way == "sync" else asyncio.run(folder.aload_data())
        assert found == []  # so that class has it, when a document raises
        ((name, error),) = reader.failures.items()
        assert len(error.partial.done) == PAGES - 1
        assert error.__traceback__ is None
        sent = len(server.requests)
        found = reader.load_data(name, resume_from=error.partial, on_error="skip")
        assert _numbers(found) == [n for n in range(1, PAGES + 1) if n != BAD]
        assert len(server.requests) == sent + 1  # the page itself
        assert not reader.failures


SPOILT = (float("nan"), float("inf"))


def _vectors(body: Any) -> Any:
    numbers = [SPOILT[int(text[-1])] if text.startswith("bad") else 0.5 for text in body["input"]]
    rows = [{"index": place, "embedding": [0, number]} for place, number in enumerate(numbers)]
    return {"data": rows, "usage": {"total_tokens": 1}}


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_a_vector_that_is_not_of_finite_numbers_costs_no_other(adapter, way):
    texts = ["a", "bad 0", "b", "bad 1", "c"]
    package = {"langchain": "ZhipuAIEmbeddings", "llama_index": "ZhipuAIEmbedding"}[adapter]
    with scripted(Reply(_vectors)) as server:
        made = getattr(import_module(f"{adapter}_zhipu"), package)
        names = {
            ("langchain", "sync"): "embed_documents",
            ("langchain", "async"): "aembed_documents",
            ("llama_index", "sync"): "get_text_embedding_batch",
            ("llama_index", "async"): "aget_text_embedding_batch",
        }
        embed = getattr(made(**settings_of(server)), names[adapter, way])
        with pytest.raises(ServerError, match=r"NaN.*texts\[1\]") as caught:
            found = embed(texts)
            asyncio.run(found) if way == "async" else None
        assert [v is None for v in caught.value.partial.vectors] == [
            False,
            True,
            False,
            True,
            False,
        ]
        found = run(Client(**settings_of(server)), embeddings.bulk(texts, on_error="skip"))
    assert list(found.errors) == [1, 3]
    assert found.vectors[::2] == [[0.0, 0.5]] * 3
    assert not any(any(vector[1:]) for vector in found.vectors[1::2])


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_a_part_that_is_refused_once_costs_no_page(adapter, scan):
    answers = [Reply(REFUSAL), Reply(_read(lambda number: False))]
    with scripted(*answers) as server:
        found = _load(adapter, "sync", scan, max_in_flight=1, **settings_of(server))
    assert _numbers(found) == list(range(1, PAGES + 1))


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_a_document_that_is_refused_is_not_asked_for_page_by_page(adapter, scan):
    with scripted(Reply(REFUSAL)) as server:
        settings = {"on_error": "raise", "max_in_flight": 1, **settings_of(server)}
        with pytest.raises(BadRequestError, match=r"book\.pdf"):
            _load(adapter, "sync", scan, **settings)
        assert len(server.requests) < 10


FAILURE = {"error": {"code": "500", "message": "internal"}}
WRONG_KEY = {"error": {"code": "1002", "message": "wrong key"}}


def _failing(bad: Any, failure: Any) -> Any:
    read = _read(lambda number: False)

    def answer(body: Any) -> Any:
        first, last = body.get("start_page_id") or 1, body.get("end_page_id") or PAGES
        return failure if any(map(bad, range(first, last + 1))) else read(body)

    return answer


def _short(body: Any) -> Any:
    reply = _read(lambda number: False)(body)
    if (body.get("start_page_id") or 1) <= BAD <= (body.get("end_page_id") or PAGES):
        reply["layout_details"] = reply["layout_details"][:1]
        reply["data_info"]["pages"] = reply["data_info"]["pages"][:1]
    return reply


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (_failing(BAD.__eq__, FAILURE), range(1, 11)),
        (_failing(lambda number: number > 10, FAILURE), range(11, PAGES + 1)),
        (_short, range(2, 11)),
    ],
    ids=["a part fails", "all behind it fail", "a part comes short"],
)
@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_what_cannot_be_read_is_left_out_alike(adapter, way, answer, left, scan, caplog):
    with scripted(Reply(answer)) as server:
        settings = {"on_error": "skip", "pages_per_request": 10, **settings_of(server)}
        found = _load(adapter, way, scan, **settings)
        kept = _load(adapter, way, scan, keep_empty=True, **settings)
    assert _numbers(found) == [n for n in range(1, PAGES + 1) if n not in left]
    assert "book.pdf: page" in caplog.text
    assert _numbers(kept) == list(range(1, PAGES + 1))
    assert [int(one.metadata["page_label"]) for one in kept if one.metadata.get("error")] == [*left]


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_no_more_is_asked_for_where_nothing_comes(adapter, way, tmp_path):
    path = tmp_path / "long.pdf"
    path.write_bytes(pdf([[Text(f"{n}")] for n in range(60)]))
    settings = {"on_error": "skip", "pages_per_request": 1, "max_in_flight": 1}
    with scripted(Reply(FAILURE)) as server:
        assert _load(adapter, way, path, **settings, **settings_of(server)) == []
        assert len(server.requests) <= 5


@pytest.mark.parametrize("bad", ["missing", "broken", "in memory", "too short"])
@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_a_document_that_cannot_be_opened_is_skipped_alike(
    adapter, way, bad, scan, tmp_path, caplog
):
    settings: dict[str, Any] = {"on_error": "skip", "first_page": 99 if bad == "too short" else 1}
    given: Any = scan if bad == "too short" else tmp_path / "lost.pdf"
    if bad == "broken":
        given.write_bytes(b"no PDF at all")
    elif bad == "in memory":
        given = b"no PDF at all"
    with scripted(Reply(_read(lambda number: False))) as server:
        assert _load(adapter, way, given, **settings, **settings_of(server)) == []
        assert not server.requests
    assert "is skipped: " in caplog.text
    assert bad == "in memory" or given.name in caplog.text


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_a_wrong_key_is_not_skipped(adapter, way, scan):
    answer = _failing(lambda number: number > 10, WRONG_KEY)
    with scripted(Reply(answer)) as server:
        settings = {"on_error": "skip", "pages_per_request": 10, **settings_of(server)}
        with pytest.raises(AuthenticationError, match=r"book\.pdf"):
            _load(adapter, way, scan, **settings)


@pytest.mark.parametrize("failing", [(), (3,), tuple(range(3, 46))])
def test_a_chat_server_that_fails_now_and_then(failing):
    from zhipu_client.ocr._chat_work import ChatReading, ChatWork

    job = ocr.pages("book.pdf", in_flight=1, on_error="skip")
    work = ChatWork(job, ChatReading(), _Pictures())
    asked: list[int] = []
    pages: list[Any] = []
    while (taken := work.take()) is not None:
        asked.append(taken[0])
        if taken[0] in failing:
            work.failed(taken[0], ServerError("down"))
        else:
            choice = {"message": {"content": "Whales."}, "finish_reason": "stop"}
            work.done(taken[0], {"choices": [choice]})
        pages += work.ready()
    assert [page.number for page in work.result(pages)] == list(range(1, PAGES + 1))
    assert [page.number for page in pages if page.error] == [*failing]
    assert len(asked) == (6 if len(failing) > 1 else PAGES)


class _Pictures:
    pages, info, in_memory = PAGES, {}, False

    def label(self, number: int) -> str:
        return f"page {number} of book.pdf"

    def picture(self, number: int) -> Any:
        return Picture("data:image/png;base64,aGk=", 9, 9)

    def close(self) -> None:
        pass


def test_the_client_has_the_error_on_the_page(scan):
    with scripted(Reply(_read(lambda number: number in (1, BAD, PAGES)))) as server:
        client = Client(**settings_of(server))
        found = run(client, ocr.pages(scan, on_error="skip"))
    assert [page.number for page in found] == list(range(1, PAGES + 1))
    assert [page.number for page in found if page.error] == [1, BAD, PAGES]


@pytest.mark.parametrize("later_first", [False, True])
def test_halves_of_two_refused_parts_come_in_order(scan: Path, later_first: bool) -> None:
    """Whatever order the answers take, page 1 is awaited before page 11 is handed over."""
    around = Around(site=None, open=open_document)
    work = ocr.pages(scan, pages_per_request=10, in_flight=2, on_error="skip").begin(around)
    refused = BadRequestError("the file cannot be parsed", status=400, code="1210")
    answer = _read(lambda number: number in (1, 11))
    pages: list[int] = []
    try:
        waiting = [work.take(), work.take()]
        for number, _ in filter(None, reversed(waiting) if later_first else waiting):
            work.failed(number, refused)
        while (taken := work.take()) is not None:  # one at a time, handed over at once
            number, request = taken
            reply = answer(dict(request.json or {}))
            if "error" in reply:
                work.failed(number, refused)
            else:
                work.done(number, reply)
            pages += [page.number for page in work.ready()]
        work.result([])
    finally:
        work.close()
    assert pages == list(range(1, PAGES + 1))


def test_a_refused_text_of_many(scan):
    def embed(body: Any) -> Any:
        if "bad" in body["input"]:
            return {"error": {"code": "1301", "message": "sensitive"}}
        rows = [{"index": n, "embedding": [0.5, 0.5]} for n, _ in enumerate(body["input"])]
        return {"model": "m", "data": rows, "usage": {"total_tokens": len(rows)}}

    texts = [f"text {n}" for n in range(300)]
    texts[111] = texts[222] = "bad"
    with scripted(Reply(embed)) as server:
        found = run(Client(**settings_of(server)), embeddings.bulk(texts, on_error="skip"))
    assert sorted(found.errors) == [111, 222]
    assert len(found.vectors) == 300
    assert found.usage["total_tokens"] == 298
