"""Transcription of one file: ``POST /audio/transcriptions``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zhipu_client import _check, models
from zhipu_client._replies import ReplyModel, parse_as
from zhipu_client._request import Request, StreamRequest, Upload
from zhipu_client._sound_types import sound_type
from zhipu_client._uploads import content_of
from zhipu_client._wav import seconds_of
from zhipu_client.audio._streams import TranscriptionChunk, TranscriptionReader
from zhipu_client.errors import InvalidRequestError

__all__ = [
    "MOST_SECONDS",
    "Transcription",
    "audio_type",
    "check_words",
    "most_bytes",
    "transcribe",
    "transcribe_stream",
]

#: The most seconds of a file.
MOST_SECONDS = 30
#: The most bytes for a model whose limit is not in the catalogue.
_MOST_ELSEWHERE = 256 * 1024 * 1024
#: The types that the service takes.
_SENT = ("audio/wav", "audio/mpeg")
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

    Examples:
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

    Examples:
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
    r"""Return ``audio/wav`` or ``audio/mpeg`` by the first 12 bytes, or None.

    Args:
        head: The sound, or its first 12 bytes.

    Examples:
        >>> from zhipu_client.audio import audio_type
        >>> audio_type(b"RIFF\x24\x00\x00\x00WAVE")
        'audio/wav'
    """
    found = sound_type(head)
    return found.mime if found is not None and found.mime in _SENT else None


def _transcription_parts(
    model: str,
    file: Any,
    filename: str | None,
    prompt: str | None,
    hotwords: Sequence[str] | None,
    request_id: str | None,
    user_id: str | None,
) -> tuple[tuple[tuple[str, str], ...], tuple[Upload, ...]]:
    found = content_of(file, most_bytes(model))
    content, filename = found.content, filename or found.filename
    kind = audio_type(content[:12])
    if kind is None:
        raise _check.refuse("file", content[:8], "must be a WAV or MP3")
    seconds = seconds_of(content) if kind == "audio/wav" else 0.0
    if seconds > MOST_SECONDS:
        raise InvalidRequestError(
            f"file may last {MOST_SECONDS} seconds, this one lasts {seconds:.1f}",
            field="file",
            value=seconds,
        )
    words = check_words(prompt, hotwords)
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


def check_words(prompt: str | None, hotwords: Sequence[str] | None) -> list[str]:
    """Return the hotwords as a list.

    Raises:
        InvalidRequestError: The prompt is too long, or there are too many hotwords.
    """
    if prompt is not None:
        _check.text("prompt", prompt, _MOST_PROMPT - 1, least=0)
    words = [] if hotwords is None else _check.strings("hotwords", hotwords)
    if len(words) > _MOST_HOTWORDS:
        raise _check.refuse("hotwords", len(words), f"may have at most {_MOST_HOTWORDS} words")
    return words


def most_bytes(model: str) -> int:
    """Return the most bytes of a file that a model takes."""
    return models.limits_of(model, "glm-asr-2512").max_file_bytes or _MOST_ELSEWHERE
