"""MP4 files of a few still pictures: Motion JPEG, which needs no encoder and plays widely."""

from __future__ import annotations

import struct
from collections.abc import Sequence

__all__ = ["mp4"]

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_TIMESCALE = 1000


def mp4(frames: Sequence[bytes], width: int, height: int, seconds: float) -> bytes:
    """Show ``frames`` (JPEG files) one after the other for ``seconds`` in all.

    Args:
        frames: At least one.
        width: Pixels of each frame.
        height: Pixels of each frame.
        seconds: Length of the video.
    """
    each = max(1, round(seconds * _TIMESCALE / len(frames)))
    head = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2mp41")
    data = _box(b"mdat", *frames)
    offset = len(head) + 8
    return head + data + _moov(frames, width, height, each, offset)


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", len(content) + 8) + kind + content


def _full(kind: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", flags), *parts)


def _moov(frames: Sequence[bytes], width: int, height: int, each: int, offset: int) -> bytes:
    length = each * len(frames)
    movie = _full(
        b"mvhd",
        struct.pack(">4IIH10x", 0, 0, _TIMESCALE, length, 0x10000, 0x100),
        _MATRIX,
        bytes(24),
        struct.pack(">I", 2),
    )
    track = _full(
        b"tkhd",
        struct.pack(">5I8x4H", 0, 0, 1, 0, length, 0, 0, 0, 0),
        _MATRIX,
        struct.pack(">2I", width << 16, height << 16),
        flags=3,
    )
    media = _full(b"mdhd", struct.pack(">4I2H", 0, 0, _TIMESCALE, length, 0x55C4, 0))
    handler = _full(b"hdlr", bytes(4), b"vide", bytes(12), b"video\0")
    header = _full(b"vmhd", bytes(8), flags=1)
    source = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))
    information = _box(b"minf", header, source, _tables(frames, width, height, each, offset))
    return _box(b"moov", movie, _box(b"trak", track, _box(b"mdia", media, handler, information)))


def _tables(frames: Sequence[bytes], width: int, height: int, each: int, offset: int) -> bytes:
    """The sample tables: one chunk with all frames in it."""
    entry = _box(
        b"jpeg",
        struct.pack(">6xH16x2H2I4xH", 1, width, height, 0x480000, 0x480000, 1),
        bytes(32),
        struct.pack(">2H", 24, 0xFFFF),
    )
    sizes = struct.pack(f">{len(frames)}I", *(len(frame) for frame in frames))
    return _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), entry),
        _full(b"stts", struct.pack(">3I", 1, len(frames), each)),
        _full(b"stsc", struct.pack(">4I", 1, 1, len(frames), 1)),
        _full(b"stsz", struct.pack(">2I", 0, len(frames)), sizes),
        _full(b"stco", struct.pack(">2I", 1, offset)),
    )
