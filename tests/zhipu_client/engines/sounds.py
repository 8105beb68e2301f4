"""Sounds as WAV and in other formats, and a client that hears them."""

from __future__ import annotations

import functools
import io
import itertools
import struct
from typing import Any

from zhipu_client._io.recordings import open_recording
from zhipu_client._request import Request
from zhipu_client._wav import read_header
from zhipu_client.audio._cuts import parts_of

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
