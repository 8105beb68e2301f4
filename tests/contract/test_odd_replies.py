"""Odd answers of other endpoints than the chat: each is read, or a typed error."""

from __future__ import annotations

import copy
import json
import math
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.documents import Document
from langchain_core.messages import HumanMessage
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

import langchain_zhipu
import llama_index_zhipu
from zhipu_client import Client, ZhipuError, moderations

ODD: tuple[Any, ...] = (-1, "x", [], {}, [{}], float("nan"), float("inf"))
USAGE = {"prompt_tokens": 1, "total_tokens": 2}
REGION = {
    "index": 0,
    "label": "text",
    "bbox_2d": [1, 2, 3, 4],
    "content": "a",
    "width": 9,
    "height": 9,
}
PAGE = {"title": "t", "description": "d", "url": "http://a.example/", "content": "c"}
ANSWERS: dict[str, dict[str, Any]] = {
    "embeddings": {"data": [{"index": 0, "embedding": [0.5, 0.25]}], "usage": USAGE},
    "rerank": {"results": [{"index": 0, "relevance_score": 0.5, "document": "d"}], "usage": USAGE},
    "reader": {"id": "1", "request_id": "r", "reader_result": PAGE},
    "ocr": {
        "md_results": "# a",
        "layout_details": [[REGION]],
        "data_info": {"num_pages": 1, "pages": [{"width": 9.5, "height": 9}]},
        "usage": USAGE,
    },
    "tokenizer": {"id": "1", "usage": {"prompt_tokens": 3}},
    "transcription": {"text": "a", "segments": [{"id": 1, "start": 0, "end": 1, "text": "a"}]},
    "moderation": {"result_list": [{"risk_level": "REJECT", "risk_type": ["a"]}], "usage": USAGE},
}


def _versions(value: Any) -> Iterator[Any]:
    """Each part of ``value`` in turn replaced by each odd value."""
    yield from ODD
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in entries:
        inner_versions = _versions(inner) if isinstance(inner, (dict, list)) else iter(ODD)
        for version in inner_versions:
            changed = copy.copy(value)
            changed[key] = version
            yield changed


def _score(found: Any) -> float:
    score: float = (
        found.score if isinstance(found, NodeWithScore) else found.metadata["relevance_score"]
    )
    return score


def _nodes() -> list[NodeWithScore]:
    return [NodeWithScore(node=TextNode(text="d"))]


#: What asks for each, by the adapter; given the settings and a file.
CALLS: dict[tuple[str, str], Callable[[dict[str, Any], Path], Any]] = {
    ("embeddings", "langchain"): lambda s, _: langchain_zhipu.ZhipuAIEmbeddings(
        on_usage=lambda usage: usage.get("total_tokens", 0) + 1, **s
    ).embed_query("a"),
    ("embeddings", "llama_index"): lambda s, _: llama_index_zhipu.ZhipuAIEmbedding(
        **s
    ).get_text_embedding("a"),
    ("rerank", "langchain"): lambda s, _: langchain_zhipu.ZhipuAIRerank(**s).compress_documents(
        [Document("d")], "q"
    ),
    ("rerank", "llama_index"): lambda s, _: llama_index_zhipu.ZhipuAIRerank(**s).postprocess_nodes(
        _nodes(), query_bundle=QueryBundle("q")
    ),
    ("reader", "langchain"): lambda s, _: langchain_zhipu.ZhipuAIWebReaderLoader(
        "http://a.example", **s
    ).load(),
    ("reader", "llama_index"): lambda s, _: llama_index_zhipu.ZhipuAIWebReader(**s).load_data(
        ["http://a.example"]
    ),
    ("reader", "tool"): lambda s, _: llama_index_zhipu.ZhipuAIWebReaderToolSpec(**s).read_web_page(
        "http://a.example"
    ),
    ("ocr", "langchain"): lambda s, file: langchain_zhipu.ZhipuAIOCRLoader(file, **s).load(),
    ("ocr", "llama_index"): lambda s, file: llama_index_zhipu.ZhipuAIOCRReader(**s).load_data(file),
    ("moderation", "client"): lambda s, _: _risks(s),
    ("tokenizer", "langchain"): lambda s, _: langchain_zhipu.ChatZhipuAI(
        model="glm-4.6", token_counting="service", **s
    ).get_num_tokens_from_messages([HumanMessage("a")]),
    ("transcription", "langchain"): lambda s, file: langchain_zhipu.ZhipuAITranscriptionLoader(
        file.with_suffix(".wav"), segments=True, **s
    ).load(),
    ("transcription", "llama_index"): lambda s, file: llama_index_zhipu.ZhipuAITranscriptionReader(
        **s
    ).load_data(file.with_suffix(".wav")),
}


def _risks(settings: dict[str, Any]) -> Any:
    settings = {name: value for name, value in settings.items() if name != "http_async_client"}
    reply = Client(**settings).send(moderations.create(input="a"))
    return reply.risk_level, reply.risk_types


@pytest.mark.parametrize("call", CALLS, ids="-".join)
@pytest.mark.filterwarnings("ignore")
def test_an_odd_answer_is_read_or_refused(call: tuple[str, str], tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    with wave.open(str(file.with_suffix(".wav")), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(1600))
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    answer = {"body": b""}

    def server(_: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, headers={"Content-Type": "application/json"}, content=answer["body"]
        )

    with httpx.Client(transport=httpx.MockTransport(server)) as http:
        settings = {"api_key": "a.b", "http_client": http, "max_retries": 0}
        for version in [ANSWERS[call[0]], *_versions(ANSWERS[call[0]])]:
            answer["body"] = json.dumps(version).encode()
            try:
                found = CALLS[call](settings, file)
            except ZhipuError:
                assert version is not ANSWERS[call[0]]
                continue
            if call[0] == "embeddings":
                assert found, version
                assert isinstance(found, list), version
                assert all(map(math.isfinite, found)), version
            if call[0] == "rerank":
                assert all(map(math.isfinite, map(_score, found))), version
