"""`init_chat_model` after `register()`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import langchain.chat_models.base as registry
import langchain.embeddings.base as embeddings_registry
import pytest
from langchain.agents import create_agent
from langchain.chat_models import init_chat_model
from langchain_core.tools import tool

from langchain_zhipu import ChatZhipuAI, register


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    tables = (registry._BUILTIN_PROVIDERS, embeddings_registry._BUILTIN_PROVIDERS)
    before = [dict(table) for table in tables]
    yield
    for table, rows in zip(tables, before, strict=True):
        table.clear()
        table.update(rows)


@pytest.fixture
def access(server: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ZHIPUAI_API_KEY", server.api_key)
    monkeypatch.setenv("ZHIPUAI_BASE_URL", server.base_url)
    return server


def test_importing_registers_nothing() -> None:
    with pytest.raises(ValueError, match=r"[Uu]nsupported|infer"):
        init_chat_model("zhipu:glm-4.7")


def test_both_ways_to_name_the_provider(access: Any) -> None:
    register()
    register()  # the second time changes nothing
    for model in (
        init_chat_model("zhipu:glm-4.6", temperature=0.2, thinking=False),
        init_chat_model("glm-4.6", model_provider="zhipu", temperature=0.2, thinking=False),
    ):
        assert type(model) is ChatZhipuAI
        assert (model.model, model.temperature, model.thinking) == ("glm-4.6", 0.2, False)
        assert model.invoke("hi").response_metadata["model_name"] == "glm-4.6"


def test_another_name(access: Any) -> None:
    register("glm")
    assert isinstance(init_chat_model("glm:glm-4.7"), ChatZhipuAI)


def test_a_configurable_model(access: Any) -> None:
    register()
    model = init_chat_model(
        "glm-4.7", model_provider="zhipu", configurable_fields=("model", "temperature")
    )
    config: Any = {"configurable": {"model": "glm-4.6", "temperature": 0.4}}
    assert model.invoke("hi", config).response_metadata["model_name"] == "glm-4.6"
    assert access.requests[-1]["json"]["temperature"] == 0.4


def test_an_agent_by_name(access: Any) -> None:
    @tool
    def multiply(a: int, b: int) -> int:
        """Multiply two whole numbers."""
        return a * b

    register()
    agent = create_agent("zhipu:glm-4.7", tools=[multiply])
    assert "323" in agent.invoke({"messages": [("human", "What is 17 * 19?")]})["messages"][-1].text


def test_no_table_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(registry, "_BUILTIN_PROVIDERS")
    with pytest.raises(RuntimeError, match="construct ChatZhipuAI"):
        register()
