"""Large local files of a chat: sent by themselves, named by id, removed however the call ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from llama_index.core.llms import ChatMessage, DocumentBlock, TextBlock

import zhipu_emulator
from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from zhipu_client import BadRequestError, InvalidRequestError
from zhipu_client.conversation import local_files

QUESTION = "What is the code word?"
WAYS = ["invoke", "ainvoke", "stream", "astream"]
MODEL = "glm-5.3-flash"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_files, "LARGE_FILE", 1000)


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def service(running: Any) -> Any:
    running.reset()
    return running


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "notes.txt"
    path.write_text("The code word is heron.\n" + "Nothing more is said here.\n" * 60, "utf-8")
    return path


def langchain(service: Any, path: Path, way: str, **settings: Any) -> Any:
    model = ChatZhipuAI(
        api_key=service.api_key, base_url=service.base_url, max_retries=0,
        **{"model": MODEL, "file_mode": "auto", **settings},
    )  # fmt: skip
    block = {"type": "file", "path": path}
    asked = [HumanMessage([{"type": "text", "text": QUESTION}, block])]
    if way == "ainvoke":
        return asyncio.run(model.ainvoke(asked)).text
    if way == "stream":
        return "".join(chunk.text for chunk in model.stream(asked))
    if way == "astream":

        async def streamed() -> str:
            return "".join([chunk.text async for chunk in model.astream(asked)])

        return asyncio.run(streamed())
    return model.invoke(asked).text


def llama_index(service: Any, path: Path, way: str, **settings: Any) -> Any:
    llm = ZhipuAI(
        api_key=service.api_key, api_base=service.base_url, max_retries=0,
        **{"model": MODEL, "file_mode": "auto", **settings},
    )  # fmt: skip
    asked = [ChatMessage(blocks=[TextBlock(text=QUESTION), DocumentBlock(path=path)])]
    if way == "ainvoke":
        return asyncio.run(llm.achat(asked)).message.content
    if way == "stream":
        return list(llm.stream_chat(asked))[-1].message.content
    if way == "astream":

        async def streamed() -> Any:
            return [part async for part in await llm.astream_chat(asked)][-1].message.content

        return asyncio.run(streamed())
    return llm.chat(asked).message.content


ADAPTERS = pytest.mark.parametrize("ask", [langchain, llama_index])


def paths(service: Any) -> list[str]:
    return [f"{r['method']} {r['path'].rpartition('/v4')[2]}" for r in service.requests]


def parts(service: Any) -> list[Any]:
    bodies = [r["json"] for r in service.requests if r["path"].endswith("/chat/completions")]
    return [p for b in bodies for m in b["messages"] for p in m["content"] if "file" in p]


def kept(service: Any) -> list[str]:
    posted = [r for r in service.requests if r["method"] == "POST" and r["path"].endswith("/files")]
    gone = [r for r in service.requests if r["method"] == "DELETE"]
    return [] if len(posted) == len(gone) else ["some"]


@ADAPTERS
@pytest.mark.parametrize("way", WAYS)
def test_it_goes_up_is_read_and_is_removed(ask: Any, way: str, service: Any, large: Path) -> None:
    assert "heron" in ask(service, large, way)
    uploaded, chat, removed = paths(service)
    assert (uploaded, chat) == ("POST /files", "POST /chat/completions")
    ((part),) = parts(service)
    assert list(part) == ["type", "file"]
    assert removed == f"DELETE /files/{part['file']['file_id']}"


@ADAPTERS
@pytest.mark.parametrize("way", WAYS)
def test_it_is_removed_after_an_error(ask: Any, way: str, service: Any, large: Path) -> None:
    service.script(zhipu_emulator.Fault({"error": "1210"}), path="/chat/completions")
    with pytest.raises(BadRequestError):
        ask(service, large, way)
    assert paths(service)[-1].startswith("DELETE /files/")


@ADAPTERS
@pytest.mark.parametrize(
    "settings",
    [{"file_mode": "inline"}, {"dialect": "openai"}],
    ids=["not asked for", "another server"],
)
def test_all_else_stays_in_the_request(ask: Any, settings: Any, service: Any, large: Path) -> None:
    ask(service, large, "invoke", **settings)
    assert paths(service) == ["POST /chat/completions"]
    assert list(parts(service)[0]) == ["type", "file"]
    assert parts(service)[0]["file"]["filename"] == "notes.txt"


@ADAPTERS
def test_a_small_file_stays_in_the_request(ask: Any, service: Any, tmp_path: Path) -> None:
    path = tmp_path / "small.txt"
    path.write_text("The code word is heron.", "utf-8")
    assert "heron" in ask(service, path, "invoke")
    assert paths(service) == ["POST /chat/completions"]


@ADAPTERS
def test_a_failed_removal_is_said_with_the_id(
    ask: Any, service: Any, large: Path, caplog: Any
) -> None:
    refused = zhipu_emulator.Fault({"error": "1210"})
    service.script(None, None, refused)
    with caplog.at_level(logging.WARNING, "zhipu_client"):
        assert "heron" in ask(service, large, "invoke")
    (file_id,) = (part["file"]["file_id"] for part in parts(service))
    assert f"files.delete('{file_id}')" in caplog.text
    service.script(None, refused, refused)
    with pytest.raises(BadRequestError) as raised:
        ask(service, large, "ainvoke")
    (note,) = raised.value.__notes__
    assert f"files.delete('{parts(service)[-1]['file']['file_id']}')" in note


@ADAPTERS
def test_an_unknown_mode_is_refused(ask: Any, service: Any, large: Path) -> None:
    with pytest.raises((InvalidRequestError, ValueError), match=r"file_mode|'inline' or 'auto'"):
        ask(service, large, "invoke", file_mode="always")


def test_a_stream_that_is_left_and_a_call_that_is_cancelled(service: Any, large: Path) -> None:
    model = ChatZhipuAI(
        model=MODEL, api_key=service.api_key, base_url=service.base_url, file_mode="auto"
    )
    asked = [HumanMessage([{"type": "text", "text": QUESTION}, {"type": "file", "path": large}])]
    stream = model.stream(asked)
    next(stream)
    stream.close()
    gc.collect()
    assert kept(service) == []
    service.script(zhipu_emulator.Fault({"delay": "30"}), path="/chat/completions")

    async def cancelled() -> None:
        task = asyncio.create_task(model.ainvoke(asked))
        while len(paths(service)) < 5:  # noqa: ASYNC110 - the server is in a thread
            await asyncio.sleep(0.01)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert kept(service) == []
    assert len(paths(service)) == 6


def test_the_same_file_in_two_messages_goes_up_once(service: Any, large: Path) -> None:
    model = ChatZhipuAI(
        model=MODEL, api_key=service.api_key, base_url=service.base_url, file_mode="auto"
    )
    asked = HumanMessage([{"type": "text", "text": QUESTION}, {"type": "file", "path": large}])
    model.invoke([asked, AIMessage("heron"), asked])
    assert paths(service).count("POST /files") == 1
    assert len({part["file"]["file_id"] for part in parts(service)}) == 1


def test_the_second_upload_fails_and_the_first_is_removed(service: Any, tmp_path: Path) -> None:
    blocks: list[Any] = [{"type": "text", "text": QUESTION}]
    for name in ("a.txt", "b.txt"):
        path = tmp_path / name
        path.write_text(name * 500, "utf-8")
        blocks.append({"type": "file", "path": path})
    service.script(None, zhipu_emulator.Fault({"error": "1210"}), path="/files")
    model = ChatZhipuAI(
        model=MODEL, api_key=service.api_key, base_url=service.base_url, file_mode="auto"
    )
    with pytest.raises(BadRequestError):
        model.invoke([HumanMessage(blocks)])
    first, second, removed = paths(service)
    assert (first, second) == ("POST /files", "POST /files")
    assert removed.startswith("DELETE /files/")


@pytest.mark.parametrize("base_url", ["zai", "bigmodel-coding"])
def test_where_files_cannot_be_removed_none_goes_up(base_url: str, large: Path) -> None:
    from zhipu_client import Client
    from zhipu_client._io.managed_files import _wanted

    class _Exchange:
        files = (local_files.LocalFile("a.txt", "data:;base64,"),)

    assert _wanted(Client(api_key="id.secret", base_url="bigmodel"), _Exchange())  # type: ignore[arg-type]
    assert not _wanted(Client(api_key="id.secret", base_url=base_url), _Exchange())  # type: ignore[arg-type]


def test_no_text_marks_a_file_as_local(service: Any) -> None:
    """A block of another's may carry any key: it is not read, and never goes up."""
    model = ChatZhipuAI(
        model=MODEL, api_key=service.api_key, base_url=service.base_url, file_mode="auto"
    )
    data = "data:text/plain;base64," + "QUJD" * 1000
    block = {"type": "file", "file": {"file_data": data, "filename": "a.txt"}, "_local": True}
    model.invoke([HumanMessage([{"type": "text", "text": QUESTION}, block])])
    assert paths(service) == ["POST /chat/completions"]
    assert list(parts(service)[0]) == ["type", "file"]
