"""Long recordings: cut at pauses, nothing lost, put together; failures keep what was paid for."""

from __future__ import annotations

import asyncio
import functools
import io
import itertools
import struct
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import zhipu_emulator
from tests.reliability import scenarios as say
from tests.reliability.frames import frame
from tests.reliability.server import FaultServer
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
from zhipu_client._io import recordings
from zhipu_client._io.recordings import open_recording
from zhipu_client._request import Request
from zhipu_client._wav import levels, read_header
from zhipu_client.audio._cuts import cut_of, parts_of
from zhipu_client.audio._mp3 import mp3_seconds
from zhipu_client.work import partial_of

MiB = 1024 * 1024
#: Loud and silent samples of 8 bits: short to write down.
LOUD, SILENT = b"\x10\xf0", b"\x80\x80"


def wav(
    samples: bytes, *, kind: int = 1, channels: int = 1, rate: int = 8000, bits: int = 8
) -> bytes:
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * frame, frame, bits)
    if kind == 0xFFFE:
        form += struct.pack("<HHIH", 22, bits, 3, 1) + bytes(14)
    inner = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    inner += b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


def spoken(*stretches: float, rate: int = 8000) -> bytes:
    """Samples that are loud and silent in turn, for so many seconds each."""
    sounds = itertools.cycle((LOUD, SILENT))
    return b"".join(
        sound * round(seconds * rate / 2) for sound, seconds in zip(sounds, stretches, strict=False)
    )


def inner(file: bytes) -> bytes:
    _, start, length = read_header(lambda place, count: file[place : place + count], len(file))
    return file[start : start + length]


def parts(file: bytes, most: int = 25 * MiB) -> list[Any]:
    return list(parts_of(open_recording(file, None, 2**30).samples(), most))


def noise(count: int) -> bytes:
    value = bytearray()
    state = 1
    while len(value) < count:
        state = state * 1103515245 + 12345 & 0x7FFFFFFF
        value += state.to_bytes(4, "little")[:3]
    return bytes(value[:count])


