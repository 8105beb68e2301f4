"""Videos, speech, voices, files, batches, moderation: requests, refusals, answers, streams."""

from __future__ import annotations

import base64
import io
import json
import struct
import wave
from collections.abc import Iterator
from typing import Any

import pytest

import zhipu_emulator
from zhipu_client import (
    Client,
    InvalidRequestError,
    RateLimitError,
    StreamIncompleteError,
    audio,
    batches,
    download,
    file_parser,
    files,
    images,
    moderations,
    ocr,
    reader,
    tokenizer,
    videos,
    voices,
    wait_result,
    web_search,
)
from zhipu_client._request import Reply


def wav(seconds: float) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(int(seconds * 16000)))
    return out.getvalue()


def floats(seconds: float, chunks: bytes = b"") -> bytes:
    """Return a WAV of 32-bit floats, 8000 a second, with chunks before the sound."""
    form = struct.pack("<HHIIHH", 3, 1, 8000, 32000, 4, 32)
    sound = bytes(int(seconds * 32000))
    parts = b"fmt " + struct.pack("<I", 16) + form + chunks + b"data"
    parts += struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", 4 + len(parts)) + b"WAVE" + parts


REFUSED: list[tuple[Any, dict[str, Any], str, str]] = [
    (videos.create, {}, "prompt", "or image_url is needed"),
    (videos.create, {"prompt": "p" * 513}, "prompt", "at most 512"),
    (videos.create, {"prompt": "p", "size": "10x10"}, "size", "1280x720"),
    (videos.create, {"prompt": "p", "duration": 7}, "duration", "one of 5, 10"),
    (videos.create, {"prompt": "p", "fps": 24}, "fps", "30, 60"),
    (videos.create, {"prompt": "p", "quality": "best"}, "quality", "speed, quality"),
    (videos.create, {"prompt": "p", "style": "anime"}, "style", "not taken by cogvideox-3"),
    (videos.create, {"image_url": 5}, "image_url", "must be a list of strings"),
    (videos.create, {"image_url": ["a"] * 3}, "image_url", "0 to 2 pictures, got 3"),
    (videos.create, {"image_url": [""]}, "image_url", "must not be empty"),
    (
        videos.create,
        {"model": "cogvideox-2", "prompt": "p", "duration": 5},
        "duration",
        "not taken by cogvideox-2",
    ),
    (videos.create, {"model": "viduq1-text", "image_url": "a"}, "prompt", "needed for viduq1-text"),
    (videos.create, {"model": "vidu2-start-end", "image_url": ["a"]}, "image_url", "have 2"),
    (videos.create, {"image_url": "VGhpcyBpcyB0ZXh0Lg=="}, "image_url", "base64 of an image"),
    (videos.create, {"image_url": "data:image/png;base64,VGhpcyE="}, "image_url", "got b'This!'"),
    (videos.create, {"prompt": "p", "image_url": "notes.txt"}, "image_url", "must be an address"),
    (audio.speech, {"input": "a" * 1025}, "input", "at most 1,024"),
    (audio.speech, {"input": "a", "response_format": "mp3"}, "response_format", "wav, pcm"),
    (audio.speech, {"input": "a", "speed": 3}, "speed", "from 0.5 to 2"),
    (audio.speech, {"input": "a", "volume": 0}, "volume", "above 0 and up to 10"),
    (audio.speech_stream, {"input": "a", "encode_format": "utf"}, "encode_format", "base64, hex"),
    (audio.transcribe, {"file": b"OggS"}, "file", "must be a WAV or MP3"),
    (audio.transcribe, {"file": wav(31)}, "file", "30 seconds, this one lasts 31.0"),
    (audio.transcribe, {"file": floats(40)}, "file", "30 seconds, this one lasts 40.0"),
    (
        audio.transcribe,
        {"file": floats(31, b"LIST\x03\x00\x00\x00abc\x00")},
        "file",
        "30 seconds, this one lasts 31.0",
    ),
    (audio.transcribe, {"file": b"ID3" + bytes(25 * 2**20)}, "file", "at most 26,214,400"),
    (audio.transcribe, {"file": wav(1), "hotwords": ["a"] * 101}, "hotwords", "at most 100"),
    (audio.transcribe, {"file": wav(1), "hotwords": "word"}, "hotwords", "list of strings"),
    (audio.transcribe, {"file": wav(1), "prompt": "p" * 8000}, "prompt", "at most 7,999"),
    (voices.clone, {"voice_name": "", "input": "a", "file_id": "f"}, "voice_name", "empty"),
    (voices.list, {"voice_type": "MINE"}, "voice_type", "PRIVATE, OFFICIAL"),
    (files.create, {"file": b"", "filename": "a", "purpose": "agent"}, "file", "1 to"),
    (files.create, {"file": b"a", "filename": "a.txt", "purpose": "batch"}, "filename", ".jsonl"),
    (
        files.create,
        {"file": b"%PDF-1.4", "filename": "me.wav", "purpose": "voice-clone-input"},
        "file",
        "must be a WAV or MP3",
    ),
    (files.list, {"purpose": "batch", "limit": 0}, "limit", "from 1 to 100"),
    (batches.line, {"custom_id": "short", "body": {}}, "custom_id", "at least 6"),
    (batches.lines, {"rows": []}, "rows", "1 to 50,000 lines"),
    *(
        (batches.lines, {"rows": [batches.line("request-1", {"x": x})]}, "custom_id", "not JSON")
        for x in (float("nan"), "\ud800", {1})
    ),
    (moderations.create, {"input": ["a"]}, "input[0]", "an object with a type"),
    (batches.create, {"input_file_id": "f", "metadata": {"k": 1}}, "metadata['k']", "a string"),
    (
        batches.create,
        {"input_file_id": "f", "metadata": dict.fromkeys(map(str, range(17)), "v")},
        "metadata",
        "at most 16",
    ),
    (moderations.create, {"input": "a" * 2001}, "input", "at most 2,000"),
    (moderations.create, {"input": []}, "input", "must not be empty"),
    (moderations.create, {"input": {"type": "file"}}, "input[0].type", "text, image_url"),
]


