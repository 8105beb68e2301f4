"""A picture of a page with its layout drawn on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_core.documents import Document
from pydantic import SecretStr

import zhipu_client
from langchain_zhipu._errors import model_error
from zhipu_client import InvalidRequestError
from zhipu_client.adapting import drawing_of, hidden_password

__all__ = ["draw_layout"]


def draw_layout(
    document: Document | Sequence[Document],
    *,
    page: int | None = None,
    file: str | Path | bytes | None = None,
    root: str | Path | None = None,
    password: str | SecretStr | None = None,
) -> Any:
    """Return a picture of a page with its elements drawn on it, each with its label:
    a ``PIL.Image.Image``.

    A notebook shows it; ``save`` writes it. Needs the extra ``ocr``; blocks while it reads the
    file.

    Args:
        document: A document of `ZhipuAIOCRLoader` in any mode, or several of one page (all of its
            elements).
        page: Of a document in mode ``"single"``: the page, from 1; None for its first.
        file: The file that was read; None opens the one that ``metadata`` names. To be given for
            bytes and addresses.
        root: A folder that the file must be in, links followed. For metadata from elsewhere.
        password: Of an encrypted PDF.

    Raises:
        InvalidRequestError: The metadata has no layout or no file, the file cannot be read, or the
            extra is missing.

    Example:
        ```python
        from langchain_zhipu import ZhipuAIOCRLoader, draw_layout

        for page in ZhipuAIOCRLoader("report.pdf", boxes=True).lazy_load():
            draw_layout(page).save(f"page-{page.metadata['page_label']}.png")
        ```
    """
    password = hidden_password(password)
    documents = [document] if isinstance(document, Document) else list(document)
    try:
        drawing = drawing_of([one.metadata for one in documents], page, file)
        return zhipu_client.draw_layout(**drawing, root=root, password=password)
    except InvalidRequestError as error:
        raise model_error(error) from error
