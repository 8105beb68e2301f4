"""Read a document with GLM-OCR on a server of your own: vLLM, SGLang or Ollama.

    vllm serve zai-org/GLM-OCR
    python cookbook/langchain/own_ocr.py report.pdf --base-url http://localhost:8000/v1

    ollama pull glm-ocr
    python cookbook/langchain/own_ocr.py report.pdf --model glm-ocr \
        --base-url http://localhost:11434/v1

Without --base-url the emulator of this project takes the place of such a server.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from langchain_core.documents import Document

from langchain_zhipu import ZhipuAIOCRLoader
from zhipu_client import ZhipuError
from zhipu_client.ocr import Task
from zhipu_emulator import sample, serve

SAMPLE = sample("notes/monday.png")


@contextmanager
def server(base_url: str | None, model: str) -> Iterator[dict[str, Any]]:
    """How to reach the server: yours, or an emulator for as long as the block lasts.

    No model runs in the emulator: it reads the text that its samples have beside the picture, and
    describes the size and the colours of other pages.
    """
    if base_url:
        # A key is always sent; such servers ignore it unless they were started with one.
        key = os.environ.get("SELF_HOSTED_KEY", "not-needed")
        yield {"base_url": base_url, "api_key": key, "model": model}
        return
    with serve() as emulator:
        print(f"No --base-url: the emulator on {emulator.base_url} stands in.", file=sys.stderr)
        yield {
            "base_url": emulator.base_url,
            "api_key": emulator.api_key,
            "model": "glm-4.6v",
            # The emulator speaks like the service, where this has to be said.
            "endpoint": "chat",
        }


def pages(source: Any, reach: dict[str, Any], task: Task) -> Iterator[Document]:
    """The pages of a document, each as soon as it was read; four are read at once.

    The same loader reads with the service: leave out the address and the model.
    """
    loader = ZhipuAIOCRLoader(source, tables="markdown", task=task, **reach)
    yield from loader.lazy_load()


def main(arguments: list[str] | None = None) -> int:
    """Read a document and print it page by page."""
    parser = argparse.ArgumentParser(description="GLM-OCR on a server of your own.")
    parser.add_argument("file", nargs="?", help="a PDF, PNG or JPEG; default: a small sample")
    parser.add_argument("--base-url", help="such as http://localhost:8000/v1")
    parser.add_argument("--model", default="zai-org/GLM-OCR", help="default: %(default)s")
    parser.add_argument("--task", default="text", help="text, table, formula or figure")
    chosen = parser.parse_args(arguments)
    try:
        with server(chosen.base_url, chosen.model) as reach:
            for page in pages(chosen.file or SAMPLE, reach, chosen.task):
                about = page.metadata
                size = f"{about.get('page_width')} x {about.get('page_height')} pixels"
                print(f"\n--- page {about['page_label']} of {about['total_pages']}, {size}")
                print(page.page_content)
    except ZhipuError as error:
        # An answer that was cut is never shown as a page; what came of it is here.
        cut = getattr(error, "cut_page", None)
        print(f"That did not work: {error}", file=sys.stderr)
        if cut is not None:
            print(f"Of page {cut.number} came {len(cut.text)} characters.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
