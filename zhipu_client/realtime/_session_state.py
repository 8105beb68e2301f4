"""What a session has come to: the limits of what is sent next, and the answer so far. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zhipu_client import _check
from zhipu_client._wav import bare_samples, seconds_of, wav_file
from zhipu_client.realtime._client_events import MAX_AUDIO_SECONDS
from zhipu_client.realtime._events import (
    AudioDelta,
    Event,
    Failure,
    FunctionCall,
    ResponseDone,
    ResponseStarted,
    TextDelta,
    TranscriptDelta,
    UserTranscript,
)
from zhipu_client.realtime._session import Session

__all__ = ["Answer", "SessionState"]

#: What the model speaks in.
_SPOKEN = bare_samples(24_000)
#: Bytes of a second of bare samples, by their format.
_BYTES_PER_SECOND = {"pcm": 32_000, "pcm16": 32_000, "pcm24": 48_000}


@dataclass(slots=True)
class Answer:
    """An answer, as far as it has come.

    Attributes:
        id: The service's id of it, or None.
        text: What it says in words; where there is sound only, what the sound says.
        audio: Samples of 16 bits, one channel, 24,000 a second.
        calls: The functions that the model calls.
        status: ``completed``, ``cancelled``, ``failed``, ``incomplete``; ``in_progress`` before.
        usage: The tokens, once it is over.
        heard: What the user was understood to have said before it, where the service tells.
    """

    id: str | None = None
    text: str = ""
    audio: bytes = field(default=b"", repr=False)
    calls: list[FunctionCall] = field(default_factory=list)
    status: str = "in_progress"
    usage: dict[str, Any] = field(default_factory=dict)
    heard: str = ""

    @property
    def wav(self) -> bytes:
        """The sound as a WAV file, which players open."""
        return wav_file(_SPOKEN, self.audio)


class SessionState:
    """Follows one session.

    Args:
        session: What the session is set to.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._seconds = 0.0
        self._frames = 0
        self._ended = Answer()
        self._begin()

    def _begin(self) -> None:
        self._answer = Answer()
        self._written: list[str] = []
        self._spoken: list[str] = []
        self._sound: list[bytes] = []

    # --- What is sent

    def check(self, event: Mapping[str, Any], content: bytes | None = None) -> None:
        """Refuse what the service would refuse, before it is sent.

        Args:
            event: An event of the client.
            content: The sound of ``input_audio_buffer.append``.

        Raises:
            InvalidRequestError: More than 30 seconds of sound in a turn that you end, sound that
                is not in the session's format, or no picture yet in a conversation about video.
        """
        kind = event.get("type")
        if kind == "input_audio_buffer.append" and content is not None:
            self._add_sound(content)
        elif kind == "input_audio_buffer.append_video_frame":
            self._frames += 1
        elif kind in ("input_audio_buffer.clear", "input_audio_buffer.commit"):
            self._seconds = 0.0
        elif kind == "response.create":
            if self.session.chat_mode == "video_passive" and not self._frames:
                raise _check.refuse(
                    "chat_mode", "video_passive", "needs a picture first: append_video_frame"
                )
            self._frames = 0

    def _add_sound(self, content: bytes) -> None:
        rate = _BYTES_PER_SECOND.get(self.session.input_audio_format)
        if rate is None and not (content[:4] == b"RIFF" and content[8:12] == b"WAVE"):
            raise _check.refuse(
                "audio",
                bytes(content[:8]),
                'must be a whole WAV file, or the session\'s input_audio_format another: "pcm"',
            )
        seconds = len(content) / rate if rate else (seconds_of(content) or 0.0)
        if self.session.turn_detection == "client_vad":
            total = self._seconds + seconds
            if total > MAX_AUDIO_SECONDS:
                raise _check.refuse(
                    "audio",
                    f"{total:.1f} seconds",
                    f"must be no more than {MAX_AUDIO_SECONDS:g} seconds a turn: commit, or use "
                    'turn_detection="server_vad"',
                )
            self._seconds = total

    # --- What comes

    def take(self, event: Event) -> Answer | None:
        """Take an event of the server; return the answer that it ends, else None."""
        if isinstance(event, ResponseStarted):
            heard = self._answer.heard
            self._begin()
            self._answer.id, self._answer.heard = event.response_id, heard
        elif isinstance(event, UserTranscript):
            self._answer.heard = event.text
        elif isinstance(event, TranscriptDelta):
            self._spoken.append(event.text)
        elif isinstance(event, TextDelta):
            self._written.append(event.text)
        elif isinstance(event, AudioDelta):
            self._sound.append(event.audio)
        elif isinstance(event, FunctionCall):
            self._answer.calls.append(event)
        elif isinstance(event, ResponseDone):
            return self._end(event)
        elif isinstance(event, Failure):
            self._frames = 0
        return None

    def _end(self, event: ResponseDone) -> Answer | None:
        if event.response_id is not None and event.response_id == self._ended.id:
            # It was said before, as ``response.cancelled``; its tokens may come only now.
            self._ended.usage = event.usage or self._ended.usage
            return None
        self._answer.id = self._answer.id or event.response_id
        self._answer.status, self._answer.usage = event.status, event.usage
        self._ended = self.so_far
        self._begin()
        return self._ended

    @property
    def so_far(self) -> Answer:
        """The answer that is going on; what an error has as ``partial``."""
        self._answer.text = "".join(self._written) or "".join(self._spoken)
        self._answer.audio = b"".join(self._sound)
        return self._answer

    @property
    def answering(self) -> bool:
        """Whether some of an answer has come."""
        return bool(self._answer.id or self._written or self._spoken or self._sound)
