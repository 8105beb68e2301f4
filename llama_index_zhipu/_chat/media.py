"""Images, videos, audio and documents of a message as parts on the wire.

No URL is ever fetched. A block's ``path`` is read in a user's message only: what tools, models and
system messages name is not the user's to send.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from io import BytesIO, IOBase
from pathlib import Path
from typing import Any

from llama_index.core.base.llms.types import AudioBlock, DocumentBlock, ImageBlock, VideoBlock

from zhipu_client import InvalidRequestError
from zhipu_client.conversation import audio_part, data_url, most_bytes, read_file

__all__ = ["PARTS", "as_text", "media_part", "takes_time"]


def media_part(block: Any, where: str, model: str | None, *, files: bool) -> dict[str, Any]:
    """A block of a type in `PARTS` as a part on the wire.

    Args:
        block: The block.
        where: What to call it in an error.
        model: The model that it goes to, which decides how large a file may be.
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
    part = PARTS[type(block)](block, where, model)
    name = block.path or getattr(getattr(block, _CONTENT[type(block)]), "name", None)
    # For errors; the core takes it off.
    return {**part, "_name": str(name)} if isinstance(name, (str, Path)) else part


def takes_time(block: Any) -> bool:
    """Return True when making a part of a block may take time: to read a file, convert an image.

    What is on the web is not touched.
    """
    content = _CONTENT.get(type(block))
    if content is None:
        return any(takes_time(inner) for inner in _contained(block))
    if isinstance(block, ImageBlock):
        return not block.url or str(block.url).startswith("data:")
    return bool(block.path) or isinstance(getattr(block, content), IOBase)


def _contained(block: Any) -> list[Any]:
    inner = getattr(block, "content", None) or getattr(block, "cited_content", None)
    return inner if isinstance(inner, list) else [inner] if hasattr(inner, "block_type") else []


def as_text(block: Any) -> str:
    """What a block says of itself, without its content: its JSON."""
    if not hasattr(block, "model_dump"):
        return json.dumps(block, ensure_ascii=False, default=str)
    facts = block.model_dump(mode="json", exclude=set(_CONTENT.values()), exclude_none=True)
    return json.dumps(facts, ensure_ascii=False)


def image_part(block: ImageBlock, where: str, model: str | None) -> dict[str, Any]:
    """An image: its URL as it is, or its bytes as a data URL."""
    url = _url(block, where) or _data_url(
        block, block.image, block.image_mimetype, "image", where, model
    )
    return {"type": "image_url", "image_url": {"url": url}}


def video_part(block: VideoBlock, where: str, model: str | None) -> dict[str, Any]:
    """A video, by URL or as a data URL."""
    url = _url(block, where) or _data_url(
        block, block.video, block.video_mimetype, "video", where, model
    )
    return {"type": "video_url", "video_url": {"url": url}}


def sound_part(block: AudioBlock, where: str, model: str | None) -> dict[str, Any]:
    """Sound for a voice model; the service takes it inline only."""
    url = _url(block, where)
    if url is not None and not url.startswith("data:"):
        raise InvalidRequestError(
            f"{where} is audio by URL, and the service takes it inline only: give AudioBlock the "
            "bytes or a path",
            field=where,
            value=url,
        )
    content = url or _content(block, block.audio, "audio", where, model)
    return audio_part(content, block.format, where)


def document_part(block: DocumentBlock, where: str, model: str | None) -> dict[str, Any]:
    """A document (PDF, Word, ...), by URL or inline."""
    url = _url(block, where)
    if url is not None and not url.startswith("data:"):
        return {"type": "file", "file": {"file_url": url}}
    data = url or _data_url(block, block.data, block.document_mimetype, "file", where, model)
    title = block.title if block.title and block.title != "input_document" else None
    name = title or (Path(block.path).name if block.path else "document")
    part = {"type": "file", "file": {"file_data": data, "filename": name}}
    # The core takes the mark off: a large file of the user's own disk may go up by itself.
    return {**part, "_local": True} if block.path and not url and not block.data else part


def _url(block: Any, where: str) -> str | None:
    url = str(block.url) if block.url else None
    if url is not None and url.lstrip().lower().startswith("file:"):
        raise InvalidRequestError(
            f"{where} is {url}, which is not an address that the service can read: give the block "
            "path= instead",
            field=where,
            value=url,
        )
    return url


def _data_url(
    block: Any, content: Any, mime: str | None, kind: str, where: str, model: str | None
) -> str:
    data = _content(block, content, kind, where, model)
    return data_url(data, kind, mime, block.path)


def _content(block: Any, content: Any, kind: str, where: str, model: str | None) -> bytes:
    """The bytes of a block, from wherever it has them."""
    data = b""
    if isinstance(content, IOBase | BytesIO):
        content.seek(0)
        head = content.read(16)
        data = head + content.read(most_bytes(kind, model, head) + 1 - len(head))
    elif content:
        # LlamaIndex keeps bytes as base64; anything else was put there afterwards.
        data = _decoded(content if isinstance(content, bytes) else str(content).encode())
    elif block.path is not None:
        data = read_file(Path(block.path), kind, most_bytes(kind, model), where)
    if not data:
        raise InvalidRequestError(
            f"{where}: the {block.block_type} block is empty: it has no content, path or url",
            field=where,
        )
    return data


def _decoded(content: bytes) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except ValueError:
        return content


#: Block type -> the function that makes its part.
PARTS: dict[type, Callable[[Any, str, str | None], dict[str, Any]]] = {
    ImageBlock: image_part,
    VideoBlock: video_part,
    AudioBlock: sound_part,
    DocumentBlock: document_part,
}
#: Block type -> the field with its bytes.
_CONTENT: dict[type, str] = {
    ImageBlock: "image",
    VideoBlock: "video",
    AudioBlock: "audio",
    DocumentBlock: "data",
}
