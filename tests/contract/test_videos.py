"""Videos: both adapters submit, wait, resume and fail alike."""

from __future__ import annotations

import asyncio
import pickle
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import ToolMessage

import zhipu_emulator
from langchain_zhipu import ZhipuAIVideoGenerator
from llama_index_zhipu import ZhipuAIVideoGeneratorToolSpec
from zhipu_client import DownloadError, InvalidRequestError, TaskFailedError, TaskTimeoutError
from zhipu_client.errors import ServerError

from .server import Reply, scripted
from .subjects import KEY

adapters = pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
ways = pytest.mark.parametrize("way", ["sync", "async"])
SUBMITTED = Reply({"id": "t-1", "model": "cogvideox-3", "task_status": "PROCESSING"})
RUNNING = Reply({"task_status": "PROCESSING"})
#: Nothing here waits longer than a request takes.
QUICK = {"interval": 0.01}


@pytest.fixture(scope="module")
def running():
    with zhipu_emulator.serve(polls=2) as server:
        yield server


@pytest.fixture
def reach(reach):
    return {**reach, **QUICK}


def made(adapter: str, **given: Any) -> Any:
    kind = ZhipuAIVideoGenerator if adapter == "langchain" else ZhipuAIVideoGeneratorToolSpec
    return kind(**given)


def called(generator: Any, way: str, name: str, *values: Any, **named: Any) -> Any:
    method = getattr(generator, name if way == "sync" else f"a{name}")
    found = method(*values, **named)
    return asyncio.run(found) if way == "async" else found


def generate(generator: Any, way: str, *values: Any, **named: Any) -> str:
    lines = isinstance(generator, ZhipuAIVideoGenerator)
    found = called(generator, way, "generate" if lines else "generate_video", *values, **named)
    return getattr(found, "url", found)


@adapters
@ways
def test_a_video_and_its_progress(adapter, way, reach):
    seen: list[str] = []
    generator = made(adapter, on_progress=lambda found: seen.append(found.state), **reach)
    assert generate(generator, way, "a kite in the wind").split("?")[0].endswith(".mp4")
    assert seen == ["running", "running", "succeeded"]


@adapters
@ways
def test_a_task_is_resumed_by_another_object(adapter, way, reach, service):
    task_id = called(made(adapter, **reach), way, "submit", "a kite")
    found = called(made(adapter, **reach), way, "result", task_id)
    assert getattr(found, "url", found).split("?")[0].endswith(".mp4")
    assert sum(request["path"].endswith("/videos/generations") for request in service.requests) == 1


@adapters
@ways
@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        ((SUBMITTED, Reply({"task_status": "SUCCESS", "video_result": []})), ServerError),
        ((SUBMITTED, Reply({"task_status": "FAIL"})), TaskFailedError),
        ((SUBMITTED, RUNNING), TaskTimeoutError),
        ((SUBMITTED, Reply({"error": {"code": "1001", "message": "no"}}, status=401)), Exception),
    ],
    ids=["no address", "failed", "too long", "refused"],
)
def test_what_is_paid_for_has_its_id(adapter, way, replies, kind):
    with scripted(*replies) as server:
        generator = made(
            adapter, api_key=KEY, base_url=server.base_url, max_retries=0, interval=0.01, wait=0.1
        )
        with pytest.raises(kind) as caught:
            generate(generator, way, "a kite")
    assert caught.value.task_id == "t-1"


@adapters
def test_a_cancelled_wait_has_its_id(adapter):
    async def cancelled(generator: Any) -> Any:
        name = "agenerate" if adapter == "langchain" else "agenerate_video"
        polled = asyncio.Event()
        generator.on_progress = lambda found: polled.set()
        task = asyncio.ensure_future(getattr(generator, name)("a kite"))
        await polled.wait()
        task.cancel()
        try:
            await task
        except asyncio.CancelledError as error:
            return error.task_id  # type: ignore[attr-defined]

    with scripted(SUBMITTED, RUNNING) as server:
        generator = made(adapter, api_key=KEY, base_url=server.base_url, interval=5)
        assert asyncio.run(cancelled(generator)) == "t-1"


