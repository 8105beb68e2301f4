"""A short spoken-looking answer for the voice model: a WAV with a tone per word."""

from __future__ import annotations

import base64
import io
import math
import struct
import wave
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zhipu_emulator.http.state import State

RATE = 44_100  # samples a second, mono, 16 bit: what the service sends
_TONE = 0.06  # seconds a word
_LONGEST = 20  # words
_ONE_DAY = 86_400


def spoken(text: str, state: State) -> dict[str, Any]:
    """The ``audio`` object of an answer."""
    data = base64.b64encode(_wav(min(max(len(text.split()), 1), _LONGEST))).decode()
    return {"id": state.new_id(), "data": data, "expires_at": state.now() + _ONE_DAY}


@lru_cache(maxsize=_LONGEST)
def _wav(words: int) -> bytes:
    samples: list[int] = []
    for word in range(words):
        turns = 2 * math.pi * (220 + 40 * (word % 5)) / RATE
        samples.extend(int(8000 * math.sin(turns * i)) for i in range(int(RATE * _TONE)))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return buffer.getvalue()
