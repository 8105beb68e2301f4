"""Opening documents: what is refused, and that it is refused before anything is read."""

from __future__ import annotations

import asyncio
import base64
import os
import threading
import tracemalloc
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from zhipu_client import InvalidRequestError, aiterate, arun, ocr
from zhipu_client._io import documents
from zhipu_client._io.documents import open_document

from .conftest import FakeAsyncClient, make_pdf

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
MiB = 1024 * 1024


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(PNG)
    (tmp_path / "secret.png").write_bytes(PNG)
    return tmp_path


def refused(source: object, root: Path | None = None, most: int = 100 * MiB) -> str:
    with pytest.raises(InvalidRequestError) as caught:
        open_document(source, root, most)  # type: ignore[arg-type]
    return str(caught.value)


def test_n02_paths_outside_of_the_root(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder / "in"
    (root / "out.png").symlink_to(folder / "secret.png")
    (root / "up").symlink_to(folder, target_is_directory=True)
    (folder / "in2").mkdir()
    (folder / "in2" / "a.png").write_bytes(PNG)
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("it was opened"))
    for path in (
        folder / "secret.png",
        root / ".." / "secret.png",
        root / "out.png",
        root / "up" / "secret.png",
        folder / "in2" / "a.png",
        Path("/etc/hostname"),
    ):
        assert "outside of the given root" in refused(path, root)


def test_sizes_are_told_in_units_that_show_the_limit(folder: Path) -> None:
    path = folder / "in" / "a.png"
    assert f"{len(PNG)} bytes, more than the 10 bytes it may have" in refused(path, most=10)
    assert f"{len(PNG)} bytes, more than the 10 bytes it may have" in refused(PNG, most=10)
    path.write_bytes(bytes(2 * MiB))
    assert "2.0 MiB, more than the 1.5 MiB it may have" in refused(path, most=3 * MiB // 2)


def test_n02_a_link_inside_of_the_root_is_read(folder: Path) -> None:
    root = folder / "in"
    (root / "link.png").symlink_to(root / "a.png")
    document = open_document(root / "link.png", root, MiB)
    assert document.kind == "image/png"
    document.close()


def test_n02_what_is_no_regular_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    (folder / "null").symlink_to("/dev/null")
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("it was opened"))
    for path in (pipe, Path("/dev/zero"), Path("/dev/null"), folder / "null", folder):
        assert "is not a regular file" in refused(path)


def test_what_is_missing(folder: Path) -> None:
    assert "cannot be read" in refused(folder / "none.pdf")
    (folder / "loop").symlink_to(folder / "loop")
    assert "cannot be read" in refused(folder / "loop")
    assert "cannot be read" in refused("bad\0name.pdf")


def test_n03_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sparse.pdf"
    with path.open("wb") as file:
        file.write(b"%PDF-1.4\n")
        file.truncate(1024 * MiB)
    tracemalloc.start()
    assert "has 1,024.0 MiB, more than the 512 MiB" in refused(path, most=512 * MiB)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * MiB


