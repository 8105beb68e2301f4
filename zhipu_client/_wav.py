"""WAV files: how long one lasts. Pure."""

from __future__ import annotations

import struct

__all__ = ["seconds_of"]

#: Where the first chunk of a WAV begins, behind "RIFF", a size and "WAVE".
_FIRST_CHUNK = 12


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
