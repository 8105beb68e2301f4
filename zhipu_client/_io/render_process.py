"""A program that renders the pages of one PDF, within bounds of memory and time.

It runs as a process of its own (see `zhipu_client._io.pdfium`): a page of a kilobyte can draw
itself for hours or fill all memory, and PDFium is not safe for threads. It answers commands as
`zhipu_client._io.pdf_process` does.
"""

from __future__ import annotations

import io
import sys
import threading
from contextlib import closing
from math import ceil
from typing import Any

from zhipu_client._io.pdf_process import (
    MEMORY,
    MOST_PAGES,
    Mapped,
    RefusedError,
    answer_all,
    bound_memory,
    spellings,
)

__all__ = ["Desk", "main"]

#: PDFium's number for "a password is needed, or it is wrong".
_PASSWORD = 4
#: A JPEG has at most 65,535 pixels on a side.
_MOST_OF_A_SIDE = 65_000
_POINTS_PER_INCH = 72
_QUALITY = 90
#: What is read of what a file says of itself.
_INFO = (
    "Producer", "Creator", "Title", "Author", "Subject", "Keywords", "CreationDate", "ModDate",
)  # fmt: skip
#: Where all packages in this process that use PDFium from threads find the same lock: needed where
#: no other process can be started.
_LOCK = "_lock_of_all_threads"


def _text(password: str | bytes) -> str:
    """Return a password as PDFium takes it, which tries each character as a byte, too."""
    return password if isinstance(password, str) else password.decode("latin-1")


class Desk:
    """Answers commands about one file: the first opens it.

    Args:
        file: A binary file.
    """

    def __init__(self, file: Any) -> None:
        self._file = file
        self._document: Any = None

    def answer(self, command: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Return the facts, or what went wrong (``error``, ``why``), and the bytes asked for."""
        import pypdfium2

        with vars(pypdfium2).setdefault(_LOCK, threading.Lock()):
            try:
                return self._done(command)
            except pypdfium2.PdfiumError as error:
                if getattr(error, "err_code", None) == _PASSWORD:
                    return {"error": "password"}, b""
                return {"error": "broken", "why": str(error)[:300]}, b""
            except RefusedError as error:
                return {"error": "refused", "why": str(error)}, b""
            except MemoryError:
                return {"error": "memory"}, b""
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the file
                return {"error": "broken", "why": str(error)[:300]}, b""

    def close(self) -> None:
        """Close the document, where the process does not end."""
        import pypdfium2

        document, self._document = self._document, None
        if document is not None:
            with vars(pypdfium2).setdefault(_LOCK, threading.Lock()):
                document.close()

    def _done(self, command: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        if command["do"] == "open":
            return self._open(command.get("password")), b""
        image = self._rendered(command["page"], command["dpi"], command["max_pixels"])
        out = io.BytesIO()
        image.save(out, "JPEG", quality=_QUALITY)
        return {"width": image.width, "height": image.height}, out.getvalue()

    def _opened(self, password: str) -> Any:
        from pypdfium2 import PdfDocument, PdfiumError

        *others, last = spellings(password)
        for spelled in others:
            try:
                return PdfDocument(self._file, password=_text(spelled))
            except PdfiumError as error:
                if getattr(error, "err_code", None) != _PASSWORD:
                    raise
        return PdfDocument(self._file, password=_text(last) or None)

    def _open(self, password: str | None) -> dict[str, Any]:
        from pypdfium2 import PdfiumError

        try:
            document = self._opened(password or "")
        except PdfiumError as error:
            if "Success" in str(error):  # nothing is wrong with it, but that
                raise RefusedError("has no pages") from None
            raise
        document.init_forms()  # or what is filled into a form would not be on its picture
        if not len(document):
            raise RefusedError("has no pages")
        if len(document) > MOST_PAGES:
            raise RefusedError(f"has more than the {MOST_PAGES:,} pages that are read here")
        self._document = document
        info = {key: document.get_metadata_value(key) for key in _INFO}
        return {"pages": len(document), "info": {key: text for key, text in info.items() if text}}

    def _rendered(self, number: int, dpi: int, max_pixels: int) -> Any:
        """Return the image of a page, counted from 1."""
        with closing(self._document[number - 1]) as page:
            width, height = (max(side, 1.0) for side in page.get_size())
            scale = min(dpi / _POINTS_PER_INCH, (max_pixels / (width * height)) ** 0.5)
            scale = min(scale, _MOST_OF_A_SIDE / max(width, height))
            while ceil(width * scale) * ceil(height * scale) > max_pixels:
                scale *= 0.999
            with closing(page.render(scale=scale)) as bitmap:
                # A copy: the bitmap's own memory goes with it.
                return bitmap.to_pil().convert("RGB").copy()


def main() -> None:
    """Answer commands about the file whose handle and size are the first arguments."""
    bound_memory(MEMORY + int(sys.argv[2]))
    answer_all(Desk(Mapped(int(sys.argv[1]))), sys.stdin.buffer, sys.stdout.buffer)
