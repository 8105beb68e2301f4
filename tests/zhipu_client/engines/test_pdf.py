"""PDFs in parts look and read as they do in the whole; hostile ones are refused."""

from __future__ import annotations

import base64
import logging
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import ImageChops

from tests.support.pdfs import HOSTILE, KINDS, plain, written
from zhipu_client import InvalidRequestError, ocr
from zhipu_client._io import pdf as pdf_module
from zhipu_client._io.documents import open_document

from .pages import answer

MiB = 1024 * 1024


def seen(content: bytes, number: int) -> tuple[Any, str]:
    """What a viewer shows of a page, forms included, and its text."""
    with pypdfium2.PdfDocument(content) as document:
        document.init_forms()
        page = document[number]
        picture = page.render(scale=1).to_pil().convert("L").copy()
        return picture, page.get_textpage().get_text_bounded()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("here", [False, True], ids=["process", "here"])
def test_a_part_looks_and_reads_as_in_the_whole(
    kind: str, here: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if here:  # where no process can be started
        monkeypatch.setattr(pdf_module.sys, "executable", "")
    whole = KINDS[kind]()
    document = open_document(whole, None, 100 * MiB)
    try:
        assert document.pages
        for number in range(document.pages):
            shown, text = seen(whole, number)
            found, read = seen(document.part(number + 1, number + 1), 0)
            assert found.size == shown.size
            assert ImageChops.difference(found, shown).getbbox() is None
            assert read == text
            # Chinese is not drawn where no font for it is installed, but read.
            assert shown.getextrema()[0] < 200 or text.strip(), "nothing is on it"
    finally:
        document.close()


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_pdf_is_refused(kind: str, tmp_path: Path) -> None:
    make, why = HOSTILE[kind]
    path = tmp_path / "hostile.pdf"
    path.write_bytes(make())
    with pytest.raises(InvalidRequestError) as caught:
        open_document(path, None, 512 * MiB)
    assert why in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_process_that_ends_or_takes_too_long_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pdf_module, "_SECONDS", 0.0)
    with pytest.raises(InvalidRequestError, match="takes more than 20 seconds to open"):
        open_document(plain(1), None, MiB)


def test_many_objects_are_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from zhipu_client import iterate

    from .conftest import FakeClient

    started: list[int] = []
    start = pdf_module.PDF._start

    def counted(self: pdf_module.PDF) -> Any:
        started.append(1)
        return start(self)

    monkeypatch.setattr(pdf_module.PDF, "_start", counted)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    tree = b"<</Type/Pages/Count 130/Kids[%b]>>" % b" ".join(b"%d 0 R" % n for n in range(3, 133))
    bodies = [b"<</Type/Catalog/Pages 2 0 R>>", tree, *[page] * 130, *[b"<</A 1>>"] * 65_000]

    def read(body: dict[str, Any]) -> Any:
        sent = base64.b64decode(body["file"].partition(",")[2])
        with pypdfium2.PdfDocument(sent) as found:
            return answer(list(range(1, len(found) + 1)))

    pages = list(iterate(FakeClient(read), ocr.pages(written(bodies), pages_per_request=50)))
    assert [one.number for one in pages] == list(range(1, 131))
    assert started == [1]


def test_the_users_loggers_are_left_alone() -> None:
    names = ("pypdf", "pikepdf", "pikepdf._core")
    before = [
        (logging.getLogger(name).level, logging.getLogger(name).handlers[:]) for name in names
    ]
    open_document(plain(1), None, MiB).close()
    after = [(logging.getLogger(name).level, logging.getLogger(name).handlers[:]) for name in names]
    assert after == before


def test_a_large_file_is_in_flight_once(collect, make_client) -> None:
    from .pages import local

    content = plain(40, unused=13 * MiB)
    client = make_client(local, seconds=0.02)
    pages, error = collect(client, ocr.pages(content, pages_per_request=10))
    assert error is None
    assert [one.number for one in pages] == list(range(1, 41))
    assert client.most == 1
    asked = [(body["start_page_id"], body["end_page_id"]) for body in client.bodies]
    assert asked == [(1, 10), (11, 20), (21, 30), (31, 40)]
    client = make_client(local)
    collect(client, ocr.pages(plain(40, unused=33 * MiB)))
    assert len(client.bodies) == 1, "each request sends all of it: fewer of them"
