"""Images that the service does not take and that can be converted, by their first bytes. Pure."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["convertible"]

#: The first bytes of a type: where they are, and what they are.
_MARKS: Mapping[str, tuple[tuple[int, bytes], ...]] = {
    "image/tiff": ((0, b"II*\0"), (0, b"MM\0*"), (0, b"II+\0"), (0, b"MM\0+")),
    "image/webp": ((8, b"WEBP"),),
    "image/bmp": ((0, b"BM"),),
    "image/gif": ((0, b"GIF8"),),
    "image/heic": tuple((4, b"ftyp" + brand) for brand in (b"hei", b"hev", b"mif1", b"msf1")),
    "image/avif": ((4, b"ftypavi"),),
    "image/jp2": ((0, b"\0\0\0\x0cjP  "), (0, b"\xff\x4f\xff\x51")),
}


def convertible(head: bytes) -> str | None:
    """Return the MIME type of an image that can be converted; None for anything else.

    Args:
        head: The first 16 bytes or more.
    """
    for kind, marks in _MARKS.items():
        if any(head.startswith(mark, at) for at, mark in marks):
            return kind
    return None
