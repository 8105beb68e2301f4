"""What a caller gives in place of a path: bytes, open files, uploads of web frameworks, blobs.

Nothing is opened here but what such an object opens itself.
"""

from __future__ import annotations

import inspect
import io
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from zhipu_client.errors import InvalidRequestError
from zhipu_client.errors._naming import shown_name

__all__ = ["Content", "content_of", "name_of", "read_path", "read_upload", "why_unread"]

#: The attributes that may have a name, the first that has one is taken. `path` comes before `name`
#: in what fsspec opens; that of Starlette and FastAPI is `filename`, that of a blob `source`, of an
#: answer of the web `url`.
_NAMES = ("filename", "source", "full_name", "path", "name", "url")
#: An address of another kind than http; one letter is a drive.
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:/")
#: What Python calls a file that has no name: `<stdin>`, `<urllib response>`.
_NO_NAME = re.compile(r"<[^<>/\\]*>")


@dataclass(frozen=True, slots=True)
class Content:
    """What was read.

    Attributes:
        content: All bytes.
        name: What the object calls itself: a path or a file's name; None where it has no name.
    """

    content: bytes = field(repr=False)
    name: str | None

    @property
    def filename(self) -> str | None:
        """The last part of the name."""
        name = self.name or ""
        if name.lower().startswith(("http://", "https://")):
            name = name.partition("?")[0]
        return PurePath(name).name or None


def name_of(given: Any) -> str | None:
    """Return the name that an upload, an open file or a blob has; None without one.

    Args:
        given: What the caller gave: bytes, an upload, an open file, a blob, or anything else.

    Examples:
        >>> from zhipu_client.adapting import name_of
        >>> name_of(b"%PDF-") is None
        True
    """
    if isinstance(given, (str, PurePath)):
        return str(given)
    if isinstance(given, (bytes, bytearray, memoryview)):
        return None
    metadata = getattr(given, "metadata", None)
    found = [getattr(given, name, None) for name in _NAMES]
    found.insert(1, metadata.get("source") if isinstance(metadata, dict) else None)
    if _reads_itself(given) and not hasattr(given, "read"):
        found.insert(0, str(given))  # a path in an archive, or on another file system
    if (member := _member_of_tar(given)) is not None:
        return member
    for name in found:
        # An unnamed temporary file has a number for a name, a pipe or an answer of the web a word.
        if isinstance(name, (str, PurePath)) and str(name) and not _NO_NAME.fullmatch(str(name)):
            return str(name)
    return None


def _member_of_tar(given: Any) -> str | None:
    """Return the name of an opened member of an archive, which has the archive's up to 3.12."""
    if type(given).__module__ != "tarfile" or not isinstance(given, io.BufferedReader):
        return None
    raw: Any = given.raw
    try:
        import tarfile

        place = raw.fileobj.tell()
        try:
            raw.fileobj.seek(raw.offset - tarfile.BLOCKSIZE)  # its header is before what is in it
            head = raw.fileobj.read(tarfile.BLOCKSIZE)
            return tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape").name or None
        finally:
            raw.fileobj.seek(place)
    except Exception:  # noqa: BLE001 - of a stream, or of a file that is closed
        return None


def read_upload(given: Any, max_bytes: int, what: str = "file") -> Content | None:
    """Read what is not a path: bytes, an open file, an upload, a blob.

    A file is read from its beginning, where it can be; it stays open.

    Args:
        given: ``bytes``, ``bytearray``, ``memoryview``; ``io.BytesIO`` and files opened with
            ``"rb"``, those of fsspec and of archives included; what web frameworks make of an
            upload (``UploadFile``); LangChain's ``Blob``; path objects that read themselves
            (``zipfile.Path``, ``UPath``).
        max_bytes: The most bytes to read.
        what: The name of the parameter.

    Returns:
        None for a string, a local path and anything else that is not an upload.

    Raises:
        InvalidRequestError: It is closed, opened as text, asynchronous, or has too many bytes.

    Examples:
        >>> import io
        >>> from zhipu_client.adapting import read_upload
        >>> read_upload(io.BytesIO(b"%PDF-"), 100).content
        b'%PDF-'
    """
    if isinstance(given, (bytes, bytearray, memoryview)):
        return Content(_bounded(bytes(given), None, max_bytes, what), None)
    if isinstance(given, str):
        return None
    reader = _reader(given)
    if reader is None:
        return None
    name = name_of(given)
    try:
        found = reader(max_bytes + 1)
    except Exception as error:  # whatever a file of the network or of an archive raises
        why = getattr(error, "strerror", None) or error
        raise _refused(what, name, f"cannot be read ({why})") from error
    if inspect.isawaitable(found):
        if inspect.iscoroutine(found):
            found.close()  # or it would warn that nobody awaited it
        why = "is asynchronous: give the bytes that it reads (`await file.read()`)"
        raise _refused(what, name, why)
    if isinstance(found, str):
        raise _refused(what, name, 'is opened as text: open it with "rb"')
    if not isinstance(found, (bytes, bytearray, memoryview)):
        raise _refused(what, name, f"reads {type(found).__name__}, and must read bytes")
    return Content(_bounded(bytes(found), name, max_bytes, what), name)


