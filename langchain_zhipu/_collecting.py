"""What loaders of files and parsers of blobs share: one by one, or collected without a loss."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import aclosing

from langchain_core.document_loaders import BaseBlobParser, BaseLoader
from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from langchain_zhipu._ocr.sources import Origin
from zhipu_client.adapting import keeping

__all__ = ["CollectingLoader", "CollectingParser"]


class CollectingLoader(BaseLoader):
    """A loader of files, whose error has the documents that were read before it."""

    @abstractmethod
    def _origins(self) -> Iterator[Origin]:
        """Yield what is to be read."""

    @abstractmethod
    def _read(self, origins: Iterable[Origin]) -> Iterator[Document]:
        """Read them; errors are those that LangChain knows."""

    @abstractmethod
    def _aread(self, origins: Iterable[Origin]) -> AsyncGenerator[Document]:
        """Read them asynchronously."""

    def lazy_load(self) -> Iterator[Document]:
        """Yield the documents file by file; a few files are under way at once."""
        yield from self._read(self._origins())

    async def alazy_load(self) -> AsyncGenerator[Document]:
        """Yield the documents asynchronously; files are read in threads. See `lazy_load`."""
        async with aclosing(self._aread(self._origins())) as documents:
            async for document in documents:
                yield document

    def load(self) -> list[Document]:
        """Return all documents; on a failure, the error's ``documents`` are those before it."""
        return _collected(self.lazy_load())

    async def aload(self) -> list[Document]:
        """Return all documents, asynchronously; see `load`."""
        return await _acollected(self.alazy_load())


class CollectingParser(BaseBlobParser):
    """A parser of blobs, whose error has the documents that were read before it."""

    @abstractmethod
    def _of(self, blob: Blob) -> Iterator[Origin]:
        """Yield what a blob is."""

    @abstractmethod
    def _read(self, origins: Iterable[Origin]) -> Iterator[Document]:
        """Read it; errors are those that LangChain knows."""

    @abstractmethod
    def _aread(self, origins: Iterable[Origin]) -> AsyncGenerator[Document]:
        """Read it asynchronously."""

    def lazy_parse(self, blob: Blob) -> Iterator[Document]:
        """Yield the documents of one blob."""
        yield from self._read(self._of(blob))

    async def alazy_parse(self, blob: Blob) -> AsyncGenerator[Document]:
        """Yield the documents of one blob, asynchronously; files are read in threads."""
        async with aclosing(self._aread(self._of(blob))) as documents:
            async for document in documents:
                yield document

    def parse(self, blob: Blob) -> list[Document]:
        """Return all documents of one blob; an error has those before it as ``documents``."""
        return _collected(self.lazy_parse(blob))

    async def aparse(self, blob: Blob) -> list[Document]:
        """Return the documents of one blob, asynchronously; see `parse`."""
        return await _acollected(self.alazy_parse(blob))


def _collected(documents: Iterable[Document]) -> list[Document]:
    """Return all documents.

    Raises:
        ZhipuError: Reading failed. Whatever ends it, an interrupt too, has the documents before
            it as ``documents``.
    """
    found: list[Document] = []
    with keeping(documents=found):
        found.extend(documents)
    return found


async def _acollected(documents: AsyncIterator[Document]) -> list[Document]:
    """Return all documents, like `_collected`."""
    found: list[Document] = []
    with keeping(documents=found):
        async for document in documents:
            found.append(document)  # noqa: PERF401 - a comprehension would lose them
    return found
