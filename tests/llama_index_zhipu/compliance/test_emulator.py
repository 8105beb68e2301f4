"""The compliance suites, run on `ZhipuAI` and `ZhipuAIEmbedding` against the emulator."""

from __future__ import annotations

import pytest

from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding
from tests.llama_index_zhipu.compliance.agent_suite import REACT, AgentTests
from tests.llama_index_zhipu.compliance.embedding_suite import EmbeddingTests
from tests.llama_index_zhipu.compliance.llm_suite import LLMTests
from zhipu_emulator import Answer


class _Emulated:
    @pytest.fixture(autouse=True)
    def _server(self, emulator):
        self.server = emulator

    def make_llm(self, **kwargs):
        settings = {"api_key": self.server.api_key, "base_url": self.server.base_url}
        return ZhipuAI(**{**settings, **kwargs})

    def make_vision_llm(self):
        return self.make_llm(model="glm-4.6v")


class TestEmbedding(_Emulated, EmbeddingTests):
    def make_embedding(self, **kwargs):
        settings = {"api_key": self.server.api_key, "base_url": self.server.base_url}
        return ZhipuAIEmbedding(**{**settings, **kwargs})


class TestLLM(_Emulated, LLMTests):
    pass


class TestAgents(_Emulated, AgentTests):
    def make_react_llm(self):
        # The emulator does not speak ReAct: what a model would say is put in line.
        for text in REACT:
            self.server.script(Answer(message={"role": "assistant", "content": text}))
        return self.make_llm()
