"""One counter for all kinds of calls: both adapters, threads, tasks, streams, workers, files."""

from __future__ import annotations

import asyncio
import copy
import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain_core.documents import Document
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

import langchain_zhipu as lc
import llama_index_zhipu as li
from tests.llama_index_zhipu.pdf import pdf
from zhipu_client import Client, InvalidRequestError, UsageCounter, chat, models, with_checkpoint
from zhipu_client._io import usage
from zhipu_client.work import Used
from zhipu_client.work._usage import Tally

from .server import failure, said, scripted

adapters = pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
ways = pytest.mark.parametrize("way", ["sync", "async"])
QUESTION = "What is 17 * 19?"
TEXTS = ["one", "two", "three"]


def _lc(kind: str, way: str, given: dict[str, Any]) -> Any:
    """What LangChain's adapter does for a kind: a value, or something to await."""
    wait = way == "async"
    if kind == "chat":
        model = lc.ChatZhipuAI(model="glm-4.7", **given)
        return model.ainvoke(QUESTION) if wait else model.invoke(QUESTION)
    if kind == "embeddings":
        embed = lc.ZhipuAIEmbeddings(chunk_size=2, **given)
        return embed.aembed_documents(TEXTS) if wait else embed.embed_documents(TEXTS)
    if kind == "rerank":
        rank, some = lc.ZhipuAIRerank(**given), [Document(text) for text in TEXTS]
        call = rank.acompress_documents if wait else rank.compress_documents
        return call(some, "two")
    if kind == "images":
        draw = lc.ZhipuAIImageGenerator(model="cogview-4", allow_loopback=True, **given)
        return draw.agenerate("a kite") if wait else draw.generate("a kite")
    if kind == "speech":
        tool = lc.ZhipuAITextToSpeechTool(**given)
        return tool.aspeak("hello") if wait else tool.speak("hello")
    if kind == "web_search":
        search = lc.ZhipuAIWebSearchTool(**given)
        return search.ainvoke("kites") if wait else search.invoke("kites")
    loader = lc.ZhipuAIOCRLoader(given.pop("file"), **given)
    return loader.aload() if wait else loader.load()


def _li(kind: str, way: str, given: dict[str, Any]) -> Any:
    """What LlamaIndex's adapter does for a kind."""
    wait = way == "async"
    if kind == "chat":
        llm = li.ZhipuAI(model="glm-4.7", **given)
        return llm.acomplete(QUESTION) if wait else llm.complete(QUESTION)
    if kind == "embeddings":
        embed = li.ZhipuAIEmbedding(embed_batch_size=2, **given)
        call = embed.aget_text_embedding_batch if wait else embed.get_text_embedding_batch
        return call(TEXTS)
    if kind == "rerank":
        rank = li.ZhipuAIRerank(**given)
        nodes = [NodeWithScore(node=TextNode(text=text)) for text in TEXTS]
        call = rank.apostprocess_nodes if wait else rank.postprocess_nodes
        return call(nodes, QueryBundle("two"))
    if kind == "images":
        spec = li.ZhipuAIImageGeneratorToolSpec(model="cogview-4", allow_loopback=True, **given)
        return spec.agenerate_image("a kite") if wait else spec.generate_image("a kite")
    if kind == "speech":
        tool = li.ZhipuAISpeechToolSpec(**given)
        return tool.atext_to_speech("hello") if wait else tool.text_to_speech("hello")
    if kind == "web_search":
        search = li.ZhipuAIWebSearchToolSpec(**given)
        return search.aweb_search("kites") if wait else search.web_search("kites")
    file, reader = given.pop("file"), li.ZhipuAIOCRReader(**given)
    return reader.aload_data(file) if wait else reader.load_data(file)


def done(adapter: str, kind: str, way: str, **given: Any) -> Any:
    call = _lc if adapter == "langchain" else _li

    async def awaited() -> Any:
        return await call(kind, way, given)

    return asyncio.run(awaited()) if way == "async" else call(kind, way, given)


#: Kind -> what is counted besides the answers.
KINDS = {
    "chat": "completion_tokens",
    "embeddings": "texts",
    "rerank": "documents",
    "images": "images",
    "ocr": "pages",
    "speech": "characters",
    "web_search": None,
}


#: Each kind once in each adapter, and once in each way: what counts is the client.
BOTH = pytest.mark.parametrize(
    ("adapter", "way"), [("langchain", "sync"), ("llama_index", "async")]
)


@BOTH
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_counted(adapter, way, kind, reach, service, tmp_path):
    if kind == "ocr":
        (tmp_path / "two.pdf").write_bytes(pdf(["Page one"], ["Page two"]))
        reach["file"] = tmp_path / "two.pdf"
    counter, around = UsageCounter(), UsageCounter()
    with around:
        done(adapter, kind, way, usage_counter=counter, **reach)
    assert {used.kind for used in counter.rows} == {kind}
    assert counter.rows == around.rows
    posts = [one for one in service.requests if one["method"] == "POST"]
    assert counter.totals["answers"] == len(posts)
    unit = KINDS[kind]
    if unit is not None:
        expected = {"texts": 3, "documents": 3, "images": 1, "pages": 2, "characters": 5}
        assert counter.totals[unit] >= 1
        assert counter.totals[unit] == expected.get(unit, counter.totals[unit])


