"""GLM-OCR on your own server: PDFs, images and addresses that both adapters take."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest

from tests.contract.own_ocr.loading import each, load, numbers, text, way
from tests.reliability.scenarios import answer
from tests.reliability.server import FaultServer
from tests.support.vision_servers import KINDS, cut, document, image_of, own_server, picture, read
from zhipu_client import InvalidRequestError, ServerError


@each
@way
def test_images(adapter, way, tmp_path):
    path = tmp_path / "photo.png"
    small = picture(300, 300, "PNG")
    path.write_bytes(small)
    with own_server("vllm", lambda body, page: "# Photo") as own:
        (page,) = load(adapter, way, path, **own.settings)
        (body,) = own.bodies
        sent = image_of(body)
        assert (sent.format, sent.size) == ("PNG", (300, 300))  # as it is
        assert page.metadata["total_pages"] == 1
        width, height = ("page_width", "page_height") if adapter == "langchain" else (
            "width", "height")  # fmt: skip
        assert (page.metadata[width], page.metadata[height]) == (300, 300)
        large = picture(4000, 2000, "JPEG")
        load(adapter, way, large, **own.settings)
        sent = image_of(own.bodies[-1])
        assert sent.width * sent.height <= 2_800_000
        assert round(sent.width / sent.height, 2) == 2
        load(adapter, way, large, max_pixels=20_000, **own.settings)
        sent = image_of(own.bodies[-1])
        assert sent.size == (200, 100)


@each
def test_images_are_upright_and_on_white(adapter):
    from PIL import Image

    held = Image.Exif()
    held[0x0112] = 6  # a quarter to the right
    with own_server("vllm", lambda body, page: "# Photo") as own:
        load(adapter, "sync", picture(40, 20, "JPEG", exif=held), **own.settings)
        assert image_of(own.bodies[-1]).size == (20, 40)
        load(adapter, "sync", picture(40, 20, "PNG", "RGBA"), **own.settings)
        assert image_of(own.bodies[-1]).getpixel((5, 5)) == (255, 255, 255)
        load(adapter, "sync", picture(40, 20, "PNG", "I;16"), **own.settings)
        assert image_of(own.bodies[-1]).getpixel((5, 5)) == (0, 0, 0)


@each
def test_a_broken_image_is_named(adapter, tmp_path):
    path = tmp_path / "broken.png"
    path.write_bytes(picture(300, 300)[:20])
    with own_server("vllm") as own:
        with pytest.raises(InvalidRequestError, match=r"broken\.png cannot be read as an image"):
            load(adapter, "sync", path, **own.settings)
        assert own.bodies == []


@each
def test_a_broken_pdf_is_named(adapter, tmp_path):
    path = tmp_path / "broken.pdf"
    path.write_bytes(b"%PDF-1.7\nand nothing else")
    with own_server("vllm") as own:
        with pytest.raises(InvalidRequestError, match=r"broken\.pdf is broken: it cannot"):
            load(adapter, "sync", path, **own.settings)
        assert own.bodies == []


@each
def test_bytes_and_data_urls(adapter):
    import base64

    content = document(2)
    url = "data:application/pdf;base64," + base64.b64encode(content).decode()
    with own_server("ollama") as own:
        for source in (content, url):
            assert numbers(load(adapter, "sync", source, **own.settings)) == [1, 2]


@each
def test_addresses_are_passed_on(adapter):
    with own_server("vllm", lambda body, page: "# Photo") as own:
        load(adapter, "sync", "https://example.com/photo.png?token=1", **own.settings)
        (body,) = own.bodies
        url = body["messages"][0]["content"][0]["image_url"]["url"]
        assert url == "https://example.com/photo.png?token=1"
        with pytest.raises(InvalidRequestError, match="download it"):
            load(adapter, "sync", "https://example.com/scan.pdf?token=1", **own.settings)
        assert len(own.bodies) == 1


@each
def test_images_need_no_extra(adapter, monkeypatch):
    import sys

    image = picture(30, 20)
    said = KINDS["vllm"][0]("glm-ocr", "# Photo", "stop")
    with FaultServer(answer(said)) as server, monkeypatch.context() as patched:
        patched.setitem(sys.modules, "PIL", None)
        reach = {"base_url": f"{server.url}/v1", "api_key": "not-needed"}
        (page,) = load(adapter, "sync", image, **reach)
    assert text(page) == "# Photo"


@pytest.fixture(scope="module")
def encrypted() -> bytes:
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(document(2))) as pdf:
        pdf.docinfo["/Title"] = "On boxes"
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="tea"))
    return out.getvalue()


@each
@way
def test_passwords(adapter, way, encrypted, tmp_path):
    path = tmp_path / "secret.pdf"
    path.write_bytes(encrypted)
    with own_server("vllm") as own:
        asked: list[Any] = []

        def known(of: Any) -> str:
            asked.append(str(of))
            return "tea"

        for password in ("tea", known):
            found = load(adapter, way, path, password=password, **own.settings)
            assert numbers(found) == [1, 2]
        assert asked == [str(path)]
        for password, why in ((None, "needs a password"), ("milk", "needs another password")):
            with pytest.raises(InvalidRequestError, match=rf"secret\.pdf {why}"):
                load(adapter, way, path, password=password, **own.settings)
        load(adapter, way, document(1), password=known, **own.settings)
        assert len(asked) == 1  # only for a file that needs one


def test_a_pdf_says_what_it_is(encrypted):
    with own_server("vllm") as own:
        first, _ = load("langchain", "sync", encrypted, password="tea", **own.settings)
    assert first.metadata["title"] == "On boxes"


@each
@way
def test_other_images_are_converted(adapter, way, tmp_path):
    from PIL import Image

    frames = [Image.new("L", (833, 889 + 56 * number), 10 * number) for number in (0, 1)]
    path = tmp_path / "fax.tiff"
    frames[0].save(path, save_all=True, append_images=frames[1:], dpi=(200, 200))
    with own_server("vllm") as own:
        assert numbers(load(adapter, way, path, **own.settings)) == [1, 2]
        assert own.pages == [1, 2]
        out = io.BytesIO()
        frames[0].save(out, "WEBP", lossless=True)
        assert numbers(load(adapter, way, out.getvalue(), **own.settings)) == [1]
        assert image_of(own.bodies[-1]).format == "PNG"
        with pytest.raises(InvalidRequestError, match="file parser"):
            load(adapter, way, b"PK\x03\x04 and so on", **own.settings)


@each
@way
def test_uploads_are_named_in_errors(adapter, way):
    upload = io.BytesIO(document(2))
    upload.name = "upload.pdf"

    def made(body: Any, page: int) -> Any:
        return cut() if page == 2 else read(body, page)

    with (
        own_server("vllm", made) as own,
        pytest.raises(ServerError, match=r"page 2.*upload\.pdf"),
    ):
        load(adapter, way, upload, **own.settings)


def test_what_was_filled_into_a_form_is_seen():
    import pikepdf

    out = io.BytesIO()
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(300, 320))
        black = pdf.make_stream(
            b"0 g 0 0 100 50 re f", BBox=[0, 0, 100, 50], Subtype=pikepdf.Name.Form
        )
        field = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx,
                T="total", V="7", F=4, Rect=[100, 100, 200, 150], AP=pikepdf.Dictionary(N=black),
            )
        )  # fmt: skip
        page.Annots = pdf.make_indirect([field])
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[field])
        pdf.save(out)
    with own_server("vllm") as own:
        load("langchain", "sync", out.getvalue(), **own.settings)
        image = image_of(own.bodies[0])
    at = round(150 / 300 * image.width), round((1 - 125 / 320) * image.height)
    assert image.getpixel(at)[0] < 128


@way
def test_the_parser_reads_blobs(way, file):
    from langchain_core.documents.base import Blob

    from langchain_zhipu import ZhipuAIOCRParser

    blob = Blob.from_path(file(2), metadata={"year": 1987})
    with own_server("sglang") as own:
        parser = ZhipuAIOCRParser(**own.settings)
        found = parser.parse(blob) if way == "sync" else asyncio.run(parser.aparse(blob))
    assert numbers(found) == [1, 2]
    assert {page.metadata["year"] for page in found} == {1987}
