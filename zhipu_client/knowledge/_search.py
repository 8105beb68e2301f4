"""Finding pieces of documents: ``POST /knowledge/retrieve``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from zhipu_client import _check
from zhipu_client._replies import ReplyModel, read, read_rows
from zhipu_client._request import Reply, Request
from zhipu_client.knowledge._envelope import BASES, check_envelope

__all__ = ["Found", "KnowledgeReply", "Slice", "found_in", "retrieve"]

_METHODS = ("embedding", "keyword", "mixed")
_RERANKERS = ("rerank", "rerank-pro")


class Slice(ReplyModel):
    """A piece of a document that was found.

    Attributes:
        text: Its text.
        score: How well it fits; larger is better.
        metadata: ``_id``, ``knowledge_id``, ``doc_id``, ``doc_name``, ``doc_url`` and
            ``contextual_text``, where the service has them.
    """

    text: str | None = None
    score: float | None = None
    metadata: dict[str, Any] | None = None


class KnowledgeReply(ReplyModel):
    """The answer of ``/knowledge/retrieve``; ``timestamp`` is in Unix milliseconds."""

    data: list[Slice] = Field(default_factory=list)
    code: int | None = None
    message: str | None = None
    timestamp: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of a document, read: what is missing or of another type than documented is None.

    Attributes:
        text: Its text.
        id: Its id, or None.
        score: How well it fits, or None.
        url: The address of its document, or None.
        metadata: What else the service has of it and is not empty.
    """

    text: str
    id: str | None
    score: float | None
    url: str | None
    metadata: dict[str, Any]


def retrieve(
    *,
    query: str,
    knowledge_ids: Sequence[str],
    document_ids: Sequence[str] | None = None,
    top_k: int | None = None,
    top_n: int | None = None,
    recall_method: Literal["embedding", "keyword", "mixed"] | None = None,
    recall_ratio: int | None = None,
    rerank_model: Literal["rerank", "rerank-pro"] | None = None,
    fractional_threshold: float | None = None,
    request_id: str | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[KnowledgeReply]:
    """Find the pieces of documents that fit a query.

    Args:
        query: What is asked.
        knowledge_ids: The knowledge bases to look into, at least one.
        document_ids: Only these documents.
        top_k: How many pieces to answer with, from 1.
        top_n: How many pieces to recall before, from 1.
        recall_method: ``embedding``, ``keyword`` or ``mixed`` (the service's default).
        recall_ratio: How much the embedding counts in ``mixed``, 0 to 100 percent (default 80).
        rerank_model: Have the pieces sorted anew by ``rerank`` or ``rerank-pro``.
        fractional_threshold: Leave out what scores lower.
        request_id: Your own id of the call, 6 to 64 characters.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: A value is outside of its limits; ``field`` names it.

    Examples:
        >>> from zhipu_client import knowledge
        >>> knowledge.retrieve(query="opening hours", knowledge_ids=["42"]).path
        '//api/llm-application/open/knowledge/retrieve'
    """
    _check.text("query", query)
    ids = _ids("knowledge_ids", knowledge_ids)
    _check.within("top_k", top_k, 1, 1000, whole=True)
    _check.within("top_n", top_n, 1, 1000, whole=True)
    _check.choice("recall_method", recall_method, _METHODS)
    _check.within("recall_ratio", recall_ratio, 0, 100, whole=True)
    _check.choice("rerank_model", rerank_model, _RERANKERS)
    if fractional_threshold is not None:
        _check.number("fractional_threshold", fractional_threshold)
    _check.ids(request_id)
    return Request(
        method="POST",
        path=f"{BASES}/retrieve",
        parse=_parse,
        json=_check.body(
            extra_body,
            query=query,
            knowledge_ids=ids,
            document_ids=None if document_ids is None else _ids("document_ids", document_ids),
            top_k=top_k,
            top_n=top_n,
            recall_method=recall_method,
            recall_ratio=recall_ratio,
            rerank_status=None if rerank_model is None else 1,
            rerank_model=rerank_model,
            fractional_threshold=fractional_threshold,
            request_id=request_id,
        ),
        check=check_envelope,
    )


def found_in(reply: KnowledgeReply, most: int | None = None) -> list[Found]:
    """Return the pieces of an answer, the best first.

    Args:
        reply: The answer to `retrieve`.
        most: How many; None for all.

    Examples:
        >>> from zhipu_client import knowledge
        >>> piece = knowledge.Slice(text="From nine.", metadata={"_id": 7, "doc_url": None})
        >>> [found] = knowledge.found_in(knowledge.KnowledgeReply(data=[piece]))
        >>> found.text, found.id, found.url
        ('From nine.', '7', None)
    """
    return [_found(piece) for piece in reply.data[:most]]


def _found(piece: Slice) -> Found:
    given = piece.metadata if isinstance(piece.metadata, dict) else {}
    known = {str(name): value for name, value in given.items() if value}
    identity, url = known.pop("_id", None), known.pop("doc_url", None)
    return Found(
        text=str(piece.text) if piece.text else "",
        id=None if identity is None else str(identity),
        # A field of another type than documented is as it came.
        score=piece.score if isinstance(piece.score, (int, float)) else None,
        url=None if url is None else str(url),
        metadata=known,
    )


def _ids(field: str, values: Sequence[str]) -> list[str]:
    found = _check.strings(field, values)
    if not found:
        raise _check.refuse(field, values, "must name at least one")
    for position, value in enumerate(found):
        _check.text(f"{field}[{position}]", value)
    return found


def _parse(reply: Reply) -> KnowledgeReply:
    data = reply.data if isinstance(reply.data, dict) else {}
    # Nothing found may come as null.
    pieces = read_rows(Slice, data.get("data"))
    found: KnowledgeReply = read(KnowledgeReply, {**data, "data": pieces})
    return found
