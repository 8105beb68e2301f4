"""Speech and transcripts that come in pieces: the chunks, and what reads them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from zhipu_client._event_reader import EventReader
from zhipu_client._replies import rows
from zhipu_client.errors import StreamIncompleteError

__all__ = [
    "SAMPLE_RATE",
    "SpeechChunk",
    "SpeechReader",
    "TranscriptionChunk",
    "TranscriptionReader",
]

#: What speech comes in: 24,000 samples a second, one channel, 16 bits.
SAMPLE_RATE = 24_000


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """A piece of speech.

    Attributes:
        audio: Raw PCM, 16 bits a sample, little-endian, one channel. May be empty.
        sample_rate: Samples a second.
    """

    audio: bytes = field(repr=False)
    sample_rate: int = SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class TranscriptionChunk:
    """A piece of a transcript.

    Attributes:
        text: What came in addition; the whole text once more when ``done``.
        done: True for the last one.
    """

    text: str
    done: bool = False


class SpeechReader(EventReader):
    """Reads speech; ``decode`` turns what is on the wire into bytes."""

    def __init__(self, decode: Callable[[str], bytes]) -> None:
        super().__init__()
        self._bytes = decode
        self._heard: list[bytes] = []

    def feed(self, data: bytes, event: str) -> SpeechChunk | None:
        """Read one event."""
        frame = self.decode(data, event)
        choice = next(iter(rows((frame or {}).get("choices"))), {})
        self.whole = self.whole or bool(choice.get("finish_reason"))
        delta = choice.get("delta")
        if not isinstance(delta, dict) or not delta.get("content"):
            return None
        try:
            audio = self._bytes(delta["content"])
        except (TypeError, ValueError) as error:
            raise StreamIncompleteError("a piece of speech cannot be decoded") from error
        self.contents += 1
        rate = delta.get("return_sample_rate")
        self._heard.append(audio)
        return SpeechChunk(audio, rate if isinstance(rate, int) else SAMPLE_RATE)

    def partial(self) -> bytes | None:
        """Return the samples so far."""
        return b"".join(self._heard) or None


class TranscriptionReader(EventReader):
    """Reads a transcript."""

    def __init__(self) -> None:
        super().__init__()
        self._text: list[str] = []

    def feed(self, data: bytes, event: str) -> TranscriptionChunk | None:
        """Read one event."""
        frame = self.decode(data, event)
        if frame is None:
            return None
        if str(frame.get("type", "")).endswith(".done"):
            self.whole = True
            self.contents += 1
            return TranscriptionChunk(self._final(frame), done=True)
        text = _text(frame, "delta", "text")
        if not text:
            return None
        self.contents += 1
        self._text.append(text)
        return TranscriptionChunk(text)

    def _final(self, frame: dict[str, Any]) -> str:
        """Return the whole text. The schema of the last event has a ``delta``, its sample a text.

        So the former may be all of the text, or the rest of it.
        """
        told, so_far = _text(frame, "text"), "".join(self._text)
        last = _text(frame, "delta")
        if told or not last:
            return told or so_far
        return last if last.startswith(so_far) else so_far + last

    def partial(self) -> str | None:
        """Return the text so far."""
        return "".join(self._text) or None


def _text(frame: dict[str, Any], *names: str) -> str:
    """Return the first of these fields that is a text and not empty."""
    found = (frame.get(name) for name in names)
    return next((text for text in found if isinstance(text, str) and text), "")
