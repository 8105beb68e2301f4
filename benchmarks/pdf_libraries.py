"""Which library cuts PDFs: what parts look and read like, and what it costs.

    python -m benchmarks.pdf_libraries               # a table of kinds by library
    python -m benchmarks.pdf_libraries --only pikepdf

Kinds are made by `tests/support/pdfs.py`. Each page is cut out alone and compared with the same
page of the whole, rendered by PDFium. Time and memory: a scan of 300 pages in parts of 20, a fresh
process a library. Needs the extra `ocr`, pypdf and pypdfium2.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LIBRARIES = ("pikepdf", "pypdfium2", "pypdf")
PAGES, PART = 300, 20


def with_pikepdf(content: Any) -> Callable[[int, int], bytes]:
    from zhipu_client._io.pdf_process import Opened

    return Opened(content).part


def with_pypdfium2(content: Any) -> Callable[[int, int], bytes]:
    import pypdfium2

    whole = pypdfium2.PdfDocument(content)

    def part(first: int, last: int) -> bytes:
        made = pypdfium2.PdfDocument.new()
        made.import_pages(whole, list(range(first - 1, last)))
        out = io.BytesIO()
        made.save(out)
        return out.getvalue()

    return part


def with_pypdf(content: Any) -> Callable[[int, int], bytes]:
    from pypdf import PdfReader, PdfWriter

    reader = PdfReader(content)
    if reader.is_encrypted:
        reader.decrypt("")

    def part(first: int, last: int) -> bytes:
        writer = PdfWriter()
        writer.append(reader, pages=(first - 1, last))
        out = io.BytesIO()
        writer.write(out)
        return out.getvalue()

    return part


def seen(content: bytes, number: int) -> tuple[Any, str]:
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    with contextlib.suppress(pypdfium2.PdfiumError):
        document.init_forms()
    page = document[number]
    return page.render(scale=1).to_pil().convert("L"), page.get_textpage().get_text_bounded()


def compared(whole: bytes, library: str) -> str:
    import pypdfium2
    from PIL import ImageChops

    try:
        part = globals()[f"with_{library}"](io.BytesIO(whole))
        looks = reads = True
        for number in range(len(pypdfium2.PdfDocument(whole))):
            (shown, text), (found, read) = (
                seen(whole, number),
                seen(part(number + 1, number + 1), 0),
            )
            same = shown.size == found.size and not ImageChops.difference(shown, found).getbbox()
            looks, reads = looks and same, reads and text == read
    except Exception as error:
        return f"fails: {type(error).__name__}"
    return f"{'same' if looks else 'OTHER'} / {'same' if reads else 'OTHER'}"


def cost(library: str, path: str) -> None:
    """Print seconds of CPU and MiB above the imports, for one library."""
    __import__(library)
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.process_time()
    part = globals()[f"with_{library}"](path)
    largest = max(len(part(n, min(n + PART - 1, PAGES))) for n in range(1, PAGES + 1, PART))
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "seconds": round(time.process_time() - start, 2),
        "mib": round((used.ru_maxrss - before.ru_maxrss) / 1024),
        "part": round(largest / 1024 / 1024, 2),
    }
    print(json.dumps(figures))


def main() -> None:
    from benchmarks.case_ocr import write_pdf
    from tests.support.pdfs import KINDS

    given = argparse.ArgumentParser()
    given.add_argument("--only", choices=LIBRARIES)
    given.add_argument("--cost", nargs=2, metavar=("LIBRARY", "PATH"), help=argparse.SUPPRESS)
    wanted = given.parse_args()
    if wanted.cost:
        cost(*wanted.cost)
        return
    libraries = [wanted.only] if wanted.only else list(LIBRARIES)
    print("| kind (look / text) |", " | ".join(libraries), "|")
    print("| --- |", " | ".join("---" for _ in libraries), "|")
    for kind, make in KINDS.items():
        print(f"| {kind} |", " | ".join(compared(make(), one) for one in libraries), "|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scan.pdf"
        with path.open("wb") as file:
            write_pdf(file, PAGES)
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.pdf_libraries", "--cost"]
        shown = []
        for one in libraries:
            done = subprocess.run(
                [*command, one, str(path)], capture_output=True, text=True, check=False
            )
            found = json.loads(done.stdout)
            shown.append(f"{found['seconds']} s, {found['mib']} MiB, part {found['part']} MiB")
        print(f"| scan of {PAGES} pages, cut |", " | ".join(shown), "|")


if __name__ == "__main__":
    main()
