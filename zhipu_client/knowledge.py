"""Knowledge bases: ``/api/llm-application/open/knowledge`` (open.bigmodel.cn only).

They lie beside the other endpoints, not below the base URL, and report failures with HTTP 200 and
a ``code`` in the body, which is made into the usual errors. The shapes here come from the
service's published schema alone; the rest of this package was checked against recorded answers.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from zhipu_client import _check
from zhipu_client._old_names import renamed
from zhipu_client._replies import ReplyModel, parse_as, read, read_rows
from zhipu_client._request import Reply, Request
from zhipu_client.errors._failures import error_from

__all__ = [
    "Base",
    "BaseList",
    "Found",
    "KnowledgeReply",
    "Page",
    "Slice",
    "found_in",
    "list",
    "retrieve",
]

_PATH = "//api/llm-application/open/knowledge"
_FINE = 200
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

    data: builtins.list[Slice] = Field(default_factory=builtins.list)
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


class Base(ReplyModel):
    """A knowledge base."""

    id: str | None = None
    name: str | None = None
    description: str | None = None


class Page(ReplyModel):
    """One page of a list; on the wire, ``found`` is called ``list``."""

    found: builtins.list[Base] = Field(default_factory=builtins.list, alias="list")
    total: int | None = None


class BaseList(ReplyModel):
    """Some of the knowledge bases: ``data.found``, out of ``data.total``."""

    data: Page = Field(default_factory=Page)
    code: int | None = None
    message: str | None = None
    timestamp: int | None = None


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

    Example:
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
        path=f"{_PATH}/retrieve",
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
        check=_failed,
    )


def found_in(reply: KnowledgeReply, most: int | None = None) -> builtins.list[Found]:
    """Return the pieces of an answer, the best first.

    Args:
        reply: The answer to `retrieve`.
        most: How many; None for all.

    Example:
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


def list(*, page: int | None = None, size: int | None = None) -> Request[BaseList]:
    """List the knowledge bases.

    Args:
        page: Which page, from 1 (the default).
        size: How many on a page, from 1 (10 where none is given).

    Example:
        >>> from zhipu_client import knowledge
        >>> knowledge.list(page=2).query
        (('page', '2'),)
    """
    given = (("page", page), ("size", size))
    for name, value in given:
        _check.within(name, value, 1, 1_000_000, whole=True)
    return Request(
        method="GET",
        path=_PATH,
        parse=parse_as(BaseList),
        query=tuple((name, str(value)) for name, value in given if value is not None),
        check=_failed,
    )


def _ids(field: str, values: Sequence[str]) -> builtins.list[str]:
    found = _check.strings(field, values)
    if not found:
        raise _check.refuse(field, values, "must name at least one")
    for position, value in enumerate(found):
        _check.text(f"{field}[{position}]", value)
    return found


def _failed(reply: Reply) -> None:
    code = reply.data.get("code", _FINE) if isinstance(reply.data, dict) else _FINE
    if str(code) != str(_FINE):
        raise error_from(reply.status, reply.headers, reply.data)


def _parse(reply: Reply) -> KnowledgeReply:
    data = reply.data if isinstance(reply.data, dict) else {}
    # Nothing found may come as null.
    pieces = read_rows(Slice, data.get("data"))
    found: KnowledgeReply = read(KnowledgeReply, {**data, "data": pieces})
    return found


if not TYPE_CHECKING:  # to a type checker it would permit any attribute
    __getattr__ = renamed(__name__, {"bases": "list"})
