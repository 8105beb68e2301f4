"""Memory while a PDF of 250 pages and 20 MB is read page by page by `ZhipuAIOCRLoader`."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from benchmarks.measure import KEY, Case, Import, Server, forget_peak, memory

PAGES, SIDE = 250, 165  # an image of 165 x 165 x 3 bytes a page: 20 MB in all


def write_pdf(file: BinaryIO, pages: int = PAGES) -> None:
    """Scans, so to speak: an image of noise a page, which nothing can compress."""
    offsets: dict[int, int] = {}

    def put(number: int, body: bytes) -> None:
        offsets[number] = file.tell()
        file.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))

    file.write(b"%PDF-1.7\n")
    put(1, b"<< /Type /Catalog /Pages 2 0 R >>")
    kids = b" ".join(b"%d 0 R" % (3 + 3 * page) for page in range(pages))
    put(2, b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids))
    for page in range(pages):
        first = 3 + 3 * page
        put(
            first,
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /XObject << /Scan %d 0 R >> >> >>" % (first + 1, first + 2),
        )
        put(first + 1, _stream(b"", b"q 595 0 0 842 0 0 cm /Scan Do Q"))
        image = b"/Type /XObject /Subtype /Image /Width %d /Height %d" % (SIDE, SIDE)
        colours = b" /ColorSpace /DeviceRGB /BitsPerComponent 8"
        put(first + 2, _stream(image + colours, os.urandom(SIDE * SIDE * 3)))
    start = file.tell()
    size = len(offsets) + 1
    file.write(b"xref\n0 %d\n0000000000 65535 f \n" % size)
    file.writelines(b"%010d 00000 n \n" % offsets[number] for number in range(1, size))
    file.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start))


def _stream(facts: bytes, data: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (facts, len(data), data)


def lazy_load(server: Server) -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        loader, before = _prepared(folder, server)
        yield
        pages = sum(1 for _ in loader.lazy_load())
        yield _figures(before, pages)


def alazy_load(server: Server) -> Iterator[Any]:
    async def work(loader: Any) -> int:
        return sum([1 async for _ in loader.alazy_load()])

    with tempfile.TemporaryDirectory() as folder:
        loader, before = _prepared(folder, server)
        yield
        pages = asyncio.run(work(loader))
        yield _figures(before, pages)


def _prepared(folder: str, server: Server) -> tuple[Any, float | None]:
    from langchain_zhipu import ZhipuAIOCRLoader

    path = Path(folder) / "scan.pdf"
    with path.open("wb") as file:
        write_pdf(file)
    loader = ZhipuAIOCRLoader(path, api_key=KEY, base_url=server.url("ocr-200"))
    forget_peak()
    return loader, memory("VmRSS")


def _figures(before: float | None, pages: int) -> dict[str, Any]:
    if pages != PAGES:
        raise AssertionError(f"{pages} pages came of {PAGES}")
    peak = memory("VmHWM")
    above = {} if peak is None or before is None else {"above_mb": peak - before}
    return {"count": pages, **above}


CASES: dict[str, Case | Import] = {
    "PDF of 250 pages, lazy_load, a page/ours": lazy_load,
    "PDF of 250 pages, alazy_load, a page/ours": alazy_load,
}
