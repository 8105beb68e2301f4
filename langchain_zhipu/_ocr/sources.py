"""Resolve a loader's sources to documents: files, folders, patterns, URLs."""

from __future__ import annotations

import glob as globbing
import hashlib
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path, PurePath
from typing import Any

from langchain_core.documents.base import Blob

from zhipu_client import InvalidRequestError, file_parser
from zhipu_client.adapting import hidden_password, read_upload, refuse, shown_name
from zhipu_client.ocr import OCRPage

__all__ = [
    "PATHS",
    "FilePath",
    "Origin",
    "blob_origin",
    "file_metadata",
    "origin_of",
    "origins",
    "password_for",
]

_log = logging.getLogger(__name__)

#: A path, an address, a data URL, bytes, an open file, an upload or a blob.
Source = Any
FilePath = Source | Iterable[Source]

#: The files of a folder that are read without a pattern.
_SUFFIXES = frozenset(
    ".pdf .png .jpg .jpeg .jpe .jfif .tif .tiff .webp .bmp .gif .heic .heif .avif .jp2".split()
)
#: Metadata that a program opens a file by: kept as it is, also where it is not UTF-8.
PATHS = frozenset({"source", "file_path"})
#: What the name of bytes begins with.
_DIGEST = "sha256:"
_ADDRESSES = ("http://", "https://")
_TAKEN = "a path, an address, bytes, an open file, an upload or a blob"
#: The metadata of a PDF file, by the names that LangChain's PDF loaders use.
_TEXTS = ("producer", "creator", "title", "author", "subject", "keywords")
_DATES: Mapping[str, str] = {"CreationDate": "creationdate", "ModDate": "moddate"}
_PDF_DATE = re.compile(
    r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([-+Z])(\d\d)?'?(\d\d)?'?)?$"
)


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """One document to read.

    Attributes:
        value: An http(s) URL, a data URL, a path or bytes.
        name: Its name in metadata (``source``) and in errors.
        metadata: Further metadata of its documents.
        place: Where it is among several, for one that has no name of its own.
    """

    value: str | Path | bytes = field(repr=False)
    name: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    place: str | None = None

    @property
    def label(self) -> str:
        """What errors and logs call it."""
        return self.place or self.name


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
    return Origin(value, name or f"{_DIGEST}{digest}", about)


def origins(
    given: FilePath,
    glob: str | None,
    max_bytes: int,
    suffixes: frozenset[str] = _SUFFIXES,
    *,
    all_there: bool = False,
) -> Iterator[Origin]:
    """Yield every document that the sources mean.

    Args:
        given: One source or several. A folder means the files in it; a string with ``*``, ``?``
            or ``[`` that does not name a file means the files that match.
        glob: Which files of a folder; None for all in it and below that have one of the suffixes.
        max_bytes: The most bytes of a document.
        suffixes: Endings of files, in lower case; PDFs and images where none are given.
        all_there: Refuse a file of a list that is missing before the first document.

    Raises:
        InvalidRequestError: A pattern matches nothing, or a source is empty or of another type.
    """
    if all_there and isinstance(given, (list, tuple)):
        for number, source in enumerate(given):
            _check_there(source, number)
    one = _uploaded(given, max_bytes)
    if one is not None:
        yield one
    elif isinstance(given, (str, PurePath)) or hasattr(given, "__fspath__"):
        yield from _of_one(given, glob, suffixes)
    elif isinstance(given, Iterable) and not isinstance(given, Mapping):
        for number, source in enumerate(given):
            one = _uploaded(source, max_bytes)
            if one is not None and one.name.startswith(_DIGEST):
                one = replace(one, place=f"file_path[{number}]")
            yield from [one] if one is not None else _of_one(source, glob, suffixes)
    else:
        raise refuse("file_path", given, f"must be {_TAKEN}, or several of these")


def _check_there(source: Any, number: int) -> None:
    """Refuse the path of a file that is missing, before anything is paid for."""
    if source is None or isinstance(source, (int, float, Mapping)):
        raise refuse(f"file_path[{number}]", source, f"must be {_TAKEN}")
    text = os.fspath(source) if hasattr(source, "__fspath__") else source
    if not isinstance(text, str) or text.lower().startswith((*_ADDRESSES, "data:")):
        return
    if not globbing.has_magic(text) and not _asked(Path(text).exists):
        raise InvalidRequestError(
            f"file_path[{number}], {shown_name(text)}, cannot be read (No such file or directory); "
            'nothing was sent. on_error="skip" leaves it out',
            field=f"file_path[{number}]",
            value=text,
        )


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


