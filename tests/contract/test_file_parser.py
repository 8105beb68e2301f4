"""The file parser: both adapters parse the same files, by the same settings."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest
from langchain_core.documents.base import Blob

import zhipu_emulator
from langchain_zhipu import ZhipuAIFileParserLoader
from llama_index_zhipu import ZhipuAIFileParserReader
from tests.llama_index_zhipu.pdf import pdf
from zhipu_client import (
    AuthenticationError,
    BadRequestError,
    InvalidRequestError,
    TaskFailedError,
    TaskTimeoutError,
    file_parser,
)

from .server import Reply, scripted
from .subjects import KEY

adapters = pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
ways = pytest.mark.parametrize("way", ["sync", "async"])


@pytest.fixture
def reach(reach):
    return {**reach, "interval": 0.01}


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "report.pdf"
    made.write_bytes(pdf(["Annual report", "The warehouse in Rotterdam opened in 1987."]))
    return made


def load(loader: Any, way: str) -> list[Any]:
    return loader.load() if way == "sync" else asyncio.run(loader.aload())


def parsed(adapter: str, way: str, source: Any, name: str | None = None, **given: Any) -> list[str]:
    """The texts of files."""
    if adapter == "langchain":
        loader = ZhipuAIFileParserLoader(source, file_name=name, **given)
        return [document.page_content for document in load(loader, way)]
    reader = ZhipuAIFileParserReader(**given)
    info = None if name is None else {"file_name": name}
    if way == "sync":
        found = reader.load_data(source, info)
    else:
        found = asyncio.run(reader.aload_data(source, info))
    return [document.text for document in found]


@adapters
@ways
@pytest.mark.parametrize("tool", file_parser.TOOLS)
def test_every_tool(adapter, way, tool, path):
    # A server of its own: a poll that another test gave up may arrive late, and is counted here.
    with zhipu_emulator.serve() as server:
        reach = {"api_key": server.api_key, "base_url": server.base_url, "max_retries": 0}
        (text,) = parsed(adapter, way, path, tool_type=tool, interval=0.01, **reach)
        assert "Rotterdam" in text
        assert len(server.requests) == (1 if tool == "prime-sync" else 3)


@adapters
def test_bytes_need_a_name(adapter, reach):
    assert parsed(adapter, "sync", b"# Hello", "a.md", **reach) == ["# Hello"]
    with pytest.raises(InvalidRequestError, match="file_name"):
        parsed(adapter, "sync", b"# Hello", **reach)


@adapters
@ways
def test_failures_name_the_file(adapter, way, tmp_path, reach):
    broken = tmp_path / "broken.docx"
    broken.write_bytes(b"no archive")
    with pytest.raises(BadRequestError, match=r"broken\.docx"):
        parsed(adapter, way, broken, **reach)
    with pytest.raises(InvalidRequestError, match=r"none\.docx cannot be read"):
        parsed(adapter, way, tmp_path / "none.docx", **reach)


@adapters
@ways
@pytest.mark.parametrize("status", ["failed", "processing"])
def test_tasks_that_do_not_end_well(adapter, way, status, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("x")
    answer = {"task_id": "t1", "status": status, "message": "unreadable"}
    kind = TaskFailedError if status == "failed" else TaskTimeoutError
    wait = 60 if status == "failed" else 0.1
    with scripted(Reply(answer)) as server, pytest.raises(kind, match=r"a\.txt") as caught:
        parsed(adapter, way, path, api_key=KEY, base_url=server.base_url, interval=0.01, wait=wait)
    assert caught.value.task_id == "t1"


def test_names_and_defaults():
    theirs, ours = ZhipuAIFileParserReader.model_fields, ZhipuAIFileParserLoader.model_fields
    for name in ("tool_type", "interval", "wait", "request_info"):
        assert ours[name].default == theirs[name].default


@ways
def test_many_files_in_order(way, tmp_path, reach):
    for number in range(9):
        (tmp_path / f"{number}.md").write_text(f"# File {number}")
    (tmp_path / "left.xyz").write_text("of a format that the tool does not read")
    for source, more in (
        (tmp_path, {}),
        (str(tmp_path / "*.md"), {}),
        ([tmp_path / f"{number}.md" for number in range(9)], {}),
        (tmp_path, {"glob": "*.md"}),
    ):
        found = load(ZhipuAIFileParserLoader(source, max_in_flight=3, **more, **reach), way)
        assert [one.page_content for one in found] == [f"# File {n}" for n in range(9)]
        assert [one.metadata["source"] for one in found] == [
            str(tmp_path / f"{number}.md") for number in range(9)
        ]
    assert len({one.id for one in found}) == 9
    assert found == load(ZhipuAIFileParserLoader(tmp_path, **reach), way)


@ways
def test_several_at_once(way, tmp_path):
    together = threading.Barrier(3)
    for number in range(6):
        (tmp_path / f"{number}.md").write_text("x")

    def wait(exchange: Any) -> Any:
        async def run(inner: Any) -> None:
            await asyncio.to_thread(together.wait, 20)
            await Reply({"status": "succeeded", "content": "x"}).scenario()(inner)

        return run

    from tests.reliability.scenarios import chosen
    from tests.reliability.server import FaultServer

    with FaultServer(chosen(wait)) as server:
        loader = ZhipuAIFileParserLoader(
            tmp_path, tool_type="prime-sync", max_in_flight=3, api_key=KEY,
            base_url=server.base_url,
        )  # fmt: skip
        assert len(load(loader, way)) == 6
        assert server.most_in_flight == 3


def test_blobs_and_metadata(path, reach):
    blob = Blob.from_path(path, metadata={"year": 1987})
    (found,) = ZhipuAIFileParserLoader(blob, request_info=True, **reach).load()
    assert found.metadata["year"] == 1987
    assert found.metadata["source"] == str(path)
    assert found.metadata["task_id"]


@ways
def test_what_was_paid_for_is_kept(way, tmp_path, reach, service):
    for number in range(5):
        (tmp_path / f"{number}.md").write_text(f"# File {number}")
    (tmp_path / "2.md").write_bytes(b"")
    settings = {"tool_type": "prime-sync", "max_in_flight": 1, **reach}
    with pytest.raises(InvalidRequestError, match=r"2\.md") as caught:
        load(ZhipuAIFileParserLoader(tmp_path, **settings), way)
    error = caught.value
    assert [one.page_content for one in error.documents] == ["# File 0", "# File 1"]
    assert error.source == str(tmp_path / "2.md")
    assert error.later == []


@ways
def test_ids_of_what_was_sent_are_on_the_error(way, tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.md").write_text("x")

    from tests.reliability.scenarios import chosen
    from tests.reliability.server import FaultServer

    made = iter("abc")
    lock = threading.Lock()

    def serve(exchange: Any) -> Any:
        if exchange.request.path.endswith("/create"):
            with lock:
                return Reply({"success": True, "task_id": next(made)}).scenario()
        return Reply({"status": "processing"}).scenario()

    with FaultServer(chosen(serve)) as server:
        loader = ZhipuAIFileParserLoader(
            tmp_path, interval=0.01, wait=0.3, api_key=KEY, base_url=server.base_url
        )
        with pytest.raises(TaskTimeoutError) as caught:
            load(loader, way)
    tasks = caught.value.tasks
    assert tasks[str(tmp_path / "0.md")] == caught.value.task_id
    assert set(tasks.values()) <= set("abc")


@ways
def test_a_failure_may_be_skipped(way, tmp_path, reach, caplog):
    (tmp_path / "0.md").write_text("# File 0")
    (tmp_path / "1.docx").write_bytes(b"no archive")
    (tmp_path / "2.md").write_text("# File 2")
    loader = ZhipuAIFileParserLoader(tmp_path, on_error="skip", **reach)
    with caplog.at_level(logging.WARNING):
        found = load(loader, way)
    assert [one.page_content for one in found] == ["# File 0", "# File 2"]
    assert "1.docx is skipped" in caplog.text
    wrong = ZhipuAIFileParserLoader(tmp_path, on_error="skip", **{**reach, "api_key": "a.b"})
    with pytest.raises(AuthenticationError):
        load(wrong, way)


def test_addresses_are_refused(reach):
    with pytest.raises(InvalidRequestError, match="download it"):
        ZhipuAIFileParserLoader("https://example.com/a.docx", **reach).load()


def test_left_early(tmp_path, reach, service):
    for number in range(30):
        (tmp_path / f"{number:02}.md").write_text("x")
    pages = ZhipuAIFileParserLoader(
        tmp_path, tool_type="prime-sync", max_in_flight=2, **reach
    ).lazy_load()
    assert next(pages).page_content == "x"
    pages.close()
    assert len(service.requests) <= 4


def test_a_folder_without_a_file_that_is_read(tmp_path, reach):
    (tmp_path / "a.xyz").write_text("x")
    with pytest.raises(InvalidRequestError, match=r"there are: a\.xyz\)\. `glob`"):
        ZhipuAIFileParserLoader(tmp_path, **reach).load()
