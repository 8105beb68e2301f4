"""`ZhipuAIFileParserReader`."""

from __future__ import annotations

import pickle

import pytest
from llama_index.core import SimpleDirectoryReader
from llama_index.core.schema import MetadataMode

from llama_index_zhipu import ZhipuAIFileParserReader, ZhipuAITranscriptionReader
from tests.llama_index_zhipu.conftest import KEY
from tests.llama_index_zhipu.pdf import pdf
from zhipu_client import (
    BadRequestError,
    InvalidRequestError,
    TaskFailedError,
    TaskTimeoutError,
)


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "report.pdf"
    made.write_bytes(pdf(["Annual report", "The warehouse in Rotterdam opened in 1987."]))
    return made


@pytest.fixture
def make(emulator):
    def make(**kwargs):
        given = {"api_key": emulator.api_key, "base_url": emulator.base_url, "interval": 0.01}
        return ZhipuAIFileParserReader(**{**given, **kwargs})

    return make


@pytest.mark.parametrize("tool", ["lite", "expert", "prime", "prime-sync"])
async def test_every_tool(make, path, emulator, tool):
    reader = make(tool_type=tool, request_info=True)
    found = [
        reader.load_data(path, extra_info={"year": 1987}),
        await reader.aload_data(str(path), extra_info={"year": 1987}),
        list(reader.lazy_load_data(path, {"year": 1987})),
        list(await reader.alazy_load_data(path, {"year": 1987})),
    ]
    for documents in found:
        (whole,) = documents
        assert "Rotterdam" in whole.text
        assert whole.metadata["file_name"] == "report.pdf"
        assert whole.metadata["year"] == 1987
        assert whole.metadata["task_id"] not in whole.get_content(metadata_mode=MetadataMode.LLM)
    # Sent, looked at twice; or answered at once.
    assert len(emulator.requests) == 4 * (1 if tool == "prime-sync" else 3)


def test_nothing_is_sent_before_it_is_asked_for(make, path, emulator):
    lazy = make().lazy_load_data(path)
    assert not emulator.requests
    assert next(lazy).text
    assert emulator.requests


def test_bytes_need_a_name(make):
    (found,) = make().load_data(b"# Hello", extra_info={"file_name": "a.md"})
    assert found.text == "# Hello"
    (same,) = make().load_data(b"# Hello", {"file_name": "a"}, file_type="MD")
    assert same.text == "# Hello"
    with pytest.raises(InvalidRequestError, match="file_name"):
        make().load_data(b"# Hello")


async def test_as_a_file_extractor(make, path):
    (path.parent / "notes.txt").write_text("Some notes.")
    reader = SimpleDirectoryReader(
        input_dir=str(path.parent),
        file_extractor={".pdf": make(), ".txt": make(tool_type="prime-sync")},
        raise_on_error=True,
    )
    for documents in (reader.load_data(), await reader.aload_data()):
        texts = {document.metadata["file_name"]: document.text for document in documents}
        assert texts["notes.txt"] == "Some notes."
        assert "Rotterdam" in texts["report.pdf"]


def test_another_file_system(make, path):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe("/x/parsed.pdf", path.read_bytes())
    (found,) = make().load_data("/x/parsed.pdf", fs=memory)
    assert found.metadata["file_name"] == "parsed.pdf"


async def test_refusals(make):
    broken = {"file_name": "a.docx"}
    with pytest.raises(BadRequestError):
        make().load_data(b"no archive", broken)
    with pytest.raises(BadRequestError):
        await make().aload_data(b"no archive", broken)
    with pytest.raises(InvalidRequestError, match="file"):
        make().load_data(b"", broken)
    with pytest.raises(InvalidRequestError, match="file_type"):
        make(tool_type="expert").load_data(b"x", {"file_name": "a.md"}, file_type="MD")


class Leaping:
    """A clock on which a pause takes no time: looks have all the time that they need."""

    now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds

    async def asleep(self, seconds):
        self.now += seconds


async def test_what_fails_and_what_takes_too_long(stub, monkeypatch):
    monkeypatch.setattr("zhipu_client._io.polling.SystemClock", Leaping)
    made = {"api_key": KEY, "base_url": stub.base_url}
    given = (b"x", {"file_name": "a.txt"})

    def answers(status):
        return lambda _: {"task_id": "t1", "status": status, "message": "unreadable"}

    for status, error in (("failed", TaskFailedError), ("processing", TaskTimeoutError)):
        reader = ZhipuAIFileParserReader(**made, wait=60)
        stub.default = answers(status)
        with pytest.raises(error) as caught:
            reader.load_data(*given)
        assert caught.value.task_id == "t1"
        with pytest.raises(error):
            await reader.aload_data(*given)


def test_dicts_and_pickles(monkeypatch, make, path, emulator):
    reader = make()
    assert emulator.api_key not in repr(reader) + reader.to_json()
    monkeypatch.setenv("ZHIPUAI_API_KEY", emulator.api_key)
    for copy in (
        pickle.loads(pickle.dumps(reader)),
        ZhipuAIFileParserReader.from_dict(reader.to_dict()),
    ):
        assert "Rotterdam" in copy.load_data(path)[0].text


def test_a_file_that_is_not_there(make, path):
    missing = path.with_name("none.pdf")
    for reader in (make(), ZhipuAITranscriptionReader(api_key=KEY)):
        with pytest.raises(InvalidRequestError, match=r"cannot be read \(No such file") as caught:
            reader.load_data(missing)
        assert (caught.value.field, caught.value.value) == ("file", str(missing))


def test_a_document_is_not_sent_when_it_cannot_be_waited_for(make):
    with pytest.raises(InvalidRequestError) as caught:
        make(wait=1e9)
    assert caught.value.field == "wait"