@pytest.mark.parametrize(
    ("make", "given", "field", "words"),
    REFUSED,
    ids=[f"{row[2]}-{n}" for n, row in enumerate(REFUSED)],
)
def test_a_wrong_value_is_refused_by_name(
    make: Any, given: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(InvalidRequestError, match=words) as caught:
        make(**given)
    assert caught.value.field == field


def test_creations_are_paid() -> None:
    for request in (
        videos.create(prompt="p"),
        batches.create(input_file_id="f"),
        voices.clone(voice_name="v", input="i", file_id="f"),
        file_parser.create(file=b"x", filename="a.md"),
    ):
        assert request.kind == "paid", request.path


def test_lines_of_a_batch() -> None:
    one = batches.line("request-1", {"model": "glm-4-flash", "messages": []})
    content = batches.lines([one, {**one, "custom_id": "request-2"}])
    assert [json.loads(row)["custom_id"] for row in content.splitlines()] == [
        "request-1",
        "request-2",
    ]
    with pytest.raises(InvalidRequestError, match="must be unique"):
        batches.lines([one, one])
    with pytest.raises(InvalidRequestError, match="for one model"):
        batches.lines([one, {**one, "body": {"model": "glm-4"}}])
    assert list(batches.read_output(b'{"id": 1}\n\n \n{"id": 2}\n')) == [{"id": 1}, {"id": 2}]


def test_levels_of_moderation() -> None:
    def level(*levels: str | None) -> str:
        rows = [{"risk_level": one, "risk_type": None} for one in levels]
        data = {"result_list": rows}
        return moderations.create(input="a").parse(Reply(200, {}, b"", data)).risk_level

    assert level() == level("PASS") == "PASS"
    assert level("PASS", "new", "PASS") == level(None) == "REVIEW"
    assert level("REVIEW", "REJECT") == "REJECT"


def speech_event(content: str | None, index: int = 0, **more: Any) -> bytes:
    delta = None if content is None else {"content": content, "return_sample_rate": 24000}
    choice = {"index": index, **more} if delta is None else {"index": index, "delta": delta, **more}
    return json.dumps({"choices": [choice]}).encode()


@pytest.mark.parametrize("encoding", ["base64", "hex", None])
def test_pieces_of_speech(encoding: Any) -> None:
    reader = audio.speech_stream(input="a", encode_format=encoding).reader()
    sound = b"\x01\x02\x03\x04"
    text = sound.hex() if encoding == "hex" else base64.b64encode(sound).decode()
    assert reader.feed(speech_event(""), "") is None
    piece = reader.feed(speech_event(text, 1), "")
    assert piece is not None
    assert (piece.audio, piece.sample_rate) == (sound, 24000)
    with pytest.raises(StreamIncompleteError):
        reader.finish()
    assert reader.feed(speech_event(None, 2, finish_reason="stop"), "") is None
    assert not reader.done
    reader.finish()
    assert reader.feed(b"[DONE]", "") is None
    assert reader.done


def test_pieces_of_speech_that_are_none() -> None:
    reader = audio.speech_stream(input="a").reader()
    with pytest.raises(StreamIncompleteError, match="not JSON"):
        reader.feed(b'data: {"choices', "")
    with pytest.raises(StreamIncompleteError, match="decoded"):
        reader.feed(speech_event("x"), "")
    with pytest.raises(RateLimitError):
        reader.feed(b'{"error": {"code": "1302", "message": "busy"}}', "")


def test_pieces_of_a_transcript() -> None:
    reader = audio.transcribe_stream(file=wav(1)).reader()
    delta = {"type": "transcript.text.delta", "delta": "诗"}
    assert reader.feed(json.dumps(delta).encode(), "") == audio.TranscriptionChunk("诗")
    assert reader.partial() == "诗"
    with pytest.raises(StreamIncompleteError) as caught:
        reader.finish()
    assert caught.value.partial == "诗"
    done = reader.feed(b'{"type": "transcript.text.done"}', "")
    assert done == audio.TranscriptionChunk("诗", done=True)
    reader.finish()


@pytest.mark.parametrize(
    ("last", "whole"),
    [
        ({"text": "One two"}, "One two"),
        ({"delta": "One two"}, "One two"),
        ({"delta": " two"}, "One two"),
        ({"delta": ""}, "One"),
        ({"text": "Won too", "delta": "x"}, "Won too"),
    ],
)
def test_the_last_piece_of_a_transcript(last: dict[str, str], whole: str) -> None:
    reader = audio.transcribe_stream(file=wav(1)).reader()
    reader.feed(b'{"type": "transcript.text.delta", "delta": "One"}', "")
    done = reader.feed(json.dumps({"type": "transcript.text.done", **last}).encode(), "")
    assert done == audio.TranscriptionChunk(whole, done=True)


def test_a_speech_answer_that_is_json_is_an_error() -> None:
    body = b'{"error": {"code": "1302", "message": "busy"}}'
    reply = Reply(200, {"content-type": "application/json"}, body)
    with pytest.raises(RateLimitError):
        audio.speech(input="a").parse(reply)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with zhipu_emulator.serve() as server:
        yield Client(api_key=server.api_key, base_url=server.base_url)


def test_speech_and_back(client: Client) -> None:
    sound = client.send(audio.speech(input="你好，世界"))
    assert audio.audio_type(sound[:12]) == "audio/wav"
    found = client.send(audio.transcribe(file=sound, hotwords=["你好", "世界"]))
    assert "你好" in (found.text or "")
    with client.stream(audio.transcribe_stream(file=sound)) as pieces:
        collected = list(pieces)
    assert collected[-1].done
    assert "".join(one.text for one in collected[:-1]) == found.text
    with client.stream(audio.speech_stream(input="你好，世界", encode_format="hex")) as stream:
        assert sum(len(one.audio) for one in stream) > 1000


def test_a_video(client: Client) -> None:
    task = client.send(videos.create(prompt="a kite in the wind", size="1280x720"))
    found = wait_result(client, task, interval=0.05)
    assert found.video_result
    assert download(client, found.urls[0], kind="video/").mime_type == "video/mp4"


def test_a_voice(client: Client) -> None:
    sample = client.send(audio.speech(input="This is a sample of my voice, long enough to do."))
    file = client.send(files.create(file=sample, filename="a.wav", purpose="voice-clone-input"))
    assert file.id
    made = client.send(voices.clone(voice_name="mine", input="Hello", file_id=file.id))
    listed = client.send(voices.list(voice_type="PRIVATE"))
    assert made.voice in [voice.voice for voice in listed.voice_list]
    assert client.send(voices.delete(made.voice or "")).voice == made.voice


def test_a_batch(client: Client) -> None:
    body = {"model": "glm-4-flash", "messages": [{"role": "user", "content": "Hello"}]}
    content = batches.lines([batches.line(f"request-{n}", body) for n in range(3)])
    file = client.send(files.create(file=content, filename="in.jsonl", purpose="batch"))
    assert file.id in [one.id for one in client.send(files.list(purpose="batch")).data]
    batch = client.send(batches.create(input_file_id=file.id or "", metadata={"k": "v"}))
    for _ in range(100):
        if batch.ended:
            break
        batch = client.send(batches.retrieve(batch.id or ""))
    assert batch.status == "completed"
    rows = list(batches.read_output(client.send(files.content(batch.output_file_id or ""))))
    assert sorted(row["custom_id"] for row in rows) == ["request-0", "request-1", "request-2"]
    assert client.send(batches.list(limit=5)).data[0].id == batch.id


def test_the_other_endpoints_against_the_emulator(client: Client) -> None:
    assert client.send(moderations.create(input="a friendly text")).risk_level == "PASS"
    count = client.send(tokenizer.create(messages=[{"role": "user", "content": "Hello"}]))
    assert count.usage
    assert count.usage.total_tokens
    found = client.send(web_search.create(search_query="GLM", count=3))
    assert 1 <= len(found.search_result) <= 3
    link = next(row.link for row in found.search_result if row.link)
    page = client.send(reader.create(url=link)).reader_result
    assert page
    assert page.content
    picture = client.send(ocr.handwriting(file=_png(), probability=True))
    assert picture.status == "succeeded"
    task = client.send(file_parser.create(file=b"# Title", filename="a.md", file_type="MD"))
    assert task.task_id
    result = client.send(file_parser.retrieve(task.task_id))
    assert result.task_id == task.task_id
    assert client.send(file_parser.create_sync(file=b"# Title", filename="a.md")).content


def _png() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF])
def test_a_wav_whose_header_promises_more_is_as_long_as_it_is(size: int) -> None:
    def promising(seconds: float) -> bytes:
        sound = wav(seconds)
        told = size.to_bytes(4, "little")
        return sound[:4] + told + sound[8:40] + told + sound[44:]

    assert audio.transcribe(file=promising(5)).uploads[0].content_type == "audio/wav"
    with pytest.raises(InvalidRequestError, match="30 seconds"):
        audio.transcribe(file=promising(31))


