"""`ZhipuAITokenizer`: where LlamaIndex counts tokens, they are GLM's."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest
from llama_index.core import Settings
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.llms import ChatMessage
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.node_parser import SentenceSplitter

from llama_index_zhipu import ZhipuAITokenizer
from zhipu_client import InvalidRequestError, ServerError

LONG = "今天天气很好，我们去公园散步。" * 40
COUNTED = {"id": "1", "usage": {"prompt_tokens": 345, "total_tokens": 345}}
FAILED = (500, {"error": {"code": "500", "message": "m"}})


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [("", 0, 0), ("今天天气很好", 3, 5), ("The weather is fine today.", 5, 8)],
)
def test_an_estimate_needs_no_key(monkeypatch, text, least, most):
    monkeypatch.delenv("ZHIPUAI_API_KEY", raising=False)
    assert least <= len(ZhipuAITokenizer()(text)) <= most


def test_the_service_is_asked_once_for_a_long_text(stub, make):
    stub.default = COUNTED
    tokenizer = ZhipuAITokenizer(make())
    assert [len(tokenizer(LONG)), len(tokenizer(LONG)), len(tokenizer("今天"))] == [345, 345, 2]
    assert [path.rsplit("/", 1)[1] for path in stub.paths] == ["tokenizer"]
    assert stub.requests[0]["messages"] == [{"role": "user", "content": LONG}]
    again = pickle.loads(pickle.dumps(tokenizer))
    assert again.count(LONG) == 345


def test_where_the_service_fails(stub, make):
    stub.default = FAILED
    careful = ZhipuAITokenizer(make(max_retries=0))
    assert 200 < careful.count(LONG) < 500
    assert 200 < careful.count(LONG + "。") < 500
    assert len(stub.paths) == 1  # not asked again
    with pytest.raises(ServerError):
        ZhipuAITokenizer(make(max_retries=0), token_counting="service")(LONG)


def test_no_event_loop_waits_for_a_count(stub, make):
    async def count() -> int:
        return ZhipuAITokenizer(make()).count(LONG)

    assert 200 < asyncio.run(count()) < 500
    assert not stub.paths


@pytest.mark.parametrize("given", [{"token_counting": "guess"}, {"token_counting": "service"}])
def test_wrong_settings(given: Any):
    with pytest.raises(InvalidRequestError):
        ZhipuAITokenizer(**given)


def test_in_settings_memory_splitter_and_counter(stub, make, monkeypatch):
    import llama_index.core

    monkeypatch.setattr(llama_index.core, "global_tokenizer", None)
    monkeypatch.setattr(Settings, "_tokenizer", None)
    tokenizer = ZhipuAITokenizer()
    Settings.tokenizer = tokenizer
    assert SentenceSplitter.from_defaults()._tokenizer is tokenizer
    few = SentenceSplitter(chunk_size=60, chunk_overlap=0, tokenizer=tokenizer).split_text(LONG)
    assert len(few) > 3
    assert max(map(tokenizer.count, few)) <= 60
    memory = ChatMemoryBuffer.from_defaults(token_limit=50, tokenizer_fn=tokenizer)
    for number in range(9):
        memory.put(ChatMessage(role="user", content=f"{number} 今天天气很好，我们去公园散步。"))
    assert 0 < len(memory.get()) < 9
    counter = TokenCountingHandler(tokenizer=tokenizer)
    make(callback_manager=CallbackManager([counter])).complete("hello")
    assert (counter.prompt_llm_token_count, counter.completion_llm_token_count) == (11, 7)
