"""Pictures that show the words they were asked for, and carry them as text."""

from __future__ import annotations

import io
import random
import textwrap
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

__all__ = ["TEXT_KEY", "Box", "crop", "jpeg", "outline", "png", "text_of", "to_png"]

TEXT_KEY = "Description"  # the keyword that the PNG standard has for it

Box = tuple[int, int, int, int]


def _canvas(words: str, width: int, height: int, note: str) -> Image:
    from PIL import Image, ImageDraw

    source = random.Random(zlib.crc32(words.encode()))
    hue = source.randrange(360)
    image = Image.new("RGB", (width, height), f"hsl({hue},45%,88%)")
    pen = ImageDraw.Draw(image)
    for _ in range(9):
        x, y = source.randrange(width), source.randrange(height)
        radius = source.randrange(min(width, height) // 20, min(width, height) // 5)
        tint = f"hsl({(hue + source.randrange(-50, 51)) % 360},50%,{source.randrange(66, 80)}%)"
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=tint)
    size = max(14, min(width, height) // 18)
    lines = "\n".join(textwrap.wrap(words, max(8, int(width * 1.6 / size)))[:9])
    pen.multiline_text((width / 2, height / 2), lines, "#202428", _font(size), "mm", align="center")
    pen.text((width - 8, height - 8), note, "#505860", _font(max(11, size // 3)), "rs")
    return image


def _font(size: int) -> FreeTypeFont:
    from PIL import ImageFont

    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # noqa: S101 - it is, when a size is given
    return font


def png(words: str, width: int, height: int, note: str = "emulator") -> bytes:
    """Draw ``words`` on a picture whose colours come from them; the same words, the same bytes.

    Args:
        words: What to write; also stored in the file (see ``text_of``).
        width: Pixels.
        height: Pixels.
        note: Small print in the corner: who made it.
    """
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text(TEXT_KEY, words)
    return to_png(_canvas(words, width, height, note), info)


def to_png(image: Image, info: object = None) -> bytes:
    """Encode, quickly rather than small."""
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1, pnginfo=info)
    return out.getvalue()


def jpeg(words: str, width: int, height: int, note: str = "emulator") -> bytes:
    """The same picture as JPEG, for the frames of a video."""
    out = io.BytesIO()
    _canvas(words, width, height, note).save(out, "JPEG", quality=70)
    return out.getvalue()


def text_of(image: Image) -> str:
    """The words that a picture of ours carries; of another's, its text chunks or nothing."""
    image.load()  # text may come after the pixels
    texts = getattr(image, "text", None) or {}
    if TEXT_KEY in texts:
        return str(texts[TEXT_KEY])
    known = [str(texts[key]) for key in ("Title", "Comment", "parameters") if key in texts]
    return "\n".join(known)


def crop(image: Image, box: Box) -> bytes:
    """A part of a picture as PNG; at least one pixel of it."""
    x1, y1, x2, y2 = box
    x1, y1 = min(max(x1, 0), image.width - 1), min(max(y1, 0), image.height - 1)
    x2, y2 = max(min(x2, image.width), x1 + 1), max(min(y2, image.height), y1 + 1)
    return to_png(image.convert("RGB").crop((x1, y1, x2, y2)))


def outline(image: Image, boxes: Sequence[tuple[Box, str]]) -> bytes:
    """A picture with labelled boxes drawn on it, as PNG."""
    from PIL import ImageDraw

    drawn = image.convert("RGB")
    pen = ImageDraw.Draw(drawn)
    for box, label in boxes:
        pen.rectangle(box, outline="#d02020", width=max(1, drawn.width // 600))
        pen.text((box[0], max(0, box[1] - 12)), label, "#d02020", _font(11))
    return to_png(drawn)
