"""What editors complete in the constructors written by hand is what the settings have."""

from __future__ import annotations

import inspect
import warnings
from typing import Any, get_type_hints

import pytest
from pydantic import TypeAdapter

import llama_index_zhipu
from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding, ZhipuAIRerank
from llama_index_zhipu import _options as options
from zhipu_client.adapting import KeepsNoArguments
from zhipu_client.dialects import STANDARD

PAIRS = [
    (ZhipuAI, options.LLMOptions, STANDARD),
    (ZhipuAIEmbedding, options.EmbeddingOptions, frozenset[str]()),
    (ZhipuAIRerank, options.RerankOptions, frozenset[str]()),
]


@pytest.mark.parametrize(("kind", "named", "more"), PAIRS)
def test_the_names_are_all_that_are_taken(kind: Any, named: Any, more: frozenset[str]) -> None:
    hints = get_type_hints(named)
    own = inspect.signature(kind.__init__).parameters.keys()
    taken = {*kind.model_fields, *kind._aliases, *kind._ignored, *more}
    assert hints.keys() == taken - own
    for name in hints.keys() & kind.model_fields.keys():
        field = kind.model_fields[name]
        if not field.is_required() and field.default_factory is None:
            adapter = TypeAdapter(hints[name], config={"arbitrary_types_allowed": True})
            adapter.validate_python(field.default)


#: Those with settings of a connection.
ADAPTERS = [
    name
    for name in llama_index_zhipu.__all__
    if isinstance(found := getattr(llama_index_zhipu, name), type)
    and issubclass(found, KeepsNoArguments)
]


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_typo_is_reported_at_run_time_too(name: str) -> None:
    given = {"knowledge_ids": ["1"]} if name == "ZhipuAIKnowledgeRetriever" else {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        getattr(llama_index_zhipu, name)(api_key="id.planted", base_ulr="zai", **given)
    assert ["did you mean 'base_url'?" in str(one.message) for one in caught] == [True]
