"""OCR, the web reader and extraction from cassettes."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from cookbook.paper import Table, Text, Title, pdf
from langchain_zhipu import (
    ChatZhipuAI,
    ZhipuAIFileParserLoader,
    ZhipuAIHandwritingLoader,
    ZhipuAIHandwritingParser,
    ZhipuAIOCRLoader,
    ZhipuAIOCRParser,
    ZhipuAIWebReaderLoader,
    create_ocr_extractor,
)
from tests.cassette_support.plugin import Mode, Service
from tests.support.notes import note
from zhipu_client import BadRequestError

pytestmark = pytest.mark.vcr

MENU = pdf(
    [
        [
            Title("Menu"),
            Text("Served from noon to three."),
            Table([["Dish", "Price"], ["Soup", "4"]]),
        ],
        [Title("Drinks"), Text("Tea is on the house.")],
    ]
)
NOTE = note("Buy milk", "Call Ada")
PAGES = ["https://cities.example/beijing", "https://cities.example/paris"]


async def load(loader: Any, mode: Mode) -> list[Document]:
    found: list[Document] = loader.load() if mode == "sync" else await loader.aload()
    return found


async def test_ocr(service: Service, mode: Mode) -> None:
    loader = ZhipuAIOCRLoader(
        MENU, tables="markdown", boxes=True, request_info=True, **service.settings
    )
    menu, drinks = await load(loader, mode)
    assert menu.page_content.startswith("# Menu")
    assert "| Dish | Price |\n| --- | --- |\n| Soup | 4 |" in menu.page_content
    assert menu.metadata["total_pages"] == 2
    assert menu.metadata["boxes"][0]["label"] == "doc_title"
    assert menu.metadata["token_usage"]["total_tokens"] > 0
    assert drinks.metadata["page"] == 1


async def test_ocr_of_elements(service: Service, mode: Mode) -> None:
    parser = ZhipuAIOCRParser(mode="element", **service.settings)
    blob = Blob.from_data(MENU, path="menu.pdf")
    found = parser.parse(blob) if mode == "sync" else await parser.aparse(blob)
    assert "table" in [d.metadata["category"] for d in found]
    assert {d.metadata["source"] for d in found} == {"menu.pdf"}


async def test_ocr_of_an_address_that_leads_nowhere(service: Service, mode: Mode) -> None:
    loader = ZhipuAIOCRLoader("https://nowhere.example/scan.png", **service.settings)
    with pytest.raises(BadRequestError) as caught:
        await load(loader, mode)
    assert caught.value.code == "1210"
    assert caught.value.resume_from.next_page == 1


async def test_extraction(service: Service, mode: Mode) -> None:
    template = {"dishes": [{"dish": "", "price": 0.0}]}
    model = ChatZhipuAI(model="glm-4.7", **service.settings)
    extractor = create_ocr_extractor(model, template)
    found = extractor.invoke(MENU) if mode == "sync" else await extractor.ainvoke(MENU)
    assert found == {"dishes": [{"dish": "Soup", "price": 4}]}


async def test_web_pages(service: Service, mode: Mode) -> None:
    beijing, paris = await load(ZhipuAIWebReaderLoader(PAGES, **service.settings), mode)
    assert beijing.metadata["source"] == PAGES[0]
    assert "Beijing" in beijing.metadata["title"]
    assert "Paris" in paris.page_content


async def test_a_web_page_that_may_not_be_read(service: Service, mode: Mode) -> None:
    loader = ZhipuAIWebReaderLoader("https://blocked.example/", **service.settings)
    with pytest.raises(BadRequestError) as caught:
        await load(loader, mode)
    assert caught.value.code == "1214"


@pytest.mark.parametrize("tool", ["lite", "prime-sync"])
async def test_a_parsed_file(service: Service, mode: Mode, tool: str) -> None:
    loader = ZhipuAIFileParserLoader(
        MENU, file_name="menu.pdf", tool_type=tool, interval=service.poll_interval,
        **service.settings,
    )  # fmt: skip
    (menu,) = await load(loader, mode)
    assert "Served from noon to three." in menu.page_content


async def test_a_file_that_cannot_be_parsed(service: Service, mode: Mode) -> None:
    loader = ZhipuAIFileParserLoader(b"no archive", file_name="menu.docx", **service.settings)
    with pytest.raises(BadRequestError, match="sha256"):
        await load(loader, mode)


async def test_handwriting(service: Service, mode: Mode) -> None:
    loader = ZhipuAIHandwritingLoader(NOTE, probability=True, **service.settings)
    (found,) = await load(loader, mode)
    assert found.page_content == "Buy milk\nCall Ada"
    assert 0 < found.metadata["confidence"] <= 1


async def test_handwriting_of_a_broken_image(service: Service, mode: Mode) -> None:
    parser = ZhipuAIHandwritingParser(**service.settings)
    blob = Blob.from_data(NOTE[:60], path="broken.png")
    with pytest.raises(BadRequestError, match=r"broken\.png"):
        parser.parse(blob) if mode == "sync" else await parser.aparse(blob)