@BOTH
def test_a_block_counts_what_is_inside(adapter, way, reach):
    with UsageCounter() as outer:
        with UsageCounter() as inner:
            done(adapter, "embeddings", way, **reach)
        done(adapter, "embeddings", way, **reach)
    done(adapter, "embeddings", way, **reach)
    assert (outer.totals["texts"], inner.totals["texts"]) == (6, 3)


@adapters
@ways
def test_a_stream_is_counted_also_when_it_is_left(adapter, way, reach):
    counter = UsageCounter()
    name = lc.ChatZhipuAI if adapter == "langchain" else li.ZhipuAI
    model = name(model="glm-4.7", usage_counter=counter, **reach)

    def begun() -> Any:
        return model.stream(QUESTION) if adapter == "langchain" else model.stream_complete(QUESTION)

    async def abegun() -> Any:
        if adapter == "langchain":
            return model.astream(QUESTION)
        return await model.astream_complete(QUESTION)

    async def read(most: int) -> None:
        chunks = await abegun()
        async for _ in chunks:
            most -= 1
            if not most:
                break
        await chunks.aclose()

    for most in (10_000, 1):
        if way == "async":
            asyncio.run(read(most))
            continue
        chunks = begun()
        for _, _ in zip(range(most), chunks, strict=False):
            pass
        chunks.close()
    whole = counter.of("chat")
    assert whole["answers"] == 2
    assert whole["total_tokens"] == whole["prompt_tokens"] + whole["completion_tokens"]


@adapters
@ways
def test_a_batch_counts_once_at_half_the_price(adapter, way, reach):
    counter = UsageCounter()
    package = lc if adapter == "langchain" else li
    name = "ChatZhipuAI" if adapter == "langchain" else "ZhipuAI"
    model = getattr(package, name)(model="glm-5-turbo", usage_counter=counter, **reach)
    batch = package.ZhipuAIBatch(model, interval=0.01)
    items = ["What is 2 * 3?", "What is 3 * 3?"]
    job = batch.submit(items)
    for _ in range(2):
        if way == "sync":
            batch.collect(job)
        else:
            asyncio.run(batch.acollect(job))
    (row,) = counter.rows
    assert row == Used("chat", "glm-5-turbo", "", batch=True)
    counts = counter.rows[row]
    assert counts["answers"] == 2
    whole = models.cost_of("glm-5-turbo", "zai", counts)
    assert counter.costs("zai").amounts["USD"] == pytest.approx(whole["amount"] / 2)
    assert counter.costs().unpriced == 2


def test_threads_lose_nothing():
    counter, row = UsageCounter(), {Used("chat", "m"): {"answers": 1, "total_tokens": 3}}
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: counter.add(row), range(400)))
    assert counter.totals == {"answers": 400, "total_tokens": 1200}


def test_what_the_garbage_collector_counts_waits_for_no_lock(monkeypatch):
    counter, one, add_rows = UsageCounter(), {Used("chat"): {"answers": 1}}, usage.add_rows

    def collected(total: Any, rows: Any) -> None:  # a dropped stream is counted in between
        monkeypatch.setattr(usage, "add_rows", add_rows)
        counter.add(one)
        add_rows(total, rows)

    for step in (lambda: counter.add(one), lambda: counter.rows):
        monkeypatch.setattr(usage, "add_rows", collected)
        thread = threading.Thread(target=step, daemon=True)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
    assert counter.totals == {"answers": 3}


@adapters
def test_a_worker_begins_at_nothing_and_its_counts_come_back(adapter, reach, monkeypatch):
    monkeypatch.setenv("ZHIPUAI_API_KEY", reach.pop("api_key"))
    counter = UsageCounter()
    kind = lc.ZhipuAIEmbeddings if adapter == "langchain" else li.ZhipuAIEmbedding
    model = kind(usage_counter=counter, **reach)
    embed = "embed_query" if adapter == "langchain" else "get_text_embedding"
    getattr(model, embed)("here")
    worker = pickle.loads(pickle.dumps(model))  # what a pool of processes does
    getattr(worker, embed)("there")
    back = pickle.loads(pickle.dumps(worker.usage_counter))
    assert back.totals["answers"] == 1
    counter += back
    assert counter.totals["answers"] == 2
    assert copy.deepcopy(model).usage_counter is counter
    assert model.model_copy(update={"timeout": 3}).usage_counter is counter


