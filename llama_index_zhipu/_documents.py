"""Read the files of readers, and make documents of their text."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from llama_index.core.schema import Document

from zhipu_client import InvalidRequestError
from zhipu_client.adapting import (
    document_id,
    flat,
    name_of,
    read_path,
    read_upload,
    shown_name,
    storable,
)

__all__ = ["Given", "given_file"]

#: Technical metadata, which does not help a model or a search.
_TECHNICAL = (
    *("has_layout", "regions", "width", "height", "empty", "error"),
    *("request_id", "request_ids", "task_id", "token_usage"),
    *("duration", "segments", "refused"),
)
_ADDRESSES = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Given:
    """A file as it was given to a reader.

    Attributes:
        source: A path, an address or a data URL as it was given; else the bytes.
        name: What errors call it: its path, address or name; None for bytes without any.
        info: Metadata of all of its documents: the caller's, and its file name or URL.
    """

    source: Any = field(repr=False)
    name: str | None
    info: dict[str, Any]

    def content(self, max_bytes: int) -> bytes:
        """Return the bytes; blocks while it reads a file."""
        if isinstance(self.source, bytes):
            return self.source
        return read_path(Path(self.source), max_bytes)

    def document(
        self, text: Any, facts: dict[str, Any], page: int | None = None, *, nested: bool = False
    ) -> Document:
        """Return a document; technical metadata is hidden from models and embeddings.

        Args:
            text: Its text, as the service sent it: an odd value is written out, not lost.
            facts: Its metadata beside `info`; made flat, as many vector stores want it.
            page: Its page, from 1.
            nested: Keep lists and dicts.
        """
        known = {name: value for name, value in facts.items() if value is not None}
        known = known if nested else flat(known)
        hidden = [name for name in _TECHNICAL if name in known]
        return Document(
            id_=document_id(self._source_name(), page),
            text=text if isinstance(text, str) else str(text or ""),
            metadata=storable({**self.info, **known}),
            excluded_embed_metadata_keys=hidden,
            excluded_llm_metadata_keys=hidden,
        )

    def _source_name(self) -> str:
        if self.name is not None:
            # Ids become UTF-8, which a file's name may not be.
            return self.name.encode(errors="surrogateescape").decode(errors="replace")
        content = self.source if isinstance(self.source, bytes) else str(self.source).encode()
        return f"sha256:{hashlib.sha256(content).hexdigest()[:16]}"


def given_file(file: Any, extra_info: dict[str, Any] | None, fs: Any, max_bytes: int) -> Given:
    """Return a file that was given to a reader; blocks while it reads uploads.

    Args:
        file: A path, an address, a data URL, bytes, an open file, an upload or a blob.
        extra_info: The caller's metadata.
        fs: A file system of fsspec that the path is on.
        max_bytes: The most bytes.

    Raises:
        InvalidRequestError: It cannot be read; the error names it.
    """
    info = dict(extra_info or {})
    if fs is not None and (isinstance(file, (str, PurePath)) or hasattr(file, "__fspath__")):
        path = str(file)
        info.setdefault("file_name", PurePath(path).name)
        return Given(_on(fs, path, max_bytes), path, info)
    found = read_upload(file, max_bytes)
    if found is not None:
        name = found.name or info.get("file_path") or info.get("file_name") or info.get("url")
        if found.name:
            info.setdefault("file_name", PurePath(found.name).name)
        return Given(found.content, None if name is None else str(name), info)
    if not isinstance(file, (str, PurePath)):
        if not hasattr(file, "__fspath__"):
            message = f"file must be a path, an address, bytes or an open file, got {file!r:.60}"
            raise InvalidRequestError(message, field="file")
        file = Path(os.fspath(file))
    text = str(file)
    if isinstance(file, str) and text.lower().startswith(_ADDRESSES):
        info.setdefault("url", text)
    elif text.startswith("data:"):
        return Given(file, info.get("file_name") or info.get("url"), info)
    elif text:
        info.setdefault("file_name", Path(text).name)
    return Given(file, name_of(file), info)


def _on(fs: Any, path: str, max_bytes: int) -> bytes:
    """Return the content of a file on another file system."""
    try:
        with fs.open(path, "rb") as opened:
            content: bytes = opened.read(max_bytes + 1)
    except Exception as error:
        # A file system of the network may raise anything.
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        why = "there is no such file" if isinstance(error, FileNotFoundError) else why
        message = f"{shown_name(path)} cannot be read ({why})"
        raise InvalidRequestError(message, field="file", value=path) from error
    if len(content) > max_bytes:
        message = f"{shown_name(path)} may have at most {max_bytes:,} bytes, and has more"
        raise InvalidRequestError(message, field="file", value=path)
    return content
