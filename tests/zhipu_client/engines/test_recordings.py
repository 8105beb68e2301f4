"""Long recordings: opened, decoded, and cut at pauses; nothing is lost."""

from __future__ import annotations

import struct
import sys
from typing import Any

import pytest

from tests.zhipu_client.engines.sounds import (
    MiB,
    encoded,
    inner,
    listening,
    noise,
    parts,
    spoken,
    wav,
)
from zhipu_client import InvalidRequestError, audio
from zhipu_client._io import recordings
from zhipu_client._io.recordings import open_recording
from zhipu_client._wav import levels
from zhipu_client.audio._cuts import cut_of
from zhipu_client.audio._mp3 import mp3_seconds

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
