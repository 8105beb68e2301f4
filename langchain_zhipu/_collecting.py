"""Collect documents into a list, without losing them when a later one fails."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable

from langchain_core.documents import Document

from zhipu_client import ZhipuError

__all__ = ["acollected", "collected"]


def collected(documents: Iterable[Document]) -> list[Document]:
    """Return all documents.

    Raises:
        ZhipuError: Reading failed; its ``documents`` are those before the failure.
    """
    found: list[Document] = []
    try:
        found.extend(documents)
    except ZhipuError as error:
        error.__dict__["documents"] = found
        raise
    return found


async def acollected(documents: AsyncGenerator[Document]) -> list[Document]:
    """Return all documents, like `collected`."""
    found: list[Document] = []
    try:
        async for document in documents:
            found.append(document)  # noqa: PERF401 - a comprehension would lose them
    except ZhipuError as error:
        error.__dict__["documents"] = found
        raise
    return found
