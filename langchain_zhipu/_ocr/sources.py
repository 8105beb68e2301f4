"""Resolve a loader's sources to documents: files, folders, patterns, URLs."""

from __future__ import annotations

import glob as globbing
import hashlib
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from langchain_core.documents.base import Blob
from pydantic import SecretStr

from zhipu_client import InvalidRequestError
from zhipu_client.adapting import read_upload, refuse
from zhipu_client.ocr import sniff

__all__ = [
    "FilePath",
    "Origin",
    "blob_origin",
    "origin_of",
    "origins",
    "password_for",
    "pdf_metadata",
]

#: A path, an address, a data URL, bytes, an open file, an upload or a blob.
Source = Any
FilePath = Source | Iterable[Source]

#: The files of a folder that are read without a pattern.
_SUFFIXES = frozenset({".pdf", ".png", ".jpg", ".jpeg"})
_ADDRESSES = ("http://", "https://")
_TAKEN = "a path, an address, bytes, an open file, an upload or a blob"
#: The metadata of a PDF file, by the names that LangChain's PDF loaders use.
_TEXTS = ("producer", "creator", "title", "author", "subject", "keywords")
_DATES: Mapping[str, str] = {"creation_date": "creationdate", "modification_date": "moddate"}


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """One document to read.

    Attributes:
        value: An http(s) URL, a data URL, a path or bytes.
        name: Its name in metadata (``source``) and in errors.
        metadata: Further metadata of its documents.
    """

    value: str | Path | bytes = field(repr=False)
    name: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


def origin_of(
    value: str | PurePath | bytes,
    *,
    name: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Origin:
    """Return one document; bytes without a name are named by their digest."""
    about = dict(metadata or {})
    if isinstance(value, str) and value.lower().startswith(_ADDRESSES):
        return Origin(value, name or value, about)
    if isinstance(value, (str, PurePath)) and not str(value).startswith("data:"):
        about.setdefault("file_path", str(value))
        return Origin(Path(value), name or str(value), about)
    if isinstance(value, PurePath):
        value = str(value)
    content = value.encode() if isinstance(value, str) else bytes(value)
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Origin(value, name or f"sha256:{digest}", about)


def origins(
    given: FilePath, glob: str | None, max_bytes: int, suffixes: frozenset[str] = _SUFFIXES
) -> Iterator[Origin]:
    """Yield every document that the sources mean.

    Args:
        given: One source or several. A folder means the files in it; a string with ``*``, ``?``
            or ``[`` that does not name a file means the files that match.
        glob: Which files of a folder; None for all in it and below that have one of the suffixes.
        max_bytes: The most bytes of a document.
        suffixes: Endings of files, in lower case; PDF, PNG and JPEG where none are given.

    Raises:
        InvalidRequestError: A pattern matches nothing, or a source is empty or of another type.
    """
    one = _uploaded(given, max_bytes)
    if one is not None:
        yield one
    elif isinstance(given, (str, PurePath)) or hasattr(given, "__fspath__"):
        yield from _of_one(given, glob, suffixes)
    elif isinstance(given, Iterable):
        for source in given:
            one = _uploaded(source, max_bytes)
            yield from [one] if one is not None else _of_one(source, glob, suffixes)
    else:
        raise refuse("file_path", given, f"must be {_TAKEN}, or several of these")


def _uploaded(source: Any, max_bytes: int) -> Origin | None:
    """Return the document that bytes, an open file, an upload or a blob is; None for a path."""
    if isinstance(source, Blob):
        return blob_origin(source, max_bytes)
    found = read_upload(source, max_bytes, "file_path")
    return None if found is None else origin_of(found.content, name=found.name)


def blob_origin(blob: Blob, max_bytes: int) -> Origin:
    """Return the document of a blob, whose file is not read yet."""
    if blob.data is None and blob.path:
        return origin_of(Path(blob.path), name=blob.source, metadata=blob.metadata)
    found = read_upload(blob, max_bytes, "blob")
    content = b"" if found is None else found.content
    return origin_of(content, name=blob.source, metadata=blob.metadata)


def _of_one(source: Any, glob: str | None, suffixes: frozenset[str]) -> Iterator[Origin]:
    if hasattr(source, "__fspath__"):
        source = Path(os.fspath(source))
    if not isinstance(source, (str, PurePath)):
        raise refuse("file_path", source, f"must contain only {_TAKEN}")
    if str(source).lower().startswith((*_ADDRESSES, "data:")):
        yield origin_of(source)
        return
    if source == "":
        # As a path it would be the current folder, all of which would be read and paid for.
        raise refuse("file_path", source, "must not be empty")
    path = Path(source)
    if path.is_dir():
        for file in _in_folder(path, glob, suffixes):
            yield origin_of(file)
    elif globbing.has_magic(str(source)) and not path.exists():
        # `Path.glob` does not take a pattern that begins at the root.
        matches = sorted(globbing.glob(str(source), recursive=True))  # noqa: PTH207
        files = [Path(match) for match in matches if Path(match).is_file()]
        if not files:
            message = f"no file matches {str(source)!r}"
            raise InvalidRequestError(message, field="file_path", value=str(source))
        for file in files:
            yield origin_of(file)
    else:
        yield origin_of(path)


def _in_folder(folder: Path, glob: str | None, suffixes: frozenset[str]) -> list[Path]:
    found = []
    for path in folder.glob(glob or "**/*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        wanted = glob is not None or path.suffix.lower() in suffixes
        if wanted and not hidden and path.is_file():
            found.append(path)
    return sorted(found)


def password_for(given: Any, name: str) -> Any:
    """Return a password as `zhipu_client.ocr.pages` takes it; a function is given the name."""
    if isinstance(given, SecretStr):
        return given.get_secret_value()
    return (lambda _: given(name)) if callable(given) else given


def pdf_metadata(origin: Origin) -> dict[str, str]:
    """Return the metadata of a local PDF: producer, creator, dates (ISO 8601), title and so on.

    Empty for other files, without pypdf, or when pypdf cannot read the file.
    """
    try:
        from pypdf import PdfReader
    except ImportError:
        return {}
    if isinstance(origin.value, str):
        return {}
    try:
        with (
            io.BytesIO(origin.value)
            if isinstance(origin.value, bytes)
            else origin.value.open("rb") as file
        ):
            if sniff(file.read(1024)) != "application/pdf":
                return {}
            file.seek(0)
            found = PdfReader(file).metadata
            return {} if found is None else _by_our_names(found)
    except Exception:  # noqa: BLE001 - optional: the pages themselves have been read
        return {}


def _by_our_names(metadata: Any) -> dict[str, str]:
    found = {}
    for name in _TEXTS:
        with suppress(Exception):  # one that cannot be read costs itself, and not the others
            value = metadata.get(f"/{name.capitalize()}")
            if value:
                found[name] = str(value)
    for theirs, ours in _DATES.items():
        with suppress(Exception):
            date = getattr(metadata, theirs)
            if date is not None:
                found[ours] = date.isoformat()
    return found
