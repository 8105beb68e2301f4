"""How the recipes reach a server of your own that serves GLM-OCR, or what stands in for it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cookbook.access import print_anything, reach_loopback_directly
from cookbook.paper import Table, Text, Title, pdf


def ocr_arguments(description: str) -> argparse.ArgumentParser:
    """The command line of a recipe that reads a document."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("file", nargs="?", help="a PDF, PNG or JPEG; default: a small sample")
    parser.add_argument("--base-url", help="such as http://localhost:8000/v1")
    parser.add_argument("--model", default="zai-org/GLM-OCR", help="default: %(default)s")
    parser.add_argument("--task", default="text", help="text, table, formula or figure")
    return parser


def sample() -> bytes:
    """A price list of two pages as a PDF."""
    return pdf(
        [
            [Title("Prices"), Table([["Drink", "EUR"], ["Tea", "3.50"], ["Coffee", "4.20"]])],
            [Title("Hours"), Text("We open at nine and close at six.")],
        ]
    )


@contextmanager
def ocr_server(base_url: str | None, model: str) -> Iterator[dict[str, Any]]:
    """The settings by which adapters reach the server.

    Without an address the emulator is started on a free loopback port for as long as the block
    lasts: no model runs in it, it describes the image of a page in a sentence.
    """
    print_anything()
    if base_url:
        # A key is always sent; such servers ignore it unless they were started with one.
        key = os.environ.get("SELF_HOSTED_KEY", "not-needed")
        yield {"base_url": base_url, "api_key": key, "model": model}
        return
    import zhipu_emulator

    reach_loopback_directly()
    with zhipu_emulator.serve() as emulator:
        print(f"No --base-url: the emulator on {emulator.base_url} stands in.", file=sys.stderr)
        yield {
            "base_url": emulator.base_url,
            "api_key": emulator.api_key,
            "model": "glm-4.6v",
            # The emulator speaks like the service, where this has to be said.
            "endpoint": "chat",
        }
