"""Embeddings and reranking on servers of one's own, in the shapes of those that exist."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.reliability.scenarios import answer, chosen, page
from tests.reliability.server import Exchange, FaultServer, Scenario
from zhipu_client import _learned

from .subjects import KEY

TEXTS = ["Whales sleep.", "Paris is in France.", "Cats purr."]
QUERY = "Where is Paris?"
MODEL = "BAAI/bge-m3"
BEST = [(1, 0.9), (2, 0.2), (0, 0.1)]
MISSING = (
    b"Failed to deserialize the JSON body into the target type: missing field `texts` at line 1"
)


@pytest.fixture(autouse=True)
def _nothing_learned() -> Iterator[None]:
    _learned.forget()
    yield
    _learned.forget()


def _ranked(texts: list[str], score: str, **more: Any) -> list[dict[str, Any]]:
    found = {TEXTS[place]: number for place, number in BEST}
    rows = [{"index": n, score: found.get(text[:20], 0.0)} for n, text in enumerate(texts)]
    rows.sort(key=lambda row: -row[score])
    return [{**row, **more} for row in rows]


def _vllm(body: Any) -> Scenario:
    rows = _ranked(body["documents"], "relevance_score", document={"text": "as sent"})
    return answer({"id": "score-1", "model": MODEL, "usage": {"total_tokens": 9}, "results": rows})


def _llama_server(body: Any) -> Scenario:
    rows = _ranked(body["documents"], "relevance_score")
    usage = {"prompt_tokens": 9, "total_tokens": 9}
    return answer({"model": MODEL, "object": "list", "usage": usage, "results": rows})


def _xinference(body: Any) -> Scenario:
    rows = _ranked(body["documents"], "relevance_score", document=None)
    return answer({"id": "x", "results": rows, "meta": {"tokens": None, "warnings": None}})


def _sglang(body: Any) -> Scenario:
    return answer(_ranked(body["documents"], "score", document="as sent", meta_info={}))


def _tei(body: Any) -> Scenario:
    if "texts" not in body:
        return page(MISSING, 422, kind="text/plain")
    return answer(_ranked(body["texts"], "score"))


RERANKERS: dict[str, tuple[str, Callable[[Any], Scenario]]] = {
    "vllm": ("/v1/rerank", _vllm),
    "llama-server": ("/v1/rerank", _llama_server),
    "xinference": ("/v1/rerank", _xinference),
    "sglang": ("/v1/rerank", _sglang),
    "tei": ("/rerank", _tei),
}


def _served(path: str, reply: Callable[[Any], Scenario]) -> FaultServer:
    def pick(exchange: Exchange) -> Scenario:
        if exchange.request.path != path:
            return page(b"", 404)
        assert "request_id" not in exchange.request.json
        return reply(exchange.request.json)

    return FaultServer(chosen(pick))


def _langchain_rank(base_url: str, texts: list[str], way: str) -> list[tuple[int, float]]:
    from langchain_zhipu import ZhipuAIRerank

    reranker = ZhipuAIRerank(model=MODEL, base_url=base_url, api_key=KEY, top_n=3)
    if way == "sync":
        rows = reranker.rerank(texts, QUERY)
    else:
        rows = asyncio.run(reranker.arerank(texts, QUERY))
    return [(row["index"], row["relevance_score"]) for row in rows]


def _llama_index_rank(base_url: str, texts: list[str], way: str) -> list[tuple[int, float]]:
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

    from llama_index_zhipu import ZhipuAIRerank

    reranker = ZhipuAIRerank(model=MODEL, base_url=base_url, api_key=KEY, top_n=3)
    nodes = [NodeWithScore(node=TextNode(text=text)) for text in texts]
    query = QueryBundle(QUERY)
    if way == "sync":
        found = reranker.postprocess_nodes(nodes, query)
    else:
        found = asyncio.run(reranker.apostprocess_nodes(nodes, query))
    return [(texts.index(item.node.get_content()), item.score or 0.0) for item in found]


RANK = {"langchain": _langchain_rank, "llama_index": _llama_index_rank}


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", RANK)
@pytest.mark.parametrize("name", RERANKERS)
def test_every_server_ranks(name, adapter, way):
    path, reply = RERANKERS[name]
    with _served(path, reply) as server:
        base = f"{server.url}/v1" if path.startswith("/v1") else server.url
        assert RANK[adapter](base, TEXTS, way) == BEST
        again = len(server.requests)
        assert RANK[adapter](base, TEXTS, way) == BEST
        assert len(server.requests) == again + 1  # what was refused is not tried again


@pytest.mark.parametrize("adapter", RANK)
def test_a_path_beside_v1_is_found(adapter):
    with _served("/rerank", _tei) as server:
        assert RANK[adapter](f"{server.url}/v1", TEXTS, "sync") == BEST


@pytest.mark.parametrize("adapter", RANK)
def test_long_texts_are_sent_whole(adapter):
    long = [TEXTS[0].ljust(20) + " x" * 5000, TEXTS[1] + " y" * 5000]
    with _served("/v1/rerank", _vllm) as server:
        RANK[adapter](f"{server.url}/v1", long, "sync")
        assert server.requests[0].json["documents"] == long


@pytest.mark.parametrize("adapter", RANK)
def test_a_missing_model_is_an_error(adapter):
    from zhipu_client import NotFoundError

    def reply(body: Any) -> Scenario:
        error = {"message": "The model `x` does not exist.", "type": "NotFoundError", "code": 404}
        return answer({"error": error}, 404)

    with _served("/v1/rerank", reply) as server, pytest.raises(NotFoundError):
        RANK[adapter](f"{server.url}/v1", TEXTS, "sync")


def _vectors(body: Any) -> Scenario:
    rows = [
        {"object": "embedding", "index": n, "embedding": [float(len(text)), 0.5]}
        for n, text in enumerate(body["input"] if isinstance(body["input"], list) else ["x"])
    ]
    return answer({"object": "list", "model": MODEL, "data": rows, "usage": {"prompt_tokens": 3}})


def _langchain_embed(base_url: str, texts: list[str], **more: Any) -> Any:
    from langchain_zhipu import ZhipuAIEmbeddings

    model = ZhipuAIEmbeddings(model=MODEL, base_url=base_url, api_key=KEY, **more)
    return model.embed_documents(texts)


def _llama_index_embed(base_url: str, texts: list[str], **more: Any) -> Any:
    from llama_index_zhipu import ZhipuAIEmbedding

    model = ZhipuAIEmbedding(model=MODEL, base_url=base_url, api_key=KEY, **more)
    return model.get_text_embedding_batch(texts)


EMBED = {"langchain": _langchain_embed, "llama_index": _llama_index_embed}


@pytest.mark.parametrize("adapter", EMBED)
@pytest.mark.parametrize("dimensions", [None, 96])
def test_dimensions_go_out_where_they_are_set(adapter, dimensions):
    with _served("/v1/embeddings", _vectors) as server:
        given = {} if dimensions is None else {"dimensions": dimensions}
        found = EMBED[adapter](f"{server.url}/v1", TEXTS, **given)
        sent = server.requests[0].json
    assert found == [[float(len(text)), 0.5] for text in TEXTS]
    assert sent == {"model": MODEL, "input": TEXTS, **given}
