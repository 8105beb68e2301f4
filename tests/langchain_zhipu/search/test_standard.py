"""LangChain's own suites for tools and retrievers."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_tests.integration_tests import RetrieversIntegrationTests, ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests

from langchain_zhipu import (
    ZhipuAIKnowledgeRetriever,
    ZhipuAIWebSearchRetriever,
    ZhipuAIWebSearchTool,
)
from zhipu_emulator.endpoints.knowledge import BASES

BASE = next(iter(BASES))
KEY = "0123456789abcdef.standardsuite"


class TestWebSearchToolUnit(ToolsUnitTests):
    @property
    def tool_constructor(self) -> type[ZhipuAIWebSearchTool]:
        return ZhipuAIWebSearchTool

    @property
    def tool_constructor_params(self) -> dict[str, Any]:
        return {"api_key": KEY, "base_url": "bigmodel"}

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return {"query": "Great Wall", "recency": "oneYear"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        variables = {"ZHIPUAI_API_KEY": KEY, "ZHIPUAI_BASE_URL": "https://glm.example/v4"}
        return variables, {}, {"api_key": KEY, "base_url": "https://glm.example/v4"}


class _Served:
    """Gives the suites an emulator through the environment, as a user's settings would."""

    @pytest.fixture(autouse=True)
    def _serve(self, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ZHIPUAI_API_KEY", server.api_key)
        monkeypatch.setenv("ZHIPUAI_BASE_URL", server.base_url)


class TestWebSearchTool(_Served, ToolsIntegrationTests):
    @property
    def tool_constructor(self) -> type[ZhipuAIWebSearchTool]:
        return ZhipuAIWebSearchTool

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return {"query": "Great Wall", "domain": "cities.example"}


class TestWebSearchRetriever(_Served, RetrieversIntegrationTests):
    @property
    def retriever_constructor(self) -> type[ZhipuAIWebSearchRetriever]:
        return ZhipuAIWebSearchRetriever

    @property
    def retriever_query_example(self) -> str:
        return "the capital of a country"


class TestKnowledgeRetriever(_Served, RetrieversIntegrationTests):
    @property
    def retriever_constructor(self) -> type[ZhipuAIKnowledgeRetriever]:
        return ZhipuAIKnowledgeRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"knowledge_ids": BASE}

    @property
    def retriever_query_example(self) -> str:
        return "how heat pumps work in the cold"
