"""Text embeddings: ``POST /embeddings`` (open.bigmodel.cn only)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from zhipu_client import _check, models
from zhipu_client._replies import ReplyModel, parse_as
from zhipu_client._request import Reply, Request
from zhipu_client.dialects import DIALECTS, DialectName
from zhipu_client.embeddings._kept import Texts
from zhipu_client.embeddings._lengths import check_length, estimate_tokens, truncated
from zhipu_client.embeddings._vectors import decoded, vectors_in
from zhipu_client.embeddings._work import (
    BulkJob,
    Embeddings,
    EmbeddingWork,
    PartialEmbeddings,
)
from zhipu_client.errors import ServerError
from zhipu_client.work._job import Around, Progress, Work
from zhipu_client.work._refusals import OnError

__all__ = [
    "LIMITS",
    "Bulk",
    "EmbeddingReply",
    "Embeddings",
    "Limits",
    "PartialEmbeddings",
    "bulk",
    "check_texts",
    "create",
    "estimate_tokens",
    "most_texts",
    "only_vector",
    "reply_of",
    "vectors_in",
]


#: The most texts of a request to a server that is not the service: that of OpenAI.
_MOST_ELSEWHERE = 2048


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request of an embedding model may have: a view of `zhipu_client.models`.

    Kept for one release.

    Attributes:
        inputs: The most texts in one request.
        input_tokens: The most tokens in one text.
        total_tokens: The most tokens in one request, or None.
        dimensions: The lengths of vector that may be asked for, the default first.
    """

    inputs: int
    input_tokens: int
    total_tokens: int | None
    dimensions: tuple[int, ...]


if TYPE_CHECKING:
    #: The limits of each known model, by its code; kept for one release.
    LIMITS: Mapping[str, Limits]


class EmbeddingReply(ReplyModel):
    """The answer of ``/embeddings``.

    Attributes:
        model: The model that answered.
        data: One ``{"index", "object", "embedding"}`` an input, as it came, but that whole
            numbers in a vector may be floats.
        usage: ``prompt_tokens`` and ``total_tokens``.
    """

    model: str | None = None
    # Any, not list[dict]: pydantic must not walk over 131,072 floats.
    data: Any = None
    usage: dict[str, Any] | None = None

    @property
    def vectors(self) -> list[list[float]]:
        """One vector an input, in the order of the inputs.

        Raises:
            ServerError: They cannot be read.
        """
        return vectors_in({"data": self.data})


def most_texts(model: str, dialect: DialectName) -> int:
    """Return the most texts that one request may have.

    Examples:
        >>> from zhipu_client.embeddings import most_texts
        >>> most_texts("embedding-3", "zhipu")
        64
    """
    if not DIALECTS[dialect].bounds:
        return _MOST_ELSEWHERE
    return models.limits_of(model, "embedding-3").max_items or 1


def _check_dimensions(model: str, dimensions: int | None, dialect: DialectName) -> None:
    if not DIALECTS[dialect].bounds:
        return
    info = models.get(model)
    if info is not None and info.kind == "embedding":
        _check.choice("dimensions", dimensions, info.dimensions, model)


def create(
    *,
    model: str = "embedding-3",
    input: str | Sequence[str],  # noqa: A002 - the name on the wire
    dimensions: int | None = None,
    request_id: str | None = None,
    truncate: bool = False,
    extra_body: Mapping[str, Any] | None = None,
    dialect: DialectName = "zhipu",
) -> Request[EmbeddingReply]:
    """Turn up to 64 texts into vectors.

    For any number of texts use `bulk` with `zhipu_client.run`, which splits, sends several requests
    at once and keeps the order.

    Args:
        model: ``embedding-3`` or ``embedding-2``.
        input: A text, or 1 to 64 texts. None may be empty. The service takes up to 3,072 tokens a
            text with embedding-3; 512 a text and 8,000 in all with embedding-2.
        dimensions: Length of a vector: 2048 (default), 1024, 512 or 256 with embedding-3; always
            1024 with embedding-2.
        request_id: Your own id of the call, 6 to 64 characters.
        truncate: Send only the beginning of a text that has more tokens than the model takes, by
            `estimate_tokens`.
        extra_body: Further fields of the body, sent unchecked.
        dialect: ``"openai"`` for your own server: the service's limits are not checked.

    Raises:
        InvalidRequestError: A value is outside of its limits; ``field`` names it, and an input that
            is empty or certainly too long by its position (``input[3]``).

    Examples:
        >>> from zhipu_client import embeddings
        >>> request = embeddings.create(input=["你好", "hello"], dimensions=256)
        >>> request.json["dimensions"]
        256
    """
    _check.booleans(truncate=truncate)
    most = most_texts(model, dialect)
    _check.text("model", model)
    texts = [input] if isinstance(input, str) else _check.strings("input", input)
    texts = _sendable(texts, model, dialect, field="input", truncate=truncate)
    if not texts or len(texts) > most:
        raise _check.refuse("input", len(texts), f"must have 1 to {most} texts")
    _check_dimensions(model, dimensions, dialect)
    _check.ids(request_id)
    return Request(
        method="POST",
        path="/embeddings",
        parse=parse_as(EmbeddingReply),
        json=_check.body(
            extra_body,
            model=model,
            input=texts[0] if isinstance(input, str) else texts,
            dimensions=dimensions,
            request_id=request_id,
        ),
        kind="generate",
        model=model,
        items=Texts(vectors_in),
        decode=decoded,
    )


