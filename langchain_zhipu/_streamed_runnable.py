"""What a Runnable that streams has beside its own work: LangChain's four ways to stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any, Generic, TypeVar, cast

from langchain_core.runnables import RunnableConfig

__all__ = ["StreamedRunnable"]

Piece = TypeVar("Piece")


class StreamedRunnable(Generic[Piece]):
    """Streams by `_pieces` and `_apieces` of the Runnable, which it goes before as a base class."""

    @property
    def InputType(self) -> type[str]:  # noqa: N802 - LangChain's name
        """A text, so that ``as_tool`` makes a tool of one text; messages are taken as well."""
        return str

    def stream(
        self,
        input: Any,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[Piece]:
        """Yield the answer as it comes; arguments as of ``invoke``."""
        yield from self.transform(iter([input]), config, **kwargs)

    async def astream(
        self,
        input: Any,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[Piece]:
        """Yield the answer as it comes, asynchronously; arguments as of ``invoke``."""

        async def given() -> AsyncIterator[Any]:
            yield input

        async with aclosing(self.atransform(given(), config, **kwargs)) as pieces:
            async for piece in pieces:
                yield piece

    def transform(
        self,
        input: Iterator[Any],  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[Piece]:
        """Yield the answer to an input that comes in pieces itself, once it is there."""
        runnable = cast("Any", self)
        yield from runnable._transform_stream_with_config(input, self._pieces, config, **kwargs)

    async def atransform(
        self,
        input: AsyncIterator[Any],  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncGenerator[Piece, None]:
        """Yield the answer to an input that comes in pieces itself, asynchronously."""
        runnable = cast("Any", self)
        made = runnable._atransform_stream_with_config(input, self._apieces, config, **kwargs)
        async with aclosing(made) as pieces:
            async for piece in pieces:
                yield piece

    def _pieces(self, given: Iterator[Any], **kwargs: Any) -> Iterator[Piece]:
        """Yield the answer to the pieces of an input."""
        raise NotImplementedError

    def _apieces(self, given: AsyncIterator[Any], **kwargs: Any) -> AsyncIterator[Piece]:
        """Yield the answer to the pieces of an input, asynchronously."""
        raise NotImplementedError
