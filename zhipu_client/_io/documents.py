"""Opens documents: looks before it reads, and reads no more than it may."""

from __future__ import annotations

import base64
import io
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from zhipu_client._extras import install
from zhipu_client._files import MAX_BYTES, archive, check_bytes, data_url, sniff
from zhipu_client._image_types import convertible
from zhipu_client._secrets import HiddenPassword, hidden_password
from zhipu_client._uploads import why_unread
from zhipu_client.errors import InvalidRequestError
from zhipu_client.errors._naming import shown_name
from zhipu_client.work._job import Document, Password, Source

from . import pictures
from .pdf import PDF, BrokenPDFError, Facts, MissingLibraryError, with_password

__all__ = ["HEAD", "open_content", "open_document", "open_file", "password_of", "stamp"]

MiB = 1024 * 1024
#: The bytes at the start of a file that show its type.
HEAD = 1024
_PDF = "application/pdf"
#: In the facts about a document: the type of the image that it was made of.
CONVERTED = "converted_from"
#: What an Office file begins with: a zip archive, or the older compound file.
_OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def open_document(
    source: Source, root: Path | None, max_bytes: int, password: Password = None
) -> Document:
    """Open what a caller gave as a document.

    Args:
        source: An ``http(s)`` address (never fetched here), a data URL, a path, or bytes.
        root: The folder that a path must lie in, links followed; None for no such bound.
        max_bytes: The most bytes of a file. Checked before it is read.
        password: The password of an encrypted PDF, or a function that is given ``source`` and
            returns it; called only for a file that needs one.

    Raises:
        InvalidRequestError: No regular file, outside of ``root``, empty, too large, or neither
            PDF, PNG nor JPEG by its content; a PDF without pages, one that needs a password, or
            one that takes too much memory or time to open.
    """
    if isinstance(source, str) and source.lower().startswith(("http://", "https://")):
        return _Address(source)
    password = hidden_password(password)
    file, name = open_content(source, root, max_bytes)
    try:
        return _File(file, name, password_of(password, source))
    except BaseException:
        file.close()
        raise


def password_of(password: Password, source: Source) -> HiddenPassword | Callable[[], Any] | None:
    """Return a password, or what asks a function of the source for it."""
    hidden: Any = hidden_password(password)
    return (lambda: hidden(source)) if callable(hidden) else hidden


def open_content(source: Source, root: Path | None, max_bytes: int) -> tuple[BinaryIO, str]:
    """Open a data URL, a path or bytes; see `open_document`. Return the file and its name."""
    if isinstance(source, str) and source.startswith("data:"):
        return _in_memory(_decode(source), "data URL", max_bytes)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _in_memory(bytes(source), "bytes", max_bytes)
    return open_file(Path(source), root, max_bytes), str(source)


def not_taken(head: bytes, name: str) -> str:
    """Return why a file of an unknown type is refused, and what reads it."""
    why = f"is neither PDF, PNG nor JPEG, nor converted to them (it starts with {head[:8]!r})"
    if archive(head) and not _is_office(head):
        return (
            f"{why}; it is an archive: give the files in it (`zipfile.Path`, `tarfile`), or, where "
            "it is an Office file, take the file parser, see `zhipu_client.file_parser`"
        )
    if head.startswith(_OFFICE) or name.lower().endswith((".csv", ".txt", ".md", ".html")):
        why += (
            "; Office files and texts are read by the file parser, see `zhipu_client.file_parser`"
        )
    return why


def _is_office(head: bytes) -> bool:
    """Whether the first file of a zip archive is one that Office or OpenDocument begins with."""
    return any(name in head for name in (b"[Content_Types].xml", b"_rels/", b"mimetype"))


def stamp(file: BinaryIO) -> tuple[int, int] | None:
    """Return what changes when a file changes; None for one in memory."""
    try:
        found = os.fstat(file.fileno())
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def open_file(path: Path, root: Path | None, max_bytes: int) -> BinaryIO:
    """Open a regular file below ``root`` that is not larger than ``max_bytes``.

    Raises:
        InvalidRequestError: It is missing, something else than a file, outside, or too large.
    """
    try:
        real = path.resolve(strict=True)
        if root is not None and not real.is_relative_to(Path(root).resolve(strict=True)):
            raise _refused(path, "lies outside of the given root")
        # Looked at before it is opened: to open a pipe or a device can block or do harm.
        _check_stat(path, real.stat(), max_bytes)
        # No link may have taken the file's place since.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        handle = os.open(real, flags | getattr(os, "O_BINARY", 0))
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, InvalidRequestError):
            raise
        raise _refused(path, why_unread(path, error)) from error
    file = os.fdopen(handle, "rb")
    try:
        _check_stat(path, os.fstat(handle), max_bytes)
    except BaseException:
        file.close()
        raise
    return file


