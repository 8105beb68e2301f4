"""ZhipuAIOCRLoader against the emulator: sources, modes, ranges, pictures, resuming."""

from __future__ import annotations

import base64
import json
import logging
import pickle
from pathlib import Path

import pytest

import zhipu_emulator
from cookbook.paper import Title, pdf
from langchain_zhipu import ResumePoint, ZhipuAIOCRLoader, _ocr
from tests.langchain_zhipu.ocr.conftest import document
from zhipu_client import AuthenticationError, InvalidRequestError, ServerError, ZhipuError

LAYOUT = "/layout_parsing"
FAULT = zhipu_emulator.Answer(
    json={"error": {"code": "500", "message": "broken"}}, status=500, path=LAYOUT
)


def titles(documents) -> list[str]:
    return [d.page_content.split("\n")[0].removeprefix("# ") for d in documents]


def test_a_pdf_file_comes_page_by_page(loader, five_pages):
    documents = loader(five_pages).load()
    assert titles(documents) == [f"Page {number}" for number in range(1, 6)]
    first = documents[0].metadata
    assert first["source"] == first["file_path"] == str(five_pages)
    assert first["total_pages"] == 5
    assert [d.metadata["page"] for d in documents] == [0, 1, 2, 3, 4]
    assert [d.metadata["page_label"] for d in documents] == ["1", "2", "3", "4", "5"]
    # What the file says of itself, under the names of LangChain's PDF loaders.
    assert first["producer"] == "paper"
    assert first["title"] == "On whales"
    assert first["model"] == "GLM-OCR"
    (page,) = loader(five_pages, first_page=1, last_page=1, boxes=True).load()
    box = page.metadata["boxes"][0]
    assert box["label"] == "doc_title"
    left, top, right, bottom = box["bbox"]
    assert 0 < left < right < first["page_width"]
    assert 0 < top < bottom < first["page_height"]


@pytest.mark.parametrize("nothing", ["", ["report.pdf", ""], None, 7])
def test_no_source_is_not_the_current_folder(loader, tmp_path, monkeypatch, nothing):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.pdf").write_bytes(pdf([[Title("One")]]))
    documents = loader(nothing).lazy_load()
    with pytest.raises(InvalidRequestError, match="file_path must") as caught:
        for document in documents:
            assert document.metadata["source"] == "report.pdf"
    assert caught.value.field == "file_path"


async def test_async_gives_the_same(loader, five_pages):
    for mode in ("page", "single", "element"):
        settings = {"mode": mode, "tables": "markdown", "pages_per_request": 2, "boxes": True}
        sync = loader(five_pages, **settings).load()
        found = await loader(five_pages, **settings).aload()
        assert [d.page_content for d in found] == [d.page_content for d in sync]
        assert [d.metadata.get("boxes") for d in found] == [d.metadata.get("boxes") for d in sync]


def test_modes(loader, five_pages):
    (single,) = loader(five_pages, mode="single").load()
    starts = [page["start_index"] for page in json.loads(single.metadata["pages"])]
    assert [single.page_content[at : at + 8] for at in starts] == [
        f"# Page {number}" for number in range(1, 6)
    ]
    elements = loader(five_pages, mode="element", tables="markdown").load()
    assert [e.metadata["category"] for e in elements[:3]] == ["text", "text", "table"]
    assert elements[2].page_content.startswith("| Tea | 3.50 |")


def test_long_documents_go_in_parts_and_come_in_order(loader, five_pages, asked):
    settings = {"pages_per_request": 2, "max_in_flight": 3, "request_info": True}
    documents = loader(five_pages, **settings).load()
    assert titles(documents) == [f"Page {number}" for number in range(1, 6)]
    assert len(asked()) == 3
    assert len({d.metadata["request_id"] for d in documents}) == 3
    assert sum("token_usage" in d.metadata for d in documents) == 3


def test_a_range_of_pages(loader, five_pages):
    documents = loader(five_pages, first_page=2, last_page=3).load()
    assert [d.metadata["page"] for d in documents] == [1, 2]


def test_the_sites_limit_holds_for_each_request(tmp_path):
    path = tmp_path / "long.pdf"
    path.write_bytes(document(7))
    with zhipu_emulator.serve(ocr_pages=3) as server:
        loader = ZhipuAIOCRLoader(
            path, api_key=server.api_key, base_url=server.base_url, pages_per_request=3
        )
        assert len(loader.load()) == 7
        assert len(server.requests) == 3


def test_bytes_data_urls_and_pictures(loader, five_pages, picture):
    content = five_pages.read_bytes()
    from_bytes = loader(content).load()
    assert len(from_bytes) == 5
    assert from_bytes[0].metadata["source"].startswith("sha256:")
    assert "file_path" not in from_bytes[0].metadata
    assert from_bytes[0].metadata["title"] == "On whales"
    url = "data:application/pdf;base64," + base64.b64encode(content).decode()
    assert titles(loader(url).load()) == titles(from_bytes)
    (image,) = loader(picture, keep_empty=True).load()
    assert image.metadata["empty"] is True
    assert loader(picture).load() == []
    assert (image.metadata["page_width"], image.metadata["page_height"]) == (300, 200)


