"""`draw_layout`: a page with its regions drawn on it, from either framework's documents."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

import langchain_zhipu
import llama_index_zhipu
import zhipu_client
import zhipu_emulator
from cookbook.paper import Table, Text, Title, pdf
from tests.support.vision_servers import own_server, picture
from zhipu_client import InvalidRequestError
from zhipu_client._layout import layout_of, marks

ADAPTERS = {"langchain": langchain_zhipu, "llama_index": llama_index_zhipu}
each = pytest.mark.parametrize("adapter", ADAPTERS)


@pytest.fixture(scope="module")
def reach():
    with zhipu_emulator.serve() as server:
        yield {"base_url": server.base_url, "api_key": server.api_key}


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "report.pdf"
    page = [Title("Whales"), Text("They sleep."), Table([["Tea", "3.50"], ["Mug", "4.20"]])]
    made.write_bytes(pdf([[Text("First.")], page]))
    return made


def read(adapter: str, source: Any, reach: dict[str, Any], **more: Any) -> list[Any]:
    if adapter == "langchain":
        settings = {"boxes": True, **more}
        return langchain_zhipu.ZhipuAIOCRLoader(source, **settings, **reach).load()
    settings = {"with_regions": True, **more}
    return llama_index_zhipu.ZhipuAIOCRReader(**settings, **reach).load_data(source)


def colours(image: Any) -> set[str]:
    """The colours of frames that are on a picture."""
    used = {colour for _, colour in image.getcolors(image.width * image.height)}
    known = {"#cf222e": "title", "#0969da": "text", "#1a7f37": "table"}
    return {
        name
        for code, name in known.items()
        if tuple(bytes.fromhex(code[1:])) in used
    }  # fmt: skip


@each
def test_regions_are_drawn(adapter, path, reach):
    first, second = read(adapter, path, reach)
    draw = ADAPTERS[adapter].draw_layout
    image = draw(second)
    about = second.metadata
    assert image.size == (1653, 2339)  # A4 at 200 dpi
    assert {"title", "text", "table"} <= colours(image)
    boxes = about.get("boxes") or about["regions"]
    (table,) = [box for box in boxes if "table" in (box.get("category"), box.get("label"))]
    x1, y1, _, y2 = table.get("bbox") or table["bbox_2d"]
    scale = image.width / (about.get("page_width") or about["width"])
    at = round(x1 * scale), round((y1 + y2) / 2 * scale)
    assert image.getpixel(at) == (0x1A, 0x7F, 0x37)
    assert "table" not in colours(draw(first))


@each
def test_a_notebook_shows_it(adapter, path, reach):
    image = ADAPTERS[adapter].draw_layout(read(adapter, path, reach)[1])
    assert image._repr_png_().startswith(b"\x89PNG")


@each
def test_bytes_need_the_file(adapter, path, reach):
    (_, page) = read(adapter, path.read_bytes(), reach)
    draw = ADAPTERS[adapter].draw_layout
    with pytest.raises(InvalidRequestError, match="file="):
        draw(page)
    for file in (path, str(path), path.read_bytes()):
        assert "table" in colours(draw(page, file=file))


@each
def test_images(adapter, tmp_path, reach):
    path = tmp_path / "photo.png"
    path.write_bytes(picture(300, 200))
    metadata = {
        "page": 0, "page_label": "1", "total_pages": 1, "page_width": 600, "page_height": 400,
        "boxes": [{"label": "table", "category": "table", "bbox": [20, 20, 580, 380]}],
        "file_path": str(path),
    }  # fmt: skip
    image = ADAPTERS[adapter].draw_layout(document(adapter, metadata))
    assert image.size == (300, 200)
    assert image.getpixel((10, 100)) == (0x1A, 0x7F, 0x37)


def document(adapter: str, metadata: dict[str, Any]) -> Any:
    if adapter == "langchain":
        from langchain_core.documents import Document

        return Document("text", metadata=metadata)
    from llama_index.core.schema import Document as Other

    return Other(text="text", metadata=metadata)


def test_elements_of_a_page_and_pages_of_a_document(path, reach):
    elements = read("langchain", path, reach, mode="element")
    second = [one for one in elements if one.metadata["page"] == 1]
    assert {"title", "text", "table"} <= colours(langchain_zhipu.draw_layout(second))
    (table,) = [one for one in second if one.metadata["category"] == "table"]
    assert colours(langchain_zhipu.draw_layout(table)) == {"table"}


@each
def test_documents_without_a_layout(adapter, path, reach):
    without = {"boxes": False} if adapter == "langchain" else {"with_regions": False}
    page = read(adapter, path, reach, **without)[0]
    with pytest.raises(InvalidRequestError, match="boxes=True"):
        ADAPTERS[adapter].draw_layout(page)
    with own_server("vllm", lambda body, number: "# Page") as own:
        page = read(adapter, picture(30, 20), own.settings)[0]
    with pytest.raises(InvalidRequestError, match="reports no layout"):
        ADAPTERS[adapter].draw_layout(page)


@each
def test_pages_that_were_joined_are_drawn_one_by_one(adapter, path, reach):
    joined = {"mode": "single"} if adapter == "langchain" else {"split": "none"}
    (whole,) = read(adapter, path, reach, **joined)
    draw = ADAPTERS[adapter].draw_layout
    assert "table" in colours(draw(whole, page=2))
    assert "table" in colours(draw(whole, page=2, file=path))
    assert "table" not in colours(draw(whole))
    with pytest.raises(InvalidRequestError, match="no page 3"):
        draw(whole, page=3)
    (second,) = read(adapter, path, reach, first_page=2, **joined)
    assert "table" in colours(draw(second))


@each
@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("https://example.com/a.pdf?key=1", "file="),
        ("missing.pdf", "cannot be read"),
        ("/etc/hosts", "neither PDF, PNG nor JPEG"),
    ],
)
def test_what_metadata_names_is_opened_with_care(adapter, named, why):
    metadata = {"page_label": "1", "file_path": named, "boxes": [{"bbox": [1, 1, 5, 5]}]}
    with pytest.raises(InvalidRequestError, match=why):
        ADAPTERS[adapter].draw_layout(document(adapter, metadata))


@each
def test_a_root_bounds_it(adapter, path, tmp_path):
    metadata = {"page_label": "1", "file_path": str(path), "boxes": [{"bbox": [1, 1, 5, 5]}]}
    inner = tmp_path / "inner"
    inner.mkdir()
    with pytest.raises(InvalidRequestError, match="outside of the given root"):
        ADAPTERS[adapter].draw_layout(document(adapter, metadata), root=inner)


ODD = [
    None, "text", 5, [], [1, 2, 3], ["a", 1, 2, 3], [float("nan"), 1, 2, 3], [5, 5, 5, 5],
    [float("inf"), 1, 2, 3], {"x": 1},
]  # fmt: skip


@pytest.mark.parametrize("box", ODD)
def test_odd_boxes_are_left_out(box):
    good = {"label": "table", "bbox_2d": [1, 1, 5, 5]}
    found = marks([{"label": "x", "bbox_2d": box}, good, {}], None, (10, 10))
    assert [mark.label for mark in found] == ["2 table"]


@pytest.mark.parametrize(
    ("box", "placed"),
    [
        ([50, 60, 10, 20], (10, 20, 50, 60)),
        ([-50, -10, 5000, 1e300], (0, 0, 99, 99)),
        ([0.1, 0.2, 0.5, 0.6], (10, 20, 50, 60)),
    ],
)
def test_boxes_are_put_right(box, placed):
    assert [mark.box for mark in marks([{"bbox": box}], None, (100, 100))] == [placed]


def test_flat_metadata_is_read_too():
    flat = {"page": 1, "boxes": json.dumps([{"label": "text", "bbox": [1, 2, 3, 4]}])}
    assert layout_of([flat]).page == 2
    assert layout_of([{"page": 0, "bbox": "[1, 2, 3, 4]", "label": "text"}]).regions
    with pytest.raises(InvalidRequestError):
        layout_of([{"boxes": "[" * 100_000}])


def test_the_client_draws(path):
    regions = [{"label": "table", "bbox_2d": [10, 10, 500, 400]}]
    image = zhipu_client.draw_layout(path, regions, page=2, size=(595, 842))
    assert colours(image) == {"table"}
    with pytest.raises(InvalidRequestError, match=r"page is 3, but .* has 2 pages"):
        zhipu_client.draw_layout(path, regions, page=3)
    with pytest.raises(InvalidRequestError, match="is an address"):
        zhipu_client.draw_layout("https://example.com/a.pdf", regions)
    broken = io.BytesIO(picture(30, 20)).getvalue()[:40]
    with pytest.raises(InvalidRequestError, match="cannot be read as an image"):
        zhipu_client.draw_layout(broken, regions)


def test_encrypted_and_converted_files_are_drawn_on():
    import pikepdf
    from PIL import Image

    from tests.support.vision_servers import document as made_pdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(made_pdf(1))) as made:
        made.save(out, encryption=pikepdf.Encryption(owner="o", user="tea"))
    regions = [{"label": "table", "bbox_2d": [10, 10, 300, 200]}]
    image = zhipu_client.draw_layout(out.getvalue(), regions, password="tea")
    assert "table" in colours(image)
    with pytest.raises(InvalidRequestError, match="needs a password"):
        zhipu_client.draw_layout(out.getvalue(), regions)
    frames = [Image.new("RGB", (400, 300), "white") for _ in range(2)]
    out = io.BytesIO()
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:])
    assert "table" in colours(zhipu_client.draw_layout(out.getvalue(), regions, page=2))
