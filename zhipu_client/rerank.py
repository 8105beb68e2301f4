"""Reranking: ``POST /rerank`` (open.bigmodel.cn only)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from zhipu_client import _check
from zhipu_client._model import ReplyModel, read
from zhipu_client._request import Reply, Request

__all__ = ["MAX_CHARACTERS", "MAX_DOCUMENTS", "RerankReply", "RerankResult", "create"]

#: The most documents in one request.
MAX_DOCUMENTS = 128
#: The most characters of the query and of each document.
MAX_CHARACTERS = 4096


class RerankResult(ReplyModel):
    """One document's place.

    Attributes:
        index: Its position among the documents that were sent, from 0.
        relevance_score: From 0 to 1, higher is closer to the query (any number for raw scores).
        document: Its text, where ``return_documents`` asked for it.
    """

    index: int | None = None
    relevance_score: float | None = None
    document: str | None = None


class RerankReply(ReplyModel):
    """The answer of ``/rerank``; ``results`` has the best document first."""

    id: str | None = None
    created: int | None = None
    request_id: str | None = None
    results: list[RerankResult] = Field(default_factory=list)
    usage: dict[str, Any] | None = None


def create(
    *,
    model: str = "rerank",
    query: str,
    documents: Sequence[str],
    top_n: int | None = None,
    return_documents: bool | None = None,
    return_raw_scores: bool | None = None,
    request_id: str | None = None,
    user_id: str | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[RerankReply]:
    """Sort up to 128 documents by how well they answer a query.

    For any number of documents use `zhipu_client.rerank_documents`.

    Args:
        model: ``rerank``.
        query: What is asked, up to 4,096 characters.
        documents: 1 to 128 texts, each up to 4,096 characters and not empty.
        top_n: How many of the best to answer with; None or 0 for all.
        return_documents: Send the texts back with the results.
        return_raw_scores: Raw scores in place of normalised ones.
        request_id: Your own id of the call, 6 to 64 characters.
        user_id: Your own id of the end user, 6 to 128 characters.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: A value is outside of its limits; ``field`` names it.

    Example:
        >>> from zhipu_client import rerank
        >>> rerank.create(query="capital", documents=["Paris", "a cat"], top_n=1).path
        '/rerank'
    """
    texts = _check.strings("documents", documents)
    _check.text("model", model)
    _check.text("query", query, MAX_CHARACTERS)
    if not texts or len(texts) > MAX_DOCUMENTS:
        raise _check.refuse("documents", len(texts), f"must hold 1 to {MAX_DOCUMENTS} texts")
    for position, text in enumerate(texts):
        _check.text(f"documents[{position}]", text, MAX_CHARACTERS)
    _check.within("top_n", top_n, 0, MAX_DOCUMENTS, whole=True)
    _check.ids(request_id, user_id)
    return Request(
        method="POST",
        path="/rerank",
        parse=_parse,
        json=_check.body(
            extra_body,
            model=model,
            query=query,
            documents=texts,
            top_n=top_n,
            return_documents=return_documents,
            return_raw_scores=return_raw_scores,
            request_id=request_id,
            user_id=user_id,
        ),
        kind="generate",
        model=model,
    )


def _parse(reply: Reply) -> RerankReply:
    found: RerankReply = read(RerankReply, reply.data)
    return found
