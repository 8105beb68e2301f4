"""Images, videos, audio and documents of a message as parts on the wire.

No URL is ever fetched. A block's ``path`` is read in a user's message only: what tools, models and
system messages name is not the user's to send.
"""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO, IOBase
from pathlib import Path
from typing import Any

from llama_index.core.base.llms.types import AudioBlock, DocumentBlock, ImageBlock, VideoBlock

from zhipu_client import InvalidRequestError, models

__all__ = ["PARTS", "Target", "as_text", "media_part", "read_file"]

_MB = 1024 * 1024
#: MIME type -> (offset, bytes) that such a file has.
_MAGIC: dict[str, tuple[tuple[int, bytes], ...]] = {
    "image/png": ((0, b"\x89PNG"),),
    "image/jpeg": ((0, b"\xff\xd8\xff"),),
    "image/gif": ((0, b"GIF8"),),
    "image/webp": ((0, b"RIFF"), (8, b"WEBP")),
    "image/bmp": ((0, b"BM"),),
    "audio/wav": ((0, b"RIFF"), (8, b"WAVE")),
    "audio/mpeg": ((0, b"ID3"),),
    "video/mp4": ((4, b"ftyp"),),
    "video/x-matroska": ((0, b"\x1aE\xdf\xa3"),),
    "application/pdf": ((0, b"%PDF"),),
}


@dataclass(frozen=True, slots=True)
class Target:
    """What the model that the messages go to can take.

    Attributes:
        inputs: Kinds of content that it takes; None where nothing is known. (What a tool returns
            and the model cannot take becomes a note.)
        file_urls: It takes documents by URL only, in the older part.
        image_bytes: The most that one image may hold.
    """

    inputs: frozenset[str] | None = None
    file_urls: bool = False
    image_bytes: int = 20 * _MB

    def takes(self, kind: str) -> bool:
        """True when a block of this kind (``image``, ``audio``, ...) may be sent."""
        return self.inputs is None or {"document": "file"}.get(kind, kind) in self.inputs

    @classmethod
    def of(cls, model: str, inputs: frozenset[str] | None, image_bytes: int | None) -> Target:
        """The target for a model code; ``inputs`` None means that nothing is known about it."""
        return cls(
            inputs=inputs,
            file_urls=models.takes_files_by_url(model),
            image_bytes=image_bytes or 20 * _MB,
        )


def media_part(block: Any, target: Target, *, files: bool) -> dict[str, Any]:
    """A block of a type in `PARTS` as a part on the wire.

    Args:
        block: The block.
        target: What the model can take.
        files: Whether its ``path`` may be read: in a user's message only.

    Raises:
        InvalidRequestError: it cannot be sent, or its content is a file that may not be read.
    """
    if not files and block.path and not block.url and not getattr(block, _CONTENT[type(block)]):
        raise InvalidRequestError(
            f"path={str(block.path)!r} is not read: files are read for a user's message only",
            field="messages",
            value=str(block.path),
        )
    return PARTS[type(block)](block, target)


def as_text(block: Any) -> str:
    """What a block of a type in `PARTS` says of itself, without its content: its JSON."""
    facts = block.model_dump(mode="json", exclude=set(_CONTENT.values()), exclude_none=True)
    return json.dumps(facts, ensure_ascii=False)


def image_part(block: ImageBlock, target: Target) -> dict[str, Any]:
    """An image: its URL as it is, or its bytes as a data URL."""
    url = _url(block.url) or _data_url(
        block.image, block.path, block.image_mimetype, "image", "image/png", target.image_bytes
    )
    return {"type": "image_url", "image_url": {"url": url}}


def video_part(block: VideoBlock, target: Target) -> dict[str, Any]:
    """A video, by URL or as a data URL."""
    del target
    url = _url(block.url) or _data_url(
        block.video, block.path, block.video_mimetype, "video", "video/mp4", 200 * _MB
    )
    return {"type": "video_url", "video_url": {"url": url}}


def audio_part(block: AudioBlock, target: Target) -> dict[str, Any]:
    """Sound for a voice model; the service takes it inline only."""
    del target
    url = _url(block.url)
    if url is not None and not url.startswith("data:"):
        raise InvalidRequestError(
            "the service takes audio inline only: give AudioBlock the bytes or a path, not a URL",
            field="messages",
        )
    if url is not None:
        kind, content = _read_data_url(url)
        _check(len(content), "audio", 100 * _MB)
    else:
        content = _content(block.audio, block.path, "audio", 100 * _MB)
        kind = _sniff(content) or ""
    name = (block.format or kind.rsplit("/", 1)[-1]).lower()
    name = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav"}.get(name, name) or "wav"
    data = base64.b64encode(content).decode("ascii")
    return {"type": "input_audio", "input_audio": {"data": data, "format": name}}


