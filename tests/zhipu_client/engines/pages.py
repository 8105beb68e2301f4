"""Pages as the service reads them, of files and of addresses."""

from __future__ import annotations

import base64
import io
from typing import Any

from pypdf import PdfReader

from zhipu_client import BadRequestError, ocr

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def page(number: int) -> list[dict[str, Any]]:
    return [
        {
            "index": 0,
            "label": "text",
            "native_label": "doc_title",
            "content": f"Title {number}",
            "bbox_2d": [1, 2, 3, 4],
            "height": 200,
            "width": 100,
        },
        {"index": 1, "label": "text", "native_label": "text", "content": f"Text of {number}."},
    ]


def answer(numbers: list[int], **more: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "request_id": "r-1",
        "model": "GLM-OCR",
        "md_results": "\n\n".join(f"# Title {n}\n\nText of {n}." for n in numbers),
        "layout_details": [page(n) for n in numbers],
        "data_info": {
            "num_pages": len(numbers),
            "pages": [{"width": 100, "height": 200} for _ in numbers],
        },
        "usage": {"total_tokens": 10},
        **more,
    }


def read_pdf(body: dict[str, Any]) -> list[int]:
    """The numbers that are written on the pages that a body asks for."""
    content = base64.b64decode(body["file"].partition(",")[2])
    pages = PdfReader(io.BytesIO(content)).pages
    wanted = pages[body.get("start_page_id", 1) - 1 : body.get("end_page_id")]
    return [int(page.extract_text().split()[3]) for page in wanted]


def local(body: dict[str, Any]) -> dict[str, Any]:
    return answer(read_pdf(body))


class Remote:
    """A service that reads an address with so many pages."""

    def __init__(self, pages: int, *, limit: int = 100, tells: bool = False) -> None:
        self.pages, self.limit, self.tells = pages, limit, tells

    def __call__(self, body: dict[str, Any]) -> Any:
        first = body.get("start_page_id", 1)
        last = min(body.get("end_page_id", self.pages), self.pages)
        if first > self.pages:
            return BadRequestError("start_page_id参数非法", status=400, code="1214")
        if last - first + 1 > self.limit:
            return BadRequestError("文件页数超过限制", status=400, code="1210")
        found = answer(list(range(first, last + 1)))
        if self.tells:
            found["data_info"]["num_pages"] = self.pages
        return found


def numbers(pages: list[ocr.OCRPage]) -> list[int]:
    return [one.number for one in pages]
