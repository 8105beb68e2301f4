"""Types and sizes of the files that the document endpoints take. Pure."""

from __future__ import annotations

import binascii
from collections.abc import Iterator, Mapping

from zhipu_client import models
from zhipu_client.errors import InvalidRequestError

__all__ = ["MAX_BYTES", "archive", "check_bytes", "data_url", "sniff"]

MiB = 1024 * 1024

#: So many bytes become base64 at once: three of them are four characters.
_PIECE = 3 * 64 * 1024

_TYPES = ("application/pdf", "image/png", "image/jpeg")


class _MaxBytes(Mapping[str, int]):
    """By type, from the catalogue, which is read at the first look."""

    def __getitem__(self, kind: str) -> int:
        if kind not in _TYPES:
            raise KeyError(kind)
        info = models.MODELS["glm-ocr"]
        most = info.max_file_bytes if kind == "application/pdf" else info.max_image_bytes
        return most or 0

    def __iter__(self) -> Iterator[str]:
        return iter(_TYPES)

    def __len__(self) -> int:
        return len(_TYPES)


#: The most bytes of a file, by its type, for ``/layout_parsing``.
MAX_BYTES: Mapping[str, int] = _MaxBytes()


def sniff(head: bytes) -> str | None:
    """Return the type of a file by its first bytes: PDF, PNG, JPEG, or None.

    Args:
        head: The first 1,024 bytes or more (a PDF may have other bytes before its mark).

    Examples:
        >>> from zhipu_client.ocr import sniff
        >>> sniff(b"%PDF-1.7")
        'application/pdf'
    """
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "application/pdf" if b"%PDF-" in head[:1024] and not archive(head) else None


def archive(head: bytes) -> bool:
    """Return True for a zip or tar archive, which may have a PDF in its first bytes.

    Args:
        head: The first bytes of the file.
    """
    return head.startswith(b"PK\x03\x04") or head[257:262] == b"ustar"


def data_url(content: bytes) -> str:
    """Return the data URL of a file, typed by its content.

    Args:
        content: All bytes of the file.

    Raises:
        InvalidRequestError: Empty, too large, or neither PDF, PNG nor JPEG.

    Examples:
        >>> from zhipu_client.ocr import data_url
        >>> data_url(b"%PDF-1.7")
        'data:application/pdf;base64,JVBERi0xLjc='
    """
    if not content:
        raise InvalidRequestError("the file is empty (0 bytes)", field="file", value=b"")
    kind = sniff(content[:1024])
    if kind is None:
        raise InvalidRequestError(
            f"the file is neither PDF, PNG nor JPEG (it starts with {content[:8]!r})",
            field="file",
            value=content[:8],
        )
    check_bytes(kind, len(content))
    return base64_url(kind, content)


def base64_url(kind: str, content: bytes) -> str:
    """Return a data URL. Large, and several at once: every copy counts."""
    view = memoryview(content)
    pieces = (
        str(binascii.b2a_base64(view[start : start + _PIECE], newline=False), "ascii")
        for start in range(0, len(view), _PIECE)
    )
    return "".join([f"data:{kind};base64,", *pieces])


def check_bytes(kind: str, size: int) -> None:
    """Refuse a file that is larger than the endpoint takes for its type."""
    most = MAX_BYTES[kind]
    if size > most:
        name = kind.rsplit("/", 1)[1].upper()
        raise InvalidRequestError(
            f"a {name} may have at most {most // MiB} MiB, this one has {size / MiB:.1f}",
            field="file",
            value=size,
        )
