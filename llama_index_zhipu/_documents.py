"""Read the files of readers, and make documents of their text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llama_index.core.schema import Document

from zhipu_client.conversation import read_file

__all__ = ["document", "file_metadata", "name_of", "open_source", "read_source"]

#: Technical metadata, which does not help a model or a search.
_TECHNICAL = ("has_layout", "regions", "request_id", "task_id", "width", "height")


def open_source(file: Any, fs: Any, max_bytes: int) -> Any:
    """Return a source for `zhipu_client.ocr.pages`; only a file on another file system is read."""
    if fs is None:
        return file
    with fs.open(str(file), "rb") as opened:
        return opened.read(max_bytes + 1)


def read_source(file: Any, fs: Any, max_bytes: int) -> bytes:
    """Return the content of a file, bytes or a file on another file system."""
    if isinstance(file, (bytes, bytearray, memoryview)):
        return bytes(file)
    if fs is None:
        return read_file(Path(file), "file", max_bytes, "file")
    content: bytes = open_source(file, fs, max_bytes)
    return content


def file_metadata(file: Any, extra_info: dict[str, Any] | None) -> dict[str, Any]:
    """Return the metadata of a document: the caller's, and its file name or URL."""
    info = dict(extra_info or {})
    text = str(file) if isinstance(file, (str, Path)) else ""
    if text.startswith(("http://", "https://")):
        info.setdefault("url", text)
    elif text and not text.startswith("data:"):
        info.setdefault("file_name", Path(text).name)
    return info


def name_of(file: Any, info: dict[str, Any]) -> Any:
    """Return what an error calls a file: its path or address; for bytes, what the caller says."""
    return file if isinstance(file, (str, Path)) else info.get("file_name") or info.get("url")


def document(text: str, info: dict[str, Any], facts: dict[str, Any]) -> Document:
    """Return a document; technical metadata is hidden from models and embeddings."""
    known = {name: value for name, value in facts.items() if value is not None}
    hidden = [name for name in _TECHNICAL if name in known]
    return Document(
        text=text,
        metadata={**info, **known},
        excluded_embed_metadata_keys=hidden,
        excluded_llm_metadata_keys=hidden,
    )
