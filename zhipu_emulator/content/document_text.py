"""The text of an uploaded document: PDF, picture, Office file, HTML or plain text."""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape
from typing import TYPE_CHECKING

from zhipu_emulator.content.html import read
from zhipu_emulator.content.layout import markdown, regions
from zhipu_emulator.content.pages import (
    UnreadableError,
    kind_of,
    page_count,
    pdf_pages,
    picture_page,
)
from zhipu_emulator.http.errors import unparsable
from zhipu_emulator.http.forms import suffix_of

if TYPE_CHECKING:
    from zhipu_emulator.http.forms import Upload

__all__ = ["document_text"]

_PARAGRAPH_END = re.compile(r"</[wa]:p>|</si>")
_TAG = re.compile(r"<[^>]*>")


def document_text(file: Upload) -> str:
    """The text of a document: PDF, picture, HTML or plain text; of others nothing is known here.

    Raises:
        ServiceError: 1210, it cannot be read.
    """
    kind = kind_of(file.content)
    try:
        if kind == "pdf":
            pages = pdf_pages(file.content, 1, page_count(file.content))
        elif kind is not None:
            pages = iter([picture_page(file.content)])
        else:
            return _plain(file)
        parts = [markdown(r, i) for i, page in enumerate(pages) for r in regions(page)]
    except UnreadableError:
        raise unparsable() from None
    return "\n\n".join(parts)


def _plain(file: Upload) -> str:
    if suffix_of(file.name) in ("docx", "pptx", "xlsx"):
        return _office(file.content)
    try:
        text = file.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise unparsable() from None
    return read(text).content if suffix_of(file.name) in ("html", "htm") else text


def _office(content: bytes) -> str:
    """The words of an Office file, without its layout: the text between its XML tags."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [
                name
                for name in sorted(archive.namelist())
                if name.endswith(("document.xml", "sharedStrings.xml")) or "/slides/slide" in name
            ]
            pages = [archive.read(name).decode("utf-8", "replace") for name in names]
    except (zipfile.BadZipFile, KeyError):
        raise unparsable() from None
    return "\n\n".join(_words(page) for page in pages)


def _words(xml: str) -> str:
    """The text between tags, paragraphs with an empty line between them."""
    text = unescape(_TAG.sub("", _PARAGRAPH_END.sub("\n", xml)))
    return "\n\n".join(line for line in map(str.strip, text.splitlines()) if line)
