"""`ZhipuAIEmbeddings` from cassettes: several batches, a query, errors with what was done."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.exceptions import ModelNotFoundError
from langchain_core.vectorstores import InMemoryVectorStore

from langchain_zhipu import ZhipuAIEmbeddings
from tests.cassette_support.plugin import Mode, Service

pytestmark = pytest.mark.vcr

TEXTS = ["The Great Wall is long.", "Tea is a drink.", "长城很长。", "Tea is a drink."]


def make(service: Service, **given: Any) -> ZhipuAIEmbeddings:
    return ZhipuAIEmbeddings(dimensions=256, chunk_size=2, **service.settings, **given)


async def embed(model: ZhipuAIEmbeddings, mode: Mode, texts: list[str]) -> list[list[float]]:
    return model.embed_documents(texts) if mode == "sync" else await model.aembed_documents(texts)


async def test_several_batches(service: Service, mode: Mode) -> None:
    used: list[Any] = []
    vectors = await embed(make(service, on_usage=used.append), mode, TEXTS)
    assert [len(vector) for vector in vectors] == [256] * 4
    assert vectors[1] == vectors[3]
    assert vectors[0] != vectors[1] != vectors[2]
    assert used[0]["total_tokens"] > 0


async def test_a_query_finds_its_text(service: Service, mode: Mode) -> None:
    store = InMemoryVectorStore(make(service))
    question = "How long is the wall?"
    if mode == "sync":
        store.add_texts(TEXTS[:2])
        (found,) = store.similarity_search(question, k=1)
    else:
        await store.aadd_texts(TEXTS[:2])
        (found,) = await store.asimilarity_search(question, k=1)
    assert found.page_content == TEXTS[0]


async def test_a_model_that_is_none(service: Service, mode: Mode) -> None:
    model = make(service, model="embedding-that-never-was")
    with pytest.raises(ModelNotFoundError) as caught:
        await embed(model, mode, TEXTS[:1])
    error: Any = caught.value
    assert (error.status, error.code) == (400, "1211")
    assert error.partial.missing == [0]
