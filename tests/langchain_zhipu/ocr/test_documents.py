"""From pages to documents: modes, metadata, tables. No I/O."""

from __future__ import annotations

import json
import uuid
from typing import Any

from langchain_zhipu._ocr.documents import Shape, image_urls
from zhipu_client.ocr import OCRPage, table_to_markdown, tables_as_markdown

TABLE = "<table><tr><td>Tea</td><td>3.50</td></tr></table>"


def region(index: int, label: str, native: str, content: str, **more: Any) -> dict[str, Any]:
    box = [10, 20 * index, 90, 20 * index + 15]
    return {"index": index, "label": label, "native_label": native, "bbox_2d": box} | {
        "content": content,
        "width": 100,
        "height": 140,
        **more,
    }


def page(number: int = 1, **changes: Any) -> OCRPage:
    values: dict[str, Any] = {
        "number": number,
        "text": f"# Menu\n\n{TABLE}",
        "regions": [
            region(0, "text", "doc_title", "Menu"),
            region(1, "table", "table", TABLE),
            region(2, "image", "image", ""),
        ],
        "width": 100,
        "height": 140,
        "total_pages": 9,
        "model": "GLM-OCR",
        "request_id": f"request-{number}",
        "usage": {"total_tokens": 5, "prompt_tokens_details": {"cached_tokens": 1}},
    }
    return OCRPage(**{**values, **changes})


def test_a_page_has_the_metadata_of_langchains_pdf_loaders_and_its_layout():
    shape = Shape(boxes=True, request_info=True)
    (document,) = shape.of_page(page(3), {"source": "menu.pdf"})
    assert document.page_content == f"# Menu\n\n{TABLE}"
    boxes = document.metadata.pop("boxes")
    assert document.metadata == {
        "source": "menu.pdf",
        "total_pages": 9,
        "page": 2,
        "page_label": "3",
        "page_width": 100,
        "page_height": 140,
        "model": "GLM-OCR",
        "request_id": "request-3",
        "token_usage": {"total_tokens": 5, "prompt_tokens_details": {"cached_tokens": 1}},
    }
    assert boxes[0] == {"label": "doc_title", "category": "text", "bbox": [10, 0, 90, 15]}
    assert [box["label"] for box in boxes] == ["doc_title", "table", "image"]


def test_without_boxes_metadata_is_flat():
    crop = region(0, "image", "image", "https://files.example/crop.png")
    found = page(regions=[crop])
    (document,) = Shape(request_info=True).of_page(found, {})
    (element, *_) = Shape("element", request_info=True).of_page(page(), {})
    (single,) = Shape("single", request_info=True).of_pages([found, page(2)], {})
    for one in (document, element, single):
        assert "boxes" not in one.metadata
        assert all(isinstance(value, (str, int)) for value in one.metadata.values())
    assert json.loads(element.metadata["token_usage"])["total_tokens"] == 5
    assert json.loads(single.metadata["request_ids"]) == ["request-1", "request-2"]


def test_without_boxes_the_callers_own_metadata_is_left_as_it_is():
    (document,) = Shape(boxes=False).of_page(page(), {"tags": ["a", "b"]})
    assert document.metadata["tags"] == ["a", "b"]


def test_elements_are_documents_of_their_own():
    shape = Shape("element", "markdown", boxes=True, request_info=True)
    title, table = shape.of_page(page(), {"source": "menu.pdf"})
    assert title.page_content == "# Menu"
    assert title.metadata["label"] == "doc_title"
    assert title.metadata["bbox"] == [10, 0, 90, 15]
    assert title.metadata["page"] == 0
    assert table.page_content == "| Tea | 3.50 |\n| --- | --- |"
    assert table.metadata["element_index"] == 1
    # What one request cost is told once.
    assert [("token_usage" in d.metadata) for d in (title, table)] == [True, False]


def test_usage_is_kept_when_the_first_element_has_no_text():
    regions = [region(0, "image", "image", ""), region(1, "text", "text", "Tea")]
    shape = Shape("element", boxes=True, request_info=True)
    (only,) = shape.of_page(page(regions=regions), {})
    assert only.metadata["token_usage"]["total_tokens"] == 5


def test_a_page_without_regions_is_one_element():
    (document,) = Shape("element").of_page(page(regions=[], text="Tea"), {})
    assert document.page_content == "Tea"


