"""Reading documents: the text layer and the pictures of PDFs, the text carried by pictures."""

from __future__ import annotations

import io
import math
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zhipu_emulator.content.drawing import Box, text_of

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "Page",
    "Span",
    "UnreadableError",
    "kind_of",
    "page_count",
    "pdf_pages",
    "pdf_text",
    "picture_page",
]

_Quad = tuple[float, float, float, float]

DPI = 200
_SCALE = DPI / 72
#: PDFium is not thread-safe, not even on separate documents. Under this name in its module, all
#: packages of a process that use it from threads find one lock.
_PDFIUM = "_lock_of_all_threads"

_MAGIC = ((b"%PDF-", "pdf"), (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"))


class UnreadableError(ValueError):
    """The bytes cannot be read as a document."""


@dataclass(frozen=True)
class Span:
    """A run of text on one line.

    Attributes:
        text: The characters.
        box: Left, top, right, bottom in pixels from the top left corner.
        size: Height of the font in pixels.
    """

    text: str
    box: _Quad
    size: float


@dataclass
class Page:
    """One page: its size in pixels, runs of text in the document's order, boxes of pictures."""

    width: int
    height: int
    spans: list[Span] = field(default_factory=list)
    pictures: list[Box] = field(default_factory=list)
    image: Image | None = None


def kind_of(content: bytes) -> str | None:
    """``"pdf"``, ``"png"`` or ``"jpeg"`` by the first bytes; None for anything else.

    >>> kind_of(b"%PDF-1.7 ...")
    'pdf'
    """
    head = content[:1024].lstrip()
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def page_count(content: bytes) -> int:
    """Pages of a PDF.

    Raises:
        UnreadableError: It is damaged or needs a password.
    """
    with _reading(), closing(_open(content)) as document:
        return len(document)


def pdf_pages(content: bytes, first: int, last: int, *, render: bool = False) -> Iterator[Page]:
    """Read the pages ``first`` to ``last`` (from 1, both included) of a PDF, one at a time.

    Args:
        content: The file.
        first: At least 1.
        last: At most the number of pages.
        render: Draw the pages as well, for crops.

    Raises:
        UnreadableError: It is damaged, needs a password, or a page cannot be read or drawn.
    """
    with _reading(), closing(_open(content)) as document:
        for number in range(first - 1, last):
            with closing(document[number]) as page:
                yield _read(page, render)


def pdf_text(content: bytes) -> str:
    """The text layer of a PDF as it reads, page after page.

    Raises:
        UnreadableError: It is damaged, needs a password, or a page cannot be read.
    """
    texts = []
    with _reading(), closing(_open(content)) as document:
        for page in document:
            with closing(page), closing(page.get_textpage()) as text_page:
                texts.append(text_page.get_text_bounded().replace("\r\n", "\n"))
    return "\n".join(texts)


def picture_page(content: bytes, *, render: bool = False) -> Page:
    """Read a PNG or JPEG: its size and the text in its chunks, one line under the other.

    Raises:
        UnreadableError: It is damaged.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as image:
            text = text_of(image)
            page = Page(image.width, image.height, image=image.convert("RGB") if render else None)
    except (  # what decoders of pictures raise, by the place of the damage
        OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, MemoryError,
        struct.error, zlib.error, Image.DecompressionBombError,
    ) as error:  # fmt: skip
        raise UnreadableError(str(error)) from None
    lines = [line.strip() for line in text.splitlines()]
    step = page.height / (len(lines) + 1)
    size = min(step * 0.6, page.height / 18)
    for number, line in enumerate(lines, 1):
        if line:
            width = min(len(line) * size * 0.6, page.width * 0.9)
            left, middle = (page.width - width) / 2, step * number
            box = (left, middle - size / 2, left + width, middle + size / 2)
            page.spans.append(Span(line, box, size))
    return page


@contextmanager
def _reading() -> Iterator[None]:
    """Use PDFium alone; what it cannot do is the document's fault."""
    import pypdfium2

    with vars(pypdfium2).setdefault(_PDFIUM, threading.Lock()):
        try:
            yield
        except (pypdfium2.PdfiumError, MemoryError, OverflowError, ValueError, OSError) as error:
            raise UnreadableError(str(error)) from None


def _open(content: bytes) -> Any:
    from pypdfium2 import PdfDocument

    return PdfDocument(content)


#: From the lowest point of a usual font to the highest, by its nominal size.
_HEIGHT_OF_FONT = 1.17


def _read(page: Any, render: bool) -> Page:
    left, bottom, right, top = page.get_bbox()
    width, height = round((right - left) * _SCALE), round((top - bottom) * _SCALE)
    found = Page(max(width, 1), max(height, 1))

    def pixels(x1: float, y1: float, x2: float, y2: float) -> _Quad:
        return (
            (x1 - left) * _SCALE,
            (top - y2) * _SCALE,
            (x2 - left) * _SCALE,
            (top - y1) * _SCALE,
        )

    with closing(page.get_textpage()) as text_page:
        for number in range(text_page.count_rects()):
            rect = text_page.get_rect(number)
            # Without its line end; a run may be blanks only.
            text = " ".join(text_page.get_text_bounded(*rect).split())
            if text:
                box, size = _measure(text_page, rect)
                found.spans.append(Span(text, pixels(*box), size * _SCALE))
    found.pictures = _pictures(page, found, pixels)
    if render:
        found.image = page.render(scale=_SCALE).to_pil().convert("RGB")
    return found


def _measure(text_page: Any, rect: _Quad) -> tuple[_Quad, float]:
    """A run's box and its font's height, which the box of "aces" alone does not tell."""
    x1, y1, x2, y2 = rect
    index = text_page.get_index(x1 + 0.5, (y1 + y2) / 2, 3, 3)
    if index is None:
        return rect, y2 - y1
    _, low, _, high = text_page.get_charbox(index, loose=True)
    # As the document says: what takes the place of a font that is not embedded may be taller.
    size = _font_size(text_page, index) or high - low
    if y2 - y1 < 0.2 * (high - low):  # a font that is not embedded has glyphs without height
        return (x1, low, x2, high), size
    return rect, max(size, y2 - y1)


def _font_size(text_page: Any, index: int) -> float:
    """The height of a character's font; 0 where the document does not say."""
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFText_GetMatrix(text_page, index, matrix):
        return 0.0
    size: float = pdfium.FPDFText_GetFontSize(text_page, index)
    return size * math.hypot(matrix.c, matrix.d) * _HEIGHT_OF_FONT


def _pictures(page: Any, found: Page, pixels: Any) -> list[Box]:
    import pypdfium2.raw as pdfium

    boxes: list[Box] = []
    for item in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,)):
        x1, y1, x2, y2 = (round(value) for value in pixels(*item.get_bounds()))
        box = (max(x1, 0), max(y1, 0), min(x2, found.width), min(y2, found.height))
        area = (box[2] - box[0]) * (box[3] - box[1])
        # A picture as large as the page is a scan: what is on it is the text layer.
        if 0 < area < 0.8 * found.width * found.height or (area > 0 and not found.spans):
            boxes.append(box)
    return boxes