def check_texts(texts: Sequence[str], field: str = "input", skipped: Collection[int] = ()) -> None:
    """Refuse a text that is empty, or cannot be sent, naming its position.

    Before the first request: what is refused later costs those that were sent until then.

    Args:
        texts: The texts.
        field: What they are called.
        skipped: Positions that are not sent.

    Raises:
        InvalidRequestError: One of them is empty or no text; ``field`` has its place.

    Examples:
        >>> from zhipu_client.embeddings import check_texts
        >>> check_texts(["你好", ""])
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: input[1] must not be empty, got ''
    """
    for position, text in enumerate(texts):
        if position in skipped:
            continue
        if not isinstance(text, str):
            raise _check.refuse(f"{field}[{position}]", text, "must be a string")
        if not text.strip():
            raise _check.refuse(f"{field}[{position}]", text, "must not be empty")
        _check.whole(f"{field}[{position}]", text)


def reply_of(body: Any) -> EmbeddingReply:
    """Return the decoded body of an answer as a reply; what is odd in it is kept as it came.

    Examples:
        >>> from zhipu_client import embeddings
        >>> embeddings.reply_of({"data": [{"embedding": [0.5]}], "usage": "odd"}).vectors
        [[0.5]]
    """
    return parse_as(EmbeddingReply)(Reply(200, {}, b"", body))


def only_vector(reply: EmbeddingReply) -> list[float]:
    """Return the vector of a request with one text.

    Args:
        reply: What `create` with one text answered.

    Raises:
        ServerError: The service sent none, or several.

    Examples:
        >>> from zhipu_client import embeddings
        >>> reply = embeddings.EmbeddingReply(data=[{"index": 0, "embedding": [0.5, 0.25]}])
        >>> embeddings.only_vector(reply)
        [0.5, 0.25]
    """
    vectors = reply.vectors
    if len(vectors) != 1:
        raise ServerError(f"the service sent {len(vectors)} vectors for 1 text")
    return vectors[0]


@dataclass(frozen=True, slots=True)
class Bulk(BulkJob):
    """A job for `zhipu_client.run`, see `bulk`."""

    def begin(self, around: Around) -> Work[tuple[int, list[float]], Embeddings]:
        """Start a run."""
        del around
        most = None
        if DIALECTS[self.dialect].bounds:
            most = models.limits_of(self.model, "embedding-3").max_total_tokens
        return EmbeddingWork(self, self._request, most)

    def _request(self, texts: list[str]) -> Request[EmbeddingReply]:
        return create(
            model=self.model,
            input=texts,
            dimensions=self.dimensions,
            extra_body=self.extra_body,
            dialect=self.dialect,
        )


