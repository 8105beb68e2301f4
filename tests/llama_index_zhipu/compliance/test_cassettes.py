"""The compliance suites once more, from cassettes with sockets blocked."""

from __future__ import annotations

import pytest

from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding
from tests.cassette_support.plugin import Service
from tests.llama_index_zhipu.compliance.agent_suite import AgentTests
from tests.llama_index_zhipu.compliance.embedding_suite import EmbeddingTests
from tests.llama_index_zhipu.compliance.llm_suite import LLMTests

pytestmark = pytest.mark.vcr


class _Recorded:
    @pytest.fixture(autouse=True)
    def _service(self, service: Service):
        self.service = service

    def make_llm(self, **kwargs):
        return ZhipuAI(**{**self.service.settings, **kwargs})

    def make_vision_llm(self):
        return self.make_llm(model="glm-4.6v")

    def make_embedding(self, **kwargs):
        return ZhipuAIEmbedding(**{**self.service.settings, "dimensions": 256, **kwargs})


class TestEmbedding(_Recorded, EmbeddingTests):
    # These send nothing.
    test_is_an_embedding = None
    test_no_text = None
    test_the_key_is_not_shown = None
    # Requests that are under way together are not kept apart by a cassette.
    test_many_texts_keep_their_order = None
    test_everywhere_at_once = None


class TestLLM(_Recorded, LLMTests):
    # These send nothing.
    test_is_a_function_calling_llm = None
    test_metadata = None
    test_metadata_of_a_model_that_is_not_known = None
    test_the_key_is_not_shown = None
    # Requests that are under way together are not kept apart by a cassette.
    test_many_threads = None
    test_several_event_loops = None
    test_at_once = None


class TestAgents(_Recorded, AgentTests):
    # The emulator, from which the cassettes are, does not speak ReAct.
    test_react_agent = None
    # What two tools answer comes in any order.
    test_function_agent_with_several_calls_at_once = None
    # Nodes are read at once.
    test_ingestion = None