@adapters
def test_all_processes_add_to_one_file(adapter, reach, monkeypatch, tmp_path):
    monkeypatch.setenv("ZHIPUAI_API_KEY", reach.pop("api_key"))
    counter = UsageCounter(tmp_path / "usage.jsonl")
    kind = lc.ZhipuAIEmbeddings if adapter == "langchain" else li.ZhipuAIEmbedding
    model = kind(usage_counter=counter, **reach)
    embed = "embed_query" if adapter == "langchain" else "get_text_embedding"
    for one in (model, pickle.loads(pickle.dumps(model))):
        getattr(one, embed)("hello")
    again = UsageCounter(tmp_path / "usage.jsonl")
    assert counter.rows == again.rows == pickle.loads(pickle.dumps(counter)).rows
    assert (counter + again).totals == counter.totals
    assert counter.totals["answers"] == 2
    counter += again
    assert counter.totals["answers"] == 2
    assert (counter.path.stat().st_mode & 0o777) in (0o600, 0o666)  # Windows knows no owner


def test_a_line_that_is_not_ours_costs_no_other(tmp_path):
    path = tmp_path / "usage.jsonl"
    counter = UsageCounter(path)
    row = {Used("ocr", "glm-ocr"): {"answers": 1}}
    counter.add(row)
    for line in ("{}\n", "[1, 2]\n", '[null, [["a"]]]\n', "\n", '["t", [[1, 2, 3]]]\n', "\xff\n"):
        with path.open("ab") as file:
            file.write(line.encode("latin-1"))
    counter.add(row)
    with path.open("ab") as file:
        file.write(b'[null, [["ocr", "glm-ocr", "", fal')
    assert counter.totals == {"answers": 2}


def test_a_disk_that_is_full_costs_no_answer(tmp_path, caplog):
    counter = UsageCounter(tmp_path / "usage.jsonl")
    counter.path.unlink()
    counter.path.mkdir()
    row = {Used("chat", "m"): {"answers": 1}}
    counter.add(row)
    counter.path.rmdir()
    assert counter.totals == {"answers": 1}
    assert "usage is not written" in caplog.text
    with pytest.raises(InvalidRequestError, match="cannot be used"):
        UsageCounter(tmp_path / "missing" / "usage.jsonl")


def test_a_line_that_the_disk_takes_a_part_of_is_counted_here(tmp_path, monkeypatch, caplog):
    counter, write = UsageCounter(tmp_path / "usage"), os.write
    monkeypatch.setattr(os, "write", lambda file, line: write(file, line[:5]))
    counter.add({Used("chat"): {"answers": 1}})
    assert counter.totals == {"answers": 1}
    assert "No space left" in caplog.text


def test_a_file_that_cannot_be_used_is_named(tmp_path):
    with pytest.raises(InvalidRequestError, match=r"^path must be .* null characters, got .usage"):
        UsageCounter("usage\0")
    counter = UsageCounter(tmp_path / "usage")
    counter.path.unlink()
    counter.clear()
    counter.path.mkdir()
    for step in (counter.clear, lambda: counter.totals):
        with pytest.raises(InvalidRequestError, match=r"cannot be used: .*usage: Is a directory"):
            step()
    assert "cannot be read" in repr(counter)
    assert pickle.loads(pickle.dumps(counter)).path == counter.path


def test_what_is_not_paid_for_is_not_counted(reach, service, tmp_path):
    counter = UsageCounter()
    client = with_checkpoint(Client(usage_counter=counter, **reach), tmp_path / "w.sqlite")
    question = [{"role": "user", "content": QUESTION}]
    for _ in range(3):
        client.send(chat.create(model="glm-4.7", messages=question))
    assert counter.totals["answers"] == 1
    with pytest.raises(InvalidRequestError, match="usage_counter must be a UsageCounter"):
        Client(usage_counter=3, **reach)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequestError, match="usage_counter"):
        lc.ChatZhipuAI(model="glm-4.7", **reach).invoke(QUESTION, usage_counter=counter)


@adapters
def test_a_refusal_is_not_counted_and_an_odd_usage_is_no_error(adapter):
    counter = UsageCounter()
    refusal, odd = failure(400, "1301", "no"), said("yes")
    odd.body["usage"] = {"prompt_tokens": "many", "total_tokens": -1, "x": [1], "z": True}
    with scripted(refusal, odd) as server:
        name = lc.ChatZhipuAI if adapter == "langchain" else li.ZhipuAI
        model = name(
            model="glm-4.7", base_url=server.base_url, api_key="k.s", max_retries=0,
            usage_counter=counter,
        )  # fmt: skip
        ask = model.invoke if adapter == "langchain" else model.complete
        with pytest.raises(Exception, match="no"):
            ask(QUESTION)
        assert not counter.totals
        ask(QUESTION)
    assert counter.totals == {"answers": 1}


def test_a_line_of_a_batch_counts_by_its_usage_whether_or_not_it_can_be_read():
    tally = Tally("/v4/chat/completions", "zai")
    body = {"model": "glm-5-turbo", "usage": {"prompt_tokens": 3, "total_tokens": 3}}
    tally.take({"response": {"status_code": 200, "body": body}})
    for odd in (
        {},
        {"response": None},
        {"response": {"body": "text"}},
        {"error": {"code": "1301"}},
    ):
        tally.take(odd)
    counts = {"answers": 1, "prompt_tokens": 3, "total_tokens": 3}
    assert tally.rows == {Used("chat", "glm-5-turbo", "zai", batch=True): counts}