def test_single_joins_pages_and_tells_where_each_begins():
    shape = Shape("single", "markdown", delimiter="\n\f", boxes=True, request_info=True)
    (document,) = shape.of_pages([page(1), page(2, text="Fin")], {"source": "menu.pdf"})
    first, second = document.metadata["pages"]
    assert document.page_content[second["start_index"] :] == "Fin"
    assert document.page_content[second["start_index"] - 2 : second["start_index"]] == "\n\f"
    assert (first["page"], first["start_index"], first["page_width"]) == (0, 0, 100)
    assert document.metadata["request_ids"] == ["request-1", "request-2"]
    assert document.metadata["token_usage"] == {
        "total_tokens": 10,
        "prompt_tokens_details": {"cached_tokens": 2},
    }
    assert "page" not in document.metadata
    assert list(shape.of_pages([], {})) == []


def test_tables_in_a_text_become_markdown_that_stands_alone():
    text = f"Prices: {TABLE} and more\n\n<TABLE><tr><th>a|b</th></tr></TABLE>"
    assert tables_as_markdown(text) == (
        "Prices:\n\n| Tea | 3.50 |\n| --- | --- |\n\nand more\n\n| a\\|b |\n| --- |"
    )
    assert tables_as_markdown("no table < here") == "no table < here"
    assert tables_as_markdown("open <table><tr>") == "open <table><tr>"
    assert tables_as_markdown("<table></table>") == "<table></table>"


def test_many_tables_that_never_end_take_no_long():
    text = "<table>" * 100_000
    assert tables_as_markdown(text) == text


def test_pictures_with_addresses_are_told():
    crop = "https://files.example/crop.png"
    regions = [region(0, "image", "image", crop), region(1, "image", "image", crop)]
    found = page(regions=regions, layout_image="https://files.example/layout.png")
    assert image_urls(found) == [crop, "https://files.example/layout.png"]
    (document,) = Shape(boxes=True).of_page(found, {})
    assert document.metadata["images"][0] == {"bbox": [10, 0, 90, 15], "url": crop}
    assert document.metadata["layout_image"] == "https://files.example/layout.png"


def test_what_the_service_leaves_out_is_no_error():
    bare = OCRPage(1, "text", [{"content": "text"}])
    (document,) = Shape(boxes=True).of_page(bare, {})
    assert document.metadata == {"page": 0, "page_label": "1", "boxes": [{"bbox": None}]}
    (element,) = Shape("element").of_page(bare, {})
    assert element.page_content == "text"


def test_pages_without_text_are_left_out_and_the_others_keep_their_numbers():
    pages = [page(1), page(2, text=" \n", regions=[]), page(3)]
    found = [d for one in pages for d in Shape().of_page(one, {})]
    assert [d.metadata["page"] for d in found] == [0, 2]
    kept = [d for one in pages for d in Shape(keep_empty=True).of_page(one, {})]
    assert [d.metadata.get("empty") for d in kept] == [None, True, None]
    (single,) = Shape("single").of_pages(pages, {})
    assert [detail["page"] for detail in json.loads(single.metadata["pages"])] == [0, 2]
    assert list(Shape("single").of_pages(pages[1:2], {})) == []


def test_ids_are_the_same_at_each_load():
    about = {"source": "menu.pdf"}
    shapes = [Shape(), Shape("element"), Shape("single")]
    found = [
        [d.id for s in shapes[:2] for n in (1, 2) for d in s.of_page(page(n), about)]
        + [d.id for d in shapes[2].of_pages([page(1), page(2)], about)]
        for _ in range(2)
    ]
    assert found[0] == found[1]
    assert len({str(uuid.UUID(one)) for one in found[0]}) == len(found[0])


def test_captions_images_and_open_cells_of_tables_are_kept():
    caption = "<table><caption>Table 7: prices</caption><tr><td>a</td></tr></table>"
    assert table_to_markdown(caption) == "Table 7: prices\n\n| a |\n| --- |"
    image = (
        '<table><tr><td><img src="https://a.example/y.png" alt="Fig"/></td><td>b</td></tr></table>'
    )
    assert table_to_markdown(image).startswith("| ![Fig](https://a.example/y.png) | b |")
    assert table_to_markdown("<table><tr><td>a<td>b<tr><td>c</table>").endswith("| c |  |")
    assert table_to_markdown("<table><tr><td><p>a</p><p>b</p></table>").startswith("| a b |")
    nested = "<table><tr><td>x<table><tr><td>y</td></tr></table></td></tr></table>"
    assert table_to_markdown(nested) == nested
    assert "x" in tables_as_markdown(nested)
