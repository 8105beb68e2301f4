"""Cloned voices: ``/voice/clone``, ``/voice/list``, ``/voice/delete`` (open.bigmodel.cn only)."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from zhipu_client import _check
from zhipu_client._old_names import renamed
from zhipu_client._replies import ReplyModel, parse_as
from zhipu_client._request import Request

__all__ = ["DeletedVoice", "Voice", "VoiceClone", "VoiceList", "clone", "delete", "list"]


class VoiceClone(ReplyModel):
    """A voice that was made.

    Attributes:
        voice: Its id, for ``audio.speech(voice=...)``.
        file_id: The preview, a file to fetch with ``files.content``.
    """

    voice: str | None = None
    file_id: str | None = None
    file_purpose: str | None = None
    request_id: str | None = None


class Voice(ReplyModel):
    """One voice that can be used."""

    voice: str | None = None
    voice_name: str | None = None
    voice_type: str | None = None
    download_url: str | None = None
    create_time: str | None = None


class VoiceList(ReplyModel):
    """The answer of ``/voice/list``."""

    voice_list: builtins.list[Voice] = Field(default_factory=builtins.list)


class DeletedVoice(ReplyModel):
    """The answer of ``/voice/delete``."""

    voice: str | None = None
    update_time: str | None = None


def clone(
    *,
    model: str = "glm-tts-clone",
    voice_name: str,
    input: str,  # noqa: A002 - the name on the wire
    file_id: str,
    text: str | None = None,
    request_id: str | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[VoiceClone]:
    """Make a voice from a sample.

    Args:
        model: ``glm-tts-clone``.
        voice_name: Your name for it.
        input: What the preview shall say.
        file_id: The sample: an mp3 or wav of 3 to 30 seconds of speech, up to 10 MiB, sent with
            ``files.create(purpose="voice-clone-input")``.
        text: What is said in the sample.
        request_id: Your own id of the call, 6 to 64 characters.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: A value is empty.

    Examples:
        >>> from zhipu_client import voices
        >>> voices.clone(voice_name="mine", input="Hello", file_id="file-1").kind
        'paid'
    """
    for name, value in (("voice_name", voice_name), ("input", input), ("file_id", file_id)):
        _check.text(name, value)
    _check.ids(request_id)
    return Request(
        method="POST",
        path="/voice/clone",
        parse=parse_as(VoiceClone),
        json=_check.body(
            extra_body,
            model=model,
            voice_name=voice_name,
            input=input,
            file_id=file_id,
            text=text,
            request_id=request_id,
        ),
        kind="paid",
        model=model,
    )


def list(
    *, voice_type: Literal["PRIVATE", "OFFICIAL"] | None = None, voice_name: str | None = None
) -> Request[VoiceList]:
    """List the voices: the service's own and those that you made.

    Args:
        voice_type: Only yours (``PRIVATE``) or only the service's (``OFFICIAL``).
        voice_name: Only those of this name.

    Examples:
        >>> from zhipu_client import voices
        >>> voices.list(voice_type="PRIVATE").query
        (('voiceType', 'PRIVATE'),)
    """
    _check.choice("voice_type", voice_type, ("PRIVATE", "OFFICIAL"))
    given = (("voiceType", voice_type), ("voiceName", voice_name))
    return Request(
        method="GET",
        path="/voice/list",
        parse=parse_as(VoiceList),
        query=tuple((name, value) for name, value in given if value is not None),
    )


def delete(voice: str, *, request_id: str | None = None) -> Request[DeletedVoice]:
    """Delete a voice that you made.

    Args:
        voice: Its id.
        request_id: Your own id of the call, 6 to 64 characters.

    Examples:
        >>> from zhipu_client import voices
        >>> voices.delete("voice_1").path
        '/voice/delete'
    """
    _check.text("voice", voice)
    _check.ids(request_id)
    return Request(
        method="POST",
        path="/voice/delete",
        parse=parse_as(DeletedVoice),
        json=_check.body(None, voice=voice, request_id=request_id),
        kind="generate",
    )


if not TYPE_CHECKING:  # to a type checker it would permit any attribute
    __getattr__ = renamed(__name__, {"voices": "list"})
