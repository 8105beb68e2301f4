"""What a model or the service cannot do is refused where it is given, in both packages alike."""

from __future__ import annotations

from typing import Any

import pytest

from langchain_zhipu import ZhipuAIEmbeddings, ZhipuAIWebSearchRetriever, ZhipuAIWebSearchTool
from llama_index_zhipu import ZhipuAIEmbedding, ZhipuAIWebSearchToolSpec
from llama_index_zhipu import ZhipuAIWebSearchRetriever as LlamaRetriever
from zhipu_client import InvalidRequestError, web_search

KEY = "id.secret"


@pytest.mark.parametrize("make", [ZhipuAIEmbeddings, ZhipuAIEmbedding])
def test_a_length_that_the_model_does_not_have_is_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=r"dimensions.*2048.*3000"):
        make(api_key=KEY, dimensions=3000)
    with pytest.raises(ValueError, match=r"dimensions"):
        make(model="embedding-2", api_key=KEY, dimensions=512)
    assert make(api_key=KEY, dimensions=512).dimensions == 512
    # Another server has models of its own.
    own = make(api_key=KEY, base_url="http://127.0.0.1:9/v1", model="bge-m3", dimensions=3000)
    assert own.dimensions == 3000


@pytest.mark.parametrize(
    "make",
    [
        ZhipuAIWebSearchRetriever,
        ZhipuAIWebSearchTool,
        LlamaRetriever,
        ZhipuAIWebSearchToolSpec,
    ],
)
@pytest.mark.parametrize("length", ["x", "70", 0, -1, 1.5, 70.0, True])
def test_a_length_of_queries_is_a_number(make: Any, length: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        make(api_key=KEY, max_query_length=length)
    why = "must be a whole number from 1, or None"
    assert str(caught.value) == f"max_query_length {why}, got {length!r}"
    assert caught.value.field == "max_query_length"
    for good in (1, None):
        assert make(api_key=KEY, max_query_length=good).max_query_length == good


@pytest.mark.parametrize(
    ("make", "search"),
    [
        (ZhipuAIWebSearchRetriever, lambda one: one.invoke("tide")),
        (ZhipuAIWebSearchTool, lambda one: one._search("tide", 1)),
        (LlamaRetriever, lambda one: one.retrieve("tide")),
        (ZhipuAIWebSearchToolSpec, lambda one: one.web_search("tide")),
    ],
)
def test_one_that_is_set_later_is_named_too(make: Any, search: Any) -> None:
    one = make(api_key=KEY)
    one.max_query_length = 0
    with pytest.raises(InvalidRequestError, match=r"^max_query_length must be a whole number"):
        search(one)


def test_so_it_is_in_the_client() -> None:
    for length in ("x", 0, True):
        with pytest.raises(InvalidRequestError, match=r"^most must be a whole number") as caught:
            web_search.shorten("tide", length)  # type: ignore[arg-type]
        assert caught.value.field == "most"
