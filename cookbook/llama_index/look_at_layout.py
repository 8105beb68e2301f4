"""Look at what OCR found: each page with its regions drawn on it.

    python cookbook/llama_index/look_at_layout.py [report.pdf] [--to FOLDER]

Without a file a small sample is read. Without a key the emulator of this project answers: it finds
the regions by simple rules. In a notebook `draw_layout(page)` alone shows the picture.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from llama_index_zhipu import ZhipuAIOCRReader, draw_layout
from zhipu_client import ZhipuError
from zhipu_emulator import sample, stand_in

SAMPLE = sample("prices.pdf")


def drawn(source: Path, to: Path) -> list[Path]:
    """Draw the layout of each page; the files."""
    made = []
    for page in ZhipuAIOCRReader(with_regions=True).lazy_load_data(source):
        path = to / f"{source.stem}-{page.metadata['page_label']}.png"
        draw_layout(page).save(path)
        made.append(path)
    return made


def main(arguments: list[str] | None = None) -> int:
    """Draw the layout of a document's pages."""
    parser = argparse.ArgumentParser(description="Each page with its regions drawn on it.")
    parser.add_argument("file", nargs="?", help="a PDF, PNG or JPEG")
    parser.add_argument("--to", default=".", help="a folder for the pictures; default: here")
    chosen = parser.parse_args(arguments)
    try:
        with stand_in():
            source = Path(chosen.file or SAMPLE)
            to = Path(chosen.to)
            to.mkdir(parents=True, exist_ok=True)
            for path in drawn(source, to):
                print(f"drawn: {path}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
