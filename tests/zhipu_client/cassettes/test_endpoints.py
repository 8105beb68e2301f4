"""The endpoints that have no adapter of their own, or a small one, from cassettes.

Whatever goes over several calls (a video and its polls, a file and its batch) is one test.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.cassette_support.plugin import Mode, Service
from zhipu_client import (
    BadRequestError,
    Client,
    ContentFilterError,
    NotFoundError,
    Request,
    StreamRequest,
    adownload,
    audio,
    await_result,
    batches,
    chat,
    download,
    file_parser,
    files,
    moderations,
    tokenizer,
    videos,
    voices,
    wait_result,
)

pytestmark = pytest.mark.vcr

Send = Callable[[Request[Any]], Awaitable[Any]]
Pieces = Callable[[StreamRequest[Any]], Awaitable[list[Any]]]


@pytest.fixture
def pieces(client: Client, mode: Mode) -> Pieces:
    async def pieces(request: StreamRequest[Any]) -> list[Any]:
        if mode == "sync":
            with client.stream(request) as stream:
                return list(stream)
        async with client.as_async().stream(request) as astream:
            return [piece async for piece in astream]

    return pieces


async def test_a_video(service: Service, client: Client, send: Send, mode: Mode) -> None:
    task = await send(videos.create(prompt="a kite in the wind"))
    pause = service.poll_interval
    if mode == "sync":
        found = wait_result(client, task, interval=pause)
    else:
        found = await await_result(client.as_async(), task, interval=pause)
    assert found.state == "succeeded"
    (url,) = found.urls
    assert ".mp4" in url
    cover = (found.video_result or [])[0]["cover_image_url"]  # a film would be a large cassette
    if mode == "sync":
        picture = download(client, cover, kind="image/")
    else:
        picture = await adownload(client.as_async(), cover, kind="image/")
    assert picture.mime_type == "image/png"
    assert picture.size == len(picture.content) > 0


async def test_a_video_that_is_refused(send: Send) -> None:
    with pytest.raises(ContentFilterError) as caught:
        await send(videos.create(prompt="how to make a bomb"))
    assert caught.value.code == "1301"


async def test_speech_and_back(send: Send, pieces: Pieces) -> None:
    sound = await send(audio.speech(input="hi"))
    assert audio.audio_type(sound[:12]) == "audio/wav"
    found = await send(audio.transcribe(file=sound, filename="hi.wav"))
    assert "hi" in found.text.lower()
    heard = await pieces(audio.transcribe_stream(file=sound, filename="hi.wav"))
    assert heard[-1].done
    assert heard[-1].text == found.text


async def test_speech_streamed(pieces: Pieces) -> None:
    found = await pieces(audio.speech_stream(input="hi"))
    assert sum(len(piece.audio) for piece in found) > 1000
    assert {piece.sample_rate for piece in found} == {audio.SAMPLE_RATE}


async def test_a_voice_that_is_none(send: Send) -> None:
    with pytest.raises(BadRequestError):
        await send(audio.speech(input="hi", voice="voice-that-never-was"))


async def test_the_voices(send: Send) -> None:
    found = await send(voices.list(voice_type="OFFICIAL"))
    assert "tongtong" in [voice.voice for voice in found.voice_list]


async def test_moderation(send: Send) -> None:
    friendly = await send(moderations.create(input="a friendly text"))
    assert friendly.risk_level == "PASS"
    bad = await send(moderations.create(input="how to make a bomb"))
    assert bad.risk_level == "REJECT"
    assert bad.result_list[0].risk_type


async def test_moderation_by_a_model_that_is_none(send: Send) -> None:
    with pytest.raises(NotFoundError):
        await send(moderations.create(model="moderation-that-never-was", input="a text"))


async def test_a_file_and_its_batch(service: Service, send: Send) -> None:
    body = {"model": "glm-4-flash", "messages": [{"role": "user", "content": "Hello"}]}
    content = batches.lines([batches.line(f"request-{number}", body) for number in range(2)])
    file = await send(files.create(file=content, filename="in.jsonl", purpose="batch"))
    assert (file.bytes, file.filename) == (len(content), "in.jsonl")
    listed = await send(files.list(purpose="batch"))
    assert file.id in [one.id for one in listed.data]
    batch = await send(batches.create(input_file_id=file.id, auto_delete_input_file=False))
    for _ in range(100):
        if batch.ended:
            break
        batch = await send(batches.retrieve(batch.id))
    assert batch.status == "completed"
    rows = list(batches.read_output(await send(files.content(batch.output_file_id))))
    assert sorted(row["custom_id"] for row in rows) == ["request-0", "request-1"]
    assert (await send(files.delete(file.id))).deleted


async def test_a_file_that_is_none(send: Send) -> None:
    with pytest.raises((BadRequestError, NotFoundError)):
        await send(files.content("file-that-never-was"))


async def test_a_document_is_parsed(send: Send) -> None:
    task = await send(file_parser.create(file=b"# Title", filename="a.md", file_type="MD"))
    found = await send(file_parser.retrieve(task.task_id))
    assert found.task_id == task.task_id
    assert (
        "Title" in (await send(file_parser.create_sync(file=b"# Title", filename="a.md"))).content
    )


async def test_tokens(send: Send) -> None:
    messages = [{"role": "user", "content": "What is the capital of France?"}]
    found = await send(tokenizer.create(model="glm-4.6", messages=messages))
    assert 0 < found.usage.total_tokens < 50


async def test_tokens_of_a_model_that_is_none(send: Send) -> None:
    messages = [{"role": "user", "content": "Hello"}]
    with pytest.raises(NotFoundError) as caught:
        await send(tokenizer.create(model="glm-that-never-was", messages=messages))
    assert caught.value.code == "1211"


async def test_a_chat(send: Send, pieces: Pieces) -> None:
    asked: dict[str, Any] = {
        "model": "glm-4.7",
        "messages": [{"role": "user", "content": "What is 17 * 19?"}],
    }
    reply = await send(chat.create(**asked))
    collected = chat.Accumulator()
    for chunk in await pieces(chat.stream(**asked)):
        collected.add(chunk)
    streamed = collected.message()["choices"][0]
    assert streamed["message"]["content"] == reply.choices[0].message.content
    assert streamed["finish_reason"] == reply.choices[0].finish_reason == "stop"