def test_n03_a_large_picture_is_refused_by_its_own_limit(tmp_path: Path) -> None:
    path = tmp_path / "large.pdf"
    with path.open("wb") as file:
        file.write(PNG)
        file.truncate(11 * MiB)
    tracemalloc.start()
    assert "a PNG may have at most 10 MiB" in refused(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * MiB


def test_empty_and_unknown_content(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"")
    assert "is empty (0 bytes)" in refused(path)
    assert "is empty (0 bytes)" in refused(b"")
    path.write_bytes(b"\x7fELF" + b"\0" * 50)
    assert "neither PDF, PNG nor JPEG" in refused(path)
    assert "more than the 1,048,576 bytes" in refused(PNG + bytes(MiB), most=MiB)


def test_data_urls(tmp_path: Path) -> None:
    text = base64.b64encode(PNG).decode()
    document = open_document(f"data:image/png;base64,{text}", None, MiB)
    assert document.whole() == f"data:image/png;base64,{text}"
    assert "must be base64" in refused("data:image/png,abc")
    assert "is not base64" in refused("data:image/png;base64,*")


@pytest.mark.parametrize("grow", [b"more", b""], ids=["grows", "is touched"])
def test_a_file_that_changes_while_it_is_read(tmp_path: Path, grow: bytes) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(make_pdf(4))
    document = open_document(path, None, MiB)
    try:
        assert document.part(1, 2)
        with path.open("ab") as file:
            file.write(grow)
        os.utime(path, ns=(1, 1))
        for read in (lambda: document.part(3, 4), document.whole):
            with pytest.raises(InvalidRequestError, match="changed while it was read"):
                read()
    finally:
        document.close()


def test_a_pdf_with_a_password(tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    path = tmp_path / "locked.pdf"
    plain = tmp_path / "plain.pdf"
    plain.write_bytes(make_pdf(2))
    for password in ("secret", ""):
        writer = PdfWriter(clone_from=PdfReader(plain))
        writer.encrypt(password, "owner", algorithm="RC4-128")
        writer.write(path)
        if password:
            assert "needs a password" in refused(path)
        else:
            document = open_document(path, None, MiB)
            assert document.pages == 2
            assert len(PdfReader(_io(document.part(2, 2))).pages) == 1
            document.close()


def _io(content: bytes):
    import io

    return io.BytesIO(content)


def test_links_and_forms_do_not_bring_other_pages_along() -> None:
    from pypdf import PdfReader, PdfWriter
    from pypdf.annotations import Link
    from pypdf.generic import Fit, NameObject

    writer = PdfWriter(clone_from=PdfReader(_io(make_pdf(10, padding=50_000))))
    for number in range(10):
        link = Link(rect=(1, 1, 9, 9), target_page_index=9 - number, fit=Fit.fit())
        added = writer.add_annotation(number, link)
        added[NameObject("/P")] = writer.pages[9 - number].indirect_reference
    out = _io(b"")
    writer.write(out)
    document = open_document(out.getvalue(), None, 100 * MiB)
    try:
        assert len(document.part(1, 1)) < 70_000
    finally:
        document.close()


@pytest.mark.parametrize("notes", ["null", "[null]", "[7]", "7", "99 0 R"])
def test_a_page_with_odd_annotations_is_split_off(notes: str) -> None:
    content = make_pdf(3).replace(b"/MediaBox[0 0 595 842]", b"/Annots %b " % notes.encode(), 1)
    document = open_document(content, None, MiB)
    try:
        assert document.pages == 3
        assert document.part(1, 1).startswith(b"%PDF-")
    finally:
        document.close()


def test_a_broken_page_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "book.pdf"
    path.write_bytes(make_pdf(3))
    document = open_document(path, None, MiB)

    def fail(*_: object) -> bytes:
        raise documents.BrokenPDFError("/Contents")

    monkeypatch.setattr(documents.PDF, "part", fail)
    with pytest.raises(InvalidRequestError, match=r"book\.pdf is broken: page 2 cannot be taken"):
        document.part(2, 2)
    document.close()


def test_without_the_extra_a_small_pdf_is_sent_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    content = make_pdf(3)
    monkeypatch.setitem(sys.modules, "pikepdf", None)
    document = open_document(content, None, MiB)
    assert document.pages is None
    assert document.whole().startswith("data:application/pdf;base64,")
    monkeypatch.setattr(documents, "MAX_BYTES", {"application/pdf": 100})
    assert r"zhipu-integrations[ocr]" in refused(content)


def test_a_pdf_that_cannot_be_split_is_left_to_the_service() -> None:
    document = open_document(b"%PDF-1.4\nthis is all there is", None, MiB)
    assert document.pages is None
    assert document.whole()


@pytest.mark.parametrize("how", ["arun", "aiterate"])
@pytest.mark.parametrize("late", [False, True], ids=["opened", "opening"])
async def test_a_job_cancelled_while_it_begins_leaves_no_file_open(
    folder: Path, monkeypatch: pytest.MonkeyPatch, how: str, late: bool
) -> None:
    opened: list[object] = []
    inside, go_on, over = threading.Event(), threading.Event(), threading.Event()
    count = documents._File.__init__

    def begin(self: documents._File, file: BinaryIO, *more: Any) -> None:
        opened.append(file)
        inside.set()
        go_on.wait(10)
        count(self, file, *more)
        over.set()

    monkeypatch.setattr(documents._File, "__init__", begin)
    job = ocr.pages(folder / "in" / "a.png")

    async def read() -> None:
        if how == "arun":
            await arun(FakeAsyncClient(lambda body: body), job)
        else:
            async for _ in aiterate(FakeAsyncClient(lambda body: body), job):
                pytest.fail("a page came")

    task = asyncio.create_task(read())
    await asyncio.to_thread(inside.wait, 10)
    if not late:
        # The thread ends before the task hears of it, and of its cancellation.
        go_on.set()
        while not over.is_set():
            threading.Event().wait(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await asyncio.to_thread(over.wait, 10)
    for _ in range(500):
        if opened[0].closed:  # type: ignore[attr-defined]
            break
        await asyncio.sleep(0.01)
    assert opened[0].closed  # type: ignore[attr-defined]
