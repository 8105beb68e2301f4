"""`ZhipuAIWebSearchRetriever` and `ZhipuAIKnowledgeRetriever`."""

from __future__ import annotations

import pytest
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import NodeRelationship

from llama_index_zhipu import (
    ZhipuAI,
    ZhipuAIKnowledgeRetriever,
    ZhipuAIWebSearchRetriever,
    ZhipuAIWebSearchToolSpec,
)
from tests.llama_index_zhipu.conftest import KEY
from zhipu_client import BadRequestError, InvalidRequestError, NotFoundError
from zhipu_emulator.endpoints.knowledge import BASES

QUESTION = "how do heat pumps work in winter"
BASE = next(iter(BASES))
NOTHING = {"error": {"code": "1703", "message": "nothing"}}


@pytest.fixture
def connection(emulator):
    return {"api_key": emulator.api_key, "base_url": emulator.base_url}


async def both(retriever, query):
    yield retriever.retrieve(query)
    yield await retriever.aretrieve(query)


async def test_the_web(connection, emulator):
    retriever = ZhipuAIWebSearchRetriever(2, search_recency_filter="oneYear", **connection)
    async for found in both(retriever, "capital cities of Europe"):
        assert len(found) == 2
        for item in found:
            assert item.text
            assert item.score is None
            assert {"url", "title", "publish_date", "media", "refer"} <= set(item.metadata)
    sent = emulator.requests[0]["json"]
    assert (sent["search_query"], sent["count"]) == ("capital cities of Europe", 2)
    assert (sent["search_engine"], sent["search_recency_filter"]) == ("search_std", "oneYear")


def test_long_queries_are_cut_at_a_word(connection, emulator):
    question = "Please tell me how the cities of Europe came to be capitals of their own countries"
    assert ZhipuAIWebSearchRetriever(**connection).retrieve(question)
    sent = emulator.requests[0]["json"]["search_query"]
    assert len(sent) <= 70
    assert question.startswith(f"{sent} ")
    with pytest.raises(BadRequestError):
        ZhipuAIWebSearchRetriever(max_query_length=None, **connection).retrieve(question)


def test_engines_that_count_in_tens(connection, emulator):
    retriever = ZhipuAIWebSearchRetriever(3, search_engine="search_pro_sogou", **connection)
    assert len(retriever.retrieve("green tea")) <= 3
    assert emulator.requests[0]["json"]["count"] == 10


def test_the_engine_of_the_site():
    retriever = ZhipuAIWebSearchRetriever(api_key=KEY, base_url="zai")
    assert retriever._request("x").json["search_engine"] == "search-prime"


async def test_nothing_found(stub):
    made = {"api_key": KEY, "base_url": stub.base_url, "max_retries": 0}
    stub.default = (500, NOTHING)
    async for found in both(ZhipuAIWebSearchRetriever(**made), "x"):
        assert found == []
    spec = ZhipuAIWebSearchToolSpec(**made)
    assert spec.web_search("x") == await spec.aweb_search("x") == "Nothing was found."
    stub.default = {"search_result": []}
    async for found in both(ZhipuAIWebSearchRetriever(**made), "x"):
        assert found == []


async def test_other_failures_are_raised(connection):
    retriever = ZhipuAIWebSearchRetriever(search_engine="search_none", **connection)
    with pytest.raises(NotFoundError):
        retriever.retrieve("x")
    with pytest.raises(NotFoundError):
        await retriever.aretrieve("x")
    spec = ZhipuAIWebSearchToolSpec(search_engine="search_none", **connection)
    with pytest.raises(NotFoundError):
        spec.search("x")
    with pytest.raises(NotFoundError):
        await spec.asearch("x")


@pytest.mark.parametrize("given", [{"similarity_top_k": 51}, {"similarity_top_k": 0}])
def test_wrong_values_are_told_at_once(given):
    with pytest.raises(InvalidRequestError, match=r"^similarity_top_k must be from 1 to 50"):
        ZhipuAIWebSearchRetriever(api_key=KEY, **given)
    with pytest.raises(InvalidRequestError, match="ZHIPUAI_API_KEY"):
        ZhipuAIWebSearchRetriever()


def test_the_key_is_not_shown():
    for made in (
        ZhipuAIWebSearchRetriever(api_key=KEY),
        ZhipuAIKnowledgeRetriever(BASE, api_key=KEY),
    ):
        assert KEY not in repr(made)
        assert KEY not in str(vars(made))


async def test_a_query_engine_over_the_web(connection, stub):
    retriever = ZhipuAIWebSearchRetriever(2, **connection)
    llm = ZhipuAI(api_key=KEY, base_url=stub.base_url)
    engine = RetrieverQueryEngine.from_args(retriever, llm=llm)
    for answer in (engine.query(QUESTION), await engine.aquery(QUESTION)):
        assert answer.source_nodes[0].metadata["url"]
        assert str(answer) == "ok"
    asked = stub.requests[0]["messages"][-1]["content"]
    assert "Heat pumps in cold climates" in asked


