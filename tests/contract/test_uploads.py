"""Whatever contains a file is a document: uploads, open files, blobs, members of archives."""

from __future__ import annotations

import asyncio
import base64
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import zhipu_emulator
from cookbook.paper import Text, Title, pdf
from tests.contract.test_loaded_twice import sound
from zhipu_client import InvalidRequestError, ZhipuError, audio, file_parser, files, ocr
from zhipu_client.adapting import name_of, read_upload

PAGES = 3


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def reach(running: Any) -> dict[str, Any]:
    running.reset()
    return {"api_key": running.api_key, "base_url": running.base_url, "max_retries": 0}


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "scan.pdf"
    path.write_bytes(pdf([[Title(f"Page {n}"), Text("Whales.")] for n in range(PAGES)]))
    return path


class _Upload:
    """As FastAPI's `UploadFile`: its own `read` is asynchronous."""

    def __init__(self, content: bytes, filename: str) -> None:
        self.file = io.BytesIO(content)
        self.filename = filename

    async def read(self, size: int = -1) -> bytes:
        return self.file.read(size)


def _blob(path: Path) -> Any:
    from langchain_core.documents.base import Blob

    return Blob.from_data(path.read_bytes(), path=path.name)


def _archive(path: Path, closing: ExitStack) -> zipfile.ZipFile:
    archive = path.with_suffix(".zip")
    if not archive.exists():  # another kind may have it open
        with zipfile.ZipFile(archive, "w") as made:
            made.write(path, path.name)
    return closing.enter_context(zipfile.ZipFile(archive))


def _member(path: Path, closing: ExitStack) -> Any:
    return zipfile.Path(_archive(path, closing)) / path.name


def _opened_member(path: Path, closing: ExitStack) -> Any:
    return closing.enter_context(_archive(path, closing).open(path.name))


def _fsspec(path: Path, *, opened: bool) -> Any:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe(f"/box/{path.name}", path.read_bytes())
    if opened:
        return memory.open(f"/box/{path.name}", "rb")
    return fsspec.open(f"memory://box/{path.name}", "rb")


def _half_read(path: Path) -> Any:
    file = io.BytesIO(path.read_bytes())
    file.read(100)  # somebody looked at its head
    return file


KINDS = {
    "bytes": lambda path, _: path.read_bytes(),
    "bytearray": lambda path, _: bytearray(path.read_bytes()),
    "memoryview": lambda path, _: memoryview(path.read_bytes()),
    "path": lambda path, _: path,
    "bytesio": lambda path, _: io.BytesIO(path.read_bytes()),
    "half-read": lambda path, _: _half_read(path),
    "open-file": lambda path, closing: closing.enter_context(path.open("rb")),
    "upload": lambda path, _: _Upload(path.read_bytes(), path.name),
    "blob": lambda path, _: _blob(path),
    "archive-member": _member,
    "open-archive-member": _opened_member,
    "fsspec": lambda path, _: _fsspec(path, opened=True),
    "fsspec-not-open": lambda path, _: _fsspec(path, opened=False),
}
NAMED = [kind for kind in KINDS if kind not in ("bytes", "bytearray", "memoryview", "bytesio")]
NAMED.remove("half-read")


@pytest.fixture
def given() -> Iterator[Callable[[str, Path], Any]]:
    """A document of a kind; what was opened for it is closed after the test."""
    with ExitStack() as closing:
        yield lambda kind, path: KINDS[kind](path, closing)


def _load(adapter: str, way: str, given: Any, reach: dict[str, Any]) -> list[Any]:
    if adapter == "langchain":
        from langchain_zhipu import ZhipuAIOCRLoader

        loader = ZhipuAIOCRLoader(given, **reach)
        return loader.load() if way == "sync" else asyncio.run(loader.aload())
    from llama_index_zhipu import ZhipuAIOCRReader

    reader = ZhipuAIOCRReader(**reach)
    return reader.load_data(given) if way == "sync" else asyncio.run(reader.aload_data(given))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_ocr(adapter, way, kind, scan, given, reach):
    assert len(_load(adapter, way, given(kind, scan), reach)) == PAGES


