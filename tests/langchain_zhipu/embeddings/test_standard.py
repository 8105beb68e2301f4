"""LangChain's own suites for embeddings."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests

from langchain_zhipu import ZhipuAIEmbeddings

KEY = "0123456789abcdef.standardsuite"


class TestEmbeddingsUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[ZhipuAIEmbeddings]:
        return ZhipuAIEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"model": "embedding-3", "api_key": KEY, "base_url": "bigmodel"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        variables = {"ZHIPUAI_API_KEY": KEY, "ZHIPUAI_BASE_URL": "https://glm.example/v4"}
        return variables, {}, {"api_key": KEY, "base_url": "https://glm.example/v4"}


class _Served(EmbeddingsIntegrationTests):
    @pytest.fixture(autouse=True)
    def _serve(self, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ZHIPUAI_API_KEY", server.api_key)
        monkeypatch.setenv("ZHIPUAI_BASE_URL", server.base_url)

    @property
    def embeddings_class(self) -> type[ZhipuAIEmbeddings]:
        return ZhipuAIEmbeddings


class TestEmbeddings3(_Served):
    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"model": "embedding-3", "dimensions": 256}


class TestEmbeddings2(_Served):
    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"model": "embedding-2"}
