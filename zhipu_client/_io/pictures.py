"""Turns images that the service does not take into a PNG, or into a PDF of their frames."""

from __future__ import annotations

import importlib
import io
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, BinaryIO

from zhipu_client.errors import InvalidRequestError

__all__ = ["convert", "kind_of"]

MiB = 1024 * 1024
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
#: The most frames and pixels that are decoded, and the largest PNG that is made.
_MOST_FRAMES, _MOST_PIXELS, _MOST_PNG = 2000, 89_000_000, 10 * MiB
_DPI = 200.0
_QUALITY = 92


def kind_of(head: bytes) -> str | None:
    """Return the MIME type of an image that can be converted, by its first bytes."""
    for kind, marks in _MARKS.items():
        if any(head.startswith(mark, at) for at, mark in marks):
            return kind
    return None


def convert(file: BinaryIO, name: str, kind: str) -> tuple[BinaryIO, str]:
    """Convert an image: one frame to PNG (JPEG where that is too large), several to a PDF.

    Args:
        file: The image.
        name: What errors call it.
        kind: Its type, from `kind_of`.

    Returns:
        The file, and its MIME type.

    Raises:
        InvalidRequestError: Pillow is missing, has no decoder for it, or the image is broken or too
            large.
    """
    try:
        from PIL import UnidentifiedImageError
    except ImportError:
        raise _refused(
            name, f"is {kind}: to convert it, install Pillow: pip install 'zhipu-integrations[ocr]'"
        ) from None
    file.seek(0)
    try:
        with _opened(file, kind) as image:
            frames = _frames(image)
            made = _made(image, name)
    except InvalidRequestError:
        raise
    except Exception as error:  # whatever a decoder raises
        # Pillow's own text has the address of the file object.
        unknown = isinstance(error, UnidentifiedImageError)
        told = "it is broken, or its decoder is missing" if unknown else error
        why = f"is {kind} and cannot be converted ({told})"
        if kind == "image/heic":
            why += "; its decoder is installed with: pip install pillow-heif"
        raise _refused(name, why) from error
    return made, "application/pdf" if frames > 1 else _kind(made)


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
            low = extrema[0]
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
            return importlib.import_module(package).open_heif(file).to_pillow()
    return Image.open(file)


def _refused(name: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"{name} {why}", field="source", value=name)
