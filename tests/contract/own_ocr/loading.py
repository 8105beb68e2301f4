"""Pages loaded by either adapter from a server of one's own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.vision_servers import KINDS

ADAPTERS = ("langchain", "llama_index")
WAYS = ("sync", "async")
each = pytest.mark.parametrize("adapter", ADAPTERS)
way = pytest.mark.parametrize("way", WAYS)
kinds = pytest.mark.parametrize("kind", KINDS)


def load(adapter: str, way: str, source: Any, resume: Any = None, **settings: Any) -> list[Any]:
    """The documents of a file."""
    if adapter == "langchain":
        from langchain_zhipu import ZhipuAIOCRLoader

        loader = ZhipuAIOCRLoader(source, resume_from=resume, **settings)
        return loader.load() if way == "sync" else asyncio.run(loader.aload())
    from llama_index_zhipu import ZhipuAIOCRReader

    reader = ZhipuAIOCRReader(**settings)
    more = {} if resume is None else {"resume_from": resume}
    if way == "sync":
        return reader.load_data(source, **more)
    return asyncio.run(reader.aload_data(source, **more))


def text(found: Any) -> str:
    return found.page_content if hasattr(found, "page_content") else found.text


def numbers(found: list[Any]) -> list[int]:
    """The pages by their label, which agrees with what was read on them."""
    for page in found:
        assert f"# Page {page.metadata['page_label']}\n" in text(page)
    return [int(page.metadata["page_label"]) for page in found]