@pytest.mark.parametrize("kind", NAMED)
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_what_cannot_be_read_is_named(adapter, kind, tmp_path, given, reach):
    path = tmp_path / "scan-17.tif"
    path.write_bytes(b"no picture")
    with pytest.raises(ZhipuError, match=r"scan-17\.tif"):
        _load(adapter, "sync", given(kind, path), reach)


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_loader_reads_several_in_a_list(way, scan, given, reach):
    several = [given(kind, scan) for kind in KINDS]
    assert len(_load("langchain", way, several, reach)) == PAGES * len(KINDS)


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_reader_reads_one_as_those_of_llama_index_do(way, reach):
    with pytest.raises(InvalidRequestError, match=r"file must be a path, .* got \['one.pdf'\]"):
        _load("llama_index", way, ["one.pdf"], reach)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["sync", "async"])
def test_the_other_readers(kind, way, scan, tmp_path, given, reach):
    from llama_index_zhipu import ZhipuAIFileParserReader, ZhipuAITranscriptionReader

    parser = ZhipuAIFileParserReader(interval=0.01, **reach)
    heard = ZhipuAITranscriptionReader(**reach)
    spoken = sound(tmp_path / "memo.wav")
    info = {"file_name": "scan.pdf"}
    if way == "sync":
        found = [*parser.load_data(given(kind, scan), info), *heard.load_data(given(kind, spoken))]
    else:
        found = [
            *asyncio.run(parser.aload_data(given(kind, scan), info)),
            *asyncio.run(heard.aload_data(given(kind, spoken))),
        ]
    assert len(found) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_client(kind, scan, tmp_path, given):
    content = scan.read_bytes()
    name = None if kind in NAMED else "scan.pdf"
    for request in (
        files.create(file=given(kind, scan), filename=name, purpose="agent"),
        file_parser.create(file=given(kind, scan), filename=name),
        file_parser.create_sync(file=given(kind, scan), filename=name),
    ):
        assert request.uploads[0].content == content
        assert request.uploads[0].filename == "scan.pdf"
    spoken = sound(tmp_path / "memo.wav")
    assert audio.transcribe(file=given(kind, spoken)).uploads[0].content == spoken.read_bytes()
    assert ocr.create(file=given(kind, scan)).json["file"].startswith("data:application/pdf")
    assert read_upload(given(kind, scan), 10**6, "file") is None or kind != "path"


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.open(), "opened as text"),
        (lambda path: io.StringIO("text"), "opened as text"),
        (lambda path: _closed(path), "closed file"),
    ],
    ids=["text-file", "text", "closed"],
)
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_what_is_refused(adapter, make, why, tmp_path, reach):
    path = tmp_path / "notes.txt"
    path.write_text("notes")
    given = make(path)
    with pytest.raises(InvalidRequestError, match=why):
        _load(adapter, "sync", given, reach)
    given.close()


class _Broken:
    name = "box/scan.pdf"

    def read(self, size: int = -1) -> bytes:
        raise EOFError("Compressed file ended")


class _AtOnce:
    """As answers of HTTP clients are read: all of it, whatever the size."""

    url = "https://a.example/scan.pdf?signature=secret"

    def read(self) -> bytes:
        return b""


