"""Opens documents: looks before it reads, reads no more than it may, splits PDFs by pages."""

from __future__ import annotations

import base64
import io
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

from zhipu_client._files import MAX_BYTES, check_bytes, data_url, sniff
from zhipu_client.errors import InvalidRequestError
from zhipu_client.work._job import Document, Source

__all__ = ["HEAD", "open_content", "open_document", "open_file", "stamp"]

MiB = 1024 * 1024
#: The bytes at the start of a file that show its type.
HEAD = 1024
#: What leads from an annotation to other pages.
_LEADING = ("/A", "/AA", "/Dest", "/P", "/Parent", "/Popup", "/IRT")


def open_document(source: Source, root: Path | None, max_bytes: int) -> Document:
    """Open what a caller gave as a document.

    Args:
        source: An ``http(s)`` address (never fetched here), a data URL, a path, or bytes.
        root: The folder that a path must lie in, links followed; None for no such bound.
        max_bytes: The most bytes of a file. Checked before it is read.

    Raises:
        InvalidRequestError: No regular file, outside of ``root``, empty, too large, or neither
            PDF, PNG nor JPEG by its content.
    """
    if isinstance(source, str) and source.lower().startswith(("http://", "https://")):
        return _Address(source)
    file, name = open_content(source, root, max_bytes)
    try:
        return _File(file, name)
    except BaseException:
        file.close()
        raise


def open_content(source: Source, root: Path | None, max_bytes: int) -> tuple[BinaryIO, str]:
    """Open a data URL, a path or bytes; see `open_document`. Return the file and its name."""
    if isinstance(source, str) and source.startswith("data:"):
        return _in_memory(_decode(source), "data URL", max_bytes)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _in_memory(bytes(source), "bytes", max_bytes)
    return open_file(Path(source), root, max_bytes), str(source)


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
        why = getattr(error, "strerror", None) or error
        raise _refused(path, f"cannot be read ({why})") from error
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
    return InvalidRequestError(f"{path} {why}", field="source", value=str(path))


def _too_much(size: int, most: int) -> str:
    if most < MiB or size - most < MiB / 10:  # rounded, they would look alike
        return f"has {size:,} bytes, more than the {most:,} bytes it may have"
    return f"has {size / MiB:,.1f} MiB, more than the {most / MiB:,.4g} MiB it may have"


def _decode(url: str) -> bytes:
    head, comma, text = url.partition(",")
    if not comma or not head.endswith(";base64"):
        raise InvalidRequestError("a data URL must be base64", field="source", value=head[:60])
    try:
        return base64.b64decode(text, validate=True)
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

    def __init__(self, url: str) -> None:
        self.name = url
        self._url = url

    def whole(self) -> str:
        return self._url

    def part(self, first: int, last: int) -> bytes:
        raise NotImplementedError("an address is not split here")

    def close(self) -> None:
        pass


class _File:
    """A local document. Read piece by piece; refused as soon as it changes."""

    kind: str | None
    pages: int | None

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self._file = file
        self._reader: Any = None
        self._before = stamp(file)
        head = file.read(HEAD)
        kind = sniff(head)
        if kind is None:
            raise _refused(name, f"is neither PDF, PNG nor JPEG (it starts with {head[:8]!r})")
        self.kind = kind
        self.size = file.seek(0, os.SEEK_END)
        if kind != "application/pdf":
            check_bytes(kind, self.size)
        self.pages = self._count() if kind == "application/pdf" else 1
        if self.pages is None:
            # Cannot be split here, so it has to fit as it is.
            check_bytes(kind, self.size)

    def whole(self) -> str:
        self._file.seek(0)
        content = self._file.read(self.size + 1)
        if len(content) != self.size:
            raise self._changed()
        self._check()
        return data_url(content)

    def part(self, first: int, last: int) -> bytes:
        try:
            if self._reader is None:
                self._reader = _reader(self._file, self.name)
            content = _split(self._reader, first, last)
        except Exception as error:
            self._check()  # which explains it
            pages = f"page {first}" if first == last else f"the pages {first} to {last}"
            why = f"is broken: {pages} cannot be taken out of it ({error})"
            raise _refused(self.name, why) from error
        self._check()
        return content

    def close(self) -> None:
        self._reader = None
        self._file.close()

    def _count(self) -> int | None:
        """Return the number of pages; None when pypdf is missing or cannot read the file."""
        try:
            self._reader = _reader(self._file, self.name)
            return len(self._reader.pages)
        except ImportError:
            if self.size > MAX_BYTES["application/pdf"]:
                raise InvalidRequestError(
                    f"{self.name} is too large to be sent in one piece; to split it, install "
                    "pypdf: pip install 'zhipu-integrations[ocr]'",
                    field="source",
                    value=self.name,
                ) from None
            return None
        except InvalidRequestError:
            raise
        except Exception:  # noqa: BLE001 - the service may read what pypdf cannot
            self._check()
            return None

    def _check(self) -> None:
        if stamp(self._file) != self._before:
            raise self._changed()

    def _changed(self) -> InvalidRequestError:
        return _refused(self.name, "changed while it was read")


def _reader(file: BinaryIO, name: str) -> Any:
    import logging

    from pypdf import PdfReader

    # Its remarks on untidy files, of which most are, say nothing to our users.
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    file.seek(0)
    reader = PdfReader(file)
    if reader.is_encrypted and not reader.decrypt(""):
        raise _refused(name, "needs a password")
    return reader


def _split(reader: Any, first: int, last: int) -> bytes:
    """Return the pages as a PDF of their own."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    for number in range(first - 1, last):
        page = reader.pages[number]
        # Links, form fields and threads of articles lead to other pages, which would come along.
        notes = page.get("/Annots")
        notes = notes and notes.get_object()  # which may be null
        for note in notes if isinstance(notes, list) else ():
            found = note.get_object()
            for key in _LEADING if isinstance(found, dict) else ():
                found.pop(key, None)
        writer.add_page(page, excluded_keys=("/B", "/StructParents"))
    out = io.BytesIO()
    writer.write(out)
    # pypdf keeps every object that it has read: of a long document, all of it in the end.
    reader.resolved_objects.clear()
    return out.getvalue()
