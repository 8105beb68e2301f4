"""POST /rerank."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.chat.tokens import count_text
from zhipu_emulator.content.similarity import coverage, features
from zhipu_emulator.http.params import Params, illegal, missing, out_of_range
from zhipu_emulator.http.responses import json_response, read_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

MODELS = ("rerank",)
MAX_DOCUMENTS = 128
MAX_CHARACTERS = 4096

# A share of the query that is met becomes a score as a classifier gives it: a logit, then 0 to 1.
_STEEPNESS = 12.0
_MIDDLE = 0.4


def routes(state: State) -> list[Route]:
    """The endpoint; api.z.ai does not offer it."""
    if state.options.site == "zai":
        return []

    async def create(request: Request) -> Response:
        body = await read_json(request)
        return json_response(answer(body, state.now(), state.new_id()))

    return [Route("/rerank", create, methods=["POST"])]


def answer(body: Mapping[str, Any], created: int, made_id: str) -> dict[str, Any]:
    """The body for a request.

    Raises:
        ServiceError: Everything that the endpoint refuses.
    """
    params = Params(body)
    params.model(MODELS)
    query = params.text("query", max_length=MAX_CHARACTERS)
    documents = _documents(params)
    top = params.integer("top_n", 0, low=0) or len(documents)
    with_documents = params.flag("return_documents")
    raw = params.flag("return_raw_scores")
    request_id = params.caller_ids()
    results = []
    for index, logit in _ranked(query, documents)[:top]:
        score = logit if raw else 1.0 / (1.0 + math.exp(-logit))
        result = {"index": index, "relevance_score": round(score, 8)}
        results.append({"document": documents[index], **result} if with_documents else result)
    tokens = sum(count_text(text) for text in documents) + len(documents) * count_text(query)
    return {
        "created": created,
        "id": made_id,
        "request_id": request_id or made_id,
        "results": results,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _documents(params: Params) -> list[str]:
    documents = params.get("documents")
    if documents is None:
        raise missing("documents")
    if not isinstance(documents, list) or not all(isinstance(text, str) for text in documents):
        raise illegal("documents")
    if not 1 <= len(documents) <= MAX_DOCUMENTS:
        raise out_of_range("documents.length", 1, MAX_DOCUMENTS)
    for text in documents:
        if not text.strip():
            raise illegal("documents", "输入不能为空", "The input must not be empty.")
        if len(text) > MAX_CHARACTERS:
            raise out_of_range("documents.item.length", 1, MAX_CHARACTERS)
    return documents


def _ranked(query: str, documents: list[str]) -> list[tuple[int, float]]:
    """Index and logit of each document, best first; equal ones keep their order."""
    asked = features(query)
    scored = []
    for index, text in enumerate(documents):
        found = features(text)
        # Of two texts that meet the query equally, the one with less beside it is the better.
        density = 1.0 / (1.0 + math.log1p(len(found)) / 50.0)
        logit = _STEEPNESS * (coverage(asked, found) * density - _MIDDLE)
        scored.append((index, logit))
    return sorted(scored, key=lambda pair: -pair[1])
