"""Metadata of documents that every store takes, and that is the same at each load. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from zhipu_client._half_characters import whole_text

__all__ = ["document_id", "flat", "storable"]


def flat(values: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """Return metadata without nested values: lists and dicts are JSON text, None is left out.

    Many vector stores (Chroma, Pinecone) refuse anything but texts, numbers and booleans.

    Args:
        values: The metadata by name. It is not changed.

    Examples:
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


def storable(values: Mapping[str, Any], *, but: Collection[str] = ()) -> dict[str, Any]:
    r"""Return metadata whose texts are UTF-8 without a null character, as databases want them.

    The name of a file may have bytes that are not UTF-8, and the title of a PDF anything.

    Args:
        values: The metadata.
        but: Names of values that are kept as they are: a path that opens the file again.

    Examples:
        >>> from zhipu_client.adapting import storable
        >>> storable({"source": "caf\udce9.pdf", "page": 3})["source"] == "caf\ufffd.pdf"
        True
    """
    return {
        name: whole_text(value).replace("\0", "")
        if isinstance(value, str) and name not in but
        else value
        for name, value in values.items()
    }


def document_id(source: str, page: int | None = None, element: int | None = None) -> str:
    """Return the id of a document that is read again and again: ``file#page``.

    Args:
        source: The path, the address or another name of the file.
        page: Its page, from 1; None for a document of the whole file.
        element: The position of an element on the page, from 0.

    Examples:
        >>> from zhipu_client.adapting import document_id
        >>> document_id("report.pdf", 3), document_id("report.pdf", 3, 0)
        ('report.pdf#3', 'report.pdf#3.0')
    """
    place = "" if page is None else f"#{page}"
    return f"{source}{place}" if element is None else f"{source}{place}.{element}"