FORMATS = {
    "8 bits": {"bits": 8},
    "16 bits, stereo": {"bits": 16, "channels": 2},
    "24 bits": {"bits": 24, "rate": 11_025},
    "32 bits": {"bits": 32},
    "floats": {"kind": 3, "bits": 32},
    "doubles": {"kind": 3, "bits": 64},
    "A-law": {"kind": 6},
    "mu-law, stereo": {"kind": 7, "channels": 2},
    "extensible": {"kind": 0xFFFE, "bits": 16, "channels": 3},
    "odd": {"bits": 8, "rate": 999},
}


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_no_sample_is_lost_and_none_is_doubled(form: dict[str, Any]) -> None:
    frame = form.get("channels", 1) * form.get("bits", 8) // 8
    samples = noise(997) * (70 * form.get("rate", 8000) * frame // 997)
    samples = samples[: len(samples) // frame * frame]
    found = parts(wav(samples, **form))
    assert b"".join(inner(part.content) for part in found) == samples
    assert len(found) >= 3
    assert all(part.end - part.start < 30 for part in found)
    assert [part.end for part in found][:-1] == [part.start for part in found][1:]
    assert {part.total for part in found} == {found[-1].end}


@pytest.mark.parametrize(
    ("seconds", "most"), [(29.6, MiB), (30.1, MiB), (59.0, MiB), (80, 100_000), (31, 50_000)]
)
def test_parts_are_neither_too_large_nor_too_short(seconds: float, most: int) -> None:
    found = parts(wav(spoken(seconds)), most)
    assert all(len(part.content) <= most for part in found)
    assert all(part.end - part.start >= 1 for part in found)


def test_it_is_cut_in_pauses() -> None:
    # The pauses are at 20-21, 44.0-44.6 (44.8 to 45 is shorter), and 70-72 seconds.
    samples = spoken(20, 1, 23, 0.6, 0.2, 0.2, 25, 2, 9)
    ends = [part.end for part in parts(wav(samples))]
    assert [round(end, 1) for end in ends] == [20.5, 44.3, 71.0, 81.0]


@pytest.mark.parametrize(
    ("loud", "wanted"),
    [
        ([9.0] * 50 + [0.0] * 20 + [9.0] * 50, 60),
        ([9.0] * 50 + [0.1] * 20 + [9.0] * 50 + [0.0] * 12 + [9.0], 60),
        ([9.0] * 50 + [0.0] * 20 + [9.0] * 50 + [0.0] * 20, 130),  # the later of two equals
        ([9.0] * 50 + [3.0] * 5 + [9.0] * 50, 52),  # no pause: the quietest place
        ([0.0] * 40, 20),
        ([5.0] * 3, 1),
    ],
)
def test_places_to_cut(loud: list[float], wanted: int) -> None:
    assert cut_of(loud) == wanted


def test_a_sound_on_the_second_channel_is_no_pause() -> None:
    samples = (b"\x80\x10" + b"\x80\xf0") * 4000
    form = open_recording(wav(samples, channels=2), None, MiB).samples().form
    loud, _ = levels(form, samples)
    assert min(loud) > 200


LYING = {
    "bytes a second": (28, struct.pack("<I", 1), 3),
    "bytes a second, too many": (28, struct.pack("<I", 0xFFFFFFFF), 3),
    "a rate of 1": (24, struct.pack("<I", 1), None),
}


@pytest.mark.parametrize("lie", LYING)
def test_headers_that_lie(lie: str, run, make_client) -> None:
    place, value, count = LYING[lie]
    file = bytearray(wav(spoken(60)))
    file[place : place + 4] = value
    client, sent = listening(make_client)
    if count is None:
        with pytest.raises(InvalidRequestError, match="hours"):
            run(client, audio.segments(bytes(file)))
        return
    found = run(client, audio.segments(bytes(file)))
    assert found.seconds == 60
    assert len(sent) == count


@pytest.mark.parametrize("promised", [0, 0xFFFFFFFF])
def test_a_header_that_was_never_finished(promised: int) -> None:
    samples = spoken(35)
    file = bytearray(wav(samples))
    file[4:8] = file[40:44] = promised.to_bytes(4, "little")
    assert b"".join(inner(part.content) for part in parts(bytes(file))) == samples


@pytest.mark.parametrize(("promised", "said"), [(0, 0), (280_000, 0), (400_000, 1), (2**31 - 1, 0)])
def test_a_wav_that_ends_early_is_reported(promised: int, said: int, caplog) -> None:
    file = bytearray(wav(spoken(35)))
    file[40:44] = promised.to_bytes(4, "little")
    file[4:8] = bytes(4)
    recording = open_recording(bytes(file), None, 2**30)
    assert recording.wav_seconds() == 35
    recording.samples()
    texts = [record.getMessage() for record in caplog.records]
    assert texts == ["the recording ends early: 35.0 of 50.0 s are there"] * said


BROKEN = {
    "empty": (b"", "empty"),
    "text": (b"Once upon a time", "not a file with sound"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(9), "not a file with sound"),
    "a playlist": (b"#EXTM3U\nhttp://localhost/a.ts\n", "not a file with sound"),
    "a header alone": (wav(b""), "no samples"),
    "half a header": (wav(b"")[:30], "damaged"),
    "MP3 tags alone": (b"ID3\4\0\0\0\0\0\5" + bytes(5), "damaged"),
    "not FLAC": (b"fLaC" + bytes(99), "damaged"),
    "not MP4": (b"\0\0\0\x1cftypM4A " + bytes(99), "damaged"),
    "too many samples a second": (
        b".snd" + struct.pack(">5I", 24, 99, 3, 570_433_344, 1) + bytes(99),
        "570433344 samples a second",
    ),
    "an address": ("https://example.com/a.mp3", "download it"),
}


@pytest.mark.parametrize("given", BROKEN)
def test_what_cannot_be_heard_is_refused_before(given: str, run, make_client, tmp_path) -> None:
    content, why = BROKEN[given]
    client = make_client(lambda body: {"text": "never"})
    sources: list[Any] = [content]
    if isinstance(content, bytes):
        (tmp_path / "talk.bin").write_bytes(content)
        sources.append(tmp_path / "talk.bin")
    for source in sources:
        with pytest.raises(InvalidRequestError, match=why) as caught:
            run(client, audio.segments(source))
        assert source is content or "talk.bin" in str(caught.value)
    assert not client.bodies


def test_bounds_of_files(run, make_client, tmp_path, monkeypatch) -> None:
    client = make_client(lambda body: {"text": "never"})
    path = tmp_path / "talk.wav"
    path.write_bytes(wav(spoken(1)))
    (tmp_path / "inner").mkdir()
    for job, why in (
        (audio.segments(path, max_bytes=100), "more than the 100 bytes"),
        (audio.segments(path, root=tmp_path / "inner"), "outside"),
        (audio.segments(tmp_path), "not a regular file"),
        (audio.segments(tmp_path / "none.wav"), r"none\.wav cannot be read"),
    ):
        with pytest.raises(InvalidRequestError, match=why):
            run(client, job)
    monkeypatch.setattr(recordings, "MOST_HOURS", 1 / 3600)
    with pytest.raises(InvalidRequestError, match=r"lasts more than .* hours"):
        run(client, audio.segments(encoded("flac", "flac", 3)))
    assert not client.bodies


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"prompt": "p" * 8000}, "prompt"),
        ({"hotwords": ["a"] * 101}, "hotwords"),
        ({"in_flight": 0}, "in_flight"),
        ({"on_error": "ignore"}, "on_error"),
    ],
)
def test_values_out_of_range(given: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidRequestError, match=named):
        audio.segments(b"", **given)


