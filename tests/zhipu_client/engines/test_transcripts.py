"""Transcripts of long recordings: put together; failures keep what was paid for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import zhipu_emulator
from tests.reliability import scenarios as say
from tests.reliability.frames import frame
from tests.reliability.server import FaultServer
from tests.zhipu_client.engines.sounds import listening, spoken, wav
from zhipu_client import (
    AsyncClient,
    Client,
    ContentFilterError,
    InvalidRequestError,
    ServerError,
    StreamIncompleteError,
    astream_transcript,
    audio,
    stream_transcript,
    with_checkpoint,
)
from zhipu_client._request import Request
from zhipu_client.work import partial_of


@pytest.fixture
def talk(tmp_path) -> Iterator[Any]:
    path = tmp_path / "talk.wav"
    path.write_bytes(wav(spoken(25, 1, 25, 1, 25, 1, 10)))
    return path


def refused() -> ContentFilterError:
    return ContentFilterError("unsafe", status=400, code="1301")


def test_put_together(run, make_client, talk) -> None:
    client, sent = listening(make_client, "One two,", "three four.", "你好，", "世界")
    seen: list[Any] = []
    job = audio.segments(
        talk, in_flight=1, hotwords=["two"], progress=lambda done, total: seen.append((done, total))
    )
    found = run(client, job)
    assert found.text == "One two, three four.你好，世界"
    assert [name for name, _ in sent] == [f"talk-{number}.wav" for number in (1, 2, 3, 4)]
    assert [time["text"] for time in found.times] == ["One two,", "three four.", "你好，", "世界"]
    ends = [time["end"] for time in found.times]
    assert [time["start"] for time in found.times] == [0.0, *ends[:-1]]
    assert ends == pytest.approx([25.5, 51.5, 77.5, 88.0], abs=0.02)
    assert seen == [(end, 88.0) for end in ends]


def test_a_progress_that_fails_ends_the_run(run, make_client, talk) -> None:
    client, _ = listening(make_client, "one", "two", "three", "four")

    def failing(done: float, total: float | None) -> None:
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped") as caught:
        run(client, audio.segments(talk, in_flight=1, progress=failing))
    assert [one.text for one in partial_of(caught.value).segments] == ["one"]


def test_times_of_the_model_are_those_of_the_recording(run, make_client, talk) -> None:
    client = make_client(
        lambda body: {
            "text": "a b",
            "segments": [{"start": 0, "end": 1, "text": "a"}, {"start": "x"}, None,
                         {"start": 1.5, "end": 2, "text": "b"}],
        }
    )  # fmt: skip
    found = run(client, audio.segments(talk, in_flight=1))
    times, second = found.times, found.segments[1].start
    assert times[:3] == [
        {"start": 0.0, "end": 1.0, "text": "a"},
        {"start": 1.5, "end": 2.0, "text": "b"},
        {"start": second, "end": second + 1, "text": "a"},
    ]


def test_a_refused_part(run, collect, make_client, talk) -> None:
    client, _ = listening(make_client, "one", refused(), "three", "four")
    job = {"in_flight": 1}
    with pytest.raises(
        ContentFilterError, match=r"part 2 of talk\.wav, 25\.5 to 51\.[45]"
    ) as caught:
        run(client, audio.segments(talk, **job))
    assert [one.text for one in partial_of(caught.value).segments] == ["one"]
    found = run(client, audio.segments(talk, on_error="skip", **job))
    assert found.text == "one three four"
    (left,) = found.refused
    assert (left.number, round(left.start, 1), left.text) == (2, 25.5, "")
    pieces, error = collect(client, audio.segments(talk, **job))
    assert [one.text for one in pieces] == ["one"]
    assert isinstance(error, ContentFilterError)


def test_what_is_behind_a_failure_is_kept(run, make_client, talk) -> None:
    client, _ = listening(make_client, ServerError("down", status=500), "two", "three", "four")
    job = audio.segments(talk, in_flight=3, on_error="skip")
    with pytest.raises(ServerError, match="part 1") as caught:
        run(client, job)
    # Which of them were done by then, the threads decide: "four" too, once "two" is.
    kept = partial_of(caught.value)
    assert kept is None or {one.text for one in kept.segments} <= {"two", "three", "four"}


def test_a_file_that_changes_while_it_is_read(run, make_client, talk) -> None:
    client, _ = listening(make_client, "one", "two", "three", "four")

    def shortening(request: Request[Any]) -> None:
        talk.write_bytes(talk.read_bytes()[: 30 * 8000])

    client.before = shortening
    with pytest.raises(InvalidRequestError, match=r"talk\.wav was changed") as caught:
        run(client, audio.segments(talk, in_flight=1))
    assert [one.text for one in partial_of(caught.value).segments] == ["one"]


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with zhipu_emulator.serve() as running:
        yield running


def streamed(kind: str, where: dict[str, Any], job: Any) -> list[str]:
    async def collected() -> list[str]:
        return [text async for text in astream_transcript(AsyncClient(**where), job)]

    if kind == "async":
        return asyncio.run(collected())
    return list(stream_transcript(Client(**where), job))


def test_a_streamed_transcript_is_the_whole_one(kind, run, server) -> None:
    where = {"api_key": server.api_key, "base_url": server.base_url}
    text = "The two hydrophones cost 4,100 euros together. " * 10
    spoken_text = Client(**where).send(audio.speech(input=text))
    job = audio.segments(spoken_text)
    pieces = streamed(kind, where, job)
    assert "".join(pieces) == text.strip()
    assert len(pieces) > 50
    client = Client(**where) if kind == "sync" else AsyncClient(**where)
    whole = run(client, job)
    assert whole.text == text.strip()
    assert len(whole.segments) == 2


def test_a_stream_that_breaks_has_the_text_so_far(kind, talk) -> None:
    first = (
        frame({"type": "transcript.text.delta", "delta": "One"}),
        frame({"type": "transcript.text.done", "text": "One two"}),
    )
    second = frame({"type": "transcript.text.delta", "delta": "three"})
    with FaultServer(say.stream(*first), say.stream(second)) as broken:
        where = {"api_key": "a.b", "base_url": broken.base_url, "max_retries": 0}
        with pytest.raises(StreamIncompleteError, match=r"part 2 of talk\.wav") as caught:
            streamed(kind, where, audio.segments(talk))
    assert caught.value.partial == "One two three"
    talk.write_bytes(b"nothing")
    with pytest.raises(InvalidRequestError, match=r"talk\.wav"):
        streamed(kind, where, audio.segments(talk))


def test_nothing_is_paid_for_twice(run, kind, server, talk, tmp_path) -> None:
    where = {"api_key": server.api_key, "base_url": server.base_url}
    client = Client(**where) if kind == "sync" else AsyncClient(**where)
    kept = with_checkpoint(client, tmp_path / "work.sqlite")
    server.reset()
    assert run(kept, audio.segments(talk)) == run(kept, audio.segments(talk))
    assert len(server.requests) == 4
