"""More pages than were asked for: those of the whole document are found, others are an error."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.pdfs import plain
from zhipu_client import ServerError

from .server import Reply, scripted
from .subjects import KEY


def answer(*texts: str) -> Reply:
    regions = [[{"index": 0, "label": "text", "content": text}] for text in texts]
    return Reply({"id": "1", "md_results": "\n\n".join(texts), "layout_details": regions})


def read(adapter: str, way: str, base_url: str) -> list[str]:
    settings: dict[str, Any] = {"base_url": base_url, "api_key": KEY, "dialect": "zhipu"}
    settings |= {"max_retries": 0, "pages_per_request": 2, "max_in_flight": 1}
    if adapter == "langchain":
        from langchain_zhipu import ZhipuAIOCRLoader

        loader = ZhipuAIOCRLoader(plain(6), **settings)
        found = loader.load() if way == "sync" else asyncio.run(loader.aload())
        return [page.page_content for page in found]
    from llama_index_zhipu import ZhipuAIOCRReader

    reader = ZhipuAIOCRReader(**settings)
    pages = reader.load_data if way == "sync" else reader.aload_data
    made: Any = pages(plain(6))
    return [page.text for page in (made if way == "sync" else asyncio.run(made))]


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_pages_that_may_be_any_are_an_error(adapter: str, way: str) -> None:
    script = [answer("a", "b"), answer("c", "d", "x"), answer("e", "f")]
    why = "sent 3 pages where 2 were asked for, from page 3"
    with scripted(*script) as server, pytest.raises(ServerError, match=why):
        read(adapter, way, server.base_url)


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_the_whole_document_is_cut(adapter: str) -> None:
    with scripted(*[answer(*"abcdef")] * 3) as server:
        assert read(adapter, "sync", server.base_url) == [*"abcdef"]


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_text_that_is_on_no_page_in_particular_is_reported(adapter: str, caplog: Any) -> None:
    sizes = {"data_info": {"num_pages": 2, "pages": [{"width": 9}, {"width": 9}]}}
    reply = Reply({"id": "1", "md_results": "a\n\nb", "layout_details": None, **sizes})
    with scripted(reply, reply, reply) as server:
        assert read(adapter, "sync", server.base_url) == ["a\n\nb"] * 3
    assert "did not report which of the pages 3 to 4 has what text" in caplog.text