@functools.cache
def encoded(container: str, codec: str, seconds: int, rate: int = 8000) -> bytes:
    """A tone in another format."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream: Any = file.add_stream(codec, rate=rate)
        stream.layout = "mono"
        frame = av.AudioFrame(format="s16", layout="mono", samples=seconds * rate)
        frame.planes[0].update((b"\0\x10" * 10 + b"\0\xf0" * 10) * (seconds * rate // 20))
        frame.sample_rate, frame.pts = rate, 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    return out.getvalue()


OTHERS = [
    ("flac", "flac", "audio/flac", 8000),
    ("ogg", "libopus", "audio/ogg", 8000),
    ("webm", "libopus", "audio/webm", 8000),
    ("ipod", "aac", "audio/mp4", 8000),
    ("adts", "aac", "audio/aac", 8000),
    ("aiff", "pcm_s16be", "audio/aiff", 8000),
    ("wav", "adpcm_ms", "audio/wav", 8000),
    ("au", "pcm_s16be", "audio/basic", 8000),
]


@pytest.mark.parametrize(("container", "codec", "mime", "rate"), OTHERS)
def test_other_formats_are_decoded(container: str, codec: str, mime: str, rate: int) -> None:
    recording = open_recording(encoded(container, codec, 2, rate), None, MiB)
    assert recording.type.mime == mime
    samples = recording.samples()
    assert (samples.form.rate, samples.form.channels, samples.form.frame_bytes) == (16_000, 1, 2)
    assert 1.9 < samples.frames / 16_000 < 2.2
    assert max(levels(samples.form, samples.read(8000, 16_000))[0]) > 1000
    recording.close()


def test_a_format_of_telephones() -> None:
    recording = open_recording(b"#!AMR\n" + (b"\x3c" + noise(31)) * 100, None, MiB)
    assert recording.type.mime == "audio/amr"
    assert recording.samples().frames == pytest.approx(2 * 16_000, abs=500)
    recording.close()


def test_an_mp3_is_sent_as_it_is_or_cut(run, make_client) -> None:
    client, sent = listening(make_client)
    short, long = encoded("mp3", "libmp3lame", 3), encoded("mp3", "libmp3lame", 40)
    assert mp3_seconds(short, 30) == pytest.approx(3, abs=0.3)
    assert run(client, audio.segments(short)).segments[0].end == pytest.approx(3, abs=0.3)
    assert sent[0] == ("audio.mp3", short)
    found = run(client, audio.segments(long))
    assert found.seconds == pytest.approx(40, abs=0.3)
    assert sum(len(inner(content)) for _, content in sent[1:]) == round(found.seconds * 32_000)


def test_without_the_extra(run, make_client, monkeypatch) -> None:
    client, sent = listening(make_client)
    short, long = encoded("mp3", "libmp3lame", 2), encoded("mp3", "libmp3lame", 40)
    flac = encoded("flac", "flac", 1)
    monkeypatch.setitem(sys.modules, "av", None)
    run(client, audio.segments(short))
    for source in (long, flac):
        with pytest.raises(InvalidRequestError, match=r"zhipu-integrations\[audio\]"):
            run(client, audio.segments(source))
    assert len(sent) == 1


def listening(make_client: Any, *texts: Any) -> tuple[Any, list[tuple[str, bytes]]]:
    """A client that says what it was sent; each text answers the part of that number."""
    sent: list[tuple[str, bytes]] = []
    client = make_client(lambda body: {"text": "heard"})
    leave = client._leave

    def answered(request: Request[Any], body: dict[str, Any]) -> Any:
        found = leave(request, body)
        (upload,) = request.uploads
        sent.append((upload.filename, upload.content))
        number = upload.filename.rpartition("-")[2].partition(".")[0]
        text = texts[int(number) - 1] if texts else "heard"
        if isinstance(text, Exception):
            raise text
        found.text = text
        return found

    client._leave = answered
    return client, sent


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
    kept = partial_of(caught.value)
    assert kept is None or {one.text for one in kept.segments} <= {"two", "three"}


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
