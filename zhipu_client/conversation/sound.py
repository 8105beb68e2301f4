"""The sound of an answer as one file that players open. Pure.

The voice model sends base64 of a WAV file, or of bare samples without a header, whole or in pieces
of a stream, each of which may be padded and may have a header of its own, or only the first has.
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Mapping
from typing import Any

from zhipu_client._lazy import pattern
from zhipu_client.conversation.media import sniffed

__all__ = ["SAMPLE_RATE", "as_file", "playable", "sound_type"]

#: Samples in a second of what the voice model says: 16 bit, one channel.
SAMPLE_RATE = 44_100
_BYTES = 2
#: A run of base64 up to and with its padding.
_RUN = pattern("[^=]+=*")
#: Where a WAV file may begin.
_START = pattern(rb"RIFF.{4}WAVEfmt ", re.DOTALL)
#: What the size in a file's header does not count: the header's own first words.
_RIFF = 8
#: What a data URL has before its base64.
_SCHEME = pattern("data:[^,;]{0,40};base64,")
_NOT_SAMPLES = (b"RIFF", b"ID3", b"OggS", b"fLaC")


def playable(audio: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``audio`` of an answer with its ``data`` as base64 of one file.

    What is not base64 is kept as it came: the rest of the answer is worth having.

    Args:
        audio: As on the wire; the pieces of a stream one after the other.

    Examples:
        >>> made = playable({"id": "a", "data": "AAAAAA=="})
        >>> base64.b64decode(made["data"])[:4]
        b'RIFF'
    """
    data = audio.get("data")
    if not isinstance(data, str) or not data:
        return dict(audio)
    try:
        content = b"".join(base64.b64decode(run) for run in _RUN.findall(_SCHEME.sub("", data)))
    except ValueError:
        return dict(audio)
    return {**audio, "data": base64.b64encode(as_file(content)).decode("ascii")}


def as_file(content: bytes) -> bytes:
    """Return sound with one header; what is already a whole file is not changed.

    Args:
        content: A WAV file, several after each other, one with bare samples after it, bare samples,
            or another kind of file.

    Examples:
        >>> as_file(bytes(4))[:4], len(as_file(bytes(4)))
        (b'RIFF', 48)
    """
    if not content.startswith(_NOT_SAMPLES):
        content += bytes(len(content) % _BYTES)  # the second half of a sample that was cut
        return _header(len(content)) + content
    found = [(m.start(), _samples_at(content, m.start())) for m in _START.finditer(content)]
    files = [(start, samples) for start, samples in found if samples is not None]
    if not files or files[0][0]:
        return content
    begin = files[0][1]
    (declared,) = struct.unpack_from("<I", content, begin - 4)
    if len(files) == 1 and 0 < declared <= len(content) - begin:
        (all_of_it,) = struct.unpack_from("<I", content, 4)
        is_last = begin + declared == _RIFF + all_of_it
        end = begin + declared if is_last else len(content)
        if len(content) - end <= 1:  # chunks of an uneven size are padded
            return content
    ends = [start for start, _ in files[1:]] + [len(content)]
    samples = b"".join(content[start:end] for (_, start), end in zip(files, ends, strict=True))
    size = struct.pack("<I", len(samples))
    whole = struct.pack("<I", begin - 8 + len(samples))
    return b"".join((b"RIFF", whole, content[8 : begin - 4], size, samples))


def _samples_at(content: bytes, start: int) -> int | None:
    """Where the samples of a WAV file begin that begins at ``start``; None if it has none."""
    place = start + 12
    while place + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        if name == b"data":
            return place + 8
        place += 8 + size + size % 2
    return None


def sound_type(data: str) -> str:
    """Return the MIME type of sound in base64.

    Args:
        data: The sound in base64.

    Examples:
        >>> sound_type("UklGRiQAAABXQVZF"), sound_type("SUQzBAAA")
        ('audio/wav', 'audio/mpeg')
    """
    try:
        found = sniffed(base64.b64decode(data[:24]))
    except ValueError:
        found = None
    return found or "audio/wav"


def _header(size: int) -> bytes:
    """The header of a WAV file with so many bytes of samples."""
    rate = SAMPLE_RATE * _BYTES
    form = struct.pack("<IHHIIHH", 16, 1, 1, SAMPLE_RATE, rate, _BYTES, 8 * _BYTES)
    start = b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + form
    return start + b"data" + struct.pack("<I", size)
