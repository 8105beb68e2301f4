"""Many texts in one call: blank ones, refused ones, too long ones, and how many are in flight."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import math
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest

import zhipu_emulator
from zhipu_client import BadRequestError, Client, InvalidRequestError, embeddings, iterate, run

#: llama-index-core looks for LangChain's older package where it makes an index.
pytestmark = pytest.mark.filterwarnings("ignore:`langchain-community` is:DeprecationWarning")

TEXTS = [f"text {number}" for number in range(200)]


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def emulator(running: Any) -> Any:
    running.reset()
    return running


@pytest.fixture(params=["sync", "async"])
def way(request: Any) -> str:
    return str(request.param)


@pytest.fixture(params=["langchain", "llama_index"])
def embed(request: Any, emulator: Any, way: str) -> Any:
    """Embeds texts with an adapter, as the indices of its framework do."""
    reach = {"api_key": emulator.api_key, "base_url": emulator.base_url, "max_retries": 0}

    def call(texts: list[str], **settings: Any) -> Any:
        settings = {"dimensions": 256, **settings}
        if request.param == "langchain":
            from langchain_zhipu import ZhipuAIEmbeddings

            model = ZhipuAIEmbeddings(**settings, **reach)
            if way == "sync":
                return model.embed_documents(texts)
            return asyncio.run(model.aembed_documents(texts))
        from llama_index_zhipu import ZhipuAIEmbedding

        made = ZhipuAIEmbedding(**settings, **reach)
        if way == "sync":
            return made.get_text_embedding_batch(texts, show_progress=False)
        return asyncio.run(made.aget_text_embedding_batch(texts, show_progress=False))

    return call


def sent(emulator: Any) -> list[str]:
    bodies = [request["json"] for request in emulator.requests]
    return [text for body in bodies for text in body["input"]]


def with_(place: int, text: str) -> list[str]:
    return [*TEXTS[:place], text, *TEXTS[place + 1 :]]


@pytest.mark.parametrize("blank", ["", "  \n", "\u3000"])
def test_a_blank_text_costs_nothing_and_fails_nothing(embed, emulator, blank):
    found = embed(with_(150, blank))
    assert len(found) == 200
    assert len(sent(emulator)) == 199
    assert math.isclose(math.hypot(*found[150]), 1.0)
    assert len(found[150]) == 256
    assert all(
        sum(map(float.__mul__, found[150], other)) < 0.9 for other in found if other != found[150]
    )


def test_nothing_but_blank_texts(embed, emulator):
    assert len(embed(["", " "])) == 2
    assert not emulator.requests


async def test_a_blank_text_of_a_direct_call_is_named(emulator):
    from llama_index_zhipu import ZhipuAIEmbedding

    model = ZhipuAIEmbedding(api_key=emulator.api_key, base_url=emulator.base_url)
    for blank in ("", " "):
        with pytest.raises(InvalidRequestError, match=r"texts\[150\] must not be empty"):
            model.get_text_embedding_batch(with_(150, blank))
        with pytest.raises(InvalidRequestError, match=r"texts\[150\] must not be empty"):
            await model.aget_text_embedding_batch(with_(150, blank))
    assert not emulator.requests


@pytest.mark.parametrize("use_async", [False, True])
def test_a_node_without_text_goes_into_an_index_and_a_pipeline(emulator, use_async):
    from llama_index.core import VectorStoreIndex
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.schema import TextNode

    from llama_index_zhipu import ZhipuAIEmbedding

    model = ZhipuAIEmbedding(api_key=emulator.api_key, base_url=emulator.base_url)
    nodes = [TextNode(text=text) for text in ("whales", " \n", "", "hydrophones")]
    index = VectorStoreIndex(nodes, embed_model=model, use_async=use_async)
    assert index.as_retriever(similarity_top_k=1).retrieve("hydrophones")[0].text == "hydrophones"
    made = IngestionPipeline(transformations=[model], disable_cache=True).run(nodes=nodes)
    assert all(node.embedding for node in made)
    assert all(node.embedding for node in model(nodes))


@pytest.mark.parametrize("text", ["长" * 9000, "word " * 3500])
def test_a_text_that_is_too_long_is_named_before_anything_is_sent(embed, emulator, text):
    with pytest.raises(InvalidRequestError, match=r"texts\[150\] has .* truncate=True"):
        embed(with_(150, text))
    assert not emulator.requests


def test_truncated_texts_are_taken(embed, emulator):
    assert len(embed(with_(150, "长" * 9000), truncate=True)) == 200
    longest = max(map(len, sent(emulator)))
    assert 1500 < longest <= 3072


@pytest.mark.parametrize("package", ["langchain_zhipu", "llama_index_zhipu"])
async def test_a_query_is_refused_or_cut_like_any_text(package, emulator):
    reach = {"api_key": emulator.api_key, "base_url": emulator.base_url, "dimensions": 256}
    module = importlib.import_module(package)
    kind = getattr(module, "ZhipuAIEmbeddings", None) or module.ZhipuAIEmbedding
    name = "embed_query" if package.startswith("langchain") else "get_query_embedding"
    for truncate, sent_then in ((False, 0), (True, 2)):
        model = kind(truncate=truncate, **reach)
        for ask in (getattr(model, name), getattr(model, f"a{name}")):
            with nullcontext() if truncate else pytest.raises(InvalidRequestError, match="3,072"):
                found = ask("长" * 9000)
                assert len(await found if inspect.isawaitable(found) else found) == 256
        assert len(emulator.requests) == sent_then


def test_what_only_the_service_finds_too_long_is_named(embed, emulator):
    # As many tokens as signs to the service; here they could be few.
    with pytest.raises(BadRequestError, match=r"texts\[150\].*chunk_size=384.*truncate") as caught:
        embed(with_(150, "#+" * 500), model="embedding-2", dimensions=None)
    assert caught.value.place == 150
    assert len([vector for vector in caught.value.partial.vectors if vector]) > 100


def test_a_refused_text_is_left_out_where_that_is_asked_for(embed, emulator, caplog):
    found = embed(with_(150, "#+" * 500), model="embedding-2", dimensions=None, on_error="skip")
    assert [len(vector) for vector in found] == [1024] * 200
    assert "texts[150] was refused" in caplog.text


def test_the_client_says_which(emulator):
    client = Client(api_key=emulator.api_key, base_url=emulator.base_url)
    job = embeddings.bulk(with_(7, "#+" * 2000), on_error="skip", dimensions=256)
    found = run(client, job)
    assert list(found.errors) == [7]
    assert len(found.vectors) == 200
    pieces = dict(iterate(client, job))
    assert sorted(pieces) == list(range(200))
    with pytest.raises(InvalidRequestError, match=r"texts\[0\] must not be empty"):
        run(client, embeddings.bulk([""]))


class _Gate:
    """Holds answers back until as many requests are in flight as may be."""

    def __init__(self, wanted: int) -> None:
        self._all = threading.Barrier(wanted, timeout=30)
        self.reached = 0

    def wait(self) -> None:
        self._all.wait()
        self.reached += 1


@pytest.mark.parametrize("settings", [{}, {"embed_batch_size": 10}, {"max_in_flight": 2}])
def test_blocking_calls_have_requests_in_flight(emulator, settings, monkeypatch):
    from llama_index.core import VectorStoreIndex
    from llama_index.core.schema import TextNode

    from llama_index_zhipu import ZhipuAIEmbedding

    model = ZhipuAIEmbedding(
        api_key=emulator.api_key, base_url=emulator.base_url, dimensions=256, **settings
    )
    gate = _Gate(model.max_in_flight)
    send = Client.send

    def together(self: Client, request: Any, **options: Any) -> Any:
        gate.wait()  # one request alone would wait for ever
        return send(self, request, **options)

    monkeypatch.setattr(Client, "send", together)
    count = min(model.embed_batch_size, 64) * model.max_in_flight * 2
    texts = [f"text {number}" for number in range(count)]
    VectorStoreIndex([TextNode(text=text) for text in texts], embed_model=model)
    assert len(model.get_text_embedding_batch(texts)) == count
    assert gate.reached == 4 * model.max_in_flight


def test_a_callback_that_raises_costs_no_vector_that_has_come(embed, emulator) -> None:
    def full(piece: Any) -> None:
        if piece[0] == 3:
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk") as caught:
        embed(TEXTS, on_result=full, max_in_flight=1)
    partial = caught.value.partial
    paid = sum(len(sent["json"]["input"]) for sent in emulator.requests)
    assert len(TEXTS) - len(partial.missing) == paid == 64
