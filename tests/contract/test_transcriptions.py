"""Recordings: both adapters hear the same, cut and fail alike, and keep what was paid for."""

from __future__ import annotations

import asyncio
import base64
import io
import logging
import pickle
import struct
import wave
from typing import Any

import pytest
from langchain_core.documents.base import Blob
from llama_index.core import SimpleDirectoryReader

from langchain_zhipu import ZhipuAITranscriptionLoader, ZhipuAITranscriptionParser
from llama_index_zhipu import ZhipuAITranscriptionReader
from zhipu_client import (
    AuthenticationError,
    Client,
    ContentFilterError,
    InvalidRequestError,
    ServerError,
    audio,
)
from zhipu_client.work import partial_of

from .server import Reply, failure, scripted
from .subjects import KEY

adapters = pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
ways = pytest.mark.parametrize("way", ["sync", "async"])
TEXT = "The two hydrophones cost 4,100 euros together."


def wav(*stretches: float) -> bytes:
    """A WAV that is loud and silent in turn, for so many seconds each."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setparams((1, 1, 8000, 0, "NONE", ""))
        for number, seconds in enumerate(stretches):
            block = b"\x80\x80" if number % 2 else b"\x10\xf0"
            sound.writeframes(block * round(seconds * 4000))
    return out.getvalue()


@pytest.fixture
def talk(tmp_path):
    """Three parts: to 25.5, to 51.5 and to 62 seconds."""
    path = tmp_path / "talk.wav"
    path.write_bytes(wav(25, 1, 25, 1, 10))
    return path


def read(adapter: str, way: str, source: Any, **given: Any) -> list[Any]:
    if adapter == "langchain":
        loader = ZhipuAITranscriptionLoader(source, **given)
        return loader.load() if way == "sync" else asyncio.run(loader.aload())
    reader = ZhipuAITranscriptionReader(**given)
    if way == "sync":
        return reader.load_data(source)
    return asyncio.run(reader.aload_data(source))


def streamed(adapter: str, way: str, path: Any, **given: Any) -> str:
    thing: Any
    if adapter == "langchain":
        thing, source = ZhipuAITranscriptionParser(**given), Blob.from_path(path)
    else:
        thing, source = ZhipuAITranscriptionReader(**given), path

    async def collected() -> str:
        return "".join([text async for text in thing.astream_text(source)])

    if way == "async":
        return asyncio.run(collected())
    return "".join(thing.stream_text(source))


def text(document: Any) -> str:
    return document.page_content if hasattr(document, "page_content") else document.text


def said(words: str) -> Reply:
    return Reply({"text": words, "request_id": f"id-{words}"})


def where(server: Any) -> dict[str, Any]:
    return {"api_key": KEY, "base_url": server.base_url, "max_retries": 0}


@adapters
@ways
def test_a_short_recording_is_sent_as_it_is(adapter, way, tmp_path, reach, service):
    spoken = Client(**reach).send(audio.speech(input=TEXT))
    path = tmp_path / "memo.wav"
    path.write_bytes(spoken)
    service.reset()
    data = f"data:audio/wav;base64,{base64.b64encode(spoken).decode()}"
    for source in (path, str(path), spoken, io.BytesIO(spoken), data):
        (found,) = read(adapter, way, source, hotwords=["hydrophone"], **reach)
        assert text(found) == TEXT
        assert found.metadata["duration"] == pytest.approx(len(TEXT) * 0.08)
        assert not {"segments", "request_id", "request_ids"} & found.metadata.keys()
    assert len(service.requests) == 5
    assert streamed(adapter, way, path, **reach) == TEXT


@adapters
@ways
def test_a_long_one_is_put_together(adapter, way, talk):
    with scripted(said("One,"), said("two,"), said("three.")) as server:
        (found,) = read(
            adapter, way, talk, segments=True, request_info=True, max_in_flight=1, prompt="Numbers",
            **where(server),
        )  # fmt: skip
        bodies = [request.body for request in server.requests]
    assert text(found) == "One, two, three."
    assert [part["text"] for part in found.metadata["segments"]] == ["One,", "two,", "three."]
    ends = [part["end"] for part in found.metadata["segments"]]
    assert ends == pytest.approx([25.5, 51.5, 62], abs=0.02)
    assert found.metadata["duration"] == 62
    assert found.metadata["request_ids"] == ["id-One,", "id-two,", "id-three."]
    assert all(b'filename="talk-' in body and b"Numbers" in body for body in bodies)


@adapters
@ways
def test_a_part_that_fails_is_named_and_the_others_are_kept(adapter, way, talk, caplog):
    unsafe = failure(400, "1301", "unsafe")
    with scripted(said("One,"), unsafe, said("three.")) as server:
        given = {"max_in_flight": 1, **where(server)}
        with pytest.raises(ContentFilterError, match=r"part 2 of .*talk\.wav") as caught:
            read(adapter, way, talk, **given)
        assert partial_of(caught.value).text == "One,"
    with scripted(said("One,"), unsafe, said("three.")) as server:
        given = {"max_in_flight": 1, **where(server)}
        with caplog.at_level(logging.WARNING):
            (found,) = read(adapter, way, talk, on_error="skip", **given)
    assert text(found) == "One, three."
    assert "25" in str(found.metadata["refused"])
    assert "part 2" in caplog.text


@adapters
@ways
def test_a_second_run_pays_for_what_is_missing(adapter, way, talk, tmp_path):
    work = {"checkpoint": tmp_path / "work.sqlite", "max_in_flight": 1}
    with scripted(said("One,"), failure(500, "500"), said("two,"), said("three.")) as server:
        with pytest.raises(ServerError):
            read(adapter, way, talk, **work, **where(server))
        (found,) = read(adapter, way, talk, **work, **where(server))
        assert text(found) == "One, two, three."
        assert len(server.requests) == 4


BROKEN = {
    "empty": (b"", "empty"),
    "text": (b"Once upon a time", "not a file with sound"),
    "damaged": (b"RIFF\0\0\0\0WAVE" + struct.pack("<4sI", b"data", 4) + bytes(4), "damaged"),
    "silent": (wav(), "no samples"),
}


@adapters
@ways
@pytest.mark.parametrize("given", BROKEN)
def test_what_cannot_be_heard_is_refused_before(adapter, way, given, tmp_path, reach, service):
    content, why = BROKEN[given]
    path = tmp_path / "talk.wav"
    path.write_bytes(content)
    with pytest.raises(InvalidRequestError, match=why) as caught:
        read(adapter, way, path, **reach)
    assert "talk.wav" in str(caught.value)
    with pytest.raises(InvalidRequestError, match=rf"{why}.*talk\.wav|talk\.wav.*{why}"):
        streamed(adapter, way, path, **reach)
    with pytest.raises(InvalidRequestError, match="download"):
        read(adapter, way, "https://example.com/a.wav", **reach)
    with pytest.raises(InvalidRequestError, match=r"none\.wav cannot be read"):
        read(adapter, way, tmp_path / "none.wav", **reach)
    assert not service.requests


@adapters
@pytest.mark.parametrize(("name", "value"), [("prompt", "p" * 8000), ("hotwords", ["a"] * 101)])
def test_values_out_of_range(adapter, name, value):
    kind = ZhipuAITranscriptionParser if adapter == "langchain" else ZhipuAITranscriptionReader
    with pytest.raises(InvalidRequestError, match=name):
        kind(api_key=KEY, **{name: value})


@adapters
def test_results_are_told_as_they_come(adapter, reach):
    seen: list[Any] = []
    found = read(adapter, "sync", wav(1), on_result=seen.append, **reach)
    assert seen == found

    def failing(document: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        read(adapter, "sync", wav(1), on_result=failing, **reach)
    assert partial_of(caught.value).text == text(found[0])


def test_names_and_defaults():
    theirs, ours = ZhipuAITranscriptionReader.model_fields, ZhipuAITranscriptionLoader.model_fields
    shared = ("model", "prompt", "hotwords", "segments", "request_info", "root", "max_bytes")
    for name in (*shared, "max_in_flight", "on_error", "checkpoint"):
        assert ours[name].default == theirs[name].default
    loader = pickle.loads(pickle.dumps(ZhipuAITranscriptionLoader("a.wav", api_key=KEY)))
    assert loader.file_path == "a.wav"


@ways
def test_many_recordings(way, tmp_path, reach, caplog):
    spoken = [Client(**reach).send(audio.speech(input=f"Memo {n}")) for n in range(4)]
    for number, content in enumerate(spoken):
        (tmp_path / f"{number}.wav").write_bytes(content)
    (tmp_path / "left.txt").write_text("left out")
    found = read("langchain", way, tmp_path, max_in_flight=3, **reach)
    assert [text(one) for one in found] == [f"Memo {n}" for n in range(4)]
    assert [one.metadata["source"] for one in found] == [
        str(tmp_path / f"{n}.wav") for n in range(4)
    ]
    (tmp_path / "2.wav").write_bytes(b"no sound")
    with pytest.raises(InvalidRequestError, match=r"2\.wav") as caught:
        read("langchain", way, tmp_path, **reach)
    assert [text(one) for one in caught.value.documents] == ["Memo 0", "Memo 1"]
    assert caught.value.source == str(tmp_path / "2.wav")
    with caplog.at_level(logging.WARNING):
        found = read("langchain", way, tmp_path, on_error="skip", **reach)
    assert [text(one) for one in found] == ["Memo 0", "Memo 1", "Memo 3"]
    assert "2.wav is skipped" in caplog.text
    with pytest.raises(AuthenticationError):
        read("langchain", way, tmp_path, on_error="skip", **{**reach, "api_key": "a.b"})


@ways
def test_a_failure_behind_a_whole_recording(way, talk, tmp_path):
    memo = tmp_path / "a.wav"
    memo.write_bytes(wav(1))
    replies = (said("Memo"), said("One,"), failure(500, "500"))
    with scripted(*replies) as server:
        given = {"max_in_flight": 1, **where(server)}
        with pytest.raises(ServerError, match=r"part 2 of .*talk\.wav") as caught:
            read("langchain", way, [memo, talk], **given)
    assert [text(one) for one in caught.value.documents] == ["Memo"]
    assert partial_of(caught.value).text == "One,"
    assert caught.value.later == {}


@ways
def test_blobs(way, tmp_path, reach):
    path = tmp_path / "memo.wav"
    path.write_bytes(wav(1))
    parser = ZhipuAITranscriptionParser(**reach)
    blob = Blob.from_path(path, metadata={"year": 1987})
    (found,) = parser.parse(blob) if way == "sync" else asyncio.run(parser.aparse(blob))
    assert found.metadata["year"] == 1987
    (other,) = ZhipuAITranscriptionLoader([blob], show_progress=True, **reach).load()
    assert other == found


def test_as_a_file_extractor(tmp_path, reach):
    (tmp_path / "memo.wav").write_bytes(wav(1))
    reader = ZhipuAITranscriptionReader(segments=True, **reach)
    found = SimpleDirectoryReader(
        input_dir=str(tmp_path), file_extractor={".wav": reader}, raise_on_error=True
    ).load_data()
    assert found[0].metadata["file_name"] == "memo.wav"
    assert "start" not in found[0].get_content("llm")
