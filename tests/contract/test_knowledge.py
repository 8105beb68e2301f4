"""The service's knowledge bases: both retrievers find the same pieces, by the same settings."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest

from langchain_zhipu import ZhipuAIKnowledgeRetriever as ForLangChain
from llama_index_zhipu import ZhipuAIKnowledgeRetriever as ForLlamaIndex
from zhipu_client import BadRequestError, InvalidRequestError
from zhipu_emulator.endpoints.knowledge import BASES

from .server import Reply, scripted
from .subjects import KEY

BASE = next(iter(BASES))
#: What one adapter calls by a word of its framework.
NAMES = {"similarity_top_k": "k"}
PIECE = {
    "text": "From nine to five.",
    "score": 0.75,
    "metadata": {
        "_id": "p1", "knowledge_id": BASE, "doc_id": "d1", "doc_name": "Hours",
        "doc_url": "https://a.example/hours", "contextual_text": "",
    },
}  # fmt: skip
ODD: list[tuple[Any, list[tuple[str, Any]]]] = [
    (None, []),
    ({"text": "a"}, []),
    ([7, {"text": "a", "score": "high", "metadata": []}], [("a", None)]),
    ([{"text": ["a"], "score": {}}, {"text": "b", "score": "0.5"}], [("['a']", None), ("b", 0.5)]),
]

adapters = pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
ways = pytest.mark.parametrize("way", ["sync", "async"])


def found(adapter: str, way: str, data: Any, **given: Any) -> tuple[list[Any], dict[str, Any]]:
    """What is found in an answer: text, id, score, metadata; and what was asked."""
    body = {"code": 200, "data": data} if not isinstance(data, dict) or "code" not in data else data
    with scripted(Reply(body)) as server:
        reach = {"api_key": KEY, "base_url": server.base_url, "max_retries": 0}
        if adapter == "langchain":
            given = {NAMES.get(name, name): value for name, value in given.items()}
            chain = ForLangChain(**{"knowledge_ids": BASE, **given, **reach})
            pieces = chain.invoke("q") if way == "sync" else asyncio.run(chain.ainvoke("q"))
            rows = [(p.page_content, p.id, p.metadata.get("score"), p.metadata) for p in pieces]
        else:
            index = ForLlamaIndex(**{"knowledge_ids": BASE, **given, **reach})
            nodes = index.retrieve("q") if way == "sync" else asyncio.run(index.aretrieve("q"))
            rows = [(n.text, n.node_id, n.score, n.metadata) for n in nodes]
        (asked,) = server.requests
        sent = asked.json
        assert sent.pop("request_id")
        return rows, sent


@adapters
@ways
def test_a_piece(adapter, way):
    (row,), asked = found(adapter, way, [PIECE])
    text, name, score, metadata = row
    assert (text, name, score) == ("From nine to five.", "p1", 0.75)
    assert (metadata["doc_name"], metadata["doc_id"]) == ("Hours", "d1")
    address = metadata["source" if adapter == "langchain" else "url"]
    assert address == "https://a.example/hours"
    assert "contextual_text" not in metadata
    assert asked == {"query": "q", "knowledge_ids": [BASE], "top_k": 8}


@adapters
@ways
@pytest.mark.parametrize(("data", "wanted"), ODD)
def test_odd_pieces_cost_only_what_is_odd(adapter, way, data, wanted):
    rows, _ = found(adapter, way, data)
    assert [(text, score) for text, _, score, _ in rows] == wanted


@adapters
def test_settings(adapter):
    _, asked = found(
        adapter, "sync", [], similarity_top_k=3, document_ids=["d1"], top_n=20,
        recall_method="mixed", recall_ratio=40, rerank_model="rerank", score_threshold=0.5,
    )  # fmt: skip
    assert asked == {
        "query": "q", "knowledge_ids": [BASE], "document_ids": ["d1"], "top_k": 3, "top_n": 20,
        "recall_method": "mixed", "recall_ratio": 40, "rerank_status": 1,
        "rerank_model": "rerank", "fractional_threshold": 0.5,
    }  # fmt: skip


@adapters
@pytest.mark.parametrize(
    "given",
    [
        {"recall_ratio": 200}, {"similarity_top_k": 0}, {"knowledge_ids": []},
        {"document_ids": []}, {"recall_method": "magic"}, {"top_n": 0},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_once(adapter, given):
    with pytest.raises(InvalidRequestError):
        found(adapter, "sync", [], **given)


@adapters
@ways
def test_a_failure(adapter, way):
    with pytest.raises(BadRequestError, match="no such base"):
        found(adapter, way, {"code": 400, "message": "no such base"})


def test_names_and_defaults():
    theirs = dict(inspect.signature(ForLlamaIndex).parameters)
    ours = ForLangChain.model_fields
    for name in ("similarity_top_k", "document_ids", "top_n", "recall_method", "recall_ratio",
                 "rerank_model", "score_threshold"):  # fmt: skip
        assert ours[NAMES.get(name, name)].default == theirs[name].default


def test_how_many_for_one_call():
    with scripted(Reply({"code": 200, "data": [PIECE, PIECE]})) as server:
        chain = ForLangChain(knowledge_ids=[BASE], api_key=KEY, base_url=server.base_url)
        assert len(chain.invoke("q", k=1)) == 1
        assert server.requests[0].json["top_k"] == 1
