"""What a model or the service cannot do is refused where it is given, in both packages alike."""

from __future__ import annotations

from typing import Any

import pytest

from langchain_zhipu import ZhipuAIEmbeddings, ZhipuAIWebSearchRetriever
from llama_index_zhipu import ZhipuAIEmbedding, ZhipuAIWebSearchToolSpec
from llama_index_zhipu import ZhipuAIWebSearchRetriever as LlamaRetriever
from zhipu_client import web_search

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
    "make", [ZhipuAIWebSearchRetriever, LlamaRetriever, ZhipuAIWebSearchToolSpec]
)
@pytest.mark.parametrize("length", ["x", 0, -1, 1.5])
def test_a_length_of_queries_is_a_number(make: Any, length: Any) -> None:
    with pytest.raises(ValueError, match="max_query_length"):
        make(api_key=KEY, max_query_length=length)
    for good in (1, None):
        assert make(api_key=KEY, max_query_length=good).max_query_length == good


def test_so_it_is_in_the_client() -> None:
    for length in ("x", 0, True):
        with pytest.raises(ValueError, match="max_query_length must be a whole number"):
            web_search.shorten("tide", length)  # type: ignore[arg-type]