def _check_stat(path: Path, found: os.stat_result, max_bytes: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise _refused(path, "is not a regular file")
    if found.st_size > max_bytes:
        raise _refused(path, _too_much(found.st_size, max_bytes))
    if found.st_size == 0:
        raise _refused(path, "is empty (0 bytes)")


def _refused(path: Path | str, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"{shown_name(path)} {why}", field="source", value=str(path))


def _too_much(size: int, most: int) -> str:
    if most < MiB or size - most < MiB / 10:  # rounded, they would look alike
        return f"has {size:,} bytes, more than the {most:,} bytes it may have"
    return f"has {size / MiB:,.1f} MiB, more than the {most / MiB:,.4g} MiB it may have"


def _decode(url: str) -> bytes:
    head, comma, text = url.partition(",")
    if not comma or not head.endswith(";base64"):
        raise InvalidRequestError("a data URL must be base64", field="source", value=head[:60])
    try:
        # What was broken into lines is base64, too.
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise InvalidRequestError("the data URL is not base64", field="source") from None


def _in_memory(content: bytes, name: str, max_bytes: int) -> tuple[BinaryIO, str]:
    if not content:
        raise InvalidRequestError("the document is empty (0 bytes)", field="source", value=b"")
    if len(content) > max_bytes:
        raise _refused(name, _too_much(len(content), max_bytes))
    return io.BytesIO(content), name


class _Address:
    """A document that only the service reads."""

    kind: str | None = None
    pages: int | None = None
    size = 0
    info: Mapping[str, str] = {}
    remarks: Sequence[str] = ()

    def __init__(self, url: str) -> None:
        self.name = url
        self._url = url

    def whole(self) -> str:
        return self._url

    def part(self, first: int, last: int) -> bytes:
        raise NotImplementedError("an address is not split here")

    def whole_only(self) -> None:
        pass

    def close(self) -> None:
        pass


class _File:
    """A local document. Read piece by piece; refused as soon as it changes."""

    kind: str | None
    pages: int | None
    info: Mapping[str, str]
    remarks: Sequence[str]

    def __init__(
        self, file: BinaryIO, name: str, password: HiddenPassword | Callable[[], Any] | None = None
    ) -> None:
        self.name = name
        self._file = file
        self._pdf: PDF | None = None
        self._before = stamp(file)
        head = file.read(HEAD)
        kind = sniff(head)
        self._made: BinaryIO | None = None
        original = None
        if kind is None:
            original = convertible(head)
            if original is None:
                raise _refused(name, not_taken(head, name))
            self._made, kind = pictures.convert(file, name, original)
        self.kind = kind
        self.size = self._content.seek(0, os.SEEK_END)
        facts = self._open(password) if kind == _PDF else Facts(1)
        self.pages, self.info = (facts.pages, dict(facts.info)) if facts else (None, {})
        self.remarks = facts.remarks if facts else ()
        if original is not None:
            self.info = {CONVERTED: original}
        self._encrypted = facts is not None and facts.encrypted
        if kind != _PDF or facts is None:
            # Cannot be split here, so it has to fit as it is.
            check_bytes(kind, self.size)

    @property
    def _content(self) -> BinaryIO:
        """The file, or what was made of it."""
        return self._made or self._file

    def whole(self) -> str:
        if self._encrypted and self._pdf is not None:
            return data_url(self._pdf.whole())
        self._content.seek(0)
        content = self._content.read(self.size + 1)
        if len(content) != self.size:
            raise self._changed()
        self._check()
        return data_url(content)

    def part(self, first: int, last: int) -> bytes:
        try:
            if self._pdf is None:
                raise BrokenPDFError("it cannot be opened")
            content = self._pdf.part(first, last)
        except BrokenPDFError as error:
            self._check()  # which explains it
            pages = f"page {first}" if first == last else f"the pages {first} to {last}"
            why = f"is broken: {pages} cannot be taken out of it ({error})"
            raise _refused(self.name, why) from error
        self._check()
        return content

    def whole_only(self) -> None:
        if self._pdf is not None and not self._encrypted:
            self._pdf.rest()

    def close(self) -> None:
        if self._pdf is not None:
            self._pdf.close()
        if self._made is not None:
            self._made.close()
        self._file.close()

    def _open(self, password: HiddenPassword | Callable[[], Any] | None) -> Facts | None:
        """Open a PDF; return None when it has to be left to the service as it is."""
        try:
            self._pdf = self._opened(password)
        except MissingLibraryError:
            if self.size > MAX_BYTES[_PDF]:
                raise InvalidRequestError(
                    f"{shown_name(self.name)} is too large to be sent in one piece; to split it, "
                    f"install pikepdf: {install('ocr')}",
                    field="source",
                    value=self.name,
                ) from None
            return None
        except BrokenPDFError:  # the service may read what the library cannot
            self._check()
            return None
        facts = self._pdf.facts
        if not facts.pages:
            self._pdf.close()
            raise _refused(self.name, "has no pages")
        return facts

    def _opened(self, password: HiddenPassword | Callable[[], Any] | None) -> PDF:
        return with_password(
            lambda given: PDF(self._content, self.name, given),
            password,
            lambda why: _refused(self.name, why),
        )

    def _check(self) -> None:
        if stamp(self._file) != self._before:
            raise self._changed()

    def _changed(self) -> InvalidRequestError:
        return _refused(self.name, "changed while it was read")
