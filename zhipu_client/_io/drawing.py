"""Draws the layout of a page on its picture."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from zhipu_client._extras import install
from zhipu_client._io.documents import open_content
from zhipu_client._io.pdfium import RenderedPDF
from zhipu_client._io.rendering import PDF, Readable, readable
from zhipu_client._layout import Mark, marks
from zhipu_client._lazy import hint
from zhipu_client._secrets import hidden_password
from zhipu_client.errors import InvalidRequestError
from zhipu_client.errors._naming import shown_name

if TYPE_CHECKING:
    from pydantic import SecretStr

    from zhipu_client.work._job import Source
else:
    SecretStr = hint("pydantic", "SecretStr")
    Source = hint("zhipu_client.work._job", "Source")

__all__ = ["draw_layout"]

#: How large the picture of a PDF's page is, and an image of which size is still drawn on.
_DPI, _MOST_PIXELS, _MOST_OF_AN_IMAGE = 200, 8_000_000, 100_000_000


def draw_layout(
    source: Source,
    regions: Sequence[Mapping[str, Any]],
    *,
    page: int = 1,
    size: tuple[int, int] | None = None,
    root: str | Path | None = None,
    max_bytes: int = 512 * 1024 * 1024,
    password: str | SecretStr | None = None,
) -> Any:
    """Return a picture of a page with its regions drawn on it: a ``PIL.Image.Image``.

    A notebook shows it; ``save`` writes it. Needs the extra ``ocr``; blocks while it reads the
    file.

    Args:
        source: The document: a path, bytes or a data URL. PDF, PNG or JPEG, or what is converted to
            them.
        regions: What is on the page, such as ``OCRPage.regions``: each with ``bbox_2d`` (left, top,
            right, bottom in pixels of the page) and a label.
        page: The page's number, from 1.
        size: Width and height in pixels that the boxes refer to, such as those of an ``OCRPage``;
            None for those of the picture itself (200 dpi).
        root: A folder that a path must be in, links followed.
        max_bytes: The most bytes of a file, checked before it is read.
        password: Of an encrypted PDF.

    Raises:
        InvalidRequestError: The file cannot be read, is an address, or has no such page; or the
            extra is missing.

    Example:
        ```python
        from zhipu_client import Client, draw_layout, iterate, ocr

        for page in iterate(Client(), ocr.pages("report.pdf", last_page=1)):
            size = (page.width, page.height)
            picture = draw_layout("report.pdf", page.regions, page=page.number, size=size)
            picture.save("layout.png")
        ```
    """
    password = hidden_password(password)
    if isinstance(source, str) and source.lower().startswith(("http://", "https://")):
        raise InvalidRequestError(
            f"{source.partition('?')[0]} is an address, which is not fetched here: download it, "
            "and give the file or its bytes",
            field="source",
        )
    file, name = open_content(source, None if root is None else Path(root), max_bytes)
    image = _picture(file, name, page, size, password)
    return _drawn(image, marks(regions, size, image.size))


def _picture(
    file: BinaryIO, name: str, page: int, size: tuple[int, int] | None, password: Any
) -> Any:
    """Return the picture of a page; closes the file."""
    document: RenderedPDF | None = None
    made: Readable | None = None
    try:
        made = readable(file, name)
        if made.kind != PDF:
            _check_page(name, page, 1)
            return _image(made.file, name, size)
        document = RenderedPDF(made.file, name, password)
        _check_page(name, page, document.pages)
        content, _, _ = document.page(page, _DPI, _MOST_PIXELS)
        return _image(io.BytesIO(content), name, size)
    finally:
        if document is not None:
            document.close()
        if made is not None:
            made.file.close()
        file.close()


def _refused(name: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"{shown_name(name)} {why}", field="source", value=name)


def _check_page(name: str, page: int, pages: int) -> None:
    if not 1 <= page <= pages:
        raise InvalidRequestError(
            f"page is {page}, but {shown_name(name)} has {pages} page{'s' * (pages != 1)}",
            field="page",
            value=page,
        )


def _image(file: BinaryIO, name: str, size: tuple[int, int] | None) -> Any:
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise InvalidRequestError(
            f"to draw on a page, install Pillow: {install('ocr')}",
            field="source",
        ) from error
    try:
        with file, Image.open(file) as image:
            if image.width * image.height > _MOST_OF_AN_IMAGE:
                raise ValueError(f"it has {image.width} x {image.height} pixels")
            turned = ImageOps.exif_transpose(image)
            # The boxes refer to the image as the service saw it, which only its size shows.
            seen = turned if size in (None, turned.size) else image
            return seen.convert("RGB")
    except Exception as error:  # a decoder raises anything at a broken file
        raise _refused(name, f"cannot be read as an image ({error})") from error


def _drawn(image: Any, found: list[Mark]) -> Any:
    from PIL import ImageDraw, ImageFont

    unit = max(1, min(image.size) // 400)
    font = ImageFont.load_default(7 * unit + 5)
    pen = ImageDraw.Draw(image)
    for mark in found:
        pen.rectangle(mark.box, outline=mark.colour, width=unit)
        # Above its frame, or within at the top of the page.
        left, top, right, bottom = pen.textbbox((0, 0), mark.label, font)
        high = bottom - top + 2 * unit
        x, y = mark.box[0], mark.box[1] - high if mark.box[1] >= high else mark.box[1]
        x = max(0, min(x, image.width - (right - left) - 2 * unit))
        pen.rectangle((x, y, x + right - left + 2 * unit, y + high), fill=mark.colour)
        pen.text((x + unit - left, y + unit - top), mark.label, "white", font)
    return image
