"""The compliance suites once more, from cassettes with sockets blocked."""

from __future__ import annotations

import pytest

from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding
from tests.cassette_support.plugin import Service
from tests.llama_index_zhipu.compliance.agent_suite import REACT, AgentTests
from tests.llama_index_zhipu.compliance.embedding_suite import EmbeddingTests
from tests.llama_index_zhipu.compliance.llm_suite import LLMTests
from zhipu_emulator import Answer

pytestmark = pytest.mark.vcr


class _Recorded:
    @pytest.fixture(autouse=True)
    def _service(self, service: Service):
        self.service = service

    def make_llm(self, **kwargs):
        return ZhipuAI(**{**self.service.settings, **kwargs})

    def make_vision_llm(self):
        return self.make_llm(model="glm-4.6v")


class TestEmbedding(_Recorded, EmbeddingTests):
    # These send nothing.
    test_is_an_embedding = None
    test_no_text = None
    test_the_key_is_not_shown = None

    many, threads = 6, 8  # vectors fill a cassette

    def make_embedding(self, **kwargs):
        settings = {**self.service.settings, "dimensions": 256, "embed_batch_size": 4}
        return ZhipuAIEmbedding(**{**settings, **kwargs})


class TestLLM(_Recorded, LLMTests):
    # These send nothing.
    test_is_a_function_calling_llm = None
    test_metadata = None
    test_metadata_of_a_model_that_is_not_known = None
    test_the_key_is_not_shown = None


class TestAgents(_Recorded, AgentTests):
    # What two tools answer comes in any order.
    test_function_agent_with_several_calls_at_once = None

    def make_react_llm(self):
        if self.service.script is not None:  # the emulator does not speak ReAct
            for text in REACT:
                message = {"role": "assistant", "content": text}
                self.service.script(Answer(message=message))
        return self.make_llm()
