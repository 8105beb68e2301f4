"""How long an MP3 lasts. Pure."""

from __future__ import annotations

__all__ = ["mp3_seconds"]

#: Frames of an MP3. (version, layer) as in a header -> kbit/s by index; samples of a frame.
_V1_L1 = (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448)
_V1_L2 = (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384)
_V1_L3 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_V2_L1 = (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256)
_V2_L23 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_BITRATES = {
    (3, 3): (_V1_L1, 384), (3, 2): (_V1_L2, 1152), (3, 1): (_V1_L3, 1152),
    (2, 3): (_V2_L1, 384), (2, 2): (_V2_L23, 1152), (2, 1): (_V2_L23, 576),
    (0, 3): (_V2_L1, 384), (0, 2): (_V2_L23, 1152), (0, 1): (_V2_L23, 576),
}  # fmt: skip
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
#: How far behind its tags the first frame of an MP3 is looked for.
_SEARCH = 64 * 1024


def mp3_seconds(content: bytes, most: float) -> float | None:
    """Return how long an MP3 lasts, by its frames; None for what has no frames.

    Args:
        content: The file.
        most: Nothing is counted beyond so many seconds.
    """
    place = 0
    while content[place : place + 3] == b"ID3" and len(content) >= place + 10:
        size = 0
        for byte in content[place + 6 : place + 10]:
            size = size << 7 | byte & 0x7F
        place += 10 + size
    end = min(len(content), place + _SEARCH)
    while place < end and not _begins(content, place):
        place = content.find(b"\xff", place + 1)
        if place < 0:
            return None
    seconds = 0.0
    while (frame := _frame(content, place)) is not None and seconds <= most:
        place += frame[0]
        seconds += frame[1]
    return seconds or None


def _begins(content: bytes, place: int) -> bool:
    """Whether a frame begins there: behind it comes another one, or the end."""
    frame = _frame(content, place)
    if frame is None:
        return False
    behind = place + frame[0]
    return behind >= len(content) - 4 or _frame(content, behind) is not None


def _frame(content: bytes, place: int) -> tuple[int, float] | None:
    """Return the bytes and seconds of the frame that begins there."""
    head = content[place : place + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate, pad = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if (version, layer) not in _BITRATES or bitrate in (0, 15) or rate == 3:
        return None
    kbits, samples = _BITRATES[version, layer]
    frequency = _RATES[version][rate]
    unit = 4 if layer == 3 else 1
    size = (samples // 8 * kbits[bitrate] * 1000 // frequency // unit + pad) * unit
    return size, samples / frequency
