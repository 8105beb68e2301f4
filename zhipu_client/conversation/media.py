"""Images, videos, sound and documents of messages: what adapters of all frameworks ask. Pure.

An adapter maps the types of its framework's blocks; the rest is here: what the bytes are, how they
go inline, how large they may be, and which local files are read. What becomes of media that a model
cannot take is decided in `conversation.seen`.
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zhipu_client import models
from zhipu_client._image_types import convertible
from zhipu_client._sent_media import inline_data, kind_of
from zhipu_client.errors import InvalidRequestError

__all__ = [
    "AUDIO_FORMATS",
    "MOST_UNCONVERTED",
    "READ_FIRST",
    "audio_format",
    "audio_part",
    "data_url",
    "is_well_formed",
    "kind_of",
    "most_bytes",
    "read_file",
    "sniffed",
]

_MB = 2**20
#: The most bytes of one medium by its kind; https://docs.bigmodel.cn/api-reference.
_MOST: Mapping[str, int] = {
    "image": 5 * _MB, "video": 200 * _MB, "audio": 100 * _MB, "file": 50 * _MB,
}  # fmt: skip
#: Of an image that is converted before it is sent, which makes it smaller.
MOST_UNCONVERTED = 100 * _MB
#: What is done about a document that a chat does not take.
READ_FIRST = (
    "read its text first: a PDF with ZhipuAIOCRLoader or ZhipuAIOCRReader, other documents with "
    "ZhipuAIFileParserLoader or ZhipuAIFileParserReader"
)
#: Of an image for a model that is not in the catalogue: another server may take more.
_MOST_OF_UNKNOWN = 20 * _MB
_FALLBACK = {
    "image": "image/png", "video": "video/mp4", "audio": "audio/wav", "file": "application/pdf",
}  # fmt: skip
#: MIME type -> (offset, bytes) that such content has.
_MARKS: Mapping[str, tuple[tuple[int, bytes], ...]] = {
    "image/png": ((0, b"\x89PNG"),),
    "image/jpeg": ((0, b"\xff\xd8\xff"),),
    "audio/wav": ((0, b"RIFF"), (8, b"WAVE")),
    "audio/mpeg": ((0, b"ID3"),),
    "audio/ogg": ((0, b"OggS"),),
    "audio/flac": ((0, b"fLaC"),),
    "video/mp4": ((4, b"ftyp"),),
    "video/x-matroska": ((0, b"\x1aE\xdf\xa3"),),
    "application/pdf": ((0, b"%PDF"),),
}
#: How a format is called, in a MIME type or by itself -> what the service calls it.
AUDIO_FORMATS: Mapping[str, str] = {
    "wav": "wav", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav", "mp3": "mp3", "mpeg": "mp3",
}  # fmt: skip


def most_bytes(kind: str, model: str | None = None, head: bytes = b"") -> int:
    """Return the most bytes that one medium may have.

    Args:
        kind: image, video, audio or file.
        model: The model's name; None, or a name that is not known, for the widest limit.
        head: Its first 16 bytes, where they are known: an image that is converted before it is
            sent may be larger.

    Examples:
        >>> most_bytes("image", "glm-4.6v"), most_bytes("image", "my-own-model")
        (5242880, 20971520)
    """
    if kind != "image":
        return _MOST[kind]
    if convertible(head):
        return MOST_UNCONVERTED
    info = models.find(model) if model else None
    if info is None:
        return _MOST_OF_UNKNOWN
    return info.max_image_bytes or _MOST[kind]


def sniffed(data: bytes) -> str | None:
    """Return the MIME type that the first bytes of a medium speak of, or None.

    Args:
        data: The medium, or its first bytes.

    Examples:
        >>> sniffed(b"%PDF-1.7"), sniffed(b"words")
        ('application/pdf', None)
    """
    if (image := convertible(data)) is not None:
        return image
    for kind, marks in _MARKS.items():
        if all(data.startswith(mark, offset) for offset, mark in marks):
            return kind
    if data[:1] == b"\xff" and data[1:2] and data[1] & 0xE6 == 0xE2:
        return "audio/mpeg"  # a frame of layer III without a tag before it
    return None


def data_url(content: bytes | str, kind: str, mime: str | None = None, name: Any = None) -> str:
    """Return a medium as a data URL.

    Args:
        content: Its bytes, or base64 of them; a data URL is returned as it is.
        kind: image, video, audio or file.
        mime: Its MIME type, if known; else the bytes are looked at, then the file name.
        name: Its file name.

    Examples:
        >>> data_url(b"%PDF", "file"), data_url("aGk=", "image", name="a.jpg")
        ('data:application/pdf;base64,JVBERg==', 'data:image/jpeg;base64,aGk=')
    """
    if isinstance(content, str) and content.startswith("data:"):
        return content
    if isinstance(content, str):
        text, head = content, _decoded(content[:24])
    else:
        text, head = base64.b64encode(content).decode("ascii"), bytes(content[:16])
    guessed = mimetypes.guess_type(str(name))[0] if name else None
    return f"data:{mime or sniffed(head) or guessed or _FALLBACK[kind]};base64,{text}"


def audio_format(name: str) -> str | None:
    """Return what the service calls a format of sound; None for one that it does not take.

    Args:
        name: A MIME type, or a name such as ``mp3``.

    Examples:
        >>> audio_format("audio/mpeg"), audio_format("WAV"), audio_format("audio/ogg")
        ('mp3', 'wav', None)
    """
    return AUDIO_FORMATS.get(name.partition(";")[0].rpartition("/")[2].strip().lower())


def audio_part(content: bytes | str, name: str | None, where: str) -> dict[str, Any]:
    """Return sound as a content part; the service takes it inline only.

    Args:
        content: Its bytes, base64 of them, or a data URL.
        name: Its format or MIME type, if known; else the bytes are looked at.
        where: What to call it in an error.

    Raises:
        InvalidRequestError: It is neither WAV nor MP3, or a data URL without base64.

    Examples:
        >>> from zhipu_client.conversation import audio_part
        >>> audio_part("data:audio/wav;base64,UklGRg==", None, "messages[0]")
        {'type': 'input_audio', 'input_audio': {'data': 'UklGRg==', 'format': 'wav'}}
    """
    url = data_url(content, "audio", mime=name if name and "/" in name else None)
    head, _, data = url.partition(",")
    if not head.endswith(";base64") or not _is_base64(data):
        raise InvalidRequestError(f"{where}: the sound is not in base64", field=where)
    found = name or head[5:]
    sound = audio_format(found)
    if sound is None:
        raise InvalidRequestError(
            f"{where} is sound of the format {found.partition(';')[0]!r}: the service takes wav "
            "and mp3",
            field=where,
            value=found,
        )
    return {"type": "input_audio", "input_audio": {"data": data, "format": sound}}


def read_file(path: Path, what: str, most: int, where: str = "messages") -> bytes:
    """Return the content of a regular file; its size is checked before it is read.

    Args:
        path: Where it is; ``~`` is the home directory.
        what: What to call it in an error: image, file, ...
        most: The most bytes that it may have, unless it is an image that is converted.
        where: Where the path is among what the caller gave.

    Raises:
        InvalidRequestError: It cannot be read, is not a regular file, is empty, or is too large.

    Examples:
        >>> from zhipu_client.conversation import read_file
        >>> read_file(Path("no.png"), "image", 1000, "messages[0]")
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: messages[0] is 'no.png': the image cannot be ...
    """
    try:
        file = path.expanduser()
        facts = file.stat()
        if not stat.S_ISREG(facts.st_mode):
            why = f"the {what} is not a regular file"
        elif not facts.st_size:
            why = f"the {what} is empty (0 bytes)"
        else:
            with file.open("rb") as opened:
                if what == "image" and convertible(opened.read(16)):
                    most = MOST_UNCONVERTED
                if facts.st_size <= most:
                    opened.seek(0)
                    return opened.read(most)
            why = too_large(what, facts.st_size, most)
            why += f": {READ_FIRST}" if what == "file" else ""
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        why = f"the {what} cannot be read ({reason})"
    raise InvalidRequestError(f"{where} is {str(path)!r}: {why}", field=where, value=str(path))


def too_large(what: str, size: int, most: int) -> str:
    """Say that a medium has more bytes than it may have."""
    return f"the {what} has {size / _MB:.1f} MB, and at most {most / _MB:.0f} MB are accepted"


def is_well_formed(part: Any) -> bool:
    """Return True for a part with a medium that a server can get at: by a web address or inline.

    What tools return is text, whatever it looks like, unless it is that.

    Args:
        part: A part of a message's content, as it came.

    Examples:
        >>> is_well_formed({"type": "image_url", "image_url": {"url": "photo.png"}})
        False
    """
    kind = kind_of(part)
    inner = part.get(part["type"]) if kind is not None else None
    if not isinstance(inner, Mapping):
        return False
    if kind == "audio" and inner.get("format") not in AUDIO_FORMATS.values():
        return False
    if isinstance(inner.get("file_id"), str) and inner["file_id"]:
        return True
    data = inline_data(part)
    if data is not None:
        return bool(data) and _is_base64(data)
    link = inner.get("url") or inner.get("file_url")
    return isinstance(link, str) and bool(link.partition("://")[2].strip("/"))


def _is_base64(data: str) -> bool:
    try:
        binascii.a2b_base64(data, strict_mode=True)
    except ValueError:
        return False
    return True


def _decoded(start: str) -> bytes:
    """The first bytes of base64; nothing where it is not that."""
    try:
        return base64.b64decode(start[: len(start) // 4 * 4])
    except ValueError:
        return b""
