"""Images with handwriting, as the emulator reads them: the words are in the file's text chunk."""

from __future__ import annotations

import struct
import zlib

__all__ = ["HEIGHT", "WIDTH", "note"]

WIDTH, HEIGHT = 100, 80


def note(*lines: str) -> bytes:
    """A white PNG with these lines, the same bytes everywhere; without any it is blank."""
    rows = (b"\x00" + b"\xff" * WIDTH) * HEIGHT
    text = _chunk(b"tEXt", b"Comment\x00" + "\n".join(lines).encode("latin-1")) if lines else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0))
        + text
        # Not compressed: how well that is done differs by the version of zlib.
        + _chunk(b"IDAT", zlib.compress(rows, 0))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check
