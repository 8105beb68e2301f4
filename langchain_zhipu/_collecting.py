"""Collect documents into a list, without losing them when a later one fails."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Iterable

from langchain_core.document_loaders import BaseBlobParser, BaseLoader
from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from zhipu_client.adapting import keeping

__all__ = ["CollectingLoader", "CollectingParser"]


class CollectingLoader(BaseLoader):
    """A loader of documents, whose error has those that were read before it."""

    def load(self) -> list[Document]:
        """Return all documents; on a failure, the error's ``documents`` are those before it."""
        return _collected(self.lazy_load())

    async def aload(self) -> list[Document]:
        """Return all documents, asynchronously; see `load`."""
        return await _acollected(self.alazy_load())


class CollectingParser(BaseBlobParser):
    """A parser of blobs, whose error has the documents that were read before it."""

    def parse(self, blob: Blob) -> list[Document]:
        """Return all documents of one blob; an error has those before it as ``documents``."""
        return _collected(self.lazy_parse(blob))

    @abstractmethod
    def alazy_parse(self, blob: Blob) -> AsyncIterator[Document]:
        """Yield the documents of one blob, asynchronously."""

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
