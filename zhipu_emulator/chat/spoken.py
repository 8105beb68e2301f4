"""A short spoken-looking answer for the voice model: a tone per word, as WAV or bare samples."""

from __future__ import annotations

import base64
import io
import math
import struct
import wave
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zhipu_emulator.http.state import State

RATE = 44_100  # samples a second, mono, 16 bit: what the service sends
_TONE = 0.06  # seconds a word
_LONGEST = 20  # words
_ONE_DAY = 86_400
_HEADER = 44  # bytes of a WAV file before its samples
_PIECE = 1000  # bytes; not a multiple of 3, so that base64 of it is padded


def spoken(text: str, state: State, *, bare: bool = False) -> dict[str, Any]:
    """The ``audio`` object of an answer.

    Args:
        text: What is said.
        state: Of the server.
        bare: Leave the WAV header out.
    """
    sound = _wav(min(max(len(text.split()), 1), _LONGEST))
    data = base64.b64encode(sound[_HEADER:] if bare else sound).decode()
    return {"id": state.new_id(), "data": data, "expires_at": state.now() + _ONE_DAY}


def in_pieces(audio: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The ``audio`` objects of a stream's chunks: each piece is base64 with its own padding."""
    sound = base64.b64decode(audio["data"])
    for start in range(0, len(sound), _PIECE):
        piece = base64.b64encode(sound[start : start + _PIECE]).decode()
        yield {**(audio if start == 0 else {"id": audio["id"]}), "data": piece}


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