def content_of(given: Any, max_bytes: int, what: str = "file") -> Content:
    """Read bytes, an upload, or a local path that is given as a ``pathlib`` object.

    A string is refused: what opens files says so by its type.

    Args:
        given: The bytes, an open file, or a ``pathlib.Path``.
        max_bytes: The most bytes that it may have.
        what: What to call it in an error.

    Raises:
        InvalidRequestError: It cannot be read, or is something else.

    Examples:
        >>> import io
        >>> from zhipu_client.adapting import content_of
        >>> content_of(io.BytesIO(b"%PDF-"), max_bytes=100).content
        b'%PDF-'
        >>> content_of("/etc/hosts", max_bytes=100)
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: file must be bytes, an open file or ...
    """
    found = read_upload(given, max_bytes, what)
    if found is None and isinstance(given, PurePath):
        found = Content(read_path(Path(given), max_bytes, what), str(given))
    if found is None:
        message = (
            f"{what} must be bytes, an open file or a pathlib.Path, got {type(given).__name__}"
        )
        raise InvalidRequestError(message, field=what)
    return found


def read_path(path: Path, max_bytes: int, what: str = "file") -> bytes:
    """Return the content of a regular file; its size is checked before it is read.

    Args:
        path: The file.
        max_bytes: The most bytes that it may have.
        what: What to call it in an error.

    Raises:
        InvalidRequestError: It cannot be read, is not a regular file, or is too large.

    Examples:
        >>> from pathlib import Path
        >>> from zhipu_client.adapting import read_path
        >>> len(read_path(Path(__file__), max_bytes=1_000_000)) > 1000
        True
        >>> read_path(Path(__file__), max_bytes=2)
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: ...
    """
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise _refused(what, str(path), "is not a regular file")
        if facts.st_size > max_bytes:
            raise _too_large(what, str(path), max_bytes)
        return _bounded(path.read_bytes(), str(path), max_bytes, what)
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidRequestError):
            raise
        raise _refused(what, str(path), why_unread(path, error)) from error


def why_unread(path: Path, error: Exception) -> str:
    """Return why a local file cannot be read, and how what is not one is."""
    why = f"cannot be read ({getattr(error, 'strerror', None) or error})"
    if isinstance(error, FileNotFoundError) and _SCHEME.match(str(path)):
        why += (
            "; it is an address that is not read here: give an open file (of fsspec, for one), or "
            "the path of a local file"
        )
    return why


def _reader(given: Any) -> Callable[[int], Any] | None:
    """Return what reads up to so many bytes of an object; None where it is not an upload."""
    inner = getattr(given, "file", None)
    if _can_read(inner):  # Starlette's and FastAPI's, whose own `read` is asynchronous
        return lambda most: _from_start(inner, most)
    if _can_read(given):
        return lambda most: _from_start(given, most)
    as_bytes = getattr(given, "as_bytes", None)
    if callable(as_bytes):  # LangChain's Blob
        return lambda _: as_bytes()
    if _reads_itself(given):
        return lambda _: given.read_bytes()
    opens = getattr(given, "open", None)
    if hasattr(given, "fs") and callable(opens):  # fsspec's OpenFile
        return lambda most: _opened(given, most)
    return None


def _can_read(given: Any) -> bool:
    return not isinstance(given, type) and callable(getattr(given, "read", None))


def _reads_itself(given: Any) -> bool:
    """Whether it is a path that is not on this machine's disk, such as one in an archive."""
    return not isinstance(given, (PurePath, type)) and callable(getattr(given, "read_bytes", None))


def _from_start(file: Any, most: int) -> Any:
    seekable = getattr(file, "seekable", None)
    if callable(seekable) and not inspect.iscoroutinefunction(seekable) and seekable():
        file.seek(0)
    if isinstance(file, io.TextIOBase):
        return ""
    return _all_of(file, most)


def _all_of(file: Any, most: int) -> Any:
    """Read to the end, or so many bytes: one read of a pipe or a socket gives what is there."""
    first = file.read(most)
    if not isinstance(first, (bytes, bytearray, memoryview)) or len(first) >= most or not first:
        return first
    pieces, size = [bytes(first)], len(first)
    while size < most and (piece := file.read(most - size)):
        pieces.append(bytes(piece))
        size += len(piece)
    return b"".join(pieces) if len(pieces) > 1 else pieces[0]


def _opened(given: Any, most: int) -> Any:
    with given as file:
        return "" if isinstance(file, io.TextIOBase) else _all_of(file, most)


def _bounded(content: bytes, name: str | None, most: int, what: str) -> bytes:
    if len(content) > most:
        raise _too_large(what, name, most)
    return content


def _too_large(what: str, name: str | None, most: int) -> InvalidRequestError:
    return _refused(what, name, f"may have at most {most:,} bytes, and has more")


def _refused(what: str, name: str | None, why: str) -> InvalidRequestError:
    shown = shown_name(name) if name else what
    return InvalidRequestError(f"{shown} {why}", field=what, value=name)
