"""What goes wrong with documents: sizes, types, files that change, addresses that lead astray."""

from __future__ import annotations

import gc
import io
import os
import threading
from functools import cache
from pathlib import Path

import pytest
from langchain_core.exceptions import ModelInvalidRequestError

import zhipu_emulator
from langchain_zhipu import ZhipuAIOCRLoader
from tests.langchain_zhipu.ocr.conftest import document
from zhipu_client import InvalidRequestError, ServerError

LAYOUT = "/layout_parsing"


def test_a_pdf_of_250_pages_comes_whole_and_in_order(loader, tmp_path, asked):
    path = tmp_path / "long.pdf"
    path.write_bytes(document(250))
    held = most = 0
    seen = []
    for page in loader(path, pages_per_request=25, max_in_flight=2).lazy_load():
        seen.append(page.metadata["page"])
        held = len(asked()) * 25 - len(seen)
        most = max(most, held)
    assert seen == list(range(250))
    assert len(asked()) == 10
    # Requests run ahead of the reader by a few parts, not by the whole document.
    assert most <= 4 * 25 + 25


def test_a_range_that_dies_half_way_of_250_pages(loader, tmp_path, server, asked):
    path = tmp_path / "long.pdf"
    path.write_bytes(document(250))
    settings = {"pages_per_request": 50, "max_in_flight": 1}
    server.script(
        None,
        None,
        zhipu_emulator.Answer(
            json={"error": {"code": "500", "message": "x"}}, status=500, path=LAYOUT
        ),
    )
    seen = []
    with pytest.raises(ServerError) as caught:
        seen.extend(page.metadata["page"] for page in loader(path, **settings).lazy_load())
    assert seen == list(range(100))
    assert caught.value.resume_from.next_page == 101
    rest = loader(path, resume_from=caught.value.resume_from, **settings)
    seen += [page.metadata["page"] for page in rest.lazy_load()]
    assert seen == list(range(250))
    assert len(asked()) == 6


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"GIF89a and more", "image/gif and cannot be converted"),
        (b"PK\x03\x04 a Word file", "neither PDF, PNG nor JPEG"),
    ],
    ids=["empty", "gif", "docx"],
)
def test_what_is_no_document_is_refused_before_anything_is_sent(
    loader, tmp_path, asked, content, said
):
    path = tmp_path / "report.pdf"
    path.write_bytes(content)
    with pytest.raises(InvalidRequestError, match=said) as caught:
        loader(path).load()
    assert isinstance(caught.value, ModelInvalidRequestError)
    assert not asked()


async def test_the_same_async(loader, tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(b"")
    with pytest.raises(InvalidRequestError, match="is empty"):
        await loader(path).aload()


def test_a_png_named_pdf_is_read_as_what_it_is(loader, tmp_path, picture, asked):
    path = tmp_path / "scan.pdf"
    path.write_bytes(picture)
    (page,) = loader(path, keep_empty=True).load()
    assert asked()[0]["file"].startswith("data:image/png;base64,")
    assert page.metadata["page_width"] == 300


def test_missing_files_and_devices_are_refused(loader, tmp_path):
    with pytest.raises(InvalidRequestError, match="cannot be read"):
        loader(tmp_path / "none.pdf").load()
    pipe = tmp_path / "pipe.pdf"
    os.mkfifo(pipe)
    with pytest.raises(InvalidRequestError, match="is not a regular file"):
        loader(pipe).load()


def test_a_file_larger_than_allowed_is_not_read(loader, five_pages):
    with pytest.raises(InvalidRequestError, match="more than"):
        loader(five_pages, max_bytes=100).load()


def test_a_file_that_grows_while_it_is_read(loader, five_pages, asked):
    # One that is sent whole is read once: each request has the file as it was.
    pages = loader(five_pages, pages_per_request=1, max_in_flight=1).lazy_load()
    assert next(pages).metadata["page"] == 0
    with five_pages.open("ab") as file:
        file.write(b"\n% more")
    assert [page.metadata["page"] for page in pages] == [1, 2, 3, 4]
    assert len({body["file"] for body in asked()}) == 1


@cache  # the file says when it was made
def picture_pdf() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (400, 300), "teal").save(out, "PDF")
    return out.getvalue()


