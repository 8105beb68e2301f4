"""The server's events, typed. What is not known here is an `Event` with all that came."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zhipu_client._half_characters import decode, whole_characters
from zhipu_client.errors import APIError, ServerError
from zhipu_client.errors._failures import error_from

__all__ = [
    "AudioDelta",
    "Event",
    "Failure",
    "FunctionCall",
    "Heartbeat",
    "ResponseDone",
    "ResponseStarted",
    "SessionReady",
    "SpeechStarted",
    "SpeechStopped",
    "TextDelta",
    "TranscriptDelta",
    "UserTranscript",
    "read_event",
]


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the server.

    Attributes:
        type: Its name on the wire, such as ``response.audio.delta``.
        data: All that came.
    """

    type: str
    data: Mapping[str, Any] = field(repr=False)

    @property
    def item_id(self) -> str | None:
        """The item of the conversation that this is about, or None."""
        return _word(self.data, "item_id")

    @property
    def response_id(self) -> str | None:
        """The answer that this belongs to, or None."""
        return _word(self.data, "response_id") or _word(_inner(self.data, "response"), "id")


class SessionReady(Event):
    """The session was opened, or set."""

    __slots__ = ()


class Heartbeat(Event):
    """The connection lives; about every 30 seconds."""

    __slots__ = ()


class SpeechStarted(Event):
    """The user has begun to speak (``server_vad``): stop playing what is being said."""

    __slots__ = ()


class SpeechStopped(Event):
    """The user's turn is over (``server_vad``); an answer follows by itself."""

    __slots__ = ()


class ResponseStarted(Event):
    """An answer begins."""

    __slots__ = ()


class TextDelta(Event):
    """A piece of an answer in words."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """The piece."""
        return _word(self.data, "delta") or ""


class TranscriptDelta(TextDelta):
    """A piece of what the answer's sound says, in words."""

    __slots__ = ()


class AudioDelta(Event):
    """A piece of the answer's sound."""

    __slots__ = ()

    @property
    def audio(self) -> bytes:
        """Samples of 16 bits, one channel, 24,000 a second.

        Raises:
            ServerError: It is not base64.
        """
        try:
            return base64.b64decode(_word(self.data, "delta") or "", validate=True)
        except (binascii.Error, ValueError):
            raise ServerError("a piece of sound is not base64", body=self.data) from None


class UserTranscript(Event):
    """What the user has said, in words."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """The words."""
        return _word(self.data, "transcript") or ""


class FunctionCall(Event):
    """The model calls a function: answer with `function_output`, then `respond`."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """The function."""
        return _word(self.data, "name") or ""

    @property
    def arguments(self) -> str:
        """Its arguments, JSON as the model wrote it: see `conversation.read_arguments`."""
        return _word(self.data, "arguments") or ""

    @property
    def call_id(self) -> str:
        """The call's id; empty where the service gives none."""
        return _word(self.data, "call_id") or ""


class ResponseDone(Event):
    """An answer is over."""

    __slots__ = ()

    @property
    def status(self) -> str:
        """``completed``, ``cancelled``, ``failed`` or ``incomplete``."""
        cancelled = self.type == "response.cancelled"
        return _word(_inner(self.data, "response"), "status") or (
            "cancelled" if cancelled else "completed"
        )

    @property
    def usage(self) -> dict[str, Any]:
        """The tokens: ``total_tokens``, ``input_tokens``, ``output_tokens`` and their details."""
        return dict(_inner(_inner(self.data, "response"), "usage"))


class Failure(Event):
    """Something that was sent is refused, or went wrong; the session goes on if it can."""

    __slots__ = ()

    @property
    def error(self) -> APIError:
        """What it is, typed by its code."""
        return error_from(None, {}, {"error": dict(_inner(self.data, "error"))})


_KINDS: Mapping[str, Callable[[str, Mapping[str, Any]], Event]] = {
    "session.created": SessionReady,
    "session.updated": SessionReady,
    "heartbeat": Heartbeat,
    "input_audio_buffer.speech_started": SpeechStarted,
    "input_audio_buffer.speech_stopped": SpeechStopped,
    "conversation.item.input_audio_transcription.completed": UserTranscript,
    "response.created": ResponseStarted,
    "response.text.delta": TextDelta,
    "response.audio_transcript.delta": TranscriptDelta,
    "response.audio.delta": AudioDelta,
    "response.function_call_arguments.done": FunctionCall,
    "response.done": ResponseDone,
    "response.cancelled": ResponseDone,
    "error": Failure,
}


def read_event(frame: str | bytes) -> Event:
    """Return a frame of the server as an event.

    Args:
        frame: The JSON text.

    Raises:
        ServerError: It is not a JSON object with a type.

    Examples:
        >>> from zhipu_client.realtime import read_event
        >>> read_event('{"type": "response.text.delta", "delta": "Hi"}').text
        'Hi'
    """
    try:
        data, with_halves = decode(frame.encode() if isinstance(frame, str) else frame)
    except ValueError:
        shown = frame[:500] if isinstance(frame, str) else frame[:500].decode("utf-8", "replace")
        raise ServerError("the service sent a frame that is not JSON", body=shown) from None
    if with_halves:
        data = whole_characters(data)
    kind = data.get("type") if isinstance(data, dict) else None
    if not isinstance(kind, str):
        raise ServerError("the service sent a frame without a type", body=data)
    return _KINDS.get(kind, Event)(kind, data)


def _word(data: Mapping[str, Any], name: str) -> str | None:
    value = data.get(name)
    return value if isinstance(value, str) else None


def _inner(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    return value if isinstance(value, Mapping) else {}