def document_part(block: DocumentBlock, target: Target) -> dict[str, Any]:
    """A document (PDF, Word, ...), by URL or inline."""
    url = _url(block.url)
    if url is not None and not url.startswith("data:"):
        if target.file_urls:
            return {"type": "file_url", "file_url": {"url": url}}
        return {"type": "file", "file": {"file_url": url}}
    if target.file_urls:
        raise InvalidRequestError(
            "this model takes documents by URL only: give DocumentBlock a url", field="messages"
        )
    path = Path(block.path) if block.path else None
    data = url or _data_url(
        block.data, path, block.document_mimetype, "document", "application/octet-stream", 50 * _MB
    )
    title = block.title if block.title and block.title != "input_document" else None
    name = title or (path.name if path else "document")
    return {"type": "file", "file": {"file_data": data, "filename": name}}


def _read_data_url(url: str) -> tuple[str, bytes]:
    head, _, data = url.partition(",")
    try:
        return head[5:].split(";", 1)[0], base64.b64decode(data, validate=True)
    except ValueError:
        raise InvalidRequestError(
            "the data URL of an audio block holds no base64", field="messages"
        ) from None


def _url(value: Any) -> str | None:
    url = str(value) if value else None
    if url is not None and url.lstrip().lower().startswith("file:"):
        raise InvalidRequestError(
            f"{url} is not an address that the service can read: give the block path= instead",
            field="messages",
            value=url,
        )
    return url


def _data_url(
    content: Any, path: Path | None, mime: str | None, what: str, default: str, limit: int
) -> str:
    data = _content(content, path, what, limit)
    kind = mime or _sniff(data) or default
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _content(content: Any, path: Path | None, what: str, limit: int) -> bytes:
    """The bytes of a block, from wherever it has them."""
    data = b""
    if isinstance(content, IOBase | BytesIO):
        content.seek(0)
        data = content.read(limit + 1)
    elif content:
        # LlamaIndex keeps bytes as base64; anything that is none was put there afterwards.
        data = _decoded(content if isinstance(content, bytes) else str(content).encode())
    elif path is not None:
        data = read_file(Path(path), what, limit)
    if not data:
        raise InvalidRequestError(
            f"the {what} block is empty: it has no content, path or url", field="messages"
        )
    _check(len(data), what, limit)
    return data


def _decoded(content: bytes) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except ValueError:
        return content


def read_file(path: Path, what: str, limit: int, field: str = "messages") -> bytes:
    """The content of a regular file; its size is checked before it is read.

    Raises:
        InvalidRequestError: it cannot be read, is no regular file, or has more than ``limit``
            bytes; its ``field`` is the one given.
    """
    try:
        facts = path.stat()
        if stat.S_ISREG(facts.st_mode):
            _check(facts.st_size, what, limit, field)
            return path.read_bytes()
    except OSError as error:
        raise InvalidRequestError(
            f"the {what} {path} cannot be read ({error.strerror})", field=field, value=str(path)
        ) from error
    raise InvalidRequestError(
        f"the {what} path is no regular file: {path}", field=field, value=str(path)
    )


def _check(size: int, what: str, limit: int, field: str = "messages") -> None:
    if size > limit:
        raise InvalidRequestError(
            f"the {what} has {size / _MB:.1f} MB; at most {limit / _MB:.0f} MB are accepted",
            field=field,
        )


def _sniff(data: bytes) -> str | None:
    """The MIME type that the first bytes speak of."""
    for kind, marks in _MAGIC.items():
        if all(data.startswith(mark, offset) for offset, mark in marks):
            return kind
    if data[:1] == b"\xff" and data[1:2] and data[1] & 0xE0 == 0xE0:
        return "audio/mpeg"  # a frame without a tag before it
    return None


#: Block type -> the function that makes its part.
PARTS: dict[type, Callable[[Any, Target], dict[str, Any]]] = {
    ImageBlock: image_part,
    VideoBlock: video_part,
    AudioBlock: audio_part,
    DocumentBlock: document_part,
}
#: Block type -> the field with its bytes.
_CONTENT: dict[type, str] = {
    ImageBlock: "image",
    VideoBlock: "video",
    AudioBlock: "audio",
    DocumentBlock: "data",
}
