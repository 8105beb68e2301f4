"""Resolve a loader's sources to documents: files, folders, patterns, URLs."""

from __future__ import annotations

import glob as globbing
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from zhipu_client import InvalidRequestError
from zhipu_client.adapting import refuse
from zhipu_client.ocr import sniff

__all__ = ["FilePath", "Origin", "origin_of", "origins", "pdf_metadata"]

Source = str | PurePath | bytes
FilePath = Source | Iterable[Source]

#: The files of a folder that are read without a pattern.
_SUFFIXES = frozenset({".pdf", ".png", ".jpg", ".jpeg"})
_ADDRESSES = ("http://", "https://")
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
    value: Source, *, name: str | None = None, metadata: Mapping[str, Any] | None = None
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


def origins(given: FilePath, glob: str | None) -> Iterator[Origin]:
    """Yield every document that the sources mean.

    Args:
        given: One source or several. A folder means the files in it; a string with ``*``, ``?``
            or ``[`` that does not name a file means the files that match.
        glob: Which files of a folder; None for all PDF, PNG and JPEG files in it and below.

    Raises:
        InvalidRequestError: A pattern matches nothing, or a source is empty or of another type.
    """
    if isinstance(given, (str, PurePath, bytes, bytearray, memoryview)):
        yield from _of_one(given if isinstance(given, (str, PurePath)) else bytes(given), glob)
        return
    if not isinstance(given, Iterable):
        raise refuse("file_path", given, "must be a path, an address, bytes, or several of these")
    for source in given:
        yield from _of_one(source, glob)


def _of_one(source: Any, glob: str | None) -> Iterator[Origin]:
    if isinstance(source, (bytearray, memoryview)):
        source = bytes(source)
    if not isinstance(source, (str, PurePath, bytes)):
        raise refuse("file_path", source, "must contain only paths, addresses or bytes")
    if isinstance(source, bytes) or str(source).lower().startswith((*_ADDRESSES, "data:")):
        yield origin_of(source)
        return
    if source == "":
        # As a path it would be the current folder, all of which would be read and paid for.
        raise refuse("file_path", source, "must not be empty")
    path = Path(source)
    if path.is_dir():
        for file in _in_folder(path, glob):
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


def _in_folder(folder: Path, glob: str | None) -> list[Path]:
    found = []
    for path in folder.glob(glob or "**/*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        wanted = glob is not None or path.suffix.lower() in _SUFFIXES
        if wanted and not hidden and path.is_file():
            found.append(path)
    return sorted(found)


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
        value = metadata.get(f"/{name.capitalize()}")
        if value:
            found[name] = str(value)
    for theirs, ours in _DATES.items():
        date = getattr(metadata, theirs)
        if date is not None:
            found[ours] = date.isoformat()
    return found
