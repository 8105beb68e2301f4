"""Checked by mypy, not run: what a program that uses `ChatZhipuAI` may write."""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type

from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.runnables import Runnable
from langchain_core.tools import tool
from pydantic import BaseModel, SecretStr

from langchain_zhipu import (
    ChatZhipuAI,
    ZhipuAIEmbeddings,
    ZhipuAIFileParserLoader,
    ZhipuAIHandwritingLoader,
    ZhipuAIImageGenerator,
    ZhipuAIKnowledgeRetriever,
    ZhipuAIModerationMiddleware,
    ZhipuAIOCRLoader,
    ZhipuAIOCRParser,
    ZhipuAITranscriptionLoader,
    ZhipuAIWebReaderLoader,
    ZhipuSettings,
    create_ocr_extractor,
    register,
)
from zhipu_client import Timeout
from zhipu_client.adapting import KeyedOptions


class Report(BaseModel):
    """A report."""

    city: str


@tool
def add(a: int, b: int) -> int:
    """Add."""
    return a + b


def rotating() -> str:
    """Give the key of the day."""
    return "id.secret"


async def rotating_async() -> str:
    """Give the key of the day, asynchronously."""
    return "id.secret"


def construct() -> list[ChatZhipuAI]:
    """Every way to say who, where and how."""
    return [
        ChatZhipuAI(),
        ChatZhipuAI(api_key="id.secret"),
        ChatZhipuAI(model="glm-4.7", api_key=SecretStr("id.secret"), base_url="zai"),
        ChatZhipuAI(api_key=rotating, timeout=3.5, max_retries=0, max_concurrency=4),
        ChatZhipuAI(api_key=rotating_async, timeout=Timeout(connect=1.0)),
        ChatZhipuAI(thinking=True, reasoning_effort="high", clear_thinking=False),
        ChatZhipuAI(thinking={"type": "enabled"}, reasoning_history="all", stop=["x"]),
        ChatZhipuAI(tool_choice_mode="native", extra_body={"seed": 1}, default_headers={"a": "b"}),
    ]


def as_before() -> list[ChatZhipuAI]:
    """Arguments by the names of the packages that people come from."""
    return [
        ChatZhipuAI(model_name="glm-4.7", openai_api_key="id.secret", request_timeout=30),
        ChatZhipuAI(zhipuai_api_key="id.secret", max_completion_tokens=100, seed=1),
        ChatZhipuAI(openai_api_base="http://localhost:8000/v1", frequency_penalty=0.5),
    ]


async def call(model: ChatZhipuAI) -> None:
    """What calls give."""
    assert_type(model.invoke("hi"), AIMessage)
    assert_type(await model.ainvoke("hi"), AIMessage)
    for chunk in model.stream("hi"):
        assert_type(chunk, AIMessageChunk)
    async for chunk in model.astream("hi"):
        assert_type(chunk, AIMessageChunk)
    bound = model.bind_tools([add, Report, {"type": "web_search"}], tool_choice="any")
    assert_type(bound, Runnable[LanguageModelInput, AIMessage])
    structured = model.with_structured_output(Report, method="json_schema", include_raw=True)
    assert_type(structured, Runnable[LanguageModelInput, dict[str, Any]])
    assert_type(model.with_structured_output(Report), Runnable[LanguageModelInput, Report])
    report = model.with_structured_output(Report, method="json_mode", strict=True)
    assert_type(report.invoke("hi"), Report)
    assert_type(await report.ainvoke("hi"), Report)
    for part in report.stream("hi"):
        assert_type(part, Report)
    by_schema = model.with_structured_output({"title": "Report", "type": "object"})
    assert_type(by_schema, Runnable[LanguageModelInput, Any])
    assert_type(model.get_num_tokens("hi"), int)
    assert_type(register(), None)


def wrong() -> None:
    """What a type checker refuses."""
    ChatZhipuAI().with_structured_output(Report, method="magic")  # type: ignore[call-overload]


def extract(model: ChatZhipuAI) -> None:
    """What comes of documents."""
    assert_type(create_ocr_extractor(model, Report).invoke("a.pdf"), Report)
    raw = create_ocr_extractor(model, Report, include_raw=True)
    assert_type(raw.invoke("a.pdf"), dict[str, Any])
    assert_type(create_ocr_extractor(model, {"city": ""}), Runnable[Any, Any])


def named(adapter: ZhipuSettings) -> str | None:
    """Any of the adapters."""
    return adapter.base_url


def load(settings: KeyedOptions) -> list[Document]:
    """Loaders, whose settings are keyword arguments."""
    loaders: list[BaseLoader] = [
        ZhipuAIOCRLoader("a.pdf", mode="single", tables="markdown", timeout=5, checkpoint="a.db"),
        ZhipuAIOCRLoader(["a.pdf", b"..."], glob="*.pdf", save_images_to="images", **settings),
        ZhipuAIHandwritingLoader("a.png", probability=True, api_key=rotating),
        ZhipuAITranscriptionLoader("a.wav", hotwords=["GLM"], on_error="skip"),
        ZhipuAIFileParserLoader("a.docx", tool_type="prime", wait=60),
        ZhipuAIWebReaderLoader(["https://example.com"], return_format="text", max_in_flight=2),
    ]
    named(ZhipuAIOCRLoader("a.pdf"))
    named(ZhipuAIOCRParser(save_images_to="images", root="scans", checkpoint="work.sqlite"))
    named(ZhipuAIEmbeddings(checkpoint=Path("work.sqlite"), timeout=(3, 20), show_progress=True))
    named(ZhipuAIImageGenerator(save_to="images", shared_limit=Path("limit")))
    named(ZhipuAIKnowledgeRetriever(knowledge_ids="1"))
    named(ChatZhipuAI())
    return [document for loader in loaders for document in loader.lazy_load()]


def wrong_settings() -> None:
    """What a type checker refuses in them."""
    ChatZhipuAI(temprature=0.5)  # type: ignore[call-arg]
    ChatZhipuAI(thinking="sometimes")  # type: ignore[arg-type]
    ZhipuAIOCRLoader("a.pdf", on_eror="skip")  # type: ignore[call-arg]
    ZhipuAIOCRLoader("a.pdf", on_error="ignore")  # type: ignore[arg-type]
    ZhipuAIWebReaderLoader("https://example.com", timeout="soon")  # type: ignore[arg-type]
    ZhipuAIHandwritingLoader("a.png", boxes="no")  # type: ignore[arg-type]
    ZhipuAITranscriptionLoader("a.wav", promt="GLM")  # type: ignore[call-arg]
    ZhipuAIFileParserLoader("a.docx", wait="long")  # type: ignore[arg-type]
    ZhipuAIModerationMiddleware(base_ulr="zai")  # type: ignore[call-arg]
