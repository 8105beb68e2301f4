"""Turns images that the service does not take into a PNG, or into a PDF of their frames.

A chat takes pictures only: there each page of a TIFF is a picture, and of what moves (GIF, WebP)
the first frame.
"""

from __future__ import annotations

import importlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

from zhipu_client._extras import install
from zhipu_client.errors import InvalidRequestError
from zhipu_client.errors._naming import shown_name

__all__ = ["convert", "pictures"]

MiB = 1024 * 1024
#: The most frames and pixels that are decoded, and the largest PNG that is made.
_MOST_FRAMES, _MOST_PIXELS, _MOST_PNG = 2000, 89_000_000, 10 * MiB
#: Up to so many pixels a picture for a chat is tried as PNG first.
_PNG_PIXELS = 4_000_000
_DPI = 200.0
_QUALITY = 92


def convert(file: BinaryIO, name: str, kind: str) -> tuple[BinaryIO, str]:
    """Convert an image: one frame to PNG (JPEG where that is too large), several to a PDF.

    Args:
        file: The image.
        name: What errors call it.
        kind: Its type, from `convertible`.

    Returns:
        The file, and its MIME type.

    Raises:
        InvalidRequestError: Pillow is missing, has no decoder for it, or the image is broken or too
            large.
    """
    with _read(file, name, kind) as image:
        frames = _frames(image)
        made = _made(image, name)
    return made, "application/pdf" if frames > 1 else _kind(made)


def pictures(
    file: BinaryIO, name: str, kind: str, *, most: int, most_bytes: int, most_pixels: int
) -> list[bytes]:
    """Return the pages of a TIFF, or the first frame of another image, as PNG or JPEG.

    Args:
        file: The image.
        name: What errors call it.
        kind: Its type, from `convertible`.
        most: The most pages.
        most_bytes: The most bytes of a picture; it is made smaller until it has no more.
        most_pixels: The most pixels of each of its sides, likewise.

    Raises:
        InvalidRequestError: As `convert`, and a TIFF with more pages.
    """
    with _read(file, name, kind) as image:
        pages = _frames(image) if kind == "image/tiff" else 1
        if pages > most:
            why = f"has {pages:,} pages, and at most {most} pictures are taken in one request"
            raise _refused(name, f"{why}: read its text first (OCR)")
        return [_small(page, most_bytes, most_pixels) for page in _upright(image, name, pages)]


@contextmanager
def _read(file: BinaryIO, name: str, kind: str) -> Iterator[Any]:
    """Open an image; what a decoder raises becomes an error that names the file."""
    try:
        from PIL import UnidentifiedImageError
    except ImportError:
        raise _refused(
            name, f"is {kind}: to convert it, install Pillow: {install('ocr')}"
        ) from None
    file.seek(0)
    try:
        with _opened(file, kind) as image:
            yield image
    except InvalidRequestError:
        raise
    except Exception as error:  # whatever a decoder raises
        # Pillow's own text has the address of the file object.
        unknown = isinstance(error, UnidentifiedImageError)
        reason = "it is broken, or its decoder is missing" if unknown else error
        why = f"is {kind} and cannot be converted ({reason})"
        if kind == "image/heic":
            why += f"; its decoder is installed with: {install('heic')}"
        raise _refused(name, why) from error


def _small(image: Any, most_bytes: int, most_pixels: int) -> bytes:
    """Return a picture within bounds: PNG where that is small enough, as it loses nothing."""
    image.thumbnail((most_pixels, most_pixels))
    # A large photo makes a PNG that takes seconds and is too large.
    if image.mode == "1" or image.width * image.height <= _PNG_PIXELS:
        out = io.BytesIO()
        image.save(out, "PNG")
        if out.tell() <= most_bytes:
            return out.getvalue()
    seen = image.convert("L") if image.mode == "1" else image
    while True:
        out = io.BytesIO()
        seen.save(out, "JPEG", quality=_QUALITY)
        if out.tell() <= most_bytes or max(seen.size) <= 1:
            return out.getvalue()
        seen = seen.resize([max(1, side * 4 // 5) for side in seen.size])


def _kind(made: BinaryIO) -> str:
    made.seek(0)
    head = made.read(4)
    made.seek(0)
    return "image/png" if head == b"\x89PNG" else "image/jpeg"


def _made(image: Any, name: str) -> BinaryIO:
    frames = _frames(image)
    if frames > _MOST_FRAMES:
        raise _refused(name, f"has {frames:,} frames, more than the {_MOST_FRAMES:,} that are read")
    if frames == 1:
        return _picture(next(_upright(image, name, 1)))
    return _pdf(_upright(image, name, frames))


def _frames(image: Any) -> int:
    return int(getattr(image, "n_frames", 1))


def _upright(image: Any, name: str, frames: int) -> Iterator[Any]:
    """Yield each frame as it is to be seen: turned, on white, in 8 bits."""
    from PIL import Image, ImageOps

    for number in range(frames):
        if frames > 1:
            image.seek(number)
        if image.width * image.height > _MOST_PIXELS:
            size = f"{image.width:,} x {image.height:,} pixels"
            raise _refused(name, f"has {size}, more than the {_MOST_PIXELS:,} that are read")
        seen = ImageOps.exif_transpose(image)
        if seen.mode.startswith(("I", "F")):  # 16 bits and more
            extrema: Any = seen.getextrema()
            # Of one shade only, such as a blank page, it is not made black.
            low = extrema[0] if extrema[0] < extrema[1] else 0
            scale = 255 / max(extrema[1] - low, 1)
            seen = seen.point(lambda value, low=low, scale=scale: (value - low) * scale)
            seen = seen.convert("L")
        if seen.has_transparency_data:
            seen = seen.convert("RGBA")
            seen = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
        yield seen if seen.mode in ("1", "L", "RGB") else seen.convert("RGB")


def _picture(image: Any) -> BinaryIO:
    out = io.BytesIO()
    image.save(out, "PNG")
    if out.tell() > _MOST_PNG:
        out = io.BytesIO()
        image.convert("L" if image.mode == "1" else image.mode).save(out, "JPEG", quality=_QUALITY)
    out.seek(0)
    return out


def _pdf(frames: Iterator[Any]) -> BinaryIO:
    """Return a PDF with a page for each frame; one frame at a time is in memory unpacked."""
    import pikepdf

    with pikepdf.new() as made:
        for frame in frames:
            page = io.BytesIO()
            # One of two colours is kept as it is, as a fax.
            quality = {} if frame.mode == "1" else {"quality": _QUALITY}
            frame.save(page, "PDF", resolution=_resolution(frame), **quality)
            with pikepdf.open(page) as one:
                made.pages.extend(one.pages)
        out = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the document
        made.save(out)
    out.seek(0)
    return out


def _resolution(image: Any) -> float:
    found = image.info.get("dpi", (_DPI,))[0]
    return float(found) if 30 <= found <= 2400 else _DPI


def _opened(file: BinaryIO, kind: str) -> Any:
    """Open an image; HEIC by a decoder of its own, which is not made Pillow's for everybody."""
    from PIL import Image

    for package in ("pillow_heif", "pi_heif") if kind == "image/heic" else ():
        with suppress(ImportError):
            opener = importlib.import_module(package).HeifImageFile
            try:
                return opener(file)
            except Exception:
                with suppress(Exception):  # AVIF under a name that both have
                    file.seek(0)
                    return Image.open(file)
                raise
    return Image.open(file)


def _refused(name: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"{shown_name(name)} {why}", field="source", value=name)
