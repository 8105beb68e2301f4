"""Settings of every adapter: what is refused names field, limit and value, and shows no secret."""

from __future__ import annotations

import traceback
from functools import partial
from typing import Any

import pytest

import llama_index_zhipu
from llama_index_zhipu._connection import ZhipuSettings
from llama_index_zhipu._tool_spec import ConnectedToolSpec
from zhipu_client import InvalidRequestError

KEY = "planted-id.planted-secret"
#: Those that have settings of their own; some need an argument.
ADAPTERS = [
    name
    for name in llama_index_zhipu.__all__
    if isinstance(found := getattr(llama_index_zhipu, name), type)
    and issubclass(found, (ZhipuSettings, ConnectedToolSpec))
]
NEEDED = {"ZhipuAIKnowledgeRetriever": {"knowledge_ids": ["1"]}}


@pytest.fixture(params=ADAPTERS)
def make(request: pytest.FixtureRequest) -> Any:
    adapter = getattr(llama_index_zhipu, request.param)
    return partial(adapter, **NEEDED.get(request.param, {}))


def test_a_refused_setting_names_field_limit_and_value(make: Any) -> None:
    for field, value, limit in (
        ("max_retries", -7, "greater than or equal to 0"),
        ("max_concurrency", 0, "greater than or equal to 1"),
        ("auth", "basic", "'bearer' or 'jwt'"),
    ):
        with pytest.raises(InvalidRequestError, match=limit) as caught:
            make(api_key=KEY, **{field: value})
        assert (caught.value.field, caught.value.value) == (field, value)
        assert repr(value) in str(caught.value)


def test_a_refused_secret_is_not_shown(make: Any) -> None:
    for wrong in (
        {"api_key": {"key": KEY}},
        {"default_headers": KEY},
        {"default_headers": {"x": [KEY]}},
    ):
        with pytest.raises(InvalidRequestError) as caught:
            make(**{"api_key": "k", **wrong})
        shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
        assert "planted-secret" not in shown
        assert caught.value.field in wrong
