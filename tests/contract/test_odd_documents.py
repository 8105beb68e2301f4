"""Files that are not what they seem, or more than their pages: said in words, with their names."""

from __future__ import annotations

import asyncio
import io
import logging
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from tests.support.pdfs import encrypted, plain
from zhipu_client import InvalidRequestError, ZhipuError
from zhipu_client.adapting import shown_name

from .server import Reply, scripted
from .subjects import KEY
from .test_encrypted import PASSWORD, _answer, _read
from .test_ocr import PNG

ADAPTERS = pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
#: A name as a member of an archive may have it: a line end, a colour, letters that turn round.
ODD_NAME = "a\nb\x1b[31m\u202efdp.pdf 😀 报告"
ODD_SHOWN = r"a\nb\x1b[31m\u202efdp.pdf 😀 报告"


def _with(name: str, value: Any) -> bytes:
    with pikepdf.open(io.BytesIO(plain(1))) as pdf:
        pdf.Root[name] = value
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def _zip(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:  # stored: the document is readable in it
        made.writestr(name, plain(1))
    return out.getvalue()


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        entry = tarfile.TarInfo("scan.pdf")
        entry.size = len(plain(1))
        made.addfile(entry, io.BytesIO(plain(1)))
    return out.getvalue()


@ADAPTERS
@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: _zip("scan.pdf"), "it is an archive: give the files in it"),
        (_tar, "it is an archive: give the files in it"),
        (lambda: _zip("[Content_Types].xml"), "Office files and texts are read by the file parser"),
        (lambda: _zip("mimetype"), "Office files and texts are read by the file parser"),
    ],
    ids=["zip", "tar", "office", "open document"],
)
def test_an_archive_with_a_pdf_in_it_is_not_a_pdf(
    adapter: str, make: Callable[[], bytes], why: str, tmp_path: Path
) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(make())
    with scripted() as server:
        with pytest.raises(InvalidRequestError, match=why) as caught:
            _read(adapter, "sync", path, server.base_url)
        assert not server.requests
    assert "scan.pdf is neither PDF" in str(caught.value)


@ADAPTERS
@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("/Collection", pikepdf.Dictionary(View=pikepdf.Name.D), "is a portfolio: the files in it"),
        ("/NeedsRendering", True, "is a form that only Adobe's programs draw"),
        ("/NeedsRendering", False, None),
    ],
    ids=["portfolio", "dynamic form", "form"],
)
def test_what_is_not_on_the_pages_is_said(
    adapter: str, name: str, value: Any, why: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    file = io.BytesIO(_with(name, value))
    file.name = ODD_NAME
    with scripted(_answer(["one"])) as server, caplog.at_level(logging.WARNING):
        assert _read(adapter, "sync", file, server.base_url) == ["one"]
    said = [record.getMessage() for record in caplog.records]
    assert [text.startswith(f"{ODD_SHOWN} {why}") for text in said] == ([True] if why else [])


@ADAPTERS
@pytest.mark.parametrize("content", [b"", b"words", b"%PDF-1.7\n"])
def test_no_name_breaks_a_line_of_an_error(adapter: str, content: bytes, tmp_path: Path) -> None:
    refused = Reply({"error": {"code": "1210", "message": "cannot be read"}}, status=400)
    path = tmp_path / ODD_NAME.replace("/", "")
    path.write_bytes(content)
    with scripted(refused) as server, pytest.raises(Exception, match="b") as caught:
        _read(adapter, "sync", path, server.base_url)
    assert str(caught.value).isprintable()
    assert ODD_SHOWN in str(caught.value)


@pytest.mark.parametrize("name", ["ZhipuAIOCRLoader", "ZhipuAIFileParserLoader"])
@pytest.mark.parametrize("way", ["sync", "async"])
def test_bytes_among_several_are_named_by_their_place(name: str, way: str) -> None:
    import langchain_zhipu

    refused = Reply({"error": {"code": "1210", "message": "unread"}}, status=400)
    picture = [PNG, PNG + b"more"]
    with scripted(refused) as server:
        settings = {"base_url": server.base_url, "api_key": KEY, "dialect": "zhipu"}
        loader = getattr(langchain_zhipu, name)(picture, **settings, max_retries=0)
        with pytest.raises(ZhipuError, match=r"It was about file_path\[0\]"):
            loader.load() if way == "sync" else asyncio.run(loader.aload())


def test_a_link_that_leads_nowhere_is_not_passed_over(tmp_path: Path) -> None:
    from langchain_zhipu import ZhipuAIOCRLoader

    (tmp_path / "lost.pdf").symlink_to("nowhere.pdf")
    loader = ZhipuAIOCRLoader(tmp_path, api_key=KEY, base_url="http://127.0.0.1:9")
    with pytest.raises(InvalidRequestError, match=r"lost\.pdf cannot be read"):
        loader.load()


def test_names_are_shown_as_they_can_be_read() -> None:
    assert shown_name(ODD_NAME) == ODD_SHOWN
    assert shown_name("a\udcff") == r"a\udcff"  # of a name that is not UTF-8
    assert shown_name("每年报告 é.pdf") == "每年报告 é.pdf"


@pytest.mark.parametrize(("adapter", "way"), [("langchain", "sync"), ("llama_index", "async")])
def test_what_a_function_for_passwords_raises_names_the_file(
    adapter: str, way: str, tmp_path: Path
) -> None:
    path = tmp_path / "locked.pdf"
    path.write_bytes(encrypted(plain(1), PASSWORD, 6))

    async def later(_: Any) -> str:
        return PASSWORD

    with scripted() as server:
        with pytest.raises(KeyError) as caught:
            _read(adapter, way, path, server.base_url, password={}.__getitem__)
        (note,) = caught.value.__notes__
        assert "locked.pdf needs a password, and the function that gives it raised this" in note
        for function, why in ((later, "is asynchronous"), (lambda _: len, "returned a function")):
            with pytest.raises(InvalidRequestError, match=rf"locked\.pdf needs .* {why}"):
                _read(adapter, way, path, server.base_url, password=function)
        assert not server.requests
