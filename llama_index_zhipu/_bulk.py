"""The vectors of one call for many texts, which LlamaIndex passes on in parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Self

from zhipu_client.adapting import attach, refuse
from zhipu_client.embeddings import PartialEmbeddings

__all__ = ["Bulk", "current"]

#: The call that the parts of this context belong to.
current: ContextVar[Bulk | None] = ContextVar("zhipu_embeddings", default=None)


class Bulk:
    """The vectors of one call, as they come. A context manager: whatever leaves it has them.

    Args:
        texts: The caller's texts.
        resume: What an earlier call with the same texts had come to, or None.
        on_result: Called with each text's position and its vector.
    """

    def __init__(
        self,
        texts: Sequence[str],
        resume: PartialEmbeddings | None,
        on_result: Callable[[Any], Any] | None,
    ) -> None:
        if resume is not None and len(resume.vectors) != len(texts):
            raise refuse("resume", len(resume.vectors), f"must be of {len(texts)} texts")
        self._texts = texts
        self._found: list[list[float] | None] = (
            list(resume.vectors) if resume else [None] * len(texts)
        )
        self._usage = dict(resume.usage) if resume else {}
        self._on_result = on_result
        self._places: dict[str, list[int]] = {}
        for place, text in enumerate(texts):
            if self._found[place] is None:
                self._places.setdefault(text, []).append(place)
        self._missing = [place for place, vector in enumerate(self._found) if vector is None]
        self._token: Token[Bulk | None] | None = None

    @property
    def missing(self) -> list[str]:
        """The texts without a vector."""
        return [self._texts[place] for place in self._missing]

    @property
    def vectors(self) -> list[list[float]]:
        """All vectors, once none is missing."""
        return [vector for vector in self._found if vector is not None]

    def fill(self, vectors: Sequence[list[float]]) -> None:
        """Take the vectors of the texts that were missing."""
        for place, vector in zip(self._missing, vectors, strict=True):
            self._found[place] = vector

    def of(self, texts: Sequence[str]) -> Callable[[tuple[int, list[float]]], None]:
        """Return what takes the vectors of a part, by their position in it."""

        def take(piece: tuple[int, list[float]]) -> None:
            place, vector = piece
            for one in self._places.get(texts[place], ()):
                if self._found[one] is None:
                    self._found[one] = list(vector)
                    if self._on_result is not None:
                        self._on_result((one, self._found[one]))

        return take

    def count(self, usage: Mapping[str, int]) -> None:
        """Add the tokens of a part."""
        for name, tokens in usage.items():
            self._usage[name] = self._usage.get(name, 0) + tokens

    def __enter__(self) -> Self:
        self._token = current.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._token is not None:
            current.reset(self._token)
        if error is not None:
            attach(error, partial=PartialEmbeddings(self._found, self._usage))
