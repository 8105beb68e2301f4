"""One run over many texts: which are asked for together, and where their vectors go. Pure."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from zhipu_client import _check
from zhipu_client._replies import add_usage, counts
from zhipu_client._request import Request
from zhipu_client.dialects import DialectName
from zhipu_client.embeddings._lengths import advice, estimate_tokens
from zhipu_client.embeddings._vectors import NOT_FINITE, rows_in
from zhipu_client.errors import ServerError, ZhipuError
from zhipu_client.work._job import Progress, attach
from zhipu_client.work._refusals import OnError, is_about_an_item

_log = logging.getLogger("zhipu_client.embeddings")

__all__ = ["BulkJob", "EmbeddingWork", "Embeddings", "PartialEmbeddings"]


@dataclass(frozen=True, slots=True)
class Embeddings:
    """What a bulk embedding came to.

    Attributes:
        vectors: One a text, in the order of the texts. (After ``resume`` with what ended an
            `iterate`, those that it had handed over are empty here.)
        usage: Tokens of all requests: ``prompt_tokens``, ``completion_tokens``, ``total_tokens``.
        model: The model as the service names it.
        errors: With ``on_error="skip"``, the position of each text that the service refused, and
            its error. Its vector, like that of a blank text, is of length 1 and like no other.
    """

    vectors: list[list[float]]
    usage: dict[str, int]
    model: str
    errors: dict[int, Exception] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartialEmbeddings:
    """What a bulk embedding had come to when a request failed: the error's ``partial``.

    Give it to `bulk` as ``resume``, with the same texts, and only the rest is sent.

    Attributes:
        vectors: One a text, None where it is missing.
        usage: Tokens of the requests that succeeded.
        handed_over: The positions of texts whose vectors `iterate` has handed over, and that are
            not kept here: they count as done.

    Examples:
        >>> PartialEmbeddings([[0.5], None, None], {"total_tokens": 3}).missing
        [1, 2]
    """

    vectors: list[list[float] | None] = field(repr=False)
    usage: dict[str, int]
    handed_over: frozenset[int] = field(default=frozenset(), repr=False)

    @property
    def missing(self) -> list[int]:
        """The positions of the texts without a vector."""
        has = self.handed_over
        return [n for n, vector in enumerate(self.vectors) if vector is None and n not in has]


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
    blank: tuple[int, ...] = ()
    length: int | None = None
    longest: int | None = None
    on_error: OnError = "raise"
    on_usage: Callable[[Mapping[str, Any]], Any] | None = None


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
        # Vectors are not kept here once they are handed over: a reader of many may not want them.
        self._old: list[list[float] | None] = (
            list(resume.vectors) if resume else [None] * len(job.texts)
        )
        #: Which texts have a vector: one byte for each.
        self._has = bytearray(vector is not None for vector in self._old)
        for place in resume.handed_over if resume else ():
            self._has[place] = 1
        self._usage = dict(resume.usage) if resume else {}
        self._model = job.model
        self._error: Exception | None = None
        self._new: deque[tuple[int, list[float]]] = deque()
        #: Places that get a vector like that of no text, once its length is known.
        self._standing = [place for place in job.blank if not self._has[place]]
        self._length = job.length
        self._refused: dict[int, Exception] = {}
        # Each different text that has no vector yet, with all of its positions.
        self._places: dict[str, list[int]] = {}
        blank = frozenset(job.blank)
        for place, text in enumerate(job.texts):
            if not self._has[place] and place not in blank:
                self._places.setdefault(text, []).append(place)
        self._batches = dict(enumerate(_batches(list(self._places), job.batch_size, most)))
        self._waiting = deque(self._batches)
        self._numbers = count(len(self._batches))
        self._done = sum(self._has)
        self._fill()

    def take(self) -> tuple[int, Request[Any]] | None:
        if self._error or not self._waiting:
            return None
        number = self._waiting.popleft()
        return number, self._make(self._batches[number])

    def done(self, number: int, value: Any) -> None:
        texts = self._batches.pop(number)
        vectors = rows_in({"data": value.data})
        if len(vectors) != len(texts):
            message = f"the service sent {len(vectors)} vectors for {len(texts)} texts"
            self.failed(number, ServerError(message))
            return
        for text, vector in zip(texts, vectors, strict=True):
            if vector is None:
                self._refuse(self._places[text], ServerError(NOT_FINITE))
                continue
            first, *others = self._places[text]
            self._give(first, vector)
            for place in others:
                self._give(place, vector.copy())
            self._length = self._length or len(vector)
        self._fill()
        add_usage(self._usage, value.usage)
        if self._job.on_usage is not None and (found := counts(value.usage)):
            self._job.on_usage(found)
        self._model = value.model or self._model
        if self._job.progress is not None:
            self._job.progress(self._done, len(self._has))

    def failed(self, number: int, error: Exception) -> None:
        texts = self._batches.pop(number, [])
        if not is_about_an_item(error) or not texts:
            self._error = self._error or error
        elif len(texts) > 1:
            # Halved down to the text that is refused: the others are not lost with it.
            middle = (len(texts) + 1) // 2
            for half in (texts[middle:], texts[:middle]):
                again = next(self._numbers)
                self._batches[again] = half
                self._waiting.appendleft(again)
        else:
            self._refuse(self._places[texts[0]], error)

    def _refuse(self, places: list[int], error: Exception) -> None:
        if isinstance(error, ZhipuError):
            error.explain(f"It was about texts[{places[0]}]")
            longest = self._job.longest
            if longest and estimate_tokens(self._job.texts[places[0]]) > longest:
                takes = f"{self._job.model} takes {longest:,} tokens of a text"
                error.explain(f"{takes}: {advice(longest)}")
        attach(error, place=places[0])
        if self._job.on_error == "raise":
            self._error = self._error or error
            return
        _log.warning("texts[%d] was refused and is left out: %s", places[0], error)
        self._refused |= dict.fromkeys(places, error)
        self._standing += places
        self._fill()

    def _fill(self) -> None:
        """Give the texts that are not sent their vector."""
        if self._length is None:
            return
        for place in self._standing:
            self._give(place, [1.0] + [0.0] * (self._length - 1))
        self._standing = []

    def _give(self, place: int, vector: list[float]) -> None:
        self._new.append((place, vector))
        self._has[place] = 1
        self._done += 1

    def _with(self, pieces: list[Any]) -> list[list[float] | None]:
        """Return the vectors that are here or with the caller, one a text."""
        found = list(self._old)
        for place, vector in (*pieces, *self._new):
            found[place] = vector
        return found

    def ready(self) -> Iterator[tuple[int, list[float]]]:
        while self._new:
            yield self._new.popleft()

    def result(self, pieces: list[Any]) -> Embeddings:
        if self._error is not None:
            self.report(self._error, pieces)
            raise self._error
        if self._standing:  # of a model that nothing is known of
            place = self._standing[0]
            raise self._refused.get(place) or _check.refuse(
                f"texts[{place}]", self._job.texts[place], "must not be empty, as all of them are"
            )
        whole = [vector or [] for vector in self._with(pieces)]
        return Embeddings(whole, self._usage, self._model, self._refused)

    def report(self, error: BaseException, pieces: list[Any]) -> None:
        vectors = self._with(pieces)
        gone = frozenset(n for n, has in enumerate(self._has) if has and vectors[n] is None)
        attach(error, partial=PartialEmbeddings(vectors, self._usage, gone))

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
        tokens = min(estimate_tokens(text), most)
        if batch and (len(batch) == size or total + tokens > most):
            yield batch
            batch, total = [], 0
        batch.append(text)
        total += tokens
    if batch:
        yield batch
