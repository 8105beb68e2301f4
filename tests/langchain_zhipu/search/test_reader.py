"""ZhipuAIWebReaderLoader."""

from __future__ import annotations

import pytest

import zhipu_emulator
from langchain_zhipu import ZhipuAIWebReaderLoader
from zhipu_client import BadRequestError, InvalidRequestError

PAGES = [f"https://cities.example/{name}" for name in ("beijing", "paris", "tokyo")]
BLOCKED = "https://blocked.example/"


async def test_pages_come_in_order_with_their_metadata(access, server):
    loader = ZhipuAIWebReaderLoader(PAGES, **access)
    found = loader.load()
    assert [d.metadata["source"] for d in found] == PAGES
    assert [d.metadata["title"].split(":")[0].split()[0] for d in found] == [
        "Beijing",
        "Paris",
        "Tokyo",
    ]
    assert found[0].page_content.startswith("# Beijing")
    assert found[0].metadata["description"]
    assert "request_id" not in found[0].metadata
    again = await loader.aload()
    assert [d.page_content for d in again] == [d.page_content for d in found]


def test_options_are_sent(access, server):
    ZhipuAIWebReaderLoader(
        PAGES[0],
        return_format="text",
        no_cache=True,
        retain_images=False,
        with_links_summary=True,
        page_timeout=5,
        **access,
    ).load()
    sent = server.requests[0]["json"]
    assert sent.pop("request_id")
    assert sent == {
        "url": PAGES[0],
        "timeout": 5,
        "no_cache": True,
        "return_format": "text",
        "retain_images": False,
        "with_links_summary": True,
    }


def test_what_the_service_tells_beyond_the_text(access, server):
    page = {
        "title": "Whales",
        "content": "They sleep.",
        "publishedTime": "2026-09-30",
        "links": {"More": "https://sea.example/more"},
        "metadata": {"description": "On sleep", "og:locale": "en_GB"},
    }
    server.script({"id": "7", "reader_result": page}, {"id": "8", "reader_result": None})
    whales, nothing = ZhipuAIWebReaderLoader(
        PAGES[:2], max_in_flight=1, request_info=True, **access
    ).load()
    assert whales.metadata == {
        "source": PAGES[0],
        "title": "Whales",
        "description": "On sleep",
        "language": "en_GB",
        "published_date": "2026-09-30",
        "request_id": "7",
        "links": '{"More": "https://sea.example/more"}',
    }
    assert nothing.page_content == ""


def test_a_page_that_fails_ends_it_after_those_before(access):
    seen = []
    loader = ZhipuAIWebReaderLoader([PAGES[0], BLOCKED, PAGES[1]], **access)
    with pytest.raises(BadRequestError, match="forbidden"):
        seen.extend(loader.lazy_load())
    assert [d.metadata["source"] for d in seen] == PAGES[:1]


async def test_or_is_left_out(access, caplog):
    loader = ZhipuAIWebReaderLoader([BLOCKED, *PAGES], on_error="skip", **access)
    assert [d.metadata["source"] for d in loader.load()] == PAGES
    assert [d.metadata["source"] for d in await loader.aload()] == PAGES
    assert BLOCKED in caplog.text


def test_what_is_no_address_is_refused_before_anything_is_sent(access, server):
    with pytest.raises(InvalidRequestError, match="must start with http"):
        ZhipuAIWebReaderLoader(["file:///etc/passwd"], **access).load()
    assert not server.requests


def test_requests_are_in_flight_together(access):
    with zhipu_emulator.serve(latency=0.2) as slow:
        reach = {"api_key": slow.api_key, "base_url": slow.base_url}
        loader = ZhipuAIWebReaderLoader(PAGES * 4, max_in_flight=12, **reach)
        assert len(loader.load()) == 12


def test_progress(access, capsys):
    ZhipuAIWebReaderLoader(PAGES, show_progress=True, **access).load()
    assert "3/3 pages" in capsys.readouterr().err