def _asked(question: Callable[[], bool]) -> bool:
    """Ask the file system; a name that it does not take (too long) is that of no file."""
    try:
        return question()
    except (OSError, ValueError):
        return False


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
    if _asked(path.is_dir):
        files, others = _in_folder(path, glob, suffixes)
        if not files:
            why = _nothing_in(path, glob, suffixes)
            raise InvalidRequestError(why, field="file_path", value=str(path))
        if others:
            _report_others(path, others, suffixes)
        for file in files:
            yield origin_of(file)
    elif globbing.has_magic(str(source)) and not _asked(path.exists):
        # `Path.glob` does not take a pattern that begins at the root.
        matches = sorted(globbing.glob(str(source), recursive=True))  # noqa: PTH207
        files = [Path(match) for match in matches if Path(match).is_file()]
        if not files:
            message = f"no file matches {shown_name(source)!r}"
            raise InvalidRequestError(message, field="file_path", value=str(source))
        for file in files:
            yield origin_of(file)
    else:
        yield origin_of(path)


def _in_folder(
    folder: Path, glob: str | None, suffixes: frozenset[str]
) -> tuple[list[Path], list[Path]]:
    """Return the files of a folder that are read, and those that are not."""
    found: list[Path] = []
    others: list[Path] = []
    for path in folder.glob(glob or "**/*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        # A link that leads nowhere is a document that is missing, which is not passed over.
        if not hidden and (path.is_file() or (path.is_symlink() and not path.exists())):
            wanted = glob is not None or path.suffix.lower() in suffixes
            (found if wanted else others).append(path)
    return sorted(found), sorted(others)


def _report_others(folder: Path, others: list[Path], suffixes: frozenset[str]) -> None:
    """Log which files are passed over; as a warning where another loader reads them."""
    reads = file_parser.Parsing("prime").suffixes if suffixes is _SUFFIXES else frozenset()
    parsed = [path for path in others if path.suffix.lower() in reads]
    if parsed:
        why = "%s: not read by OCR, ZhipuAIFileParserLoader reads them: %s"
        _log.warning(why, shown_name(folder), _some(parsed))
    rest = [path for path in others if path not in set(parsed)]
    if rest:
        _log.info("%s: not read, as their names have other endings: %s", folder, _some(rest))


def _some(paths: list[Path]) -> str:
    more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
    return ", ".join(path.name for path in paths[:5]) + more


def _nothing_in(folder: Path, glob: str | None, suffixes: frozenset[str]) -> str:
    if glob is not None:
        return f"no file in {shown_name(folder)} matches {glob!r}"
    others = sorted(path for path in folder.rglob("*") if path.is_file())
    if not others:
        return f"there are no files in {shown_name(folder)}"
    shown = _some(others)
    parser = "OCR does not read Office files, ZhipuAIFileParserLoader does; "
    return (
        f"no file in {shown_name(folder)} ends in {', '.join(sorted(suffixes))} (there are: "
        f"{shown}). "
        f"{parser if suffixes is _SUFFIXES else ''}`glob` takes files of any name"
    )


def password_for(given: Any, name: str) -> Any:
    """Return a password as `zhipu_client.ocr.pages` takes it; a function is given the name."""
    given = hidden_password(given)
    return (lambda _: given(name)) if callable(given) else given


def file_metadata(page: OCRPage) -> dict[str, str]:
    """Return the metadata of a page's file: producer, creator, dates (ISO 8601), title and so on.

    Of an image that was converted, its type is ``converted_from``.
    """
    found = {
        name: page.file_info[name.capitalize()]
        for name in _TEXTS
        if name.capitalize() in page.file_info
    }
    for theirs, ours in _DATES.items():
        if date := _date(page.file_info.get(theirs, "")):
            found[ours] = date
    if kind := page.file_info.get("converted_from"):
        found["converted_from"] = kind
    return found


def _date(written: str) -> str | None:
    """Return a date of a PDF (``D:20240131093000+08'00'``) in ISO 8601; None for any other text."""
    found = _PDF_DATE.match(written.strip())
    if found is None:
        return None
    *parts, sign, ahead, past = found.groups()
    numbers = [int(part or least) for part, least in zip(parts, (0, 1, 1, 0, 0, 0), strict=True)]
    offset = timedelta(hours=int(ahead or 0), minutes=int(past or 0))
    year, month, day, hour, minute, second = numbers
    try:
        zone = timezone(-offset if sign == "-" else offset) if sign else None
        date = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
    return date.isoformat()
