"""The vectors of one call for many texts, which LlamaIndex passes on in parts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Self

from zhipu_client.adapting import add_usage, attach, leave
from zhipu_client.embeddings import Bulk as Job
from zhipu_client.embeddings import Embeddings, PartialEmbeddings
from zhipu_client.work import partial_of

__all__ = ["Bulk", "current"]

#: The call that the parts of this context belong to.
current: ContextVar[Bulk | None] = ContextVar("zhipu_embeddings", default=None)

Piece = tuple[int, list[float]]


class Bulk:
    """The vectors of one call, as they come. A context manager: whatever leaves it has them.

    LlamaIndex asks for one part after the other, and waits for each. Here all parts are one job,
    so that as many requests are in flight as may be, and a part finds its vectors when they come.

    Args:
        job: All texts.
        on_result: Called with each text's position and its vector.
    """

    def __init__(self, job: Job, on_result: Callable[[Any], Any] | None) -> None:
        self.job = job
        self._on_result = on_result
        found = job.resume.vectors if job.resume else [None] * len(job.texts)
        self._found: list[list[float] | None] = list(found)
        self._usage = dict(job.resume.usage) if job.resume else {}
        self._missing = [place for place, vector in enumerate(self._found) if vector is None]
        self._next = 0
        self._pieces: Generator[Piece, None, None] | None = None
        self._running: asyncio.Future[Embeddings] | None = None
        self._token: Token[Bulk | None] | None = None

    @property
    def missing(self) -> list[str]:
        """The texts without a vector."""
        return [self.job.texts[place] for place in self._missing]

    @property
    def vectors(self) -> list[list[float]]:
        """All vectors, once none is missing."""
        return [vector for vector in self._found if vector is not None]

    def fill(self, vectors: Sequence[list[float]]) -> None:
        """Take the vectors of the texts that were missing."""
        for place, vector in zip(self._missing, vectors, strict=True):
            self._found[place] = vector

    def take(self, piece: Piece) -> None:
        """Take a vector as it comes."""
        place, vector = piece
        if self._found[place] is None:
            self._found[place] = vector
            if self._on_result is not None:
                self._on_result((place, vector))

    def count(self, usage: Any) -> None:
        """Add the tokens of a request."""
        add_usage(self._usage, usage)

    def part(self, size: int, begin: Callable[[], Generator[Piece, None, None]]) -> list[Any]:
        """Return the vectors of the next part.

        Args:
            size: How many texts it has.
            begin: Begins the job, for the first part.
        """
        if self._pieces is None:
            self._pieces = begin()
        places = self._part(size)
        while any(self._found[place] is None for place in places):
            self.take(next(self._pieces))
        if self._next == len(self._missing):
            for piece in self._pieces:  # to its end, where a failure is reported
                self.take(piece)
        return [self._found[place] for place in places]

    async def apart(
        self, size: int, begin: Callable[[], Coroutine[Any, Any, Embeddings]]
    ) -> list[Any]:
        """Return the vectors of the next part, like `part`."""
        places = self._part(size)
        if self._running is None:
            self._running = asyncio.ensure_future(begin())
        await asyncio.shield(self._running)
        return [self._found[place] for place in places]

    async def stop(self) -> None:
        """End the job of an asynchronous call, if it is running still."""
        if self._running is not None and not self._running.done():
            self._running.cancel()
        if self._running is not None:
            (ended,) = await asyncio.gather(self._running, return_exceptions=True)
            if isinstance(ended, BaseException):
                self._take_rest(ended)

    def _take_rest(self, error: BaseException) -> None:
        """Take what has come, and that nobody has looked at: it is paid for."""
        rest = partial_of(error)
        if isinstance(rest, PartialEmbeddings):
            for place, vector in enumerate(rest.vectors):
                if vector is not None:
                    self._found[place] = vector

    def _part(self, size: int) -> list[int]:
        places = self._missing[self._next : self._next + size]
        self._next += size
        return places

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
            if self._pieces is not None:
                leave(self._pieces, error)
                self._take_rest(error)
            attach(error, partial=PartialEmbeddings(self._found, self._usage))
