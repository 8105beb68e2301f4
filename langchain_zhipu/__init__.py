"""Zhipu AI (BigModel, Z.ai; the GLM models) for LangChain and LangGraph.

    >>> from langchain_zhipu import ChatZhipuAI
    >>> ChatZhipuAI(model="glm-4.7").invoke("17 * 19?")  # doctest: +SKIP

Everything is loaded at first use: importing an adapter loads that adapter alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_zhipu._connection import ZhipuSettings
    from langchain_zhipu._register import register
    from langchain_zhipu.agents import ZhipuAIAgent
    from langchain_zhipu.batch import BatchAnswer, ZhipuAIBatch
    from langchain_zhipu.chat_models import ChatZhipuAI
    from langchain_zhipu.costs import ZhipuAICostHandler, track_costs
    from langchain_zhipu.document_loaders import (
        ResumePoint,
        ZhipuAIOCRLoader,
        ZhipuAIOCRParser,
        ZhipuAIWebReaderLoader,
    )
    from langchain_zhipu.embeddings import ZhipuAIEmbeddings
    from langchain_zhipu.extraction import create_ocr_extractor
    from langchain_zhipu.fallback_middleware import ZhipuAIFallbackMiddleware
    from langchain_zhipu.file_parsers import ZhipuAIFileParserLoader
    from langchain_zhipu.handwriting import ZhipuAIHandwritingLoader, ZhipuAIHandwritingParser
    from langchain_zhipu.image_generators import ZhipuAIImageGenerator
    from langchain_zhipu.layout import draw_layout
    from langchain_zhipu.moderation import ZhipuAIModeration
    from langchain_zhipu.moderation_middleware import ZhipuAIModerationMiddleware
    from langchain_zhipu.output_parsers import ZhipuAIPhoneActionParser
    from langchain_zhipu.rerankers import ZhipuAIRerank
    from langchain_zhipu.retrievers import ZhipuAIKnowledgeRetriever, ZhipuAIWebSearchRetriever
    from langchain_zhipu.speech import ZhipuAITextToSpeechTool
    from langchain_zhipu.thinking_middleware import ZhipuAIThinkingMiddleware
    from langchain_zhipu.tools import ZhipuAIWebSearchTool
    from langchain_zhipu.transcription import (
        ZhipuAITranscriptionLoader,
        ZhipuAITranscriptionParser,
    )
    from langchain_zhipu.translation import ZhipuAITranslation
    from langchain_zhipu.video_generators import ZhipuAIVideoGenerator
    from zhipu_client import __version__

#: Public name -> the module that has it. One line an export, sorted by module.
_HOMES = {
    "BatchAnswer": "langchain_zhipu.batch",
    "ChatZhipuAI": "langchain_zhipu.chat_models",
    "ResumePoint": "langchain_zhipu.document_loaders",
    "ZhipuAIAgent": "langchain_zhipu.agents",
    "ZhipuAIBatch": "langchain_zhipu.batch",
    "ZhipuAICostHandler": "langchain_zhipu.costs",
    "ZhipuAIEmbeddings": "langchain_zhipu.embeddings",
    "ZhipuAIFallbackMiddleware": "langchain_zhipu.fallback_middleware",
    "ZhipuAIFileParserLoader": "langchain_zhipu.file_parsers",
    "ZhipuAIHandwritingLoader": "langchain_zhipu.handwriting",
    "ZhipuAIHandwritingParser": "langchain_zhipu.handwriting",
    "ZhipuAIImageGenerator": "langchain_zhipu.image_generators",
    "ZhipuAIKnowledgeRetriever": "langchain_zhipu.retrievers",
    "ZhipuAIModeration": "langchain_zhipu.moderation",
    "ZhipuAIModerationMiddleware": "langchain_zhipu.moderation_middleware",
    "ZhipuAIOCRLoader": "langchain_zhipu.document_loaders",
    "ZhipuAIOCRParser": "langchain_zhipu.document_loaders",
    "ZhipuAIPhoneActionParser": "langchain_zhipu.output_parsers",
    "ZhipuAIRerank": "langchain_zhipu.rerankers",
    "ZhipuAITextToSpeechTool": "langchain_zhipu.speech",
    "ZhipuAIThinkingMiddleware": "langchain_zhipu.thinking_middleware",
    "ZhipuAITranscriptionLoader": "langchain_zhipu.transcription",
    "ZhipuAITranscriptionParser": "langchain_zhipu.transcription",
    "ZhipuAITranslation": "langchain_zhipu.translation",
    "ZhipuAIVideoGenerator": "langchain_zhipu.video_generators",
    "ZhipuAIWebReaderLoader": "langchain_zhipu.document_loaders",
    "ZhipuAIWebSearchRetriever": "langchain_zhipu.retrievers",
    "ZhipuAIWebSearchTool": "langchain_zhipu.tools",
    "ZhipuSettings": "langchain_zhipu._connection",
    "__version__": "zhipu_client",
    "create_ocr_extractor": "langchain_zhipu.extraction",
    "draw_layout": "langchain_zhipu.layout",
    "register": "langchain_zhipu._register",
    "track_costs": "langchain_zhipu.costs",
}

__all__ = [
    "BatchAnswer",
    "ChatZhipuAI",
    "ResumePoint",
    "ZhipuAIAgent",
    "ZhipuAIBatch",
    "ZhipuAICostHandler",
    "ZhipuAIEmbeddings",
    "ZhipuAIFallbackMiddleware",
    "ZhipuAIFileParserLoader",
    "ZhipuAIHandwritingLoader",
    "ZhipuAIHandwritingParser",
    "ZhipuAIImageGenerator",
    "ZhipuAIKnowledgeRetriever",
    "ZhipuAIModeration",
    "ZhipuAIModerationMiddleware",
    "ZhipuAIOCRLoader",
    "ZhipuAIOCRParser",
    "ZhipuAIPhoneActionParser",
    "ZhipuAIRerank",
    "ZhipuAITextToSpeechTool",
    "ZhipuAIThinkingMiddleware",
    "ZhipuAITranscriptionLoader",
    "ZhipuAITranscriptionParser",
    "ZhipuAITranslation",
    "ZhipuAIVideoGenerator",
    "ZhipuAIWebReaderLoader",
    "ZhipuAIWebSearchRetriever",
    "ZhipuAIWebSearchTool",
    "ZhipuSettings",
    "__version__",
    "create_ocr_extractor",
    "draw_layout",
    "register",
    "track_costs",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(home), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "langchain_core":
            raise
        from zhipu_client.adapting import install

        message = f"{__name__} needs langchain-core: {install('langchain')}"
        raise ModuleNotFoundError(message, name=error.name) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
