"""PDFs whose pages are rendered: odd ones are rendered too, or refused with a reason."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.support.pdfs import HOSTILE, Objects, line, plain
from zhipu_client import InvalidRequestError
from zhipu_client._io.pdfium import RenderedPDF
from zhipu_client._io.render_process import Desk

OPEN = {"do": "open"}
PAGE = {"do": "page", "page": 1, "dpi": 72, "max_pixels": 100_000}


def answers(content: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    desk = Desk(io.BytesIO(content))
    try:
        return desk.answer(OPEN)[0], desk.answer(PAGE)[0]
    finally:
        desk.close()


@pytest.mark.parametrize(
    "box", ["0 0 200000 1", "0 0 1 200000", "0 0 1e9 1e9", "-300 -200 -10 -10", "0 0 0 0", "(a)"]
)
def test_a_page_of_any_size_has_a_picture(box: str) -> None:
    content = plain(1).replace(b"[0 0 300 200]", f"[{box}]".encode())
    opened, page = answers(content)
    assert opened["pages"] == 1
    assert page["width"] * page["height"] <= PAGE["max_pixels"]
    assert max(page["width"], page["height"]) <= 65_000


def test_so_many_pages_are_refused_here_too() -> None:
    pages = Objects()
    pages.page(line("The same."))
    pages.kids *= 100_001
    assert "more than the 100,000 pages" in answers(pages.file())[0]["why"]


def test_no_pages_are_said_to_be_none() -> None:
    make, why = HOSTILE["no pages"]
    # In the process of its own: PDFium's last error, which says it, is that of a whole process.
    with pytest.raises(InvalidRequestError, match=why):
        RenderedPDF(io.BytesIO(make()), "scan.pdf", None)