@pytest.mark.parametrize("odd", [_Broken(), _AtOnce()])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_whatever_an_object_raises_when_it_is_read_is_one_error(adapter, odd, reach):
    with pytest.raises(InvalidRequestError, match=r"/scan\.pdf cannot be read \(.+\)") as caught:
        _load(adapter, "sync", odd, reach)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("address", ["s3://box/scan.pdf", "file:///box/scan.pdf"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_an_address_that_is_not_read_here_is_no_missing_file(adapter, address, reach):
    with pytest.raises(InvalidRequestError, match=r"scan\.pdf .* give an open file"):
        _load(adapter, "sync", address, reach)


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_members_of_an_archive_have_names_and_ids_of_their_own(adapter, scan, reach):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in ("box/one.pdf", "box/two.pdf"):
            archive.add(scan, name)
    path = scan.with_suffix(".tar")
    path.write_bytes(packed.getvalue())
    with tarfile.open(path) as archive:
        found = [
            _load(adapter, "sync", archive.extractfile(member), reach)
            for member in archive.getmembers()
        ]
    assert len({getattr(page, "id", None) or page.doc_id for one in found for page in one}) == 6
    assert all("two.pdf" in str(page.metadata) for page in found[1])


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_what_has_a_word_for_a_name_is_named_by_its_content_or_address(adapter, scan, reach):
    piped, answer = io.BytesIO(scan.read_bytes()), io.BytesIO(scan.read_bytes())
    piped.name = "<stdin>"  # type: ignore[attr-defined]
    answer.name, answer.url = "<urllib response>", "https://a.example/b.pdf"  # type: ignore[attr-defined]
    names = [_names(_load(adapter, "sync", one, reach)) for one in (piped, answer)]
    assert all("<" not in name for name in names)
    assert "https://a.example/b.pdf" in names[1]


def _names(pages: list[Any]) -> str:
    return " ".join(f"{page.metadata} {getattr(page, 'id_', '')}" for page in pages)


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_a_data_url_may_be_broken_into_lines(adapter, scan, reach):
    lines = base64.encodebytes(scan.read_bytes()).decode()
    assert len(_load(adapter, "sync", f"data:application/pdf;base64,{lines}", reach)) == PAGES


@pytest.mark.parametrize("folder", ["long/" * 700, "r" * 5000 + "/"], ids=["deep", "too-long"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_a_very_long_name_is_shortened_in_the_middle(adapter, folder, reach):
    for name in ("scan.pdf", "e" * 240 + ".pdf"):
        with pytest.raises(InvalidRequestError) as caught:
            _load(adapter, "sync", folder + name, reach)
        text = str(caught.value)
        assert folder[:60] in text
        assert f"{name} cannot be read" in text
        assert len(text) < 500


def _closed(path: Path) -> Any:
    with path.open("rb") as file:
        return file


class _OnlyAsync:
    name = "remote.pdf"

    async def read(self, size: int = -1) -> bytes:
        return b""


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_what_reads_asynchronously_only_is_refused(adapter, reach):
    with pytest.raises(InvalidRequestError, match=r"remote\.pdf is asynchronous"):
        _load(adapter, "sync", _OnlyAsync(), reach)


def test_too_much_is_not_read():
    class Endless(io.RawIOBase):
        asked = 0

        def read(self, size: int = -1) -> bytes:
            Endless.asked = size
            return bytes(size)

    with pytest.raises(InvalidRequestError, match="may have at most 1,000 bytes"):
        read_upload(Endless(), 1000)
    assert Endless.asked == 1001


def test_a_temporary_file_without_a_name_has_none():
    import tempfile

    with tempfile.TemporaryFile() as file:
        assert name_of(file) is None


class _InPieces(io.RawIOBase):
    """As a socket or a pipe: a read gives what is there just now."""

    def __init__(self, content: bytes) -> None:
        self._left = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._left.read(min(size, 100) if size > 0 else 100)


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_what_comes_in_pieces_is_read_to_its_end(adapter, way, scan, reach):
    content = scan.read_bytes()
    assert len(_load(adapter, way, _InPieces(content), reach)) == PAGES
    assert ocr.create(file=_InPieces(content)).json == ocr.create(file=content).json
    with pytest.raises(InvalidRequestError, match="at most 250 bytes"):
        read_upload(_InPieces(content), 250)


@pytest.mark.parametrize("odd", ["x" * 5000 + ".pdf", "a\0b.pdf", {"a.pdf": 1}, 5, None])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_what_names_no_file_is_refused(adapter, odd, reach):
    with pytest.raises(InvalidRequestError):
        _load(adapter, "sync", odd, reach)


def test_an_address_may_be_written_large():
    for url in ("HTTPS://a.example/A.pdf", "Http://a.example/a.pdf"):
        assert ocr.create(file=url).json["file"] == url