@adapters
@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"options": {"duration": 7}}, "duration"),
        ({"model": "viduq1-text", "options": {"fps": 30}}, "fps"),
        ({"model": "viduq1-start-end"}, "image_url"),
    ],
)
def test_what_the_model_does_not_take_is_refused_before(adapter, given, named, reach, service):
    with pytest.raises(InvalidRequestError, match=named):
        generate(made(adapter, **given, **reach), "sync", "a kite")
    assert not service.requests


@adapters
def test_a_wrong_wait_is_refused_before(adapter, reach):
    with pytest.raises(InvalidRequestError, match="interval"):
        made(adapter, **(reach | {"interval": 0}))


@adapters
def test_first_and_last_frame(adapter):
    with scripted(SUBMITTED) as server:
        generator = made(adapter, api_key=KEY, base_url=server.base_url, **QUICK)
        frames = ["https://example.com/a.png", "https://example.com/b.png"]
        called(generator, "sync", "submit", "a kite", image_url=frames)
        assert server.requests[0].json["image_url"] == frames


def test_names_and_defaults():
    spec = ZhipuAIVideoGeneratorToolSpec(api_key=KEY)
    tool = ZhipuAIVideoGenerator(api_key=KEY)
    names = ("model", "interval", "wait", "options", "on_progress", "save_to", "max_bytes")
    for name in (*names, "allow_loopback"):
        assert getattr(tool, name) == getattr(spec, name)


@ways
def test_saved(way, reach, tmp_path):
    generator = ZhipuAIVideoGenerator(save_to=tmp_path, allow_loopback=True, **reach)
    video = called(generator, way, "generate", "a kite")
    assert video.path.parent == tmp_path
    assert video.path.read_bytes()[4:8] == b"ftyp"
    assert video.block()["url"] == video.path.as_uri()
    assert pickle.loads(pickle.dumps(generator)).save_to == tmp_path


@ways
def test_saved_by_a_tool_spec(way, reach, tmp_path):
    spec = ZhipuAIVideoGeneratorToolSpec(save_to=tmp_path / "new", allow_loopback=True, **reach)
    task_id = called(spec, way, "submit", "a kite")
    path = called(spec, way, "result", task_id)
    assert Path(path).parent == tmp_path / "new"
    assert Path(path).read_bytes()[4:8] == b"ftyp"
    assert called(spec, way, "result", task_id) == path  # not a second file


@ways
def test_a_video_that_a_tool_spec_cannot_save_is_not_lost(way, reach, tmp_path):
    spec = ZhipuAIVideoGeneratorToolSpec(save_to=tmp_path, max_bytes=1, **reach)
    with pytest.raises(DownloadError) as caught:
        generate(spec, way, "a kite")
    assert caught.value.partial.split("?")[0].endswith(".mp4")
    assert caught.value.task_id


@ways
def test_a_video_that_cannot_be_saved_is_not_lost(way, reach, tmp_path):
    generator = ZhipuAIVideoGenerator(save_to=tmp_path, max_bytes=1, **reach)
    with pytest.raises(DownloadError) as caught:
        called(generator, way, "generate", "a kite")
    assert caught.value.partial.url.split("?")[0].endswith(".mp4")
    assert caught.value.task_id == caught.value.partial.task_id
    call = {"name": "generate_video", "args": {"prompt": "a kite"}, "id": "1", "type": "tool_call"}
    told = called(generator, way, "invoke", call)
    assert told.status == "error"
    assert ".mp4" in told.content


@adapters
@ways
def test_a_folder_that_cannot_be_written_costs_nothing(adapter, way, reach, tmp_path, service):
    (tmp_path / "file").write_text("")
    generator = made(adapter, save_to=tmp_path / "file", **reach)
    with pytest.raises(InvalidRequestError, match="save_to"):
        generate(generator, way, "a kite")
    assert not service.requests


@ways
def test_as_a_tool(way, reach):
    tool = ZhipuAIVideoGenerator(**reach)
    call = {"name": "generate_video", "args": {"prompt": "a kite"}, "id": "1", "type": "tool_call"}
    message = called(tool, way, "invoke", call)
    assert isinstance(message, ToolMessage)
    assert message.artifact["type"] == "video"
    assert message.artifact["extras"]["cover_url"]
    assert message.artifact["url"] in message.content
