"""Code as users of `llama_index_zhipu` write it; mypy --strict must find nothing in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Unpack, assert_type

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel

from llama_index_zhipu import (
    BatchAnswer,
    ZhipuAI,
    ZhipuAIBatch,
    ZhipuAIEmbedding,
    ZhipuAIFileParserReader,
    ZhipuAIImageGeneratorToolSpec,
    ZhipuAIKnowledgeRetriever,
    ZhipuAIModerationPostprocessor,
    ZhipuAIOCRReader,
    ZhipuAIRerank,
    ZhipuAIWebReader,
    ZhipuAIWebSearchRetriever,
    ZhipuAIWebSearchToolSpec,
    ZhipuSettings,
    create_ocr_extractor,
)
from zhipu_client import RateLimitError, Timeout
from zhipu_client.adapting import KeyedOptions


def chat(llm: FunctionCallingLLM) -> str:
    messages = [ChatMessage(role="user", content="?")]
    response: ChatResponse = llm.chat(messages, temperature=0.2)
    for chunk in llm.stream_chat(messages):
        print(chunk.delta, chunk.additional_kwargs.get("thinking_delta"))
    return response.message.content or ""


async def achat(llm: ZhipuAI) -> None:
    async for chunk in await llm.astream_chat([ChatMessage(role="user", content="?")]):
        print(chunk.message.blocks)
    window: int = llm.metadata.context_window
    print(window)


class Person(BaseModel):
    name: str


async def structured(llm: ZhipuAI) -> None:
    prompt = PromptTemplate("Who is {name}?")
    assert_type(llm.structured_predict(Person, prompt, name="Ann"), Person)
    assert_type(await llm.astructured_predict(Person, prompt, name="Ann"), Person)
    assert_type(llm.structured_response(Person, prompt, name="Ann"), tuple[Person, ChatResponse])


def index(folder: Path) -> VectorStoreIndex:
    embed_model: BaseEmbedding = ZhipuAIEmbedding(model="embedding-3", dimensions=512)
    reranker: BaseNodePostprocessor = ZhipuAIRerank(top_n=3, timeout=10.0)
    pages: list[Document] = ZhipuAIOCRReader(api_key="id.secret", tables="markdown").load_data(
        folder / "a.pdf"
    )
    pages += ZhipuAIWebReader(timeout=Timeout(total=60)).load_data(["https://example.com/"])
    made = VectorStoreIndex.from_documents(pages, embed_model=embed_model)
    made.as_query_engine(llm=ZhipuAI(), node_postprocessors=[reranker])
    return made


def agent() -> FunctionAgent:
    tools = [
        *ZhipuAIImageGeneratorToolSpec(size="1024x1024").to_tool_list(),
        *ZhipuAIWebSearchToolSpec(count=5).to_tool_list(),
    ]
    llm = ZhipuAI(model="glm-4.7", thinking=True, clear_thinking=False, api_key=lambda: "key")
    try:
        chat(llm)
    except RateLimitError as error:
        print(error.code, error.retry_after)
    return FunctionAgent(tools=tools, llm=llm)


async def services(folder: Path) -> None:
    retrievers: list[BaseRetriever] = [
        ZhipuAIWebSearchRetriever(similarity_top_k=3, timeout=10.0),
        ZhipuAIKnowledgeRetriever(["1", "2"], recall_method="mixed"),
    ]
    nodes = await retrievers[0].aretrieve("?")
    guard: BaseNodePostprocessor = ZhipuAIModerationPostprocessor(on_flagged="raise")
    nodes = guard.postprocess_nodes(nodes)
    parsed: list[Document] = await ZhipuAIFileParserReader(tool_type="prime").aload_data(folder)
    texts = [document.text for document in parsed]
    answers: list[BatchAnswer[Any]] = ZhipuAIBatch(ZhipuAIEmbedding()).run(texts)
    answers += await ZhipuAIBatch(ZhipuAI(model="glm-4-flash")).arun(["?", [ChatMessage()]])


async def extract(llm: ZhipuAI) -> None:
    extractor = create_ocr_extractor(llm, Person)
    assert_type(extractor("a.pdf"), Person)
    assert_type(await extractor.acall("a.pdf"), Person)
    assert_type(create_ocr_extractor(llm, {"name": ""})("a.pdf"), Any)


def adapters(**settings: Unpack[KeyedOptions]) -> list[ZhipuSettings]:
    return [ZhipuAI(model="glm-4.7", **settings), ZhipuAIEmbedding(**settings)]


def as_before() -> list[ZhipuAI]:
    """Arguments of the packages that people come from, and of OpenAI."""
    return [
        ZhipuAI("glm-4.7", "id.secret", 0.5, 100, 60.0, {"seed": 1}),
        ZhipuAI(model_name="glm-4.7", api_base="http://localhost:8000/v1", is_chat_model=True),
        ZhipuAI(seed=1, logprobs=True, system_prompt="Be brief.", context_window=4096),
    ]


def refused() -> None:
    adapters(timout=5)  # type: ignore[call-arg]
    ZhipuAI(temprature=0.5)  # type: ignore[call-arg]
    ZhipuAI(thinking="sometimes")  # type: ignore[arg-type]
    ZhipuAIEmbedding(max_in_fligth=4)  # type: ignore[call-arg]
    ZhipuAIRerank(truncate="no")  # type: ignore[arg-type]
    ZhipuAIWebSearchRetriever(base_ulr="zai")  # type: ignore[call-arg]
    ZhipuAIImageGeneratorToolSpec(timeout="soon")  # type: ignore[arg-type]
    ZhipuAIKnowledgeRetriever("1", recall_method="magic")  # type: ignore[arg-type]
