"""Reranking: ``POST /rerank`` (open.bigmodel.cn only)."""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from zhipu_client import _check, models
from zhipu_client._learned import known_refusals, remember_refusal
from zhipu_client._replies import add_usage
from zhipu_client._request import Request
from zhipu_client._rerank_replies import (
    RerankReply,
    RerankResult,
    has_results,
    place_of,
    read_reply,
)
from zhipu_client.dialects import DIALECTS, DialectName
from zhipu_client.errors import BadRequestError, NotFoundError, ServerError, ZhipuError
from zhipu_client.work._job import Around, Work, attach
from zhipu_client.work._refusals import OnError, is_about_an_item

__all__ = [
    "MAX_CHARACTERS",
    "MAX_DOCUMENTS",
    "Ranking",
    "RerankReply",
    "RerankResult",
    "bulk",
    "create",
]

_log = logging.getLogger("zhipu_client.rerank")

#: What servers may refuse: the texts by the name of ``documents``, the path below ``/v1``.
_DOCUMENTS, _BELOW = "rerank=documents", "rerank=below"

if TYPE_CHECKING:
    #: The most documents in one request; kept for one release, see `zhipu_client.models`.
    MAX_DOCUMENTS: int
    #: The most characters of the query and of each document; kept for one release.
    MAX_CHARACTERS: int


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
    dialect: DialectName = "zhipu",
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
        dialect: ``"openai"`` for your own server (vLLM, llama.cpp, Xinference): the service's
            limits are not checked.

    Raises:
        InvalidRequestError: A value is outside of its limits; ``field`` names it.

    Examples:
        >>> from zhipu_client import rerank
        >>> rerank.create(query="capital", documents=["Paris", "a cat"], top_n=1).path
        '/rerank'
    """
    _check.booleans(return_documents=return_documents, return_raw_scores=return_raw_scores)
    texts = _check.strings("documents", documents)
    _check.text("model", model)
    most, longest = _bounds_of(model, dialect)
    _check.text("query", query, longest)
    if not texts or (most and len(texts) > most):
        limit = f"must have 1 to {most} texts" if most else "must have at least 1 text"
        raise _check.refuse("documents", len(texts), limit)
    for position, text in enumerate(texts):
        _check.text(f"documents[{position}]", text, longest)
    _check.within("top_n", top_n, 0, most or len(texts), whole=True)
    _check.ids(request_id, user_id)
    return Request(
        method="POST",
        path="/rerank",
        parse=read_reply,
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
        keep=has_results,
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
    dialect: DialectName = "zhipu"
    on_error: OnError = "raise"
    places: tuple[int, ...] | None = field(default=None, repr=False)

    def begin(self, around: Around) -> Work[RerankResult, RerankReply]:
        """Start a run."""
        return _RankingWork(self, around.base_url)


def bulk(
    *,
    model: str = "rerank",
    query: str,
    documents: Sequence[str],
    top_n: int | None = None,
    return_raw_scores: bool | None = None,
    truncate: bool = False,
    in_flight: int = 8,
    on_error: OnError = "raise",
    extra_body: Mapping[str, Any] | None = None,
    dialect: DialectName = "zhipu",
    places: Sequence[int] | None = None,
) -> Ranking:
    """Sort any number of documents: a job for `zhipu_client.run` or `arun`.

    Above 128 documents several requests are sent, several at once, and the results are sorted over
    all of them. When one fails for good, the error's ``partial`` has the results of the others. The
    pieces (`zhipu_client.iterate`) are results, unsorted, as they come. Without documents nothing
    is sent, and the list of results is empty.

    Args:
        model: ``rerank``.
        query: What is asked, up to 4,096 characters.
        documents: Any number of texts that are not empty.
        top_n: How many of the best to answer with; None or 0 for all.
        return_raw_scores: Raw scores in place of normalised ones.
        truncate: Send only the first 4,096 characters of longer texts, where they would be refused.
        in_flight: The most requests at once, 1 to 64.
        on_error: What a document is that the service refuses: a request with it is halved until it
            is alone. It ends the run (``"raise"``), or is left out (``"skip"``): the result has it
            in ``errors``.
        extra_body: Further fields of each body, sent unchecked.
        dialect: As for `create`. A server that takes ``texts`` in place of ``documents`` (Text
            Embeddings Inference), or has ``/rerank`` beside ``/v1``, is asked again in that way.
        places: Where each document is in a longer list of the caller's, to which results and
            errors then refer.

    Raises:
        InvalidRequestError: A value is outside of its limits; a text is named by its position.

    Examples:
        >>> from zhipu_client import rerank
        >>> job = rerank.bulk(query="capital", documents=["Paris"] * 300, top_n=3)
        >>> len(job.documents)
        300
    """
    _check.booleans(return_raw_scores=return_raw_scores, truncate=truncate)
    texts = _check.strings("documents", documents)
    _, longest = _bounds_of(model, dialect)
    _check.text("query", query, None if truncate else longest)
    _check.within("top_n", top_n, 0, 1_000_000_000, whole=True)
    _check.within("in_flight", in_flight, 1, 64, whole=True)
    if truncate:
        query = query[:longest]
        texts = [text[:longest] for text in texts]
    _check.whole("query", query)
    known = None if places is None else tuple(places)
    for position, text in zip(known or range(len(texts)), texts, strict=True):
        _check.text(f"documents[{position}]", text, longest)
        _check.whole(f"documents[{position}]", text)
    _check.choice("on_error", on_error, ("raise", "skip"))
    given = (query, tuple(texts), model, top_n, return_raw_scores, in_flight, extra_body)
    return Ranking(*given, dialect, on_error, known)


class _RankingWork:
    """One run: which documents are in which request, and all of their scores."""

    blocking = False

    def __init__(self, job: Ranking, base_url: str = "") -> None:
        self._job = job
        self._base_url = base_url
        self._refused = known_refusals(base_url) if self._elsewhere else frozenset()
        self.in_flight = job.in_flight
        self._most, _ = _limits_of(job.model)
        count = len(job.documents)
        #: First document -> how many, of each part; halves of a refused one take its place.
        self._sizes = {
            start: min(self._most, count - start) for start in range(0, count, self._most)
        }
        self._waiting = deque(self._sizes)
        self._errors: dict[int, Exception] = {}
        #: How each part that is on its way was asked for.
        self._asked: dict[int, frozenset[str]] = {}
        self._replies: dict[int, RerankReply] = {}
        self._error: Exception | None = None
        self._new: deque[RerankResult] = deque()

    @property
    def _elsewhere(self) -> bool:
        return not DIALECTS[self._job.dialect].bounds

    def take(self) -> tuple[int, Request[Any]] | None:
        if self._error or not self._waiting:
            return None
        start = self._waiting.popleft()
        self._asked[start] = self._refused
        job = self._job
        texts = job.documents[start : start + self._sizes[start]]
        made = create(
            model=job.model,
            query=job.query,
            documents=texts,
            # The best of all are among the best of each part.
            top_n=min(job.top_n, len(texts)) if job.top_n else None,
            return_raw_scores=job.return_raw_scores,
            extra_body=job.extra_body,
            dialect=job.dialect,
        )
        return start, _otherwise(made, self._refused)

    def done(self, number: int, value: RerankReply) -> None:
        sent = self._sizes[number]
        # A request has at least one document, and so its answer a result.
        if not isinstance(value.results, list) or not value.results:
            raise ServerError("the service answered without rerank results")
        places = [place_of(row) for row in value.results]
        if not all(0 <= place < sent for place in places):
            raise ServerError("a rerank result has no score or no place")
        if len(set(places)) != len(places):
            raise ServerError("two rerank results are of one document")
        for row, place in zip(value.results, places, strict=True):
            row.index = self._seen(place + number)
        self._replies[number] = value
        self._new.extend(value.results)

    def failed(self, number: int, error: Exception) -> None:
        asked = self._asked.pop(number, frozenset())
        found = self._refusal(error)
        if self._elsewhere and found is not None and found not in asked:
            self._refused |= {found}
            if found == _DOCUMENTS:
                remember_refusal(self._base_url, found)
            self._waiting.append(number)
            return
        if not is_about_an_item(error) or number in self._replies:
            self._error = self._error or error
        elif self._sizes[number] > 1:
            # Halved down to the document that is refused: the others are not lost with it.
            size = self._sizes[number]
            first = (size + 1) // 2
            self._sizes |= {number: first, number + first: size - first}
            self._waiting.extendleft((number + first, number))
        else:
            self._refuse(number, error)

    def _refuse(self, place: int, error: Exception) -> None:
        seen = self._seen(place)
        if isinstance(error, ZhipuError):
            error.explain(f"It was about documents[{seen}]")
        attach(error, place=seen)
        if self._job.on_error == "raise" or len(self._job.documents) == 1:
            self._error = self._error or error
            return
        _log.warning("documents[%d] was refused and is left out: %s", seen, error)
        self._errors[seen] = error

    def _seen(self, place: int) -> int:
        """Return the place of a document in the caller's list."""
        known = self._job.places
        return place if known is None else known[place]

    def _refusal(self, error: Exception) -> str | None:
        """What a server refuses of the usual way to ask, if an error says so."""
        if isinstance(error, BadRequestError) and re.search(r"\btexts\b", error.message):
            return _DOCUMENTS
        below = bool(urlsplit(self._base_url).path.strip("/"))
        return _BELOW if below and isinstance(error, NotFoundError) else None

    def ready(self) -> Iterator[RerankResult]:
        while self._new:
            yield self._new.popleft()

    def result(self, pieces: list[Any]) -> RerankReply:
        if self._errors and not self._replies:  # nothing can be sorted
            self._error = self._error or next(iter(self._errors.values()))
        if self._error is not None:
            self.report(self._error, pieces)
            raise self._error
        whole = self._whole()
        whole.errors = self._errors
        return whole

    def report(self, error: BaseException, pieces: list[Any]) -> None:
        del pieces  # they are results of the replies
        if self._replies:
            attach(error, partial=self._whole())

    def _whole(self) -> RerankReply:
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


def _otherwise(request: Request[RerankReply], refused: frozenset[str]) -> Request[RerankReply]:
    """Return a request as a server takes it that refuses the usual way to ask."""
    if _BELOW in refused:
        request = replace(request, path="//rerank")
    if _DOCUMENTS in refused:
        body = dict(request.json or {})
        body["texts"] = body.pop("documents")
        body["raw_scores"] = bool(body.pop("return_raw_scores", False))
        body.pop("top_n", None)
        request = replace(request, json=body)
    return request


def _bounds_of(model: str, dialect: DialectName) -> tuple[int | None, int | None]:
    """Return the most documents and characters that are not refused here; None for any number."""
    return _limits_of(model) if DIALECTS[dialect].bounds else (None, None)


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
