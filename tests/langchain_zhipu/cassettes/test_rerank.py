"""`ZhipuAIRerank` from cassettes: documents, plain strings, more than one request, an error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.exceptions import ModelNotFoundError

from langchain_zhipu import ZhipuAIRerank
from tests.cassette_support.plugin import Mode, Service

pytestmark = pytest.mark.vcr

QUESTION = "What is the capital of France?"
TEXTS = [
    "Whales sleep for ten minutes at a time.",
    "Paris is the capital of France.",
    "France is a country in Europe.",
]


async def rerank(model: ZhipuAIRerank, mode: Mode, texts: Sequence[str]) -> list[dict[str, Any]]:
    if mode == "sync":
        return model.rerank(texts, QUESTION)
    return await model.arerank(texts, QUESTION)


async def test_documents(service: Service, mode: Mode) -> None:
    model = ZhipuAIRerank(top_n=2, **service.settings)
    given = [Document(text, metadata={"place": place}) for place, text in enumerate(TEXTS)]
    if mode == "sync":
        best, second = model.compress_documents(given, QUESTION)
    else:
        best, second = await model.acompress_documents(given, QUESTION)
    assert best.page_content == TEXTS[1]
    assert best.metadata["place"] == 1
    assert best.metadata["relevance_score"] >= second.metadata["relevance_score"]
    assert "relevance_score" not in given[1].metadata


async def test_more_than_fit_into_a_request(service: Service, mode: Mode) -> None:
    texts = [f"Number {number} is a number." for number in range(140)]
    texts[135] = TEXTS[1]
    found = await rerank(ZhipuAIRerank(top_n=2, **service.settings), mode, texts)
    assert len(found) == 2
    assert found[0]["index"] == 135
    assert found[0]["relevance_score"] >= found[1]["relevance_score"]


async def test_a_model_that_is_none(service: Service, mode: Mode) -> None:
    model = ZhipuAIRerank(model="rerank-that-never-was", **service.settings)
    with pytest.raises(ModelNotFoundError) as caught:
        await rerank(model, mode, TEXTS)
    assert caught.value.code == "1211"  # type: ignore[attr-defined]
