"""Metadata of documents that every store takes, and that is the same at each load. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["document_id", "flat"]


def flat(values: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """Return metadata without nested values: lists and dicts are JSON text, None is left out.

    Many vector stores (Chroma, Pinecone) refuse anything but texts, numbers and booleans.

    Example:
        >>> from zhipu_client.adapting import flat
        >>> flat({"page": 3, "links": {"More": "https://a.example"}, "title": None})
        {'page': 3, 'links': '{"More": "https://a.example"}'}
    """
    return {
        name: value
        if isinstance(value, (str, int, float, bool))
        else json.dumps(value, ensure_ascii=False, default=str)
        for name, value in values.items()
        if value is not None
    }


def document_id(source: str, page: int | None = None, element: int | None = None) -> str:
    """Return the id of a document that is read again and again: ``file#page``.

    Args:
        source: The path, the address or another name of the file.
        page: Its page, from 1; None for a document of the whole file.
        element: The position of an element on the page, from 0.

    Example:
        >>> from zhipu_client.adapting import document_id
        >>> document_id("report.pdf", 3), document_id("report.pdf", 3, 0)
        ('report.pdf#3', 'report.pdf#3.0')
    """
    place = "" if page is None else f"#{page}"
    return f"{source}{place}" if element is None else f"{source}{place}.{element}"
