"""Documents before a failure are on the error of the methods that return lists."""

from __future__ import annotations

import pytest
from langchain_core.documents.base import Blob

from langchain_zhipu import ZhipuAIOCRParser, ZhipuAIWebReaderLoader
from zhipu_client import ZhipuError

ONE_BY_ONE = {"pages_per_request": 1, "max_in_flight": 1}


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_the_loader_keeps_pages_and_goes_on(loader, server, five_pages, asked, asynchronous):
    async def load(**more):
        made = loader(five_pages, **ONE_BY_ONE, **more)
        return await made.aload() if asynchronous else made.load()

    server.script(None, None, "error=1210")
    with pytest.raises(ZhipuError) as caught:
        await load()
    found = caught.value.documents
    assert [one.metadata["page"] for one in found] == [0, 1]
    found += await load(resume_from=caught.value.resume_from)
    assert [one.metadata["page"] for one in found] == [0, 1, 2, 3, 4]
    assert len(asked()) == 6, "no page is paid for twice"


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_the_parser_keeps_pages(access, server, five_pages, asynchronous):
    parser = ZhipuAIOCRParser(**access, **ONE_BY_ONE)
    blob = Blob.from_path(five_pages)
    server.script(None, None, "error=1210")
    with pytest.raises(ZhipuError) as caught:
        await parser.aparse(blob) if asynchronous else parser.parse(blob)
    assert [one.metadata["page"] for one in caught.value.documents] == [0, 1]


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_the_web_loader_keeps_pages(access, server, asynchronous):
    urls = ["https://generated.example/cats-1", "https://nowhere.example/"]
    made = ZhipuAIWebReaderLoader(urls, max_in_flight=1, **access)
    with pytest.raises(ZhipuError) as caught:
        await made.aload() if asynchronous else made.load()
    assert [one.metadata["source"] for one in caught.value.documents] == urls[:1]
