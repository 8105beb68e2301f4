"""Makes pictures of the pages of documents: renders PDFs, makes large images smaller."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from zhipu_client._files import sniff
from zhipu_client._image_types import convertible
from zhipu_client._io import pictures
from zhipu_client._io.documents import CONVERTED, HEAD, not_taken, open_content, password_of, stamp
from zhipu_client._io.pdfium import RenderedPDF
from zhipu_client._secrets import hidden_password
from zhipu_client.errors import InvalidRequestError
from zhipu_client.errors._naming import shown_name
from zhipu_client.work._job import Password, Source
from zhipu_client.work._pictures import Bounds, Picture, Pictures

__all__ = ["PDF", "Readable", "open_pictures", "readable"]

PDF = "application/pdf"
_QUALITY = 90
#: EXIF: how a camera was held; 1 is upright.
_ORIENTATION, _UPRIGHT = 0x0112, 1


def open_pictures(
    source: Source, root: Path | None, max_bytes: int, bounds: Bounds, password: Password = None
) -> Pictures:
    """Open a document whose pages are to be seen as pictures.

    Args:
        source: A path, bytes, a data URL, or an ``http(s)`` address of an image, which is passed
            on and never fetched here.
        root: The folder that a path must be in, links followed; None for no such bound.
        max_bytes: The most bytes of a file. Checked before it is read.
        bounds: How large the pictures may be.
        password: As for `zhipu_client._io.documents.open_document`.

    Raises:
        InvalidRequestError: The file cannot be opened, is neither PDF, PNG nor JPEG, nor converted
            to them, or is an address of a PDF.
    """
    if isinstance(source, str) and source.lower().startswith(("http://", "https://")):
        return _Address(source)
    password = hidden_password(password)
    file, name = open_content(source, root, max_bytes)
    try:
        made = readable(file, name)
        if made.kind != PDF:
            return _Image(made, file, bounds)
        secret = password_of(password, source)
        return _Pdf(made, file, bounds, RenderedPDF(made.file, name, secret))
    except BaseException:
        file.close()
        raise


@dataclass(frozen=True, slots=True)
class Readable:
    """A PDF, PNG or JPEG.

    Attributes:
        file: The file that was given, or what it was converted to.
        name: What errors call it.
        kind: Its type.
        converted_from: The type of the image that it was made of, or None.
    """

    file: BinaryIO
    name: str
    kind: str
    converted_from: str | None = None


def readable(file: BinaryIO, name: str) -> Readable:
    """Return a file as one that can be read here; other images are converted.

    Raises:
        InvalidRequestError: It is of another type, or cannot be converted.
    """
    head = file.read(HEAD)
    file.seek(0)
    kind = sniff(head)
    if kind is not None:
        return Readable(file, name, kind)
    other = convertible(head)
    if other is None:
        raise _refused(name, not_taken(head, name))
    made, kind = pictures.convert(file, name, other)
    return Readable(made, name, kind, other)


def _refused(name: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"{shown_name(name)} {why}", field="source", value=name)


def _data_url(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{str(base64.b64encode(content), 'ascii')}"


class _Address:
    """An image that only the server reads."""

    pages = 1
    in_memory = False
    info: Mapping[str, str] = {}

    def __init__(self, url: str) -> None:
        self.name = url
        if urlsplit(url).path.lower().endswith(".pdf"):
            raise InvalidRequestError(
                "a chat server reads images, and a PDF at an address is not fetched and rendered "
                "here: download it, and give the file or its bytes",
                field="source",
                value=url,
            )

    def label(self, number: int) -> str:
        return self.name

    def picture(self, number: int) -> Picture:
        return Picture(self.name)

    def close(self) -> None:
        pass


class _Opened:
    """A local file, refused as soon as it changes."""

    def __init__(self, made: Readable, given: BinaryIO, bounds: Bounds) -> None:
        self.name = made.name
        self._file = made.file
        self._given = given
        self._bounds = bounds
        self._before = stamp(given)
        self.in_memory = self._before is None
        self.info: Mapping[str, str] = (
            {CONVERTED: made.converted_from} if made.converted_from else {}
        )

    def label(self, number: int) -> str:
        return f"page {number}" if self.in_memory else f"page {number} of {shown_name(self.name)}"

    def _check(self) -> None:
        if stamp(self._given) != self._before:
            raise _refused(self.name, "changed while it was read")

    def close(self) -> None:
        self._file.close()
        self._given.close()


class _Pdf(_Opened):
    def __init__(
        self, made: Readable, given: BinaryIO, bounds: Bounds, document: RenderedPDF
    ) -> None:
        super().__init__(made, given, bounds)
        self._document = document
        self.pages = document.pages
        self.info = self.info or document.info

    def picture(self, number: int) -> Picture:
        bounds = self._bounds
        content, width, height = self._document.page(number, bounds.dpi, bounds.max_pixels)
        self._check()
        return Picture(_data_url(content, "image/jpeg"), width, height)

    def close(self) -> None:
        self._document.close()
        super().close()


class _Image(_Opened):
    pages = 1

    def __init__(self, made: Readable, given: BinaryIO, bounds: Bounds) -> None:
        super().__init__(made, given, bounds)
        self._kind = made.kind

    def label(self, number: int) -> str:
        return f"page {number}" if self.in_memory else self.name

    def picture(self, number: int) -> Picture:
        self._file.seek(0)
        content = self._file.read()
        self._check()
        try:
            from PIL import Image
        except ImportError:  # the server makes it smaller, or refuses it
            return Picture(_data_url(content, self._kind))
        try:
            with Image.open(io.BytesIO(content)) as image:
                if self._fits(image):
                    return Picture(_data_url(content, self._kind), image.width, image.height)
                return _encoded(_plain(image, self._bounds.max_pixels))
        except Exception as error:  # a decoder raises anything at a broken file
            raise _refused(self.name, f"cannot be read as an image ({error})") from error

    def _fits(self, image: Any) -> bool:
        """Return True for an image that can be sent as it is."""
        upright = image.getexif().get(_ORIENTATION, _UPRIGHT) == _UPRIGHT
        plain = image.mode in ("L", "RGB") and "transparency" not in image.info
        return upright and plain and image.width * image.height <= self._bounds.max_pixels


def _plain(image: Any, max_pixels: int) -> Any:
    """Return an image upright, on white, with no more than so many pixels."""
    from PIL import Image, ImageOps

    smaller = _size_within(image, max_pixels)
    if smaller is not None:
        image.draft("RGB", smaller)  # decodes a JPEG at half or a quarter of its size
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # 16 bits a pixel, of which the upper 8 are kept
        upright = upright.point(lambda value: value * (1 / 256)).convert("L")
    if upright.has_transparency_data:
        seen = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
    made = upright.convert("RGB")
    size = _size_within(made, max_pixels)
    return made if size is None else made.resize(size, Image.Resampling.LANCZOS)


def _size_within(image: Any, max_pixels: int) -> tuple[int, int] | None:
    """Return the size that an image must be reduced to; None where it is small enough."""
    scale = (max_pixels / (image.width * image.height)) ** 0.5
    if scale >= 1:
        return None
    return max(1, int(image.width * scale)), max(1, int(image.height * scale))


def _encoded(image: Any) -> Picture:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return Picture(_data_url(out.getvalue(), "image/jpeg"), image.width, image.height)
