"""Zhipu AI (BigModel, Z.ai: the GLM models) for LlamaIndex."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llama_index_zhipu._chat.errors import StructuredOutputError, ToolNotCalledError
    from llama_index_zhipu._connection import ZhipuSettings
    from llama_index_zhipu._register import register
    from llama_index_zhipu.agents import ZhipuAIAgentToolSpec
    from llama_index_zhipu.batch import BatchAnswer, ZhipuAIBatch
    from llama_index_zhipu.costs import ZhipuAICostHandler, track_costs
    from llama_index_zhipu.embeddings import ZhipuAIEmbedding
    from llama_index_zhipu.extraction import create_ocr_extractor
    from llama_index_zhipu.file_parser import ZhipuAIFileParserReader
    from llama_index_zhipu.handwriting import ZhipuAIHandwritingReader
    from llama_index_zhipu.layout import draw_layout
    from llama_index_zhipu.llms import ZhipuAI
    from llama_index_zhipu.moderation import (
        ZhipuAIModerationPostprocessor,
        ZhipuAIModerationToolSpec,
    )
    from llama_index_zhipu.output_parsers import ZhipuAIPhoneActionParser
    from llama_index_zhipu.postprocessors import ZhipuAIRerank
    from llama_index_zhipu.readers import ZhipuAIOCRReader, ZhipuAIWebReader
    from llama_index_zhipu.retrievers import (
        ZhipuAIKnowledgeRetriever,
        ZhipuAIWebSearchRetriever,
    )
    from llama_index_zhipu.speech import ZhipuAISpeechToolSpec
    from llama_index_zhipu.tokenizers import ZhipuAITokenizer
    from llama_index_zhipu.tools import (
        ZhipuAIImageGeneratorToolSpec,
        ZhipuAIWebReaderToolSpec,
        ZhipuAIWebSearchToolSpec,
    )
    from llama_index_zhipu.transcription import ZhipuAITranscriptionReader
    from llama_index_zhipu.video import ZhipuAIVideoGeneratorToolSpec
    from llama_index_zhipu.voice_agents import ZhipuAIVoiceAgent

__all__ = [
    "BatchAnswer",
    "StructuredOutputError",
    "ToolNotCalledError",
    "ZhipuAI",
    "ZhipuAIAgentToolSpec",
    "ZhipuAIBatch",
    "ZhipuAICostHandler",
    "ZhipuAIEmbedding",
    "ZhipuAIFileParserReader",
    "ZhipuAIHandwritingReader",
    "ZhipuAIImageGeneratorToolSpec",
    "ZhipuAIKnowledgeRetriever",
    "ZhipuAIModerationPostprocessor",
    "ZhipuAIModerationToolSpec",
    "ZhipuAIOCRReader",
    "ZhipuAIPhoneActionParser",
    "ZhipuAIRerank",
    "ZhipuAISpeechToolSpec",
    "ZhipuAITokenizer",
    "ZhipuAITranscriptionReader",
    "ZhipuAIVideoGeneratorToolSpec",
    "ZhipuAIVoiceAgent",
    "ZhipuAIWebReader",
    "ZhipuAIWebReaderToolSpec",
    "ZhipuAIWebSearchRetriever",
    "ZhipuAIWebSearchToolSpec",
    "ZhipuSettings",
    "create_ocr_extractor",
    "draw_layout",
    "register",
    "track_costs",
]

_HOMES = {
    "BatchAnswer": "batch",
    "StructuredOutputError": "_chat.errors",
    "ToolNotCalledError": "_chat.errors",
    "ZhipuAI": "llms",
    "ZhipuAIAgentToolSpec": "agents",
    "ZhipuAIBatch": "batch",
    "ZhipuAICostHandler": "costs",
    "ZhipuAIEmbedding": "embeddings",
    "ZhipuAIFileParserReader": "file_parser",
    "ZhipuAIHandwritingReader": "handwriting",
    "ZhipuAIImageGeneratorToolSpec": "tools",
    "ZhipuAIKnowledgeRetriever": "retrievers",
    "ZhipuAIModerationPostprocessor": "moderation",
    "ZhipuAIModerationToolSpec": "moderation",
    "ZhipuAIOCRReader": "readers",
    "ZhipuAIPhoneActionParser": "output_parsers",
    "ZhipuAIRerank": "postprocessors",
    "ZhipuAISpeechToolSpec": "speech",
    "ZhipuAITokenizer": "tokenizers",
    "ZhipuAITranscriptionReader": "transcription",
    "ZhipuAIVideoGeneratorToolSpec": "video",
    "ZhipuAIVoiceAgent": "voice_agents",
    "ZhipuAIWebReader": "readers",
    "ZhipuAIWebReaderToolSpec": "tools",
    "ZhipuAIWebSearchRetriever": "retrievers",
    "ZhipuAIWebSearchToolSpec": "tools",
    "ZhipuSettings": "_connection",
    "create_ocr_extractor": "extraction",
    "draw_layout": "layout",
    "register": "_register",
    "track_costs": "costs",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # The whole before its parts: it imports them in a circle, and of two threads that begin at
    # different parts one is refused by the import system (`_DeadlockError`).
    try:
        import_module("llama_index.core")
    except ModuleNotFoundError as error:
        if error.name not in {"llama_index", "llama_index.core"}:
            raise
        from zhipu_client.adapting import install

        message = f"{__name__} needs llama-index-core: {install('llama-index')}"
        raise ModuleNotFoundError(message, name=error.name) from error
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
