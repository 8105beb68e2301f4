"""`set_llm_cache` and `cache=`: an answer is kept, and only for the settings that made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache

from langchain_zhipu import ChatZhipuAI

Make = Callable[..., ChatZhipuAI]

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
#: Each makes another request, and so must have another place in the cache.
SETTINGS: list[dict[str, Any]] = [
    {"model": "glm-4.6"},
    {"temperature": 0.1},
    {"top_p": 0.3},
    {"max_tokens": 9},
    {"stop": ["x"]},
    {"do_sample": False},
    {"thinking": False},
    {"thinking": {"type": "enabled", "clear_thinking": False}},
    {"reasoning_effort": "high"},
    {"clear_thinking": False},
    {"reasoning_history": "all"},
    {"tool_choice_mode": "native"},
    {"request_id": "request-2"},
    {"user_id": "user-5678"},
    {"response_format": {"type": "json_object"}},
    {"meta": {"bot_name": "b"}},
    {"extra": {"target": {"path": "a.py"}}},
    {"extra_body": {"seed": 1}},
    {"model_kwargs": {"other": 1}},
    {"repair_tool_calls": True},
    {"cost": "zai"},
    {"include_response_headers": True},
    {"file_mode": "auto"},
    {"sensitive_word_check": {"type": "ALL"}},
]


@pytest.fixture
def cache() -> Iterator[InMemoryCache]:
    cache = InMemoryCache()
    set_llm_cache(cache)
    yield cache
    set_llm_cache(None)


async def test_the_same_call_is_answered_once(
    make: Make, server: Any, cache: InMemoryCache
) -> None:
    first = make().invoke("2+2?")
    again = make().invoke("2+2?")
    later = await make().ainvoke("2+2?")
    assert len(server.requests) == 1
    for message in (again, later):
        assert message.content == first.content
        assert message.additional_kwargs == first.additional_kwargs
        assert message.content_blocks == first.content_blocks


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: next(iter(settings)))
def test_no_setting_gets_the_answer_of_another(
    make: Make, server: Any, cache: InMemoryCache, settings: dict[str, Any]
) -> None:
    make().invoke("2+2?")
    make(**settings).invoke("2+2?")
    assert len(server.requests) == 2
    make(**settings).invoke("2+2?")
    assert len(server.requests) == 2


def test_every_field_that_is_sent_is_tried_here() -> None:
    from langchain_zhipu._chat.settings import SENT

    tried = {name for settings in SETTINGS for name in settings}
    # These change nothing on the service without tools, audio or marks; they are in the key all the
    # same.
    assert set(SENT) - tried == {
        "keep_box_marks", "n", "stream_usage", "think_tags", "tool_stream", "watermark_enabled",
    }  # fmt: skip


def test_another_server_is_another_place(make: Make, server: Any, cache: InMemoryCache) -> None:
    make().invoke("2+2?")
    make(base_url=server.coding_base_url).invoke("2+2?")
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "kwargs",
    [
        {"tools": [TOOL]},
        {"tool_choice": "any", "tools": [TOOL]},
        {"thinking": False},
        {"stop": ["x"]},
        {"extra_body": {"seed": 1}},
    ],
    ids=str,
)
def test_what_is_bound_counts_too(
    make: Make, server: Any, cache: InMemoryCache, kwargs: dict[str, Any]
) -> None:
    server.script(*[None] * 4)
    make().invoke("Call f.")
    before = len(server.requests)
    make().bind(**kwargs).invoke("Call f.")
    assert len(server.requests) > before
    after = len(server.requests)
    make().bind(**kwargs).invoke("Call f.")
    assert len(server.requests) == after


def test_a_copy_with_other_settings_has_its_own_place(
    make: Make, server: Any, cache: InMemoryCache
) -> None:
    model = make()
    model.invoke("2+2?")
    model.model_copy(update={"temperature": 0.2}).invoke("2+2?")
    model.temperature = 0.3
    model.invoke("2+2?")
    assert len(server.requests) == 3


def test_the_key_is_in_no_cache_key(make: Make, server: Any, cache: InMemoryCache) -> None:
    headers = {"Authorization": "Bearer hidden-in-mcp"}
    mcp = {
        "type": "mcp",
        "mcp": {"server_label": "s", "server_url": "https://x", "headers": headers},
    }
    make().bind_tools([mcp]).invoke("hi")
    stored = repr(cache._cache)
    assert server.api_key not in stored
    assert server.api_key.partition(".")[2] not in stored
    assert "hidden-in-mcp" not in stored


def test_cache_as_a_constructor_argument(make: Make, server: Any) -> None:
    cache = InMemoryCache()
    model = make(cache=cache)
    model.invoke("hi")
    model.invoke("hi")
    make(cache=False).invoke("hi")
    assert len(server.requests) == 2
