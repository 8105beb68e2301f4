"""A checkpoint of images, videos, speech, batches: a second run pays for nothing, in both."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import pytest

import langchain_zhipu
import llama_index_zhipu
import zhipu_emulator
from tests.support.notes import note
from zhipu_client import (
    Client,
    Downloaded,
    InvalidRequestError,
    TaskFailedError,
    await_result,
    batches,
    videos,
    wait_result,
    with_checkpoint,
)
from zhipu_client._io.checkpoints import Checkpoint
from zhipu_client._io.kept_files import KeptFile

adapters = pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
ways = pytest.mark.parametrize("way", ["sync", "async"])


@pytest.fixture
def service():
    with zhipu_emulator.serve() as running:
        yield running


def reach(service: Any) -> dict[str, Any]:
    return {"api_key": service.api_key, "base_url": service.base_url, "max_retries": 0}


def paid(service: Any, path: str) -> int:
    posts = (one for one in service.requests if one["method"] == "POST")
    return sum(one["path"].endswith(path) for one in posts)


def drawn(adapter: str, way: str, prompt: str, **given: Any) -> Any:
    given |= {"allow_loopback": True, "model": "cogview-4", "size": "512x512"}
    if adapter == "langchain":
        tool = langchain_zhipu.ZhipuAIImageGenerator(**given)
        image = tool.generate(prompt) if way == "sync" else asyncio.run(tool.agenerate(prompt))
        return image.content
    spec = llama_index_zhipu.ZhipuAIImageGeneratorToolSpec(output="image", **given)
    found = (
        spec.generate_image(prompt) if way == "sync" else asyncio.run(spec.agenerate_image(prompt))
    )
    return next(block.image for block in found if getattr(block, "image", None))


@adapters
@ways
def test_an_image_is_drawn_and_fetched_once(adapter, way, service, tmp_path):
    given = {**reach(service), "checkpoint": tmp_path / "work.sqlite"}
    first = drawn(adapter, way, "a red kite", **given)
    before = len(service.requests)
    assert drawn(adapter, way, "a red kite", **given) == first
    assert len(service.requests) == before
    assert drawn(adapter, way, "a blue kite", **given) != first
    assert paid(service, "/images/generations") == 2


def filmed(adapter: str, way: str, **given: Any) -> Any:
    """A video that is made: where it is."""
    if adapter == "langchain":
        maker = langchain_zhipu.ZhipuAIVideoGenerator(interval=0.01, allow_loopback=True, **given)
        call = maker.generate if way == "sync" else maker.agenerate
    else:
        given.pop("save_to", None)
        spec = llama_index_zhipu.ZhipuAIVideoGeneratorToolSpec(interval=0.01, **given)
        call = spec.generate_video if way == "sync" else spec.agenerate_video
    found = call("a kite")
    found = asyncio.run(found) if way == "async" else found
    return getattr(found, "path", found)


@adapters
@ways
def test_a_video_is_made_and_fetched_once(adapter, way, service, tmp_path):
    given = {**reach(service), "checkpoint": tmp_path / "work.sqlite", "save_to": tmp_path}
    first = filmed(adapter, way, **given)
    before = len(service.requests)
    assert filmed(adapter, way, **given) == first
    assert len(service.requests) == before  # not even a look at the task, which may be forgotten
    if adapter == "langchain":
        first.unlink()
        assert filmed(adapter, way, **given).is_file()
    assert paid(service, "/videos/generations") == 1


@adapters
@ways
def test_a_task_that_failed_is_begun_anew(adapter, way, tmp_path):
    with zhipu_emulator.serve(task_status="FAIL") as service:
        given = {**reach(service), "checkpoint": tmp_path / "work.sqlite"}
        for _ in range(2):
            with pytest.raises(TaskFailedError):
                filmed(adapter, way, **given)
        assert paid(service, "/videos/generations") == 2


@adapters
@ways
def test_a_text_is_said_once(adapter, way, service, tmp_path):
    given = {**reach(service), "checkpoint": tmp_path / "work.sqlite"}

    def said() -> Any:
        if adapter == "langchain":
            tool = langchain_zhipu.ZhipuAITextToSpeechTool(**given)
            return tool.speak("hello") if way == "sync" else asyncio.run(tool.aspeak("hello"))
        spec = llama_index_zhipu.ZhipuAISpeechToolSpec(**given)
        call = spec.text_to_speech if way == "sync" else spec.atext_to_speech
        blocks = call("hello")
        return (asyncio.run(blocks) if way == "async" else blocks)[1].audio

    assert said() == said()
    assert paid(service, "/audio/speech") == 1


@adapters
def test_an_image_with_handwriting_is_read_once(adapter, service, tmp_path):
    given = {**reach(service), "checkpoint": tmp_path / "work.sqlite"}
    image = tmp_path / "note.png"
    image.write_bytes(note("Buy milk"))
    for _ in range(2):
        if adapter == "langchain":
            langchain_zhipu.ZhipuAIHandwritingLoader(image, **given).load()
        else:
            llama_index_zhipu.ZhipuAIHandwritingReader(**given).load_data(image)
    assert paid(service, "/files/ocr") == 1


def batch(adapter: str, service: Any, **options: Any) -> Any:
    package = langchain_zhipu if adapter == "langchain" else llama_index_zhipu
    name = "ChatZhipuAI" if adapter == "langchain" else "ZhipuAI"
    model = getattr(package, name)(model="glm-4-flash", **reach(service))
    return package.ZhipuAIBatch(model, interval=0.01, **options)


@adapters
@ways
def test_a_batch_is_begun_once(adapter, way, service, tmp_path):
    def run(**options: Any) -> Any:
        made = batch(adapter, service, checkpoint=tmp_path / "work.sqlite", **options)
        items = ["What is 2 * 3?", "What is 3 * 3?"]
        return made.run(items) if way == "sync" else asyncio.run(made.arun(items))

    def begun() -> int:
        return len(Client(**reach(service)).send(batches.list()).data)

    assert len(run()) == len(run()) == 2
    assert paid(service, "/batches") == begun() == 1
    # Its file was removed with the first one: it goes up again after a refusal.
    run(metadata={"month": "May"})
    assert paid(service, "/batches") == 3
    assert begun() == 2


def test_a_cancellation_is_sent_each_time():
    assert batches.cancel("batch_1").keep is not None
    assert not batches.cancel("batch_1").keep(None)


def test_a_file_in_place_of_another(service, tmp_path):
    from zhipu_client import with_checkpoint

    client = with_checkpoint(Client(**reach(service)), tmp_path / "one.sqlite")
    assert "two.sqlite" in repr(with_checkpoint(client, tmp_path / "two.sqlite"))
    assert "one.sqlite" not in repr(with_checkpoint(client, tmp_path / "two.sqlite"))


def test_a_file_that_was_fetched_anew_is_found_from_then_on(tmp_path):
    client = with_checkpoint(Client(api_key="id.secret"), tmp_path / "work.sqlite")
    file = tmp_path / "kite.mp4"
    kept = KeptFile.of(client, "https://example.com/kite", file)
    for content in (b"cut", b"the whole"):
        file.write_bytes(content)
        assert kept.find() is None
        kept.keep(Downloaded(b"", "video/mp4", kept.url, len(content)))
        found = kept.find()
        assert found is not None
        assert found.size == len(content)


@ways
@pytest.mark.parametrize("full", ["keep", "settle"])
def test_what_cannot_be_written_down_is_on_the_error(way, full, service, tmp_path, monkeypatch):
    def no_space(*_: Any) -> None:
        raise InvalidRequestError("the checkpoint cannot be used: no space left")

    client = with_checkpoint(Client(**reach(service)), tmp_path / "work.sqlite")
    begin = videos.create(model="cogvideox-3", prompt="a kite")

    async def filmed() -> Any:
        task = await client.as_async().send(begin)
        monkeypatch.setattr(Checkpoint, "settle", no_space)
        return await await_result(client.as_async(), task, interval=0.01)

    if full == "keep":
        for name in ("keep", "release"):
            monkeypatch.setattr(Checkpoint, name, no_space)
    with pytest.raises(InvalidRequestError, match="no space") as caught:
        if way == "async":
            asyncio.run(filmed())
        else:
            task = client.send(begin)
            monkeypatch.setattr(Checkpoint, "settle", no_space)
            wait_result(client, task, interval=0.01)
    partial: Any = getattr(caught.value, "partial", None)
    assert partial.id if full == "keep" else partial.video_result


def test_a_kept_task_that_cannot_be_read_is_asked_for_again(service, tmp_path):
    client = with_checkpoint(Client(**reach(service)), tmp_path / "work.sqlite")
    task = client.send(videos.create(model="cogvideox-3", prompt="a kite"))
    first = wait_result(client, task, interval=0.01)
    with sqlite3.connect(tmp_path / "work.sqlite") as file:
        file.execute("UPDATE answers SET content = '{'")
    file.close()
    assert wait_result(client, task, interval=0.01) == first
