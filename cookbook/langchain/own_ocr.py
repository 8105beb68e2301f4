"""Read a document with GLM-OCR on a server of your own: vLLM, SGLang or Ollama.

    vllm serve zai-org/GLM-OCR
    python cookbook/langchain/own_ocr.py report.pdf --base-url http://localhost:8000/v1

    ollama pull glm-ocr
    python cookbook/langchain/own_ocr.py report.pdf --model glm-ocr \
        --base-url http://localhost:11434/v1

Without --base-url the emulator of this project stands in for such a server.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from langchain_core.documents import Document

from cookbook.own_server import ocr_arguments, ocr_server, sample
from langchain_zhipu import ZhipuAIOCRLoader
from zhipu_client import ZhipuError


def pages(source: Any, reach: dict[str, Any], task: str) -> Iterator[Document]:
    """The pages of a document, each as soon as it was read; four are read at once.

    The same loader reads with the service: leave out the address and the model.
    """
    loader = ZhipuAIOCRLoader(source, tables="markdown", task=task, **reach)
    yield from loader.lazy_load()


def main(arguments: list[str] | None = None) -> int:
    """Read a document and print it page by page."""
    chosen = ocr_arguments("GLM-OCR on a server of your own.").parse_args(arguments)
    try:
        with ocr_server(chosen.base_url, chosen.model) as reach:
            for page in pages(chosen.file or sample(), reach, chosen.task):
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