def bulk(
    texts: Sequence[str],
    *,
    model: str = "embedding-3",
    dimensions: int | None = None,
    batch_size: int | None = None,
    in_flight: int = 8,
    progress: Progress | None = None,
    resume: PartialEmbeddings | None = None,
    blank: Literal["refuse", "keep"] = "refuse",
    truncate: bool = False,
    on_error: OnError = "raise",
    on_usage: Callable[[Mapping[str, Any]], Any] | None = None,
    extra_body: Mapping[str, Any] | None = None,
    dialect: DialectName = "zhipu",
) -> Bulk:
    """Turn any number of texts into vectors: a job for `zhipu_client.run` or `arun`.

    Texts are split into requests, identical texts are sent once, several requests are in flight
    together, and the vectors come in the order of the texts. Its pieces (`zhipu_client.iterate`)
    are a text's position and its vector, in the order in which they come.

    Args:
        texts: Any number, none of them empty.
        model: ``embedding-3`` or ``embedding-2``.
        dimensions: Length of a vector, as for `create`.
        batch_size: The most texts in a request, 1 to 64 (default); up to 2048 elsewhere.
        in_flight: The most requests at once, 1 to 64.
        progress: Called with the numbers of texts done and of all texts, after each request. What
            it raises ends the run; the error then has ``partial``, like any other.
        resume: The ``partial`` of the error that ended an earlier run with the same texts.
        blank: What an empty text is, or one of white space: refused, or kept without being sent.
            It has a vector of length 1 then, the same for all and like that of no text.
        truncate: Send only the beginning of a text that has more tokens than the model takes, by
            `estimate_tokens`.
        on_error: What a text is that the service refuses: a request with it is halved until it is
            alone. It ends the run (``"raise"``), or is left out (``"skip"``): it is in `errors` of
            the result.
        on_usage: Called with the tokens of each request.
        extra_body: Further fields of each body, sent unchecked.
        dialect: As for `create`.

    Raises:
        InvalidRequestError: A value is outside of its limits; a text that is empty or certainly
            too long is named by its position (``texts[3]``), before anything is sent.

    Examples:
        >>> from zhipu_client import embeddings
        >>> job = embeddings.bulk(["你好", "hello", "你好"], dimensions=256)
        >>> len(job.texts)
        3
    """
    _check.booleans(truncate=truncate)
    found = _check.strings("texts", texts)
    skipped = tuple(_blank(found)) if blank == "keep" else ()
    _check.choice("blank", blank, ("refuse", "keep"))
    _check.choice("on_error", on_error, ("raise", "skip"))
    found = _sendable(found, model, dialect, skipped=frozenset(skipped), truncate=truncate)
    most = most_texts(model, dialect)
    _check_dimensions(model, dimensions, dialect)
    _check.within("batch_size", batch_size, 1, most, whole=True)
    _check.within("in_flight", in_flight, 1, 64, whole=True)
    if resume is not None and len(resume.vectors) != len(found):
        raise _check.refuse("resume", len(resume.vectors), f"must be of {len(found)} texts")
    return Bulk(
        tuple(found),
        model,
        dimensions,
        batch_size or min(most, 64),
        in_flight,
        progress,
        resume,
        extra_body,
        dialect,
        blank=skipped,
        length=_length(model, dimensions, dialect),
        longest=_longest(model, dialect),
        on_error=on_error,
        on_usage=on_usage,
    )


def _blank(texts: Sequence[str]) -> Iterator[int]:
    """Yield the places of texts that are empty, or white space alone."""
    return (place for place, text in enumerate(texts) if not text.strip())


def _sendable(
    texts: list[str],
    model: str,
    dialect: DialectName,
    *,
    field: str = "texts",
    skipped: frozenset[int] = frozenset(),
    truncate: bool,
) -> list[str]:
    """Return texts that can be sent; refuse the others by their places, before anything is sent."""
    check_texts(texts, field, skipped)
    most = _longest(model, dialect)
    if most is None:
        return texts
    if truncate:
        return [truncated(text, most) for text in texts]
    for place, text in enumerate(texts):
        check_length(f"{field}[{place}]", text, most, model)
    return texts


def _longest(model: str, dialect: DialectName) -> int | None:
    """Return the most tokens of a text; None where that is not known."""
    if not DIALECTS[dialect].bounds:
        return None
    return models.limits_of(model, "embedding-3").max_item_tokens


def _length(model: str, dimensions: int | None, dialect: DialectName) -> int | None:
    """Return the length of a vector, where it is known before the first answer."""
    if dimensions is not None or not DIALECTS[dialect].bounds:
        return dimensions
    known = models.get(model)
    return next(iter(known.dimensions), None) if known is not None else None


def __getattr__(name: str) -> Any:
    if name != "LIMITS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return {
        info.id: Limits(
            info.max_items or 1, info.max_item_tokens or 1, info.max_total_tokens, info.dimensions
        )
        for info in models.MODELS.values()
        if info.kind == "embedding"
    }
