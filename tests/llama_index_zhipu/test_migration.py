"""Programs written for other packages run once their import is changed."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

import llama_index_zhipu
from tests.llama_index_zhipu.conftest import KEY

# As a user of llama-index-llms-zhipuai and llama-index-embeddings-zhipuai wrote it.
OLD = """
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.llms import ChatMessage
from llama_index.llms.zhipuai import ZhipuAI
from llama_index.embeddings.zhipuai import ZhipuAIEmbedding

llm = ZhipuAI(
    model="glm-4",
    api_key=key,
    temperature=0.95,
    max_tokens=512,
    timeout=60.0,
    additional_kwargs={"top_p": 0.7},
    system_prompt="Be brief.",
)
embedding = ZhipuAIEmbedding(model="embedding-2", api_key=key, dimensions=1024, timeout=60.0)
documents = [Document(text="The moon is round.")]
index = VectorStoreIndex.from_documents(documents, embed_model=embedding)
results = [
    llm.complete("Hello").text,
    str(llm.chat([ChatMessage(role="user", content="Hello")])),
    "".join(r.delta for r in llm.stream_complete("Hello")),
    "".join(r.delta for r in llm.stream_chat([ChatMessage(role="user", content="Hello")])),
    str(index.as_query_engine(llm=llm).query("What shape has the moon?")),
    str(len(embedding.get_text_embedding("x"))),
    str(ZhipuAI("glm-4", key).metadata.context_window),
]
"""

# As a user of llama-index-llms-openai-like wrote it, for the same service.
LIKE = """
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.llms.openai_like import OpenAILike

llm = OpenAILike(
    model="glm-4.7",
    api_base=base,
    api_key=key,
    context_window=200_000,
    is_chat_model=True,
    is_function_calling_model=True,
    temperature=0.1,
    max_tokens=512,
    max_retries=3,
    timeout=60.0,
    reuse_client=True,
    default_headers={"x-team": "a"},
    additional_kwargs={"extra_body": {"thinking": {"type": "disabled"}}},
)
results = [llm.complete("Hello").text, str(llm.metadata.context_window)]
agent = FunctionAgent(tools=[], llm=llm)
"""


@pytest.fixture
def moved(monkeypatch):
    """`import` finds our classes under the old names."""

    def moved(module, **names):
        made = ModuleType(module)
        for old, new in names.items():
            setattr(made, old, getattr(llama_index_zhipu, new))
        monkeypatch.setitem(sys.modules, module, made)

    return moved


@pytest.mark.filterwarnings("ignore:glm-4 is deprecated:zhipu_client.ModelDeprecationWarning")
def test_the_two_packages_for_zhipu(moved, emulator, monkeypatch):
    moved("llama_index.llms.zhipuai", ZhipuAI="ZhipuAI")
    moved("llama_index.embeddings.zhipuai", ZhipuAIEmbedding="ZhipuAIEmbedding")
    monkeypatch.setenv("ZHIPUAI_BASE_URL", emulator.base_url)  # as their SDK reads it
    names = {"key": emulator.api_key}
    exec(OLD, names)
    *texts, length, window = names["results"]
    assert all(texts)
    assert "round" in texts[-1]
    assert (length, window) == ("1024", "131072")
    sent = emulator.requests[2]["json"]
    assert (sent["temperature"], sent["top_p"], sent["max_tokens"]) == (0.95, 0.7, 512)


def test_openai_like(moved, stub):
    moved("llama_index.llms.openai_like", OpenAILike="ZhipuAI")
    names = {"key": KEY, "base": stub.base_url}
    exec(LIKE, names)
    assert names["results"] == ["ok", "200000"]
    assert stub.requests[0]["thinking"] == {"type": "disabled"}
    assert stub.headers[0]["x-team"] == "a"
