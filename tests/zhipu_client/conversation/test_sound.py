"""Sound as one file that opens."""

from __future__ import annotations

import base64
import io
import struct
import wave

import pytest

from zhipu_client.chat._chunks import Accumulator
from zhipu_client.conversation.sound import as_file, playable, sound_type

SAMPLES = struct.pack("<600h", *range(600))


def wav(samples: bytes = SAMPLES, rate: int = 44_100) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples)
    return buffer.getvalue()


def opened(content: bytes) -> tuple[int, int, int, bytes]:
    with wave.open(io.BytesIO(content)) as reader:
        facts = reader.getparams()
        return facts.nchannels, facts.sampwidth, facts.framerate, reader.readframes(facts.nframes)


def test_bare_samples_get_a_header() -> None:
    assert opened(as_file(SAMPLES)) == (1, 2, 44_100, SAMPLES)
    assert opened(as_file(SAMPLES[:-1]))[3] == SAMPLES[:-1] + b"\0"


@pytest.mark.parametrize("content", [wav(), wav(rate=24_000), b"ID3\x03abc", b"OggS", b"RIFF", b""])
def test_a_whole_file_is_not_changed(content: bytes) -> None:
    assert as_file(content) == (content or as_file(b""))


@pytest.mark.parametrize("size", [0, 7, 0xFFFFFFFF])
def test_a_header_of_a_stream_gets_the_size_that_came(size: int) -> None:
    whole = wav()
    streamed = whole[:40] + struct.pack("<I", size) + whole[44:]
    # A size that fits is the file's own business: what follows may be other chunks.
    assert opened(as_file(streamed))[3] == (SAMPLES[:6] if size == 7 else SAMPLES)


def test_files_after_each_other_are_one() -> None:
    parts = [SAMPLES[:200], SAMPLES[200:700], SAMPLES[700:]]
    assert opened(as_file(b"".join(map(wav, parts)))) == (1, 2, 44_100, SAMPLES)


def test_samples_behind_a_file_are_its_own() -> None:
    assert opened(as_file(wav(SAMPLES[:200]) + SAMPLES[200:])) == (1, 2, 44_100, SAMPLES)
    assert as_file(wav() + b"\0") == wav() + b"\0"


def test_data_urls_are_read() -> None:
    url = f"data:audio/wav;base64,{base64.b64encode(wav()).decode()}"
    assert base64.b64decode(playable({"data": url})["data"]) == wav()


def test_chunks_beside_the_samples_are_kept() -> None:
    whole = wav()
    note = b"LIST" + struct.pack("<I", 5) + b"INAMx\0"
    content = whole[:36] + note + whole[36:40] + bytes(4) + whole[44:]
    made = as_file(content)
    assert note in made
    assert opened(made)[3] == SAMPLES


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("bare", [True, False])
def test_pieces_may_each_be_padded(cut: int, bare: bool) -> None:
    content = SAMPLES if bare else wav()
    pieces = [content[at : at + cut] for at in range(0, len(content), cut)]
    data = "".join(base64.b64encode(piece).decode() for piece in pieces)
    assert opened(base64.b64decode(playable({"data": data})["data"]))[3] == SAMPLES
    plain = base64.b64encode(content).decode()
    assert playable({"data": plain}) == playable({"data": data})


@pytest.mark.parametrize("data", ["abcde", 5, None, ""])
def test_what_is_not_base64_is_kept(data: object) -> None:
    assert playable({"id": "a", "data": data}) == {"id": "a", "data": data}


def test_what_a_file_is_called() -> None:
    assert sound_type(base64.b64encode(wav()).decode()) == "audio/wav"
    assert sound_type("SUQzBAAA") == "audio/mpeg"
    assert sound_type("a") == "audio/wav"


def test_eight_thousand_pieces_are_joined_once() -> None:
    piece = base64.b64encode(bytes(1000)).decode()
    merger = Accumulator()
    for _ in range(8000):
        merger.add({"choices": [{"delta": {"audio": {"id": "a", "data": piece}}}]})
    audio = merger.message()["choices"][0]["message"]["audio"]
    assert len(opened(base64.b64decode(playable(audio)["data"]))[3]) == 8_000_000
