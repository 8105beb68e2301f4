"""One run over many texts: which are asked for together, and where their vectors go. Pure."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from zhipu_client._replies import add_usage
from zhipu_client._request import Request
from zhipu_client.dialects import DialectName
from zhipu_client.errors import ServerError
from zhipu_client.work._job import Progress, attach

__all__ = ["BulkJob", "EmbeddingWork", "Embeddings", "PartialEmbeddings", "estimate_tokens"]

# What makes tokens of several characters; all else is taken for a token a character.
_PLAIN = re.compile(r"[A-Za-z0-9\s]")


def estimate_tokens(text: str) -> int:
    """Return a guess at the tokens of a text that is rather too high than too low.

    Example:
        >>> estimate_tokens("你好"), estimate_tokens("hello world")
        (3, 5)
    """
    plain = len(_PLAIN.findall(text))
    return len(text) - plain + plain * 2 // 5 + 1


@dataclass(frozen=True, slots=True)
class Embeddings:
    """What a bulk embedding came to.

    Attributes:
        vectors: One a text, in the order of the texts.
        usage: Tokens of all requests: ``prompt_tokens``, ``completion_tokens``, ``total_tokens``.
        model: The model as the service names it.
    """

    vectors: list[list[float]]
    usage: dict[str, int]
    model: str


@dataclass(frozen=True, slots=True)
class PartialEmbeddings:
    """What a bulk embedding had come to when a request failed: the error's ``partial``.

    Give it to `bulk` as ``resume``, with the same texts, and only the rest is sent.

    Attributes:
        vectors: One a text, None where it is missing.
        usage: Tokens of the requests that succeeded.
    """

    vectors: list[list[float] | None] = field(repr=False)
    usage: dict[str, int]

    @property
    def missing(self) -> list[int]:
        """The positions of the texts without a vector."""
        return [place for place, vector in enumerate(self.vectors) if vector is None]


@dataclass(frozen=True, slots=True)
class BulkJob:
    """What is to be turned into vectors, and how; see `zhipu_client.embeddings.bulk`."""

    texts: tuple[str, ...] = field(repr=False)
    model: str
    dimensions: int | None
    batch_size: int
    in_flight: int
    progress: Progress | None
    resume: PartialEmbeddings | None
    extra_body: Mapping[str, Any] | None
    dialect: DialectName = "zhipu"


class EmbeddingWork:
    """One run: which texts are in which request, and where their vectors go.

    Its pieces are a text's position and its vector, as they come.
    """

    blocking = False

    def __init__(
        self, job: BulkJob, make: Callable[[list[str]], Request[Any]], most: int | None
    ) -> None:
        self._job = job
        self._make = make
        self.in_flight = job.in_flight
        resume = job.resume
        self._vectors: list[list[float] | None] = (
            list(resume.vectors) if resume else [None] * len(job.texts)
        )
        self._usage = dict(resume.usage) if resume else {}
        self._model = job.model
        self._error: Exception | None = None
        # Each different text that has no vector yet, with all of its positions.
        self._places: dict[str, list[int]] = {}
        for place, text in enumerate(job.texts):
            if self._vectors[place] is None:
                self._places.setdefault(text, []).append(place)
        self._batches = dict(enumerate(_batches(list(self._places), job.batch_size, most)))
        self._waiting = iter(list(self._batches))
        self._done = sum(vector is not None for vector in self._vectors)
        self._new: deque[tuple[int, list[float]]] = deque()

    def take(self) -> tuple[int, Request[Any]] | None:
        number = None if self._error else next(self._waiting, None)
        if number is None:
            return None
        return number, self._make(self._batches[number])

    def done(self, number: int, value: Any) -> None:
        texts = self._batches.pop(number)
        vectors = value.vectors
        if len(vectors) != len(texts):
            message = f"the service sent {len(vectors)} vectors for {len(texts)} texts"
            self.failed(number, ServerError(message))
            return
        for text, vector in zip(texts, vectors, strict=True):
            first, *others = self._places[text]
            self._vectors[first] = vector
            for place in others:
                self._vectors[place] = vector.copy()
            self._new.extend((place, self._vectors[place] or []) for place in (first, *others))
            self._done += 1 + len(others)
        add_usage(self._usage, value.usage)
        self._model = value.model or self._model
        if self._job.progress is not None:
            self._job.progress(self._done, len(self._vectors))

    def failed(self, number: int, error: Exception) -> None:
        del number
        self._error = self._error or error

    def ready(self) -> Iterator[tuple[int, list[float]]]:
        while self._new:
            yield self._new.popleft()

    def result(self, pieces: list[Any]) -> Embeddings:
        if self._error is not None:
            self.report(self._error, pieces)
            raise self._error
        whole = [vector for vector in self._vectors if vector is not None]
        return Embeddings(whole, self._usage, self._model)

    def report(self, error: BaseException, pieces: list[Any]) -> None:
        del pieces  # they are vectors that are here, too
        attach(error, partial=PartialEmbeddings(self._vectors, self._usage))

    def close(self) -> None:
        pass


def _batches(texts: list[str], size: int, most: int | None) -> Iterator[list[str]]:
    """Split by number and, where the model bounds a whole request, by tokens."""
    if most is None:
        for start in range(0, len(texts), size):
            yield texts[start : start + size]
        return
    batch: list[str] = []
    total = 0
    for text in texts:
        tokens = estimate_tokens(text)
        if batch and (len(batch) == size or total + tokens > most):
            yield batch
            batch, total = [], 0
        batch.append(text)
        total += tokens
    if batch:
        yield batch
