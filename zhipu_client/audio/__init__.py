"""Speech: ``POST /audio/speech`` (open.bigmodel.cn only) and ``POST /audio/transcriptions``."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from zhipu_client import _check, models
from zhipu_client._replies import ReplyModel, parse_as
from zhipu_client._request import Reply, Request, StreamRequest, Upload
from zhipu_client._uploads import content_of
from zhipu_client.audio._streams import (
    SAMPLE_RATE,
    SpeechChunk,
    SpeechReader,
    TranscriptionChunk,
    TranscriptionReader,
)
from zhipu_client.errors import InvalidRequestError
from zhipu_client.errors._failures import error_from

__all__ = [
    "MAX_CHARACTERS",
    "SAMPLE_RATE",
    "VOICES",
    "SpeechChunk",
    "Transcription",
    "TranscriptionChunk",
    "audio_type",
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
_MOST_SECONDS = 30
#: Where the first chunk of a WAV begins, behind "RIFF", a size and "WAVE".
_FIRST_CHUNK = 12
#: The most bytes for a model whose limit is not in the catalogue.
_MOST_ELSEWHERE = 256 * 1024 * 1024
_MOST_PROMPT = 8000
_MOST_HOTWORDS = 100


class Transcription(ReplyModel):
    """The answer of ``/audio/transcriptions``.

    Attributes:
        text: What was said.
        segments: ``[{"id", "start", "end", "text"}]`` in seconds, where the model makes them.
    """

    id: str | None = None
    created: int | None = None
    request_id: str | None = None
    model: str | None = None
    text: str | None = None
    segments: list[dict[str, Any]] | None = None


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

    Example:
        >>> from zhipu_client import audio
        >>> audio.speech(input="你好", speed=1.5).raw
        True
    """
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

    Example:
        >>> from zhipu_client import audio
        >>> audio.speech_stream(input="你好").json["stream"]
        True
    """
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


def transcribe(
    *,
    model: str = "glm-asr-2512",
    file: Any,
    filename: str | None = None,
    prompt: str | None = None,
    hotwords: Sequence[str] | None = None,
    request_id: str | None = None,
    user_id: str | None = None,
) -> Request[Transcription]:
    """Write down what is said.

    Args:
        model: ``glm-asr-2512``.
        file: A WAV or MP3 of up to 25 MiB and 30 seconds (of a WAV, the time is checked here):
            bytes, an open file, an upload of a web framework or a ``pathlib.Path``.
        filename: The name that the service sees; None for the file's own.
        prompt: What was said before, below 8,000 characters.
        hotwords: Up to 100 words that are likely to occur.
        request_id: Your own id of the call, 6 to 64 characters.
        user_id: Your own id of the end user, 6 to 128 characters.

    Raises:
        InvalidRequestError: No WAV or MP3, too large, too long; ``field`` names it.

    Example:
        >>> from zhipu_client import audio
        >>> audio.transcribe(file=b"ID3", filename="a.mp3").path
        '/audio/transcriptions'
    """
    form, uploads = _transcription_parts(
        model, file, filename, prompt, hotwords, request_id, user_id
    )
    return Request(
        method="POST",
        path="/audio/transcriptions",
        parse=parse_as(Transcription),
        form=(*form, ("stream", "false")),
        uploads=uploads,
        kind="generate",
        model=model,
    )


def transcribe_stream(
    *,
    model: str = "glm-asr-2512",
    file: Any,
    filename: str | None = None,
    prompt: str | None = None,
    hotwords: Sequence[str] | None = None,
    request_id: str | None = None,
    user_id: str | None = None,
) -> StreamRequest[TranscriptionChunk]:
    """Write down what is said; the text comes in pieces. Parameters as for `transcribe`.

    Example:
        >>> from zhipu_client import audio
        >>> dict(audio.transcribe_stream(file=b"ID3", filename="a.mp3").form)["stream"]
        'true'
    """
    form, uploads = _transcription_parts(
        model, file, filename, prompt, hotwords, request_id, user_id
    )
    return StreamRequest(
        method="POST",
        path="/audio/transcriptions",
        reader=TranscriptionReader,
        form=(*form, ("stream", "true")),
        uploads=uploads,
        model=model,
    )


def audio_type(head: bytes) -> str | None:
    """Return ``audio/wav`` or ``audio/mpeg`` by the first 12 bytes, or None."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    mpeg = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2
    return "audio/mpeg" if mpeg or head[:3] == b"ID3" else None


def _transcription_parts(
    model: str,
    file: Any,
    filename: str | None,
    prompt: str | None,
    hotwords: Sequence[str] | None,
    request_id: str | None,
    user_id: str | None,
) -> tuple[tuple[tuple[str, str], ...], tuple[Upload, ...]]:
    most = models.limits_of(model, "glm-asr-2512").max_file_bytes
    found = content_of(file, most or _MOST_ELSEWHERE)
    content, filename = found.content, filename or found.filename
    kind = audio_type(content[:12])
    if kind is None:
        raise _check.refuse("file", content[:8], "must be a WAV or MP3")
    seconds = _wav_seconds(content) if kind == "audio/wav" else 0.0
    if seconds > _MOST_SECONDS:
        raise InvalidRequestError(
            f"file may last {_MOST_SECONDS} seconds, this one lasts {seconds:.1f}",
            field="file",
            value=seconds,
        )
    if prompt is not None:
        _check.text("prompt", prompt, _MOST_PROMPT - 1, least=0)
    words = [] if hotwords is None else _check.strings("hotwords", hotwords)
    if len(words) > _MOST_HOTWORDS:
        raise _check.refuse("hotwords", len(words), f"may have at most {_MOST_HOTWORDS} words")
    _check.ids(request_id, user_id)
    given = (
        ("model", model),
        ("prompt", prompt),
        *(("hotwords[]", word) for word in words),
        ("request_id", request_id),
        ("user_id", user_id),
    )
    form = tuple((name, value) for name, value in given if value is not None)
    name = filename or ("audio.wav" if kind == "audio/wav" else "audio.mp3")
    return form, (Upload("file", name, content, kind),)


def _wav_seconds(content: bytes) -> float:
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


def _parse_speech(reply: Reply) -> bytes:
    if "json" in reply.headers.get("content-type", ""):
        raise error_from(reply.status, reply.headers, reply.content)
    return reply.content


def __getattr__(name: str) -> Any:
    if name != "MAX_CHARACTERS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return models.MODELS["glm-tts"].max_chars
