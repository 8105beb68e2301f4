"""Every adapter from a cassette, with sockets blocked."""

from __future__ import annotations

import asyncio

import pytest
from llama_index.core.base.llms.types import ChatMessage, ThinkingBlock
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.core.tools import FunctionTool

from cookbook.paper import Table, Text, Title, pdf
from llama_index_zhipu import (
    ZhipuAI,
    ZhipuAIEmbedding,
    ZhipuAIImageGeneratorToolSpec,
    ZhipuAIModerationToolSpec,
    ZhipuAIOCRReader,
    ZhipuAIRerank,
    ZhipuAISpeechToolSpec,
    ZhipuAITranscriptionReader,
    ZhipuAIVideoGeneratorToolSpec,
    ZhipuAIWebReader,
    ZhipuAIWebSearchToolSpec,
)
from tests.cassette_support.plugin import Service
from zhipu_client import BadRequestError, NotFoundError, StreamIncompleteError

pytestmark = pytest.mark.vcr

ASK = [ChatMessage(role="user", content="What is 17 plus 25?")]
PAPER = pdf([[Title("Menu"), Text("Served from noon."), Table([["Dish", "Price"], ["Soup", "4"]])]])


@pytest.fixture(params=["sync", "async"])
def call(request):
    """Calls a method, or its async twin, whose name begins with an ``a``."""

    def call(thing, method, *args, **kwargs):
        if request.param == "sync":
            return getattr(thing, method)(*args, **kwargs)
        return asyncio.run(_awaited(thing, f"a{method}", args, kwargs))

    return call


async def _awaited(thing, method, args, kwargs):
    made = await getattr(thing, method)(*args, **kwargs)
    return [item async for item in made] if hasattr(made, "__aiter__") else made


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def test_chat(service: Service, call):
    response = call(ZhipuAI(**service.settings), "chat", ASK)
    assert isinstance(response.message.blocks[0], ThinkingBlock)
    assert response.message.content
    assert response.additional_kwargs["finish_reason"] == "stop"


def test_chat_streamed(service: Service, call):
    responses = list(call(ZhipuAI(**service.settings), "stream_chat", ASK))
    assert "".join(response.delta for response in responses) == responses[-1].message.content
    assert responses[-1].raw["usage"]["total_tokens"]


def test_completions(service: Service, call):
    llm = ZhipuAI(**service.settings)
    assert call(llm, "complete", "Hello").text
    assert list(call(llm, "stream_complete", "Hello"))[-1].text


def test_a_tool_is_called_and_its_result_used(service: Service, call):
    llm = ZhipuAI(**service.settings)
    tool = FunctionTool.from_defaults(add)
    response = call(llm, "chat_with_tools", [tool], chat_history=ASK)
    (made,) = llm.get_tool_calls_from_response(response)
    assert made.tool_kwargs == {"a": 17, "b": 25}
    result = ChatMessage(
        role="tool", content="42", additional_kwargs={"tool_call_id": made.tool_id}
    )
    final = call(llm, "chat_with_tools", [tool], chat_history=[*ASK, response.message, result])
    assert "42" in final.message.content


def test_an_unknown_model_is_a_typed_error(service: Service, call):
    llm = ZhipuAI(model="glm-0-nothing", **service.settings)
    with pytest.raises(NotFoundError) as caught:
        call(llm, "chat", ASK)
    assert caught.value.code == "1211"


def test_an_unknown_model_streamed_is_the_same_error(service: Service, call):
    llm = ZhipuAI(model="glm-0-nothing", **service.settings)
    with pytest.raises(NotFoundError) as caught:
        list(call(llm, "stream_chat", ASK))
    assert not isinstance(caught.value, StreamIncompleteError)


def test_embeddings(service: Service, call):
    embed = ZhipuAIEmbedding(dimensions=256, **service.settings)
    assert len(call(embed, "get_query_embedding", "hello")) == 256
    assert len(call(embed, "get_text_embedding_batch", ["one", "two"])) == 2


def test_rerank(service: Service, call):
    nodes = [
        NodeWithScore(node=TextNode(text=text, id_=text), score=0.0)
        for text in ("Cats purr.", "Paris is the capital of France.")
    ]
    rerank = ZhipuAIRerank(top_n=1, **service.settings)
    (best,) = call(rerank, "postprocess_nodes", nodes, query_str="capital of France")
    assert best.node.node_id.startswith("Paris")


def test_ocr(service: Service, call):
    reader = ZhipuAIOCRReader(tables="markdown", **service.settings)
    (page,) = call(reader, "load_data", PAPER)
    assert "Served from noon." in page.text
    assert "| Soup | 4 |" in page.text


def test_a_web_page(service: Service, call):
    reader = ZhipuAIWebReader(**service.settings)
    (page,) = call(reader, "load_data", "https://generated.example/kites-1")
    assert page.metadata["title"]


def test_a_web_page_that_may_not_be_read(service: Service):
    with pytest.raises(BadRequestError):
        ZhipuAIWebReader(**service.settings).load_data("https://nowhere.example/")


def test_web_search(service: Service, call):
    spec = ZhipuAIWebSearchToolSpec(count=2, **service.settings)
    assert call(spec, "web_search", "kites").count("](https://") == 2


def test_an_image(service: Service, call):
    spec = ZhipuAIImageGeneratorToolSpec(**service.settings)
    assert call(spec, "generate_image", "a red kite").startswith("http")


def test_a_video(service: Service, call):
    spec = ZhipuAIVideoGeneratorToolSpec(interval=0.01, **service.settings)
    assert call(spec, "generate_video", "a red kite").startswith("http")


def test_speech_and_back(service: Service, call):
    sound = call(ZhipuAISpeechToolSpec(**service.settings), "text_to_speech", "hello")[1]
    reader = ZhipuAITranscriptionReader(**service.settings)
    (found,) = call(reader, "load_data", sound.resolve_audio().read())
    assert found.text


def test_moderation(service: Service, call):
    spec = ZhipuAIModerationToolSpec(**service.settings)
    assert call(spec, "check_content", "A red kite.") == "PASS"
