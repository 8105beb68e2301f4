"""`ZhipuAIOCRReader` and `ZhipuAIWebReader`."""

from __future__ import annotations

import pickle

import pytest
from llama_index.core import SimpleDirectoryReader
from llama_index.core.schema import MetadataMode

from llama_index_zhipu import ZhipuAIOCRReader, ZhipuAIWebReader
from tests.llama_index_zhipu.conftest import KEY
from tests.llama_index_zhipu.pdf import pdf
from zhipu_client import BadRequestError, InvalidRequestError

PAGES = (
    ["Annual report", "The warehouse in Rotterdam opened in 1987."],
    ["Cats sleep for sixteen hours a day."],
    ["The end."],
)


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "report.pdf"
    made.write_bytes(pdf(*PAGES))
    return made


@pytest.fixture
def make(emulator):
    def make(**kwargs):
        return ZhipuAIOCRReader(
            **{"api_key": emulator.api_key, "base_url": emulator.base_url, **kwargs}
        )

    return make


async def test_a_document_a_page(make, path, emulator):
    reader = make(pages_per_request=2)
    found = [
        reader.load_data(path),
        reader.load_data(str(path)),
        await reader.aload_data(path),
        list(reader.lazy_load_data(path)),
        list(await reader.alazy_load_data(path)),
        [page async for page in reader.apages(path)],
    ]
    for pages in found:
        assert ["Rotterdam" in page.text for page in pages] == [True, False, False]
        assert [page.metadata["page_label"] for page in pages] == ["1", "2", "3"]
        assert {page.metadata["file_name"] for page in pages} == {"report.pdf"}
        assert {page.metadata["total_pages"] for page in pages} == {3}
    assert len(emulator.requests) == 12


def test_metadata_about_the_reading_is_no_text(make, path):
    page = make(with_regions=True).load_data(path, extra_info={"year": 1987})[0]
    assert page.metadata["year"] == 1987
    assert page.metadata["regions"][0]["bbox_2d"]
    for mode in (MetadataMode.EMBED, MetadataMode.LLM):
        shown = page.get_content(metadata_mode=mode)
        assert "bbox_2d" not in shown
        assert "request_id" not in shown
        assert "report.pdf" in shown


def test_one_document_of_all(make, path):
    (whole,) = make(split="none").load_data(path)
    assert "Rotterdam" in whole.text
    assert "The end." in whole.text


def test_some_pages(make, path):
    pages = make(first_page=2, last_page=2).load_data(path)
    assert [page.metadata["page_label"] for page in pages] == ["2"]
    pages = make().load_data(path, first_page=3)
    assert [page.metadata["page_label"] for page in pages] == ["3"]


@pytest.mark.parametrize(
    ("how", "split"),
    [
        ("load_data", "page"),
        ("load_data", "none"),
        ("aload_data", "page"),
        ("aload_data", "none"),
        ("lazy_load_data", "none"),
    ],
)
async def test_pages_before_a_failure_are_on_the_error(make, path, emulator, how, split):
    reader = make(pages_per_request=1, max_in_flight=1, max_retries=0, split=split)

    async def read(**more):
        found = getattr(reader, how)(path, **more)
        return await found if how == "aload_data" else list(found)

    emulator.script(None, None, "error=1210")
    with pytest.raises(BadRequestError) as caught:
        await read()
    partial = caught.value.partial
    assert [page.number for page in partial.done] == [1, 2]
    before = len(emulator.requests)
    text = "\n".join(page.text for page in await read(resume_from=partial))
    assert "Rotterdam" in text
    assert "The end." in text
    assert len(emulator.requests) == before + 1


def test_bytes(make, path):
    pages = make().load_data(path.read_bytes())
    assert len(pages) == 3
    assert "file_name" not in pages[0].metadata


async def test_as_a_file_extractor(make, path):
    reader = SimpleDirectoryReader(
        input_dir=str(path.parent), file_extractor={".pdf": make()}, raise_on_error=True
    )
    for documents in (reader.load_data(), await reader.aload_data()):
        assert len(documents) == 3
        assert {document.metadata["file_name"] for document in documents} == {"report.pdf"}
        assert documents[0].metadata["file_type"] == "application/pdf"
        assert "Rotterdam" in documents[0].text


def test_another_file_system(make, path):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe("/x/report.pdf", path.read_bytes())
    pages = make().load_data("/x/report.pdf", fs=memory)
    assert pages[0].metadata["file_name"] == "report.pdf"
    assert len(pages) == 3


def test_paths_outside_of_the_root_are_refused(make, path, tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.pdf").symlink_to(path)
    reader = make(root=inside)
    for given in (path, inside / "link.pdf", inside / ".." / "report.pdf"):
        with pytest.raises(InvalidRequestError):
            reader.load_data(given)


def test_a_file_over_the_limit_is_refused(make, path):
    with pytest.raises(InvalidRequestError):
        make(max_bytes=100).load_data(path)


def test_tables(stub):
    table = "<table><tr><td>a</td><td>b</td></tr></table>"
    stub.default = {
        "md_results": f"# T\n\n{table}\n\nend",
        "layout_details": [[]],
        "data_info": {"num_pages": 1, "pages": [{"width": 10, "height": 10}]},
    }
    made = {"api_key": KEY, "base_url": stub.base_url}
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 20
    (plain,) = ZhipuAIOCRReader(**made).load_data(png)
    assert table in plain.text
    (changed,) = ZhipuAIOCRReader(tables="markdown", **made).load_data(png)
    assert changed.text == "# T\n\n| a | b |\n| --- | --- |\n\nend"


def test_dicts_and_pickles(monkeypatch, make, path, emulator):
    reader = make()
    assert emulator.api_key not in repr(reader) + reader.to_json()
    monkeypatch.setenv("ZHIPUAI_API_KEY", emulator.api_key)
    assert len(pickle.loads(pickle.dumps(reader)).load_data(path)) == 3
    assert len(ZhipuAIOCRReader.from_dict(reader.to_dict()).load_data(path)) == 3


def test_the_root_is_in_dicts_and_json(monkeypatch, make, tmp_path):
    reader = make(root=tmp_path)
    monkeypatch.setenv("ZHIPUAI_API_KEY", "k")
    for made in (
        ZhipuAIOCRReader.from_json(reader.to_json()),
        ZhipuAIOCRReader.from_dict(reader.to_dict()),
    ):
        assert made.root == tmp_path
        assert made.to_dict() == reader.to_dict()


async def test_web_pages(emulator):
    reader = ZhipuAIWebReader(api_key=emulator.api_key, base_url=emulator.base_url)
    url = "https://generated.example/cats-1"
    for pages in (
        reader.load_data(url),
        reader.load_data([url, url])[1:],
        await reader.aload_data([url]),
    ):
        (page,) = pages
        assert page.metadata["url"] == url
        assert "cats" in page.metadata["title"]
        assert page.text.startswith("# cats")
    sent = emulator.requests[0]["json"]
    assert (sent["url"], sent["return_format"]) == (url, "markdown")


async def test_web_pages_that_are_none(emulator):
    reader = ZhipuAIWebReader(api_key=emulator.api_key, base_url=emulator.base_url)
    with pytest.raises(InvalidRequestError):
        reader.load_data("file:///etc/passwd")
    with pytest.raises(BadRequestError):
        reader.load_data("https://nowhere.example/")
    with pytest.raises(BadRequestError):
        await reader.aload_data(["https://nowhere.example/"])
