"""Collect documents into a list, without losing them when a later one fails."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable

from langchain_core.documents import Document

from zhipu_client.adapting import keeping

__all__ = ["acollected", "collected"]


def collected(documents: Iterable[Document]) -> list[Document]:
    """Return all documents.

    Raises:
        ZhipuError: Reading failed. Whatever ends it, an interrupt too, has the documents before
            it as ``documents``.
    """
    found: list[Document] = []
    with keeping(documents=found):
        found.extend(documents)
    return found


async def acollected(documents: AsyncGenerator[Document]) -> list[Document]:
    """Return all documents, like `collected`."""
    found: list[Document] = []
    with keeping(documents=found):
        async for document in documents:
            found.append(document)  # noqa: PERF401 - a comprehension would lose them
    return found
