"""Reranking: ``POST /rerank`` (open.bigmodel.cn only)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import Field

from zhipu_client import _check, models
from zhipu_client._replies import ReplyModel, add_usage, parse_as
from zhipu_client._request import Request
from zhipu_client.errors import ServerError
from zhipu_client.work._job import Around, Work

__all__ = [
    "MAX_CHARACTERS",
    "MAX_DOCUMENTS",
    "Ranking",
    "RerankReply",
    "RerankResult",
    "bulk",
    "create",
]

if TYPE_CHECKING:
    #: The most documents in one request; kept for one release, see `zhipu_client.models`.
    MAX_DOCUMENTS: int
    #: The most characters of the query and of each document; kept for one release.
    MAX_CHARACTERS: int


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

    For any number of documents use `bulk`.

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
    most, longest = _limits_of(model)
    _check.text("query", query, longest)
    if not texts or len(texts) > most:
        raise _check.refuse("documents", len(texts), f"must have 1 to {most} texts")
    for position, text in enumerate(texts):
        _check.text(f"documents[{position}]", text, longest)
    _check.within("top_n", top_n, 0, most, whole=True)
    _check.ids(request_id, user_id)
    return Request(
        method="POST",
        path="/rerank",
        parse=parse_as(RerankReply),
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


@dataclass(frozen=True, slots=True)
class Ranking:
    """A job for `zhipu_client.run`, see `bulk`."""

    query: str
    documents: tuple[str, ...] = field(repr=False)
    model: str
    top_n: int | None
    return_raw_scores: bool | None
    in_flight: int
    extra_body: Mapping[str, Any] | None

    def begin(self, around: Around) -> Work[None, RerankReply]:
        """Start a run."""
        del around
        return _RankingWork(self)


def bulk(
    *,
    model: str = "rerank",
    query: str,
    documents: Sequence[str],
    top_n: int | None = None,
    return_raw_scores: bool | None = None,
    truncate: bool = False,
    in_flight: int = 8,
    extra_body: Mapping[str, Any] | None = None,
) -> Ranking:
    """Sort any number of documents: a job for `zhipu_client.run` or `arun`.

    Above 128 documents several requests are sent, several at once, and the results are sorted over
    all of them. Without documents nothing is sent, and the list of results is empty.

    Args:
        model: ``rerank``.
        query: What is asked, up to 4,096 characters.
        documents: Any number of texts that are not empty.
        top_n: How many of the best to answer with; None or 0 for all.
        return_raw_scores: Raw scores in place of normalised ones.
        truncate: Send only the first 4,096 characters of longer texts, where they would be refused.
        in_flight: The most requests at once, 1 to 64.
        extra_body: Further fields of each body, sent unchecked.

    Raises:
        InvalidRequestError: A value is outside of its limits; a text is named by its position.

    Example:
        >>> from zhipu_client import rerank
        >>> job = rerank.bulk(query="capital", documents=["Paris"] * 300, top_n=3)
        >>> len(job.documents)
        300
    """
    texts = _check.strings("documents", documents)
    _, longest = _limits_of(model)
    _check.text("query", query, None if truncate else longest)
    _check.within("top_n", top_n, 0, 1_000_000_000, whole=True)
    _check.within("in_flight", in_flight, 1, 64, whole=True)
    if truncate:
        query = query[:longest]
        texts = [text[:longest] for text in texts]
    for position, text in enumerate(texts):
        _check.text(f"documents[{position}]", text, longest)
    return Ranking(query, tuple(texts), model, top_n, return_raw_scores, in_flight, extra_body)


class _RankingWork:
    """One run: which documents are in which request, and all of their scores."""

    blocking = False

    def __init__(self, job: Ranking) -> None:
        self._job = job
        self.in_flight = job.in_flight
        self._most, _ = _limits_of(job.model)
        self._waiting = iter(range(0, len(job.documents), self._most))
        self._replies: dict[int, RerankReply] = {}
        self._error: Exception | None = None

    def take(self) -> tuple[int, Request[Any]] | None:
        start = None if self._error else next(self._waiting, None)
        if start is None:
            return None
        job = self._job
        texts = job.documents[start : start + self._most]
        return start, create(
            model=job.model,
            query=job.query,
            documents=texts,
            # The best of all are among the best of each part.
            top_n=min(job.top_n, len(texts)) if job.top_n else None,
            return_raw_scores=job.return_raw_scores,
            extra_body=job.extra_body,
        )

    def done(self, number: int, value: RerankReply) -> None:
        sent = min(self._most, len(self._job.documents) - number)
        if not isinstance(value.results, list):
            raise ServerError("the service answered without rerank results")
        places = [_place(row) for row in value.results]
        if not all(0 <= place < sent for place in places):
            raise ServerError("a rerank result has no score or no place")
        if len(set(places)) != len(places):
            raise ServerError("two rerank results are of one document")
        for row, place in zip(value.results, places, strict=True):
            row.index = place + number
        self._replies[number] = value

    def failed(self, number: int, error: Exception) -> None:
        del number
        self._error = self._error or error

    def ready(self) -> tuple[()]:
        return ()

    def result(self, pieces: list[Any]) -> RerankReply:
        del pieces
        if self._error is not None:
            raise self._error
        replies = [self._replies[start] for start in sorted(self._replies)]
        if len(replies) == 1:
            whole = replies[0]
        else:
            usage: dict[str, Any] = {}
            for reply in replies:
                add_usage(usage, reply.usage)
            whole = RerankReply(usage=usage)
            whole.results = [row for reply in replies for row in reply.results]
        whole.results.sort(key=lambda row: -(row.relevance_score or 0.0))
        del whole.results[self._job.top_n or len(whole.results) :]
        return whole

    def close(self) -> None:
        pass


def _place(row: Any) -> int:
    """Return the index of a result's document; -1 where it, or the score, is missing."""
    # It is a dict still where a field has an unknown type.
    if not isinstance(row, RerankResult) or row.relevance_score is None or row.index is None:
        return -1
    return row.index


def _limits_of(model: str) -> tuple[int, int]:
    """Return the most documents of a request and the most characters of a text.

    A model that is not known has those of ``rerank``.
    """
    info = models.limits_of(model, "rerank")
    return info.max_items or 1, info.max_chars or 1


def __getattr__(name: str) -> Any:
    if name not in ("MAX_DOCUMENTS", "MAX_CHARACTERS"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _limits_of("rerank")[name == "MAX_CHARACTERS"]
