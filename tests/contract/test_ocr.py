"""Tables of a scanned page as Markdown: each alone, whatever stands around it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from .server import Reply, scripted
from .subjects import KEY

TABLE = "<table><tr><td>Tea</td><td>3.50</td></tr></table>"
MADE = "| Tea | 3.50 |\n| --- | --- |"
#: What was read -> what the document says.
PAGES = {
    "alone": (TABLE, MADE),
    "between-lines": (f"# Menu\n\n{TABLE}\n\nend", f"# Menu\n\n{MADE}\n\nend"),
    "no-table": ("a < b", "a < b"),
}

# --- Where the adapters had drifted apart
PAGES |= {
    "in-a-line": (f"Prices: {TABLE} and more", f"Prices:\n\n{MADE}\n\nand more"),
    "two-in-a-row": (f"{TABLE}{TABLE}", f"{MADE}\n\n{MADE}"),
    "below-a-line": (f"Prices\n{TABLE}\nand more", f"Prices\n\n{MADE}\n\nand more"),
}

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def _read(adapter: str, way: str, path: Path, base_url: str) -> str:
    settings: dict[str, Any] = {"base_url": base_url, "api_key": KEY, "tables": "markdown"}
    if adapter == "langchain":
        from langchain_zhipu import ZhipuAIOCRLoader

        loader = ZhipuAIOCRLoader(path, **settings)
        (document,) = loader.load() if way == "sync" else asyncio.run(loader.aload())
        return document.page_content
    from llama_index_zhipu import ZhipuAIOCRReader

    reader = ZhipuAIOCRReader(**settings)
    if way == "sync":
        (page,) = reader.load_data(path)
    else:
        (page,) = asyncio.run(reader.aload_data(path))
    return page.text


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_tables_as_markdown(adapter, way, page, tmp_path):
    path = tmp_path / "page.png"
    path.write_bytes(PNG)
    written, wanted = PAGES[page]
    body = {"id": "ocr", "model": "glm-ocr", "md_results": written, "layout_details": [[]]}
    with scripted(Reply(body)) as server:
        text = _read(adapter, way, path, server.base_url)
    # How many lines are empty between two paragraphs makes no difference to Markdown.
    assert re.sub(r"\n{3,}", "\n\n", text).strip() == wanted
