"""The answers of ``/rerank`` in the shapes that servers give them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from pydantic import Field

from zhipu_client._replies import ReplyModel, read
from zhipu_client._request import Reply

__all__ = ["RerankReply", "RerankResult", "has_results", "place_of", "read_reply"]


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
    """The answer of ``/rerank``; ``results`` has the best document first.

    Attributes:
        errors: Of `bulk` with ``on_error="skip"``: the position of each document that was refused,
            and its error.
    """

    id: str | None = None
    created: int | None = None
    request_id: str | None = None
    results: list[RerankResult] = Field(default_factory=list)
    usage: dict[str, Any] | None = None
    errors: dict[int, Any] = Field(default_factory=dict, exclude=True)


def read_reply(reply: Reply) -> RerankReply:
    """Read an answer in any of the known shapes.

    Text Embeddings Inference and SGLang answer with the rows alone, whose scores are called
    ``score``; vLLM and Xinference send a document as an object with a ``text``.
    """
    data = reply.data if isinstance(reply.data, dict) else {"results": reply.data}
    rows = data.get("results")
    if isinstance(rows, list):
        data = {**data, "results": [_row(row) for row in rows]}
    found: RerankReply = read(RerankReply, data)
    return found


def has_results(data: Any) -> bool:
    """Return whether an answer has rows."""
    return bool(data.get("results") if isinstance(data, Mapping) else data)


def _row(row: Any) -> Any:
    if not isinstance(row, Mapping):
        return row
    made = dict(row)
    if "score" in made:
        made.setdefault("relevance_score", made["score"])
    score = made.get("relevance_score")
    if isinstance(score, float) and not isfinite(score):
        made["relevance_score"] = None  # as good as none: it cannot be sorted by
    if isinstance(made.get("document"), Mapping):
        made["document"] = made["document"].get("text")
    return made


def place_of(row: Any) -> int:
    """Return the index of a result's document; -1 where it, or the score, is missing."""
    # It is a dict still where a field has an unknown type.
    if not isinstance(row, RerankResult) or row.relevance_score is None or row.index is None:
        return -1
    return row.index
