"""Speech: ``POST /audio/speech`` (open.bigmodel.cn only) and ``POST /audio/transcriptions``."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from zhipu_client import _check, models
from zhipu_client._request import Reply, Request, StreamRequest
from zhipu_client.audio._segments import Segment, Segments, Transcript, segments
from zhipu_client.audio._streams import (
    SAMPLE_RATE,
    SpeechChunk,
    SpeechReader,
    TranscriptionChunk,
)
from zhipu_client.audio._transcribing import (
    Transcription,
    audio_type,
    transcribe,
    transcribe_stream,
)
from zhipu_client.errors._failures import error_from

__all__ = [
    "MAX_CHARACTERS",
    "SAMPLE_RATE",
    "VOICES",
    "Segment",
    "Segments",
    "SpeechChunk",
    "Transcript",
    "Transcription",
    "TranscriptionChunk",
    "audio_type",
    "segments",
    "speech",
    "speech_stream",
    "transcribe",
    "transcribe_stream",
]

if TYPE_CHECKING:
    #: The most characters of one call to `speech`; kept for one release, see `zhipu_client.models`.
    MAX_CHARACTERS: int

#: The service's own voices.
VOICES = ("tongtong", "chuichui", "xiaochen", "jam", "kazi", "douji", "luodo")


def speech(
    *,
    model: str = "glm-tts",
    input: str,  # noqa: A002 - the name on the wire
    voice: str = "tongtong",
    response_format: Literal["wav", "pcm"] = "wav",
    speed: float | None = None,
    volume: float | None = None,
    watermark_enabled: bool | None = None,
    request_id: str | None = None,
    user_id: str | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[bytes]:
    """Say a text; the answer is the sound itself.

    Args:
        model: ``glm-tts``.
        input: What to say, up to 1,024 characters.
        voice: One of `VOICES` or the id of a voice that you made.
        response_format: ``wav``, or ``pcm`` without a header. (The service makes no mp3.)
        speed: 0.5 to 2; 1 where none is given.
        volume: Above 0 to 10; 1 where none is given.
        watermark_enabled: False leaves the inaudible mark out, which the account must be allowed.
        request_id: Your own id of the call, 6 to 64 characters.
        user_id: Your own id of the end user, 6 to 128 characters.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: A value is outside of its limits; ``field`` names it.

    Examples:
        >>> from zhipu_client import audio
        >>> audio.speech(input="你好", speed=1.5).raw
        True
    """
    _check.booleans(watermark_enabled=watermark_enabled)
    _check.choice("response_format", response_format, ("wav", "pcm"))
    body = _speech_body(
        extra_body,
        model=model,
        input=input,
        voice=voice,
        response_format=response_format,
        speed=speed,
        volume=volume,
        watermark_enabled=watermark_enabled,
        request_id=request_id,
        user_id=user_id,
    )
    return Request(
        method="POST",
        path="/audio/speech",
        parse=_parse_speech,
        json=body,
        kind="generate",
        model=model,
        raw=True,
    )


def speech_stream(
    *,
    model: str = "glm-tts",
    input: str,  # noqa: A002 - the name on the wire
    voice: str = "tongtong",
    encode_format: Literal["base64", "hex"] | None = None,
    speed: float | None = None,
    volume: float | None = None,
    watermark_enabled: bool | None = None,
    request_id: str | None = None,
    user_id: str | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> StreamRequest[SpeechChunk]:
    """Say a text; the sound comes in pieces of PCM. Parameters as for `speech`.

    Args:
        encode_format: How the sound is written on the wire: ``base64`` or ``hex``.

    Examples:
        >>> from zhipu_client import audio
        >>> audio.speech_stream(input="你好").json["stream"]
        True
    """
    _check.booleans(watermark_enabled=watermark_enabled)
    _check.choice("encode_format", encode_format, ("base64", "hex"))
    body = _speech_body(
        extra_body,
        model=model,
        input=input,
        voice=voice,
        response_format="pcm",
        stream=True,
        encode_format=encode_format,
        speed=speed,
        volume=volume,
        watermark_enabled=watermark_enabled,
        request_id=request_id,
        user_id=user_id,
    )
    decode = bytes.fromhex if body.get("encode_format") == "hex" else base64.b64decode
    return StreamRequest(
        method="POST",
        path="/audio/speech",
        reader=lambda: SpeechReader(decode),
        json=body,
        model=model,
    )


def _speech_body(extra: Mapping[str, Any] | None, **given: Any) -> dict[str, Any]:
    longest = models.limits_of(given["model"], "glm-tts").max_chars
    _check.text("input", given["input"], longest)
    _check.text("voice", given["voice"])
    _check.within("speed", given["speed"], 0.5, 2)
    _check.within("volume", given["volume"], 0, 10, open_low=True)
    _check.ids(given["request_id"], given["user_id"])
    return _check.body(extra, **given)


def _parse_speech(reply: Reply) -> bytes:
    if "json" in reply.headers.get("content-type", ""):
        raise error_from(reply.status, reply.headers, reply.content)
    return reply.content


def __getattr__(name: str) -> Any:
    if name != "MAX_CHARACTERS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return models.MODELS["glm-tts"].max_chars