def test_pictures_are_asked_for_and_kept_on_request_only(loader, tmp_path, asked):
    (plain,) = loader(picture_pdf()).load()
    assert "return_crop_images" not in asked()[0]
    assert "images" not in plain.metadata
    (told,) = loader(picture_pdf(), boxes=True, crops=True, layout_images=True).load()
    assert told.metadata["images"][0]["url"].startswith("http")
    assert told.metadata["layout_image"].startswith("http")
    folder = tmp_path / "new" / "pictures"
    settings = {"crops": True, "layout_images": True, "save_images_to": folder, "boxes": True}
    (again,) = loader(picture_pdf(), **settings).load()
    assert "url" not in again.metadata["images"][0]  # it differs at each load
    settings["request_info"] = True
    (kept,) = loader(picture_pdf(), **settings).load()
    (image,) = kept.metadata["images"]
    assert Path(image["path"]).read_bytes().startswith(b"\x89PNG")
    assert image["url"].startswith("http")
    assert image["path"] in kept.page_content
    assert image["url"] not in kept.page_content
    assert Path(kept.metadata["layout_image"]).parent == folder
    (element,) = loader(picture_pdf(), mode="element", **settings).load()
    assert element.page_content == f"![]({image['path']})"
    # The same names in each run: nothing piles up.
    assert len(list(folder.iterdir())) == 2


async def test_pictures_are_kept_async_too(loader, tmp_path):
    found = await loader(picture_pdf(), boxes=True, crops=True, save_images_to=tmp_path).aload()
    names = {path.name for path in tmp_path.iterdir()}
    assert found[0].metadata["images"][0]["path"].rsplit("/", 1)[1] in names


@pytest.fixture
def trap():
    """Something that listens on loopback and must never be asked."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.05)
        asked = []
        done = threading.Event()

        def accept() -> None:
            while not done.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                asked.append(True)
                connection.close()

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        done.set()
        thread.join()


def test_an_address_of_this_machine_in_an_answer_is_not_fetched(tmp_path, trap, caplog):
    url, asked = trap
    with zhipu_emulator.serve(media_base=url) as server:
        loader = ZhipuAIOCRLoader(
            picture_pdf(),
            api_key=server.api_key,
            base_url=server.base_url,
            boxes=True,
            crops=True,
            save_images_to=tmp_path,
        )
        (page,) = loader.load()
    assert not asked
    assert not list(tmp_path.iterdir())
    # The text is there all the same, with the address as it came.
    assert page.metadata["images"][0]["url"].startswith(url)
    assert "path" not in page.metadata["images"][0]
    assert "was not saved" in caplog.text


@pytest.mark.parametrize("method", ["load", "aload"])
async def test_pictures_that_cannot_be_saved_cost_no_text(loader, tmp_path, caplog, method) -> None:
    folder = tmp_path / "taken"
    folder.write_text("a file")
    made = loader(picture_pdf(), layout_images=True, save_images_to=folder)
    (page,) = await made.aload() if method == "aload" else made.load()
    assert page.metadata["layout_image"].startswith("http")
    assert "was not saved" in caplog.text


@pytest.mark.skipif(os.name == "nt", reason="file names cannot be bytes on Windows")
def test_a_name_that_is_no_utf8(loader, tmp_path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.pdf")
    path.write_bytes(picture_pdf())
    (page,) = loader(path, layout_images=True, save_images_to=tmp_path / "kept").load()
    assert Path(page.metadata["layout_image"]).is_file()


@pytest.mark.parametrize("bad", ["*.none", 5, None])
def test_what_was_found_before_a_bad_source_is_read(loader, five_pages, tmp_path, bad) -> None:
    bad = str(tmp_path / bad) if isinstance(bad, str) else bad
    got = []
    with pytest.raises(InvalidRequestError) as caught:
        # Of an iterator, which nobody can look through before.
        got.extend(loader(iter([five_pages, bad]), pages_per_request=1).lazy_load())
    assert caught.value.field == "file_path"
    assert len(got) == 5


def test_nothing_stays_open(loader, five_pages):
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("open descriptors are counted in /proc/self/fd, which this system lacks")

    def files() -> int:
        return sum(link.readlink() == five_pages for link in folder.iterdir() if link.is_symlink())

    pages = loader(five_pages, pages_per_request=1).lazy_load()
    next(pages)
    assert files() == 1
    pages.close()
    gc.collect()
    assert files() == 0
    loader(five_pages).load()
    assert files() == 0
