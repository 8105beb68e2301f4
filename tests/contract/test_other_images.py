"""TIFF, WebP, BMP, GIF, HEIC: sent as what the service takes, a page for each frame."""

from __future__ import annotations

import asyncio
import base64
import io
import sys
import types
from pathlib import Path
from typing import Any

import pillow_heif
import pypdfium2
import pytest
from PIL import Image

from zhipu_client import InvalidRequestError

from .server import Reply, scripted
from .subjects import KEY

#: A kind -> Pillow's format, how it is saved, and the MIME type that the metadata names.
KINDS: dict[str, tuple[str, dict[str, Any], str]] = {
    "tiff": ("TIFF", {}, "image/tiff"),
    "tiff of a fax": ("TIFF", {"compression": "group4"}, "image/tiff"),
    "webp": ("WEBP", {"lossless": True}, "image/webp"),
    "bmp": ("BMP", {}, "image/bmp"),
    "gif": ("GIF", {}, "image/gif"),
    "jpeg 2000": ("JPEG2000", {}, "image/jp2"),
    "heic": ("HEIF", {"quality": 90}, "image/heic"),
}


def drawn(kind: str, frames: int = 1) -> bytes:
    how, more, _ = KINDS[kind]
    mode = "1" if "fax" in kind else "RGB"
    images = [Image.new("RGB", (40, 30), (50 * n, 0, 0)).convert(mode) for n in range(frames)]
    several = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    out = io.BytesIO()
    if kind == "heic":
        made = pillow_heif.from_pillow(images[0])
        for image in images[1:]:
            made.add_from_pillow(image)
        made.save(out, **more)
    else:
        images[0].save(out, how, **more, **several)
    return out.getvalue()


def read(adapter: str, way: str, source: Any, base_url: str) -> list[Any]:
    settings: dict[str, Any] = {"base_url": base_url, "api_key": KEY, "dialect": "zhipu"}
    if adapter == "langchain":
        from langchain_zhipu import ZhipuAIOCRLoader

        loader = ZhipuAIOCRLoader(source, **settings)
        return loader.load() if way == "sync" else asyncio.run(loader.aload())
    from llama_index_zhipu import ZhipuAIOCRReader

    reader = ZhipuAIOCRReader(**settings)
    return reader.load_data(source) if way == "sync" else asyncio.run(reader.aload_data(source))


def answer(pages: int) -> Reply:
    texts = [f"page {number}" for number in range(pages)]
    regions = [[{"index": 0, "label": "text", "content": text}] for text in texts]
    return Reply({"id": "1", "md_results": "\n\n".join(texts), "layout_details": regions})


def sent(server: Any) -> bytes:
    return base64.b64decode(server.requests[0].json["file"].partition(",")[2])


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_image_becomes_a_png(adapter: str, way: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "scan.image"
    path.write_bytes(drawn(kind))
    with scripted(answer(1)) as server:
        (page,) = read(adapter, way, path, server.base_url)
        with Image.open(io.BytesIO(sent(server))) as image:
            assert (image.format, image.size) == ("PNG", (40, 30))
    assert page.metadata["converted_from"] == KINDS[kind][2]


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
@pytest.mark.parametrize("kind", ["tiff", "tiff of a fax", "webp", "gif", "heic"])
def test_several_frames_become_pages(adapter: str, kind: str) -> None:
    with scripted(answer(3)) as server:
        pages = read(adapter, "sync", drawn(kind, 3), server.base_url)
        with pypdfium2.PdfDocument(sent(server)) as document:
            looks = [document[n].render().to_pil().getpixel((5, 5)) for n in range(len(document))]
    assert [page.metadata["page_label"] for page in pages] == ["1", "2", "3"]
    reds = [look[0] for look in looks]
    assert kind == "tiff of a fax" or reds == pytest.approx([0, 50, 100], abs=6)


@pytest.mark.parametrize("package", ["pillow_heif", "pi_heif"])
def test_heic_where_a_decoder_is_installed(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Decoder(types.ModuleType):
        def HeifImageFile(self, file: Any) -> Any:
            assert file.read(8)[4:] == b"ftyp"
            return Image.new("RGB", (40, 30), "red")

    for name in ("pillow_heif", "pi_heif"):
        monkeypatch.setitem(sys.modules, name, Decoder(name) if name == package else None)
    with scripted(answer(1)) as server:
        (page,) = read("langchain", "sync", b"\0\0\0\x18ftypheic" + bytes(50), server.base_url)
        with Image.open(io.BytesIO(sent(server))) as image:
            assert (image.format, image.size) == ("PNG", (40, 30))
    assert page.metadata["converted_from"] == "image/heic"


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_what_cannot_be_converted_is_named(adapter: str, tmp_path: Path) -> None:
    for name, content, why in (
        ("a.tif", b"II*\0xx", "image/tiff and cannot be converted"),
        ("b.heic", b"\0\0\0\x18ftypheic" + bytes(50), "image/heic and cannot be converted"),
        ("c.docx", b"PK\x03\x04" + bytes(50), "file parser"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with scripted() as server:
            with pytest.raises(InvalidRequestError, match=why) as caught:
                read(adapter, "sync", path, server.base_url)
            assert name in str(caught.value)
            assert not server.requests


def test_a_huge_image_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    from zhipu_client._io import pictures

    monkeypatch.setattr(pictures, "_MOST_PIXELS", 1000)
    with pytest.raises(InvalidRequestError, match="more than the 1,000 that are read"):
        read("langchain", "sync", drawn("bmp"), "http://127.0.0.1:9")


@pytest.mark.parametrize("names", [[], ["letter.docx", "notes.xyz"]])
def test_a_folder_in_which_nothing_is_read_says_so(names: list[str], tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(InvalidRequestError) as caught:
        read("langchain", "sync", tmp_path, "http://127.0.0.1:9")
    assert str(tmp_path) in str(caught.value)
    assert all(name in str(caught.value) for name in names)


def test_a_folder_of_images_with_other_endings(tmp_path: Path) -> None:
    for name in ("a.jfif", "b.TIF", "c.jpe", "d.webp"):
        (tmp_path / name).write_bytes(drawn("tiff"))
    with scripted(*[answer(1)] * 4) as server:
        assert len(read("langchain", "sync", tmp_path, server.base_url)) == 4


@pytest.mark.parametrize(
    ("shades", "seen"), [((65535, 65535), (255, 255)), ((30000, 30000), (255, 255)),
                         ((0, 0), (0, 0)), ((0, 65535), (0, 255)), ((1000, 2000), (0, 255))]
)  # fmt: skip
def test_images_of_16_bits_keep_light_and_dark(
    shades: tuple[int, int], seen: tuple[int, int]
) -> None:
    from zhipu_client._io import pictures

    image, out = Image.new("I;16", (2, 1), shades[0]), io.BytesIO()
    image.putpixel((1, 0), shades[1])
    image.save(out, "TIFF")
    made, kind = pictures.convert(out, "a.tif", "image/tiff")
    with Image.open(made) as found:
        assert kind == "image/png"
        assert (found.getpixel((0, 0)), found.getpixel((1, 0))) == seen
