"""`ZhipuAIRerank`: order, copies, texts of any number and length."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import Any

import pytest
from langchain_core import exceptions as core
from langchain_core.documents import BaseDocumentCompressor, Document

from langchain_zhipu import ZhipuAIRerank
from tests.reliability.scenarios import answer
from tests.reliability.server import FaultServer
from zhipu_client import InvalidRequestError, ServerError

QUERY = "What is the capital of France?"
TEXTS = [
    "Whales sleep for ten minutes at a time.",
    "Paris is the capital of France.",
    "Trains run on rails.",
    "France is a country in Europe.",
]


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Any:
    def run(reranker: ZhipuAIRerank, name: str, *args: Any, **given: Any) -> Any:
        if request.param == "sync":
            return getattr(reranker, name)(*args, **given)
        return asyncio.run(getattr(reranker, f"a{name}")(*args, **given))

    return run


def sent(server: Any) -> list[dict[str, Any]]:
    return [one["json"] for one in server.requests if one["path"].endswith("/rerank")]


def test_documents_are_copied_with_their_score(access: Any, call: Any) -> None:
    documents = [Document(text, metadata={"place": [n]}, id=str(n)) for n, text in enumerate(TEXTS)]
    before = copy.deepcopy(documents)
    found = call(ZhipuAIRerank(top_n=2, **access), "compress_documents", documents, QUERY)
    assert [one.page_content for one in found] == [TEXTS[1], TEXTS[3]]
    assert [one.id for one in found] == ["1", "3"]
    scores = [one.metadata["relevance_score"] for one in found]
    assert scores == sorted(scores, reverse=True)
    assert documents == before
    found[0].metadata["place"].append("changed")
    assert documents == before


def test_more_documents_than_a_request_takes(server: Any, access: Any, call: Any) -> None:
    texts = [f"Sentence number {n} about nothing." for n in range(300)]
    texts[200] = TEXTS[1]
    reranker = ZhipuAIRerank(**access)
    found = call(reranker, "rerank", texts, QUERY, top_n=None)
    assert sorted(len(body["documents"]) for body in sent(server)) == [44, 128, 128]
    assert found[0]["index"] == 200
    assert sorted(row["index"] for row in found) == list(range(300))
    assert len(call(reranker, "rerank", texts, QUERY)) == 3


def test_texts_of_any_kind(access: Any, call: Any) -> None:
    mixed = [TEXTS[0], Document(TEXTS[1]), {"text": TEXTS[2]}, {"page_content": TEXTS[3]}]
    found = call(ZhipuAIRerank(top_n=None, **access), "rerank", mixed, QUERY)
    assert found[0]["index"] == 1
    assert len(found) == 4
    with pytest.raises(InvalidRequestError, match="must be a string, a Document"):
        call(ZhipuAIRerank(**access), "rerank", [{"body": "x"}], QUERY)


def test_nothing_to_sort_is_no_request(server: Any, access: Any, call: Any) -> None:
    reranker = ZhipuAIRerank(**access)
    assert call(reranker, "rerank", [], QUERY) == []
    assert call(reranker, "compress_documents", [Document(""), Document(" \n")], QUERY) == []
    assert sent(server) == []


def test_documents_without_text_are_left_out(access: Any, call: Any) -> None:
    documents = [Document(""), *map(Document, TEXTS)]
    found = call(ZhipuAIRerank(top_n=None, **access), "compress_documents", documents, QUERY)
    assert [one.page_content for one in found[:1]] == [TEXTS[1]]
    assert len(found) == 4


def test_long_texts_are_judged_by_their_beginning(server: Any, access: Any, call: Any) -> None:
    long = Document(TEXTS[1] + " And so on." * 600)
    found = call(ZhipuAIRerank(top_n=1, **access), "compress_documents", [long], QUERY)
    assert found[0].page_content == long.page_content
    assert len(sent(server)[0]["documents"][0]) == 4096
    with pytest.raises(InvalidRequestError, match=r"documents\[0\] may have at most 4,096"):
        call(ZhipuAIRerank(truncate=False, **access), "compress_documents", [long], QUERY)


def test_errors_are_langchain_s_too(server: Any, access: Any, call: Any) -> None:
    server.script("error=1000/401")
    with pytest.raises(core.ModelAuthenticationError):
        call(ZhipuAIRerank(**access), "rerank", TEXTS, QUERY)
    with pytest.raises(core.ModelInvalidRequestError, match="query must not be empty"):
        call(ZhipuAIRerank(**access), "rerank", TEXTS, " ")


def test_settings(access: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reranker = ZhipuAIRerank(model_name="rerank", **access)
    assert isinstance(reranker, BaseDocumentCompressor)
    assert access["api_key"] not in repr(reranker)
    for given in ({"top_n": 0}, {"max_in_flight": 65}, {"unknown": 1}):
        with pytest.raises(ValueError, match=next(iter(given))):
            ZhipuAIRerank(**given, **access)
    dumped = pickle.dumps(reranker)
    assert access["api_key"].encode() not in dumped
    monkeypatch.setenv("ZHIPUAI_API_KEY", access["api_key"])
    assert pickle.loads(dumped).rerank(TEXTS, QUERY, top_n=1)[0]["index"] == 1


def test_behind_a_retriever(access: Any) -> None:
    classic = pytest.importorskip("langchain_classic.retrievers")
    from langchain_core.vectorstores import InMemoryVectorStore

    from langchain_zhipu import ZhipuAIEmbeddings

    store = InMemoryVectorStore(ZhipuAIEmbeddings(dimensions=256, **access))
    store.add_texts(TEXTS)
    retriever = classic.ContextualCompressionRetriever(
        base_compressor=ZhipuAIRerank(top_n=1, **access),
        base_retriever=store.as_retriever(search_kwargs={"k": 4}),
    )
    assert [one.page_content for one in retriever.invoke(QUERY)] == [TEXTS[1]]


@pytest.mark.parametrize("body", [{}, {"results": []}, {"results": None}])
def test_an_answer_without_results_is_an_error(call: Any, body: dict[str, Any]) -> None:
    with FaultServer(answer(body)) as server:
        reranker = ZhipuAIRerank(api_key="a.b", base_url=server.base_url, max_retries=0)
        documents = [Document(text) for text in TEXTS]
        with pytest.raises(ServerError, match="without rerank results"):
            call(reranker, "compress_documents", documents, QUERY)
        with pytest.raises(ServerError, match="without rerank results"):
            call(reranker, "rerank", TEXTS, QUERY)
        assert call(reranker, "compress_documents", [], QUERY) == []
