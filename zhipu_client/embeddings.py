"""Text embeddings: ``POST /embeddings`` (open.bigmodel.cn only)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhipu_client import _check
from zhipu_client._model import ReplyModel, read
from zhipu_client._request import Reply, Request

__all__ = ["LIMITS", "EmbeddingReply", "Limits", "create", "vectors_in"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request of an embedding model may hold.

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


#: The documented limits of each known model.
LIMITS: Mapping[str, Limits] = {
    "embedding-3": Limits(64, 3072, None, (2048, 1024, 512, 256)),
    "embedding-2": Limits(64, 512, 8000, (1024,)),
}
_DEFAULT = LIMITS["embedding-3"]


class EmbeddingReply(ReplyModel):
    """The answer of ``/embeddings``.

    Attributes:
        model: The model that answered.
        data: One ``{"index", "object", "embedding"}`` an input, as it came.
        usage: ``prompt_tokens`` and ``total_tokens``.
    """

    model: str | None = None
    # Any, not list[dict]: pydantic must not walk over 131,072 floats.
    data: Any = None
    usage: dict[str, Any] | None = None

    @property
    def vectors(self) -> list[list[float]]:
        """One vector an input, in the order of the inputs."""
        return vectors_in({"data": self.data})


def limits_of(model: str) -> Limits:
    """The limits of a model; those of embedding-3 for one that is not known."""
    return LIMITS.get(model.lower(), _DEFAULT)


def create(
    *,
    model: str = "embedding-3",
    input: str | Sequence[str],  # noqa: A002 - the name on the wire
    dimensions: int | None = None,
    request_id: str | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[EmbeddingReply]:
    """Turn up to 64 texts into vectors.

    For any number of texts use `zhipu_client.embed_texts`, which splits, runs several requests at
    once and keeps the order.

    Args:
        model: ``embedding-3`` or ``embedding-2``.
        input: A text, or 1 to 64 texts. None may be empty. The service takes up to 3,072 tokens a
            text with embedding-3; 512 a text and 8,000 in all with embedding-2.
        dimensions: Length of a vector: 2048 (default), 1024, 512 or 256 with embedding-3; always
            1024 with embedding-2.
        request_id: Your own id of the call, 6 to 64 characters.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: A value is outside of its limits; ``field`` names it, and an input by
            its position (``input[3]``).

    Example:
        >>> from zhipu_client import embeddings
        >>> request = embeddings.create(input=["你好", "hello"], dimensions=256)
        >>> request.json["dimensions"]
        256
    """
    limits = limits_of(model)
    _check.text("model", model)
    texts = [input] if isinstance(input, str) else _check.strings("input", input)
    check_texts(texts)
    if not texts or len(texts) > limits.inputs:
        raise _check.refuse("input", len(texts), f"must hold 1 to {limits.inputs} texts")
    if model.lower() in LIMITS:
        _check.choice("dimensions", dimensions, limits.dimensions, model)
    _check.ids(request_id)
    return Request(
        method="POST",
        path="/embeddings",
        parse=_parse,
        json=_check.body(
            extra_body,
            model=model,
            input=input if isinstance(input, str) else texts,
            dimensions=dimensions,
            request_id=request_id,
        ),
        kind="generate",
        model=model,
    )


def check_texts(texts: Sequence[str], field: str = "input") -> None:
    """Refuse an empty text, naming its position."""
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise _check.refuse(f"{field}[{position}]", text, "must be a string")
        if not text.strip():
            raise _check.refuse(f"{field}[{position}]", text, "must not be empty")


def vectors_in(data: Any) -> list[list[float]]:
    """The vectors of a decoded body, ordered by ``index``; lists are taken as they are.

    Whole numbers (``0`` for ``0.0``) become floats; a list that has none is not copied.
    """
    rows = (data or {}).get("data") or []
    if any(row.get("index", place) != place for place, row in enumerate(rows)):
        rows = sorted(rows, key=lambda row: row["index"])
    return [_floats(row["embedding"]) for row in rows]


def _floats(vector: list[float]) -> list[float]:
    # One pass in C over the types: about a fifth of what decoding the numbers took.
    return vector if set(map(type, vector)) <= {float} else [float(value) for value in vector]


def _parse(reply: Reply) -> EmbeddingReply:
    found: EmbeddingReply = read(EmbeddingReply, reply.data)
    return found
