"""Vectors that are kept text by text. Pure."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from zhipu_client._request import Request
from zhipu_client.errors import ServerError

__all__ = ["Texts"]


@dataclass(frozen=True, slots=True)
class Texts:
    """A `zhipu_client._request.Items`: the texts of a request, and their vectors.

    Attributes:
        read: Reads the vectors of an answer, in order.
    """

    read: Callable[[Any], list[list[float]]] = field(repr=False)

    def apart(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], list[Any]]:
        """Return a body without its texts, and the texts."""
        rest = {name: value for name, value in body.items() if name != "input"}
        return rest, _texts(body)

    def some(self, request: Request[Any], places: Sequence[int]) -> Request[Any]:
        """Return the request for some of its texts."""
        body = dict(request.json or {})
        texts = _texts(body)
        if len(places) == len(texts):
            return request
        body["input"] = [texts[place] for place in places]
        return replace(request, json=body)

    def pieces(self, data: Any, count: int) -> list[bytes] | None:
        """Return each vector as numbers of eight bytes: no digit is lost."""
        try:
            vectors = self.read(data)
        except ServerError:
            return None
        if len(vectors) != count or not all(vectors):
            return None
        return [struct.pack(f"<{len(vector)}d", *vector) for vector in vectors]

    def whole(self, pieces: Sequence[bytes], fresh: Any, body: Mapping[str, Any]) -> Any:
        """Return the data of an answer; its usage is that of the texts that were paid for now."""
        rows = [
            {"index": place, "embedding": list(struct.unpack(f"<{len(piece) // 8}d", piece))}
            for place, piece in enumerate(pieces)
        ]
        answer = fresh if isinstance(fresh, Mapping) else {}
        usage = answer.get("usage") or {"prompt_tokens": 0, "total_tokens": 0}
        return {"model": answer.get("model") or body.get("model"), "data": rows, "usage": usage}


def _texts(body: Mapping[str, Any]) -> list[Any]:
    given = body.get("input")
    return [given] if isinstance(given, str) else list(given or ())
