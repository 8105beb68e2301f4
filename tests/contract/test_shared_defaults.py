"""One argument has one default: what is left out means the same in both frameworks."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import langchain_zhipu as chain
import llama_index_zhipu as index

PAIRS = {
    "ChatZhipuAI": "ZhipuAI",
    "ZhipuAIAgent": "ZhipuAIAgentToolSpec",
    "ZhipuAIBatch": "ZhipuAIBatch",
    "ZhipuAIEmbeddings": "ZhipuAIEmbedding",
    "ZhipuAIFileParserLoader": "ZhipuAIFileParserReader",
    "ZhipuAIHandwritingLoader": "ZhipuAIHandwritingReader",
    "ZhipuAIImageGenerator": "ZhipuAIImageGeneratorToolSpec",
    "ZhipuAIKnowledgeRetriever": "ZhipuAIKnowledgeRetriever",
    "ZhipuAIModeration": "ZhipuAIModerationPostprocessor",
    "ZhipuAIOCRLoader": "ZhipuAIOCRReader",
    "ZhipuAIRerank": "ZhipuAIRerank",
    "ZhipuAITextToSpeechTool": "ZhipuAISpeechToolSpec",
    "ZhipuAITranscriptionLoader": "ZhipuAITranscriptionReader",
    "ZhipuAIVideoGenerator": "ZhipuAIVideoGeneratorToolSpec",
    "ZhipuAIWebReaderLoader": "ZhipuAIWebReader",
    "ZhipuAIWebSearchRetriever": "ZhipuAIWebSearchRetriever",
    "ZhipuAIWebSearchTool": "ZhipuAIWebSearchToolSpec",
}
#: LangChain's class and the argument that rightly differs.
DIFFERENT = {
    ("ZhipuAIEmbeddings", "model"),  # LlamaIndex's own name of it is `model_name`
    ("ZhipuAIWebReaderLoader", "return_format"),  # Markdown is what the service gives by itself
    ("ZhipuAIModeration", "on_flagged"),  # a Runnable returns verdicts, a postprocessor nodes
    ("ZhipuAIAgent", "custom_variables"),  # an empty dict is written as None
    ("ZhipuAIVideoGenerator", "options"),  # an empty dict is written as None
    ("ZhipuAIWebSearchTool", "count"),  # LlamaIndex leaves it to each engine
}


def defaults(kind: Any) -> dict[str, Any]:
    """The arguments of a class that may be left out."""
    fields = {name: field.default for name, field in getattr(kind, "model_fields", {}).items()}
    given = inspect.signature(kind.__init__).parameters.values()
    return fields | {p.name: p.default for p in given if p.default is not p.empty}


@pytest.mark.parametrize("name", PAIRS)
def test_what_is_left_out_means_the_same(name: str) -> None:
    one, other = defaults(getattr(chain, name)), defaults(getattr(index, PAIRS[name]))
    shared = one.keys() & other.keys()
    assert shared, "nothing was compared"
    different = {(name, key) for key in shared if repr(one[key]) != repr(other[key])}
    assert different == {pair for pair in DIFFERENT if pair[0] == name}