@pytest.mark.parametrize(
    "frame",
    [
        {"choices": [None]},
        {"choices": {"a": 1}},
        {"choices": "x"},
        {"choices": [{"delta": "x"}]},
        {"choices": [{"delta": {"content": 5}}]},
    ],
)
def test_speech_of_an_unknown_shape_is_our_error(frame: dict[str, Any]) -> None:
    reader = audio.speech_stream(input="a").reader()
    with pytest.raises(StreamIncompleteError):
        reader.feed(json.dumps(frame).encode(), "")
        reader.finish()


@pytest.mark.parametrize("frame", [{"delta": 5}, {"delta": {"text": "a"}}, {"text": ["a"]}])
def test_a_transcript_is_text_or_nothing(frame: dict[str, Any]) -> None:
    assert (
        audio.transcribe_stream(file=wav(1)).reader().feed(json.dumps(frame).encode(), "") is None
    )


@pytest.mark.parametrize("rows", [None, "x", {"url": "u"}, ["x", None, {"url": 5}]])
def test_an_answer_without_images_has_no_addresses(rows: Any) -> None:
    assert images.create(prompt="a").parse(Reply(200, {}, b"", {"data": rows})).urls == []


@pytest.mark.parametrize(
    ("rows", "level", "types"),
    [
        (None, "REVIEW", []),
        (["x"], "REVIEW", []),
        ([{"risk_level": "PASS", "risk_type": "x"}], "PASS", ["x"]),
        ([{"risk_level": "REJECT", "risk_type": [5]}, "x"], "REJECT", ["5"]),
    ],
)
def test_what_cannot_be_read_is_not_passed(rows: Any, level: str, types: list[str]) -> None:
    found = moderations.create(input="a").parse(Reply(200, {}, b"", {"result_list": rows}))
    assert (found.risk_level, found.risk_types) == (level, types)