def test_an_address_is_given_to_the_service(five_pages):
    url = "https://papers.example/whales.pdf"
    with zhipu_emulator.serve(web={url: five_pages.read_bytes()}) as server:
        loader = ZhipuAIOCRLoader(url, api_key=server.api_key, base_url=server.base_url)
        documents = loader.load()
        assert server.requests[0]["json"]["file"] == url
    assert len(documents) == 5
    assert documents[0].metadata["source"] == url
    assert "file_path" not in documents[0].metadata


@pytest.fixture
def folder(tmp_path: Path, picture: bytes) -> Path:
    root = tmp_path / "scans"
    (root / "deep").mkdir(parents=True)
    (root / ".hidden").mkdir()
    (root / "b.pdf").write_bytes(document(2, "B"))
    (root / "a.PDF").write_bytes(document(3, "A"))
    (root / "deep" / "c.pdf").write_bytes(document(1, "C"))
    (root / "deep" / "d.png").write_bytes(picture)
    (root / "notes.txt").write_text("no document")
    (root / ".hidden" / "e.pdf").write_bytes(document(1, "E"))
    return root


def names(documents) -> list[str]:
    return list(dict.fromkeys(Path(d.metadata["source"]).name for d in documents))


def test_a_folder_is_read_in_order(loader, folder):
    documents = loader(folder, max_in_flight=8, keep_empty=True).load()
    assert names(documents) == ["a.PDF", "b.pdf", "c.pdf", "d.png"]
    assert titles(documents)[:6] == ["A 1", "A 2", "A 3", "B 1", "B 2", "C 1"]


def test_patterns_choose_files(loader, folder):
    assert names(loader(folder, glob="*.pdf").load()) == ["b.pdf"]
    assert names(loader(f"{folder}/**/*.pdf").load()) == ["b.pdf", "c.pdf"]
    both = [folder / "deep" / "c.pdf", str(folder / "b.pdf")]
    assert names(loader(both).load()) == ["c.pdf", "b.pdf"]
    with pytest.raises(InvalidRequestError, match="no file matches"):
        loader(f"{folder}/*.tiff").load()


def test_a_name_with_brackets_is_a_name(loader, tmp_path):
    path = tmp_path / "scan [1].pdf"
    path.write_bytes(document(1))
    assert names(loader(str(path)).load()) == ["scan [1].pdf"]


def test_single_gives_one_document_a_file(loader, folder):
    settings = {"mode": "single", "boxes": True, "keep_empty": True}
    assert [len(d.metadata["pages"]) for d in loader(folder, **settings).load()] == [3, 2, 1, 1]


def test_what_a_folder_holds_is_no_reason_to_fail_when_told_so(loader, folder, caplog):
    (folder / "aa.pdf").write_bytes(b"")
    (folder / "deep" / "cc.pdf").write_bytes(b"no PDF at all")
    with pytest.raises(InvalidRequestError, match=r"aa\.pdf is empty"):
        loader(folder).load()
    documents = loader(folder, on_error="skip", keep_empty=True).load()
    assert names(documents) == ["a.PDF", "b.pdf", "c.pdf", "d.png"]
    assert "aa.pdf" in caplog.text
    assert "cc.pdf" in caplog.text


def test_what_a_folder_has_beside_documents_is_in_the_log(loader, folder, caplog):
    for name in ("minutes.docx", "prices.XLSX", ".hidden.docx"):
        (folder / "deep" / name).write_bytes(b"PK")
    caplog.set_level(logging.INFO, "langchain_zhipu")
    assert loader(folder).load()
    warned = " ".join(one.getMessage() for one in caplog.records if one.levelname == "WARNING")
    assert f"{folder}: not read by OCR" in warned
    assert "ZhipuAIFileParserLoader reads them: minutes.docx, prices.XLSX" in warned
    assert "hidden" not in caplog.text
    caplog.clear()
    assert loader(folder, glob="*.pdf").load()  # which says what is wanted
    assert "not read" not in caplog.text


def test_a_wrong_key_is_never_skipped(loader, folder):
    with pytest.raises(AuthenticationError):
        loader(folder, on_error="skip", api_key="wrong.key").load()


def test_root_keeps_files_inside(loader, folder, five_pages):
    assert loader(folder / "b.pdf", root=folder).load()
    link = folder / "link.pdf"
    link.symlink_to(five_pages)
    with pytest.raises(InvalidRequestError, match="outside"):
        loader(link, root=folder).load()


def broken_at(server, call: int) -> None:
    """The ``call``-th layout request from now on fails, counted from 1."""
    server.script(*([None] * (call - 1)), FAULT)


