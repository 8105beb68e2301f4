"""One text or document of many is refused: it is named by its place in the list that was given."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.contract.refusing import REFUSAL, settings_of
from zhipu_client import BadRequestError, Client, rerank, run

from .server import Reply, scripted
from .subjects import KEY


def _rank(body: Any) -> Any:
    if any("bad" in text for text in body["documents"]):
        return {"error": {"code": "1210", "message": "refused"}}
    rows = [{"index": n, "relevance_score": 0.5} for n, _ in enumerate(body["documents"])]
    return {"id": "1", "results": rows, "usage": {"total_tokens": len(rows)}}


def test_a_refused_document_of_a_reranking():
    texts = [f"text {n}" for n in range(500)]
    texts[333] = "bad"
    with scripted(Reply(_rank)) as server:
        client = Client(**settings_of(server))
        with pytest.raises(BadRequestError, match=r"documents\[333\]") as caught:
            run(client, rerank.bulk(query="q", documents=texts))
        assert caught.value.place == 333
        assert len(caught.value.partial.results) > 250
        found = run(client, rerank.bulk(query="q", documents=texts, on_error="skip"))
        assert list(found.errors) == [333]
        assert sorted(row.index for row in found.results) == [n for n in range(500) if n != 333]
        with pytest.raises(BadRequestError):
            run(client, rerank.bulk(query="q", documents=["bad", "bad"], on_error="skip"))


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_refused_document_of_the_adapters(way):
    from langchain_core.documents import Document
    from llama_index.core.schema import NodeWithScore, TextNode

    from langchain_zhipu import ZhipuAIRerank as Compressor
    from llama_index_zhipu import ZhipuAIRerank as Postprocessor

    texts = ["one", "bad", "two"]
    with scripted(Reply(_rank)) as server:
        settings = {"on_error": "skip", "top_n": 3, **settings_of(server)}
        ranker, documents = Compressor(**settings), [Document(text) for text in texts]
        if way == "sync":
            found = ranker.compress_documents(documents, "q")
        else:
            found = asyncio.run(ranker.acompress_documents(documents, "q"))
        assert sorted(one.page_content for one in found) == ["one", "two"]
        nodes = [NodeWithScore(node=TextNode(text=text)) for text in texts]
        made = Postprocessor(**settings).postprocess_nodes(nodes, query_str="q")
        assert sorted(one.text for one in made) == ["one", "two"]


BLANKS = {2: "", 4: "  "}
PLACE = 9


def _bulk_calls() -> dict[str, Any]:
    """Calls of the adapters for texts of which some are blank, by name."""
    from langchain_core.documents import Document
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

    import langchain_zhipu
    import llama_index_zhipu

    def documents(texts: list[str]) -> list[Any]:
        return [Document(page_content=text) for text in texts]

    def nodes(texts: list[str]) -> list[Any]:
        return [NodeWithScore(node=TextNode(text=text), score=0.0) for text in texts]

    def langchain(name: str, method: str, make: Any, *more: Any) -> Any:
        return lambda texts, settings: getattr(getattr(langchain_zhipu, name)(**settings), method)(
            make(texts), *more
        )

    def llama_index(name: str, method: str) -> Any:
        return lambda texts, settings: getattr(
            getattr(llama_index_zhipu, name)(**settings), method
        )(nodes(texts), QueryBundle("whales"))

    def embedding(method: str) -> Any:  # as an index calls it: it takes blank texts then
        return lambda texts, settings: getattr(
            llama_index_zhipu.ZhipuAIEmbedding(**settings), method
        )(texts, show_progress=False)

    return {
        "langchain-rerank": langchain("ZhipuAIRerank", "compress_documents", documents, "whales"),
        "langchain-arerank": langchain("ZhipuAIRerank", "acompress_documents", documents, "whales"),
        "langchain-judge": langchain("ZhipuAIModeration", "batch", list),
        "langchain-ajudge": langchain("ZhipuAIModeration", "abatch", list),
        "langchain-embed": langchain("ZhipuAIEmbeddings", "embed_documents", list),
        "langchain-aembed": langchain("ZhipuAIEmbeddings", "aembed_documents", list),
        "llama_index-embed": embedding("get_text_embedding_batch"),
        "llama_index-aembed": embedding("aget_text_embedding_batch"),
        "llama_index-rerank": llama_index("ZhipuAIRerank", "postprocess_nodes"),
        "llama_index-arerank": llama_index("ZhipuAIRerank", "apostprocess_nodes"),
        "llama_index-judge": llama_index("ZhipuAIModerationPostprocessor", "postprocess_nodes"),
        "llama_index-ajudge": llama_index("ZhipuAIModerationPostprocessor", "apostprocess_nodes"),
    }


def _texts(bad: str) -> list[str]:
    return [BLANKS.get(n, bad if n == PLACE else f"note {n}") for n in range(12)]


def _answer(body: Any) -> Any:
    asked = body.get("documents") or body.get("input")
    if "bad" in str(asked):
        return REFUSAL
    if "query" in body:
        return {"results": [{"index": n, "relevance_score": 0.5} for n in range(len(asked))]}
    if isinstance(asked, str):
        return {"result_list": [{"risk_level": "PASS"}]}
    return {"data": [{"index": n, "embedding": [0.5]} for n in range(len(asked))]}


def _called(call: Any, texts: list[str], settings: dict[str, Any]) -> Any:
    async def acall() -> Any:
        return await call(texts, settings)

    found = call(texts, settings)
    if not asyncio.iscoroutine(found):
        return found
    found.close()
    return asyncio.run(acall())


@pytest.mark.parametrize("name", _bulk_calls())
def test_the_place_is_that_in_the_list_that_was_given(name):
    call = _bulk_calls()[name]
    with scripted(Reply(_answer)) as server:
        settings = {**settings_of(server), "max_in_flight": 2}
        # Refused here, before anything is sent.
        with pytest.raises(ValueError, match=rf"\[{PLACE}\]|input {PLACE}\b") as caught:
            _called(call, _texts("a\ud800b"), settings)
        assert "surrogate" in str(caught.value)
        assert not server.requests
        # Refused by the service.
        with pytest.raises(BadRequestError, match=rf"\[{PLACE}\]|input {PLACE}\b"):
            _called(call, _texts("bad"), settings)
        # With results: a blank one shifts none of the others.
        seen: list[Any] = []
        _called(call, _texts("good"), {**settings, "on_result": seen.append})
    assert len(seen) >= 10


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_score_is_that_of_its_document_beside_blank_ones(way):
    from langchain_core.documents import Document

    from langchain_zhipu import ZhipuAIRerank

    seen: list[Any] = []
    with scripted(Reply(_answer)) as server:
        compressor = ZhipuAIRerank(top_n=None, on_result=seen.append, **settings_of(server))
        texts = _texts("good")
        documents = [Document(page_content=text) for text in texts]
        if way == "sync":
            found = compressor.compress_documents(documents, "whales")
        else:
            found = asyncio.run(compressor.acompress_documents(documents, "whales"))
    kept = [place for place in range(12) if place not in BLANKS]
    assert sorted(row["index"] for row in seen) == kept
    assert sorted(one.page_content for one in found) == sorted(texts[place] for place in kept)


def test_what_is_not_a_document_is_named_by_its_place():
    from langchain_zhipu import ZhipuAIRerank

    with pytest.raises(ValueError, match=r"documents\[1\] must be a string"):
        ZhipuAIRerank(api_key=KEY).rerank(["a", None], "whales")