def test_both_may_be_fused(connection, stub):
    retrievers = [
        ZhipuAIWebSearchRetriever(3, **connection),
        ZhipuAIKnowledgeRetriever(BASE, 3, **connection),
    ]
    fused = QueryFusionRetriever(
        retrievers,
        llm=ZhipuAI(api_key=KEY, base_url=stub.base_url),
        mode="reciprocal_rerank",
        num_queries=1,
        similarity_top_k=4,
        use_async=False,
    )
    found = fused.retrieve(QUESTION)
    assert len(found) == 4
    assert "url" in found[0].metadata


async def test_a_knowledge_base(connection, emulator):
    retriever = ZhipuAIKnowledgeRetriever(BASE, 3, recall_method="keyword", **connection)
    async for found in both(retriever, QUESTION):
        assert len(found) == 3
        best = found[0]
        assert best.metadata["doc_name"] == "Heat pumps in cold climates"
        assert best.metadata["url"].startswith("https://")
        assert best.score >= found[1].score
        source = best.node.relationships[NodeRelationship.SOURCE]
        assert source.node_id == best.metadata["doc_id"]
        assert best.node.node_id.startswith(best.metadata["doc_id"])
        assert best.metadata["doc_id"] not in best.node.get_content("llm")
    sent = emulator.requests[0]["json"]
    assert emulator.requests[0]["path"] == "/api/llm-application/open/knowledge/retrieve"
    assert (sent["knowledge_ids"], sent["top_k"]) == ([BASE], 3)
    assert sent["recall_method"] == "keyword"


async def test_a_knowledge_base_that_is_none(connection):
    retriever = ZhipuAIKnowledgeRetriever(["42"], **connection)
    with pytest.raises(BadRequestError) as caught:
        retriever.retrieve(QUESTION)
    assert (caught.value.status, caught.value.code) == (200, "400")
    with pytest.raises(BadRequestError):
        await retriever.aretrieve(QUESTION)


def test_a_knowledge_base_with_sparse_answers(stub):
    stub.default = {"code": 200, "data": [{"text": "a"}, {"text": None, "score": 0.5}]}
    retriever = ZhipuAIKnowledgeRetriever(BASE, api_key=KEY, base_url=stub.base_url)
    found = retriever.retrieve("x")
    assert [(item.text, item.score) for item in found] == [("a", None), ("", 0.5)]
    stub.default = {"code": 200, "data": None}
    assert retriever.retrieve("x") == []


ODD_PAGES = [
    (None, []),
    ({"title": "t", "content": "whales"}, ["whales"]),
    ([None, "text", {"content": "whales", "refer": 7, "link": None}], ["whales"]),
    ([{"content": 12, "title": ["a"]}, {"content": "whales"}], ["12", "whales"]),
]


@pytest.mark.parametrize(("results", "texts"), ODD_PAGES)
async def test_odd_pages_cost_only_what_is_odd(stub, results, texts):
    made = {"api_key": KEY, "base_url": stub.base_url, "max_retries": 0}
    stub.default = {"search_result": results}
    async for found in both(ZhipuAIWebSearchRetriever(**made), "x"):
        assert [item.text for item in found] == texts
        assert all(isinstance(value, str) for item in found for value in item.metadata.values())
    spec = ZhipuAIWebSearchToolSpec(**made)
    for text in (spec.web_search("x"), await spec.aweb_search("x")):
        assert all(part in text for part in texts or ["Nothing was found."])


ODD_PIECES = [
    ({"text": "a"}, []),
    ([7, {"text": "a", "score": "high", "metadata": []}], [("a", None)]),
    ([{"text": ["a"], "score": {}}, {"text": "b", "score": "0.5"}], [("['a']", None), ("b", 0.5)]),
]


@pytest.mark.parametrize(("data", "wanted"), ODD_PIECES)
async def test_odd_pieces_cost_only_what_is_odd(stub, data, wanted):
    stub.default = {"code": 200, "data": data}
    made = ZhipuAIKnowledgeRetriever(BASE, api_key=KEY, base_url=stub.base_url, max_retries=0)
    async for found in both(made, "x"):
        assert [(item.text, item.score) for item in found] == wanted


def test_wrong_settings_of_a_knowledge_base():
    for given in ({"recall_ratio": 200}, {"similarity_top_k": 0}, {"knowledge_ids": []}):
        with pytest.raises(InvalidRequestError):
            ZhipuAIKnowledgeRetriever(**{"knowledge_ids": BASE, "api_key": KEY, **given})
    with pytest.raises(InvalidRequestError, match="not offered"):
        ZhipuAIKnowledgeRetriever(BASE, api_key=KEY, base_url="zai").retrieve("x")
