"""Embeddings and OCR with Ray Data: a worker is killed half way, and nothing is lost or paid twice.

    pip install "ray[data]>=2.50" "zhipu-integrations[langchain,ocr,emulator]"
    python cookbook/scale/with_ray.py 10000

What matters: a part of the work is one call of an adapter, which sends several requests at once;
all workers of a machine have one `checkpoint` (what was paid for is there, whoever is killed), one
`shared_limit` (what one learns from a refusal holds for all) and one usage counter. Ray gives the
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

from langchain_zhipu import ZhipuAIEmbeddings, ZhipuAIOCRLoader
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


class Embed:
    """Embeds batches of texts. An object of this lives in each worker."""

    def __init__(self, folder: Path, accident: Path) -> None:
        self.folder, self.accident = folder, accident

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Return the vectors of a batch."""
        texts = [str(text) for text in batch["text"]]
        half = self.accident if any(batch["half"]) else None
        model = ZhipuAIEmbeddings(
            dimensions=256, on_result=dying(half, len(texts) // 2), **settings(self.folder)
        )
        return {"place": batch["place"], "vector": model.embed_documents(texts)}


class Read:
    """Reads scanned books, a batch of one."""

    def __init__(self, folder: Path, accident: Path) -> None:
        self.folder, self.accident = folder, accident

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Return the pages of a book."""
        (book,), (place,) = batch["book"], batch["place"]
        half = self.accident if batch["half"][0] else None
        loader = ZhipuAIOCRLoader(
            str(book), on_result=dying(half, PAGES // 2), **settings(self.folder)
        )
        pages = [page.page_content for page in loader.load()]
        return {"place": [int(place) + n for n in range(len(pages))], "page": pages}


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
        import ray
    except ImportError as error:
        needs = '"ray[data]>=2.50" "zhipu-integrations[langchain,ocr,emulator]"'
        raise SystemExit(f"{error}. This recipe needs: pip install {needs}") from None

    with tempfile.TemporaryDirectory() as name, stand_in():
        folder = Path(name)
        half = items // 2
        texts = [
            {"place": n, "text": f"Sighting {n} of a vessel", "half": n == half}
            for n in range(items)
        ]
        pages = min(PAGES, items)
        books = [
            {"place": n * pages, "book": str(folder / f"book-{n:04d}.pdf"), "half": False}
            for n in range(items // pages)
        ]
        books[len(books) // 2]["half"] = True
        for number, book in enumerate(books):
            write_book(Path(str(book["book"])), number * pages, pages)

        ray.init(num_cpus=WORKERS, include_dashboard=False, logging_level="error")
        ray.data.DataContext.get_current().enable_progress_bars = False
        size = -(-items // PARTS)
        for kind, rows, work, batch, column in (
            ("embeddings", texts, Embed, size, "vector"),
            ("OCR", books, Read, 1, "page"),
        ):
            accident, begun = folder / f"accident-{kind}", time.perf_counter()
            # Each worker does one batch at a time: requests at once are the adapter's matter.
            done = ray.data.from_items(rows).map_batches(
                work,
                fn_constructor_args=(folder, accident),
                batch_size=batch,
                compute=ray.data.ActorPoolStrategy(size=WORKERS),
            )
            found = sorted(done.take_all(), key=lambda row: row["place"])
            seconds = time.perf_counter() - begun
            values = [row[column] for row in found]
            report(kind, items, values, accident.exists(), seconds, folder)
        ray.shutdown()


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
