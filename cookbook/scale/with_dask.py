"""Embeddings and OCR with Dask: a worker is killed half way, and nothing is lost or paid twice.

    pip install "dask[distributed]>=2025.1" "zhipu-integrations[llama-index,ocr,emulator]"
    python cookbook/scale/with_dask.py 10000

What matters: a part of the work is one call of an adapter, which sends several requests at once;
all workers of a machine have one `checkpoint` (what was paid for is there, whoever is killed), one
`shared_limit` (what one learns from a refusal holds for all) and one usage counter. Dask gives the
part of a dead worker to another one, which finds in the checkpoint what was done of it. On several
machines each has files of its own: see docs/concepts/scale.md.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llama_index_zhipu import ZhipuAIEmbedding, ZhipuAIOCRReader
from zhipu_client import UsageCounter
from zhipu_emulator import stand_in

PARTS, WORKERS, PAGES = 20, 2, 100


def settings(folder: Path) -> dict[str, Any]:
    """What every worker of the machine shares. The key comes from the environment."""
    return {
        "checkpoint": folder / "work.sqlite",
        "shared_limit": folder / "limit.json",
        "usage_counter": UsageCounter(folder / "usage.jsonl"),
    }


def embed(texts: list[str], folder: Path, accident: Path | None) -> list[list[float]]:
    """Embed one part of the texts."""
    end = dying(accident, len(texts) // 2)
    model = ZhipuAIEmbedding(dimensions=256, on_result=end, **settings(folder))
    return model.get_text_embedding_batch(texts)


def read(book: Path, folder: Path, accident: Path | None) -> list[str]:
    """Read one scanned book."""
    reader = ZhipuAIOCRReader(on_result=dying(accident, PAGES // 2), **settings(folder))
    return [page.text for page in reader.load_data(book)]


def dying(accident: Path | None, after: int) -> Callable[[Any], None] | None:
    """The accident: the worker kills itself after so many results, once."""
    if accident is None:
        return None
    left = [after]

    def died(result: Any) -> None:
        del result
        left[0] -= 1
        if not left[0] and not accident.exists():
            accident.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    return died


def write_book(path: Path, first: int, pages: int) -> None:
    """Write a PDF that says on each page which it is."""
    import pikepdf

    with pikepdf.new() as book:
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        for number in range(first, first + pages):
            page = book.add_blank_page(page_size=(595, 842))
            page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
            words = b"BT /F1 12 Tf 60 770 Td (Sighting %d) Tj ET" % number
            page.Contents = book.make_stream(words)
        book.save(path)


def main(items: int) -> None:
    """Do all of it, and print the figures."""
    try:
        import pikepdf  # noqa: F401 - for `write_book`
        from dask.distributed import Client, LocalCluster
    except ImportError as error:
        needs = '"dask[distributed]>=2025.1" "zhipu-integrations[llama-index,ocr,emulator]"'
        raise SystemExit(f"{error}. This recipe needs: pip install {needs}") from None

    with tempfile.TemporaryDirectory() as name, stand_in():
        folder = Path(name)
        texts = [f"Sighting {number} of a vessel" for number in range(items)]
        size = -(-items // PARTS)
        parts = [texts[start : start + size] for start in range(0, items, size)]
        pages = min(PAGES, items)
        books = [folder / f"book-{number:04d}.pdf" for number in range(items // pages)]
        for number, book in enumerate(books):
            write_book(book, number * pages, pages)

        # Each process does one part at a time: requests at once are the adapter's matter.
        with (
            LocalCluster(WORKERS, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            for kind, work, given in (("embeddings", embed, parts), ("OCR", read, books)):
                # Of the accident before: were the other worker killed too, none would be left.
                client.wait_for_workers(WORKERS, timeout=600)
                accident, begun = folder / f"accident-{kind}", time.perf_counter()
                half = len(given) // 2
                tasks = [
                    client.submit(work, one, folder, accident if number == half else None)
                    for number, one in enumerate(given)
                ]
                found = [one for part in client.gather(tasks) for one in part]
                seconds = time.perf_counter() - begun
                report(kind, items, found, accident.exists(), seconds, folder)


def report(
    kind: str, items: int, found: list[Any], killed: bool, seconds: float, folder: Path
) -> None:
    """Print what came of it."""
    if kind == "OCR":
        right = [f"Sighting {number}" in page for number, page in enumerate(found)]
        whole = len(found) == items and all(right)
    else:
        whole = len(found) == items and all(len(vector) == 256 for vector in found)
    counts = UsageCounter(folder / "usage.jsonl").of("ocr" if kind == "OCR" else "embeddings")
    paid = counts.get("pages" if kind == "OCR" else "texts", 0)
    print(
        f"{kind}: {len(found)} of {items} {'in order' if whole else 'NOT WHOLE'}, "
        f"a worker {'was' if killed else 'was NOT'} killed, {paid - items} paid twice, "
        f"{counts.get('answers', 0)} requests, {seconds:.1f} s"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