@pytest.mark.parametrize("mode", ["page", "single", "element"])
def test_resuming_pays_for_no_page_twice(loader, five_pages, server, asked, mode):
    settings = {"mode": mode, "pages_per_request": 1, "max_in_flight": 1}
    whole = loader(five_pages, **settings).load()
    server.reset()
    broken_at(server, 3)
    got = []
    with pytest.raises(ServerError) as caught:
        got.extend(loader(five_pages, **settings).lazy_load())
    # The finished pages came before the error, but for `single`, where they are on it.
    assert {d.metadata.get("page") for d in got} == (set() if mode == "single" else {0, 1})
    point = caught.value.resume_from
    assert isinstance(point, ResumePoint)
    assert (point.source, point.next_page) == (str(five_pages), 3)
    point = pickle.loads(pickle.dumps(point))
    assert type(point) is _ocr.ResumePoint  # the name in older pickles
    got.extend(loader(five_pages, resume_from=point, **settings).lazy_load())
    assert [d.page_content for d in got] == [d.page_content for d in whole]
    assert len(asked()) == 6  # five pages and the one that failed


async def test_resuming_async(loader, five_pages, server):
    settings = {"pages_per_request": 1, "max_in_flight": 1}
    broken_at(server, 4)
    got = []
    pages = loader(five_pages, **settings).alazy_load()
    with pytest.raises(ServerError) as caught:
        while True:
            got.append(await anext(pages))
    rest = loader(five_pages, resume_from=caught.value.resume_from, **settings)
    got += [page async for page in rest.alazy_load()]
    assert [d.metadata["page"] for d in got] == [0, 1, 2, 3, 4]


def test_resuming_keeps_pages_behind_the_gap(loader, five_pages, server, asked):
    settings = {"pages_per_request": 1, "max_in_flight": 4}
    broken_at(server, 1)  # whichever comes first
    got = []
    with pytest.raises(ServerError) as caught:
        got.extend(loader(five_pages, **settings).lazy_load())
    got += loader(five_pages, resume_from=caught.value.resume_from, **settings).load()
    assert [d.metadata["page"] for d in got] == [0, 1, 2, 3, 4]
    assert len(asked()) == 6


def test_resuming_in_a_folder(loader, folder, server, asked):
    settings = {"pages_per_request": 1, "max_in_flight": 2, "keep_empty": True}
    whole = loader(folder, **settings).load()
    server.reset()
    broken_at(server, 4)
    got = []
    with pytest.raises(ZhipuError) as caught:
        got.extend(loader(folder, **settings).lazy_load())
    assert caught.value.resume_from.source.endswith("b.pdf")
    assert set(names(got)) <= {"a.PDF", "b.pdf"}  # which request is the fourth to arrive varies
    got += loader(folder, resume_from=caught.value.resume_from, **settings).load()
    assert [d.page_content for d in got] == [d.page_content for d in whole]
    assert len(asked()) == len(whole) + 1


def test_resuming_at_a_page_number(loader, five_pages):
    assert [d.metadata["page"] for d in loader(five_pages, resume_from=4).load()] == [3, 4]


def test_progress_is_shown_on_standard_error(loader, five_pages, capsys):
    loader(five_pages, show_progress=True).load()
    shown = capsys.readouterr()
    assert not shown.out
    assert "5/5 pages [########################]" in shown.err
    assert shown.err.endswith("\n")
    loader(five_pages).load()
    assert not capsys.readouterr().err


def test_leaving_early_asks_for_no_more(loader, tmp_path, asked):
    path = tmp_path / "long.pdf"
    path.write_bytes(pdf([[Title(f"{number}")] for number in range(40)]))
    pages = loader(path, pages_per_request=1, max_in_flight=2).lazy_load()
    next(pages)
    pages.close()
    assert len(asked()) <= 6


def test_repr_and_unknown_settings(loader, five_pages, access):
    made = loader(five_pages)
    assert access["api_key"] not in repr(made)
    with pytest.raises(ValueError, match="pages_per_requests"):
        loader(five_pages, pages_per_requests=3)
    again = pickle.loads(pickle.dumps(made.model_copy(update={"api_key": None})))
    assert again.file_path == five_pages


def test_what_is_kept_stays_kept_over_two_failures(loader, tmp_path, server, asked):
    path = tmp_path / "long.pdf"
    path.write_bytes(document(12))
    settings = {"pages_per_request": 1, "max_in_flight": 3}
    got, point = [], None
    for call in (3, 2, 2):
        broken_at(server, call)
        with pytest.raises(ServerError) as caught:
            got.extend(loader(path, resume_from=point, **settings).lazy_load())
        point = caught.value.resume_from
    got.extend(loader(path, resume_from=point, **settings).lazy_load())
    assert [d.metadata["page"] for d in got] == list(range(12))
    assert len(asked()) == 12 + 3
