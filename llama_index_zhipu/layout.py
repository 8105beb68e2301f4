"""A picture of a page with its layout drawn on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.schema import BaseNode
from pydantic import SecretStr

import zhipu_client
from zhipu_client.adapting import drawing_of, hidden_password

__all__ = ["draw_layout"]


def draw_layout(
    document: BaseNode | Sequence[BaseNode],
    *,
    page: int | None = None,
    file: str | Path | bytes | None = None,
    root: str | Path | None = None,
    password: str | SecretStr | None = None,
) -> Any:
    """Return a picture of a page with its regions drawn on it, each with its label:
    a ``PIL.Image.Image``.

    A notebook shows it; ``save`` writes it. Needs the extra ``ocr``; blocks while it reads the
    file.

    Args:
        document: A document of `ZhipuAIOCRReader`, read with ``with_regions=True``; or several.
        page: Where several pages are given, or a document of all pages (``split="none"``): which,
            from 1; None for the first.
        file: The file that was read; None opens the one that ``metadata["file_path"]`` or the
            document's id (``report.pdf#3``) names. To be given for bytes and addresses.
        root: A folder that the file must be in, links followed. For metadata from elsewhere.
        password: Of an encrypted PDF.

    Raises:
        zhipu_client.InvalidRequestError: The metadata has no layout or no file, the file cannot be
            read, or the extra is missing.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAIOCRReader, draw_layout

        for page in ZhipuAIOCRReader(with_regions=True).load_data("report.pdf"):
            picture = draw_layout(page)
            picture.save(f"page-{page.metadata['page_label']}.png")
            print(picture.size)
        ```
    """
    password = hidden_password(password)
    documents = [document] if isinstance(document, BaseNode) else list(document)
    drawing = drawing_of([_about(one) for one in documents], page, file)
    return zhipu_client.draw_layout(**drawing, root=root, password=password)


def _about(document: BaseNode) -> dict[str, Any]:
    """Return metadata with the file that the reader's own ids begin with."""
    about = dict(document.metadata)
    identity = document.ref_doc_id or document.node_id
    name, mark, page = identity.rpartition("#")
    if mark and page == about.get("page_label"):
        about.setdefault("file_path", name)
    elif "pages" in about:
        about.setdefault("file_path", identity)
    return about
