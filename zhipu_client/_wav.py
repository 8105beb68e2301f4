"""WAV files: their header, parts of them as files of their own, how loud they are. Pure."""

from __future__ import annotations

import array
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from zhipu_client.errors import InvalidRequestError

__all__ = ["WavFormat", "bare_samples", "levels", "read_header", "seconds_of", "wav_file"]

#: Where the first chunk of a WAV begins, behind "RIFF", a size and "WAVE".
_FIRST_CHUNK = 12
#: Sizes that a program writes before it knows them.
_UNKNOWN = (0, 0xFFFFFFFF)
_COMPRESSED = 0
_PCM, _FLOAT, _A_LAW, _MU_LAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
#: (what samples are, bytes of each) -> the type of an array that has them. 24 bits: see `_array`.
_TYPES = {(_PCM, 1): "B", (_PCM, 2): "h", (_PCM, 3): "h", (_PCM, 4): "i"} | {
    (_FLOAT, 4): "f", (_FLOAT, 8): "d", (_A_LAW, 1): "B", (_MU_LAW, 1): "B",
}  # fmt: skip
#: Telephone samples -> how far they are from silence.
_TELEPHONE = {
    _A_LAW: bytes((value ^ 0x55) & 0x7F for value in range(256)),
    _MU_LAW: bytes(~value & 0x7F for value in range(256)),
}
#: As many samples a second show how loud something is.
_ENOUGH = 8000
#: How many steps of `levels` a second has.
STEPS = 50


@dataclass(frozen=True, slots=True)
class WavFormat:
    """How the samples of a WAV are written.

    Attributes:
        kind: What they are: 1 for whole numbers, 3 for floats, 6 and 7 for telephone codes; any
            other is compressed, and cannot be cut here.
        channels: How many channels there are.
        rate: Frames a second: one sample of each channel is a frame.
        frame_bytes: The bytes of a frame.
        chunk: The format as the file has it.
    """

    kind: int
    channels: int
    rate: int
    frame_bytes: int
    chunk: bytes = field(repr=False)

    @property
    def can_be_cut(self) -> bool:
        """Whether each frame can be read without the ones before it."""
        return (self.kind, self.frame_bytes // self.channels) in _TYPES


def bare_samples(rate: int) -> WavFormat:
    """Return the format of samples of 16 bits and one channel, so many a second."""
    return WavFormat(_PCM, 1, rate, 2, struct.pack("<HHIIHH", _PCM, 1, rate, 2 * rate, 2, 16))


#: What other formats are decoded to.
DECODED = bare_samples(16_000)


def read_header(read: Callable[[int, int], bytes], size: int) -> tuple[WavFormat, int, int]:
    """Return the format of a WAV, where its samples begin, and how many bytes they have.

    Args:
        read: Returns bytes of the file: from a place on, so many.
        size: The bytes of the file.

    Raises:
        InvalidRequestError: It is damaged: it has no format, or no samples.
    """
    found: WavFormat | None = None
    place = _FIRST_CHUNK
    while place + 8 <= size:
        name, length = struct.unpack("<4sI", read(place, 8))
        if name == b"fmt " and length >= 16:
            found = _format(read(place + 8, min(length, size - place - 8, 1024)))
        elif name == b"data":
            if found is None:
                break
            rest = size - place - 8
            # A header that was written before the sound was known promises too much, or nothing.
            (promised,) = struct.unpack("<I", read(4, 4))
            unknown = length in _UNKNOWN and (promised in _UNKNOWN or promised <= place)
            length = rest if unknown else min(length, rest)
            length -= length % found.frame_bytes
            if length:
                return found, place + 8, length
            break
        place += 8 + length + length % 2
    why = "has no samples" if found is not None else "is damaged: it has no readable header"
    raise InvalidRequestError(f"the WAV {why}", field="source")


def _format(chunk: bytes) -> WavFormat | None:
    if len(chunk) < 16:
        return None
    kind, channels, rate, _, frame_bytes, bits = struct.unpack_from("<HHIIHH", chunk)
    if not (channels and rate and frame_bytes):
        return None
    if kind == _EXTENSIBLE and len(chunk) >= 26:
        (kind,) = struct.unpack_from("<H", chunk, 24)
    if frame_bytes != channels * -(-bits // 8):
        # Compressed, or not what it says: a place to cut cannot be counted out.
        return WavFormat(_COMPRESSED, 1, rate, 1, chunk)
    second = struct.pack("<I", min(rate * frame_bytes, 0xFFFFFFFF))
    return WavFormat(kind, channels, rate, frame_bytes, chunk[:8] + second + chunk[12:])


def seconds_of(content: bytes) -> float:
    """Return how long a WAV lasts, of any sample format; 0 where its header does not say it.

    The standard library reads whole numbers only, and many recorders write floats.
    """
    rate = 0
    place = _FIRST_CHUNK
    while place + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        if name == b"fmt " and place + 20 <= len(content):
            (rate,) = struct.unpack_from("<I", content, place + 16)  # bytes a second
        elif name == b"data":
            # A header that was written before the sound was known promises up to 4 GiB of it.
            return min(size, len(content) - place - 8) / rate if rate else 0.0
        place += 8 + size + size % 2
    return 0.0


def wav_file(form: WavFormat, samples: bytes) -> bytes:
    """Return samples as a WAV file of the same format.

    Examples:
        >>> from zhipu_client._wav import DECODED, wav_file
        >>> len(wav_file(DECODED, bytes(32_000)))
        32044
    """
    pad = b"\0" * (len(samples) % 2)
    chunks = b"".join(
        (
            *(b"WAVEfmt ", struct.pack("<I", len(form.chunk)), form.chunk),
            *(b"\0" * (len(form.chunk) % 2), b"data", struct.pack("<I", len(samples))),
            *(samples, pad),
        )
    )
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def levels(form: WavFormat, samples: bytes) -> tuple[list[float], int]:
    """Return how loud samples are, step by step, and how many frames a step has.

    The loudness of a step is the widest distance between two samples of one channel. Of fine
    samples some are passed over: 8,000 a second show it as well.
    """
    every = max(1, form.rate // _ENOUGH)
    step = max(1, form.rate // (STEPS * every))
    found: list[float] = []
    values = _array(form, samples)
    for channel in range(form.channels):
        some = values[channel :: form.channels * every]
        parts = (some[start : start + step] for start in range(0, len(some) - step + 1, step))
        loud = [float(max(part) - min(part)) for part in parts]
        found = loud if not found else list(map(max, found, loud))
    return found, step * every


def _array(form: WavFormat, samples: bytes) -> array.array[float]:
    width = form.frame_bytes // form.channels
    if form.kind in _TELEPHONE:
        samples = samples.translate(_TELEPHONE[form.kind])
    if width == 3:  # the upper two bytes show enough
        upper = bytearray(len(samples) // 3 * 2)
        upper[::2], upper[1::2] = samples[1::3], samples[2::3]
        samples = bytes(upper)
    values: array.array[float] = array.array(_TYPES[form.kind, width], samples)
    if sys.byteorder == "big":
        values.byteswap()
    return values
