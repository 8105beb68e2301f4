"""What can be said of attachments without a model: sizes, colours, the text of files."""

from __future__ import annotations

import io
import threading
import wave
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhipu_emulator.chat.message_parts import Attachment

_COLOURS = {
    "black": ((0, 0, 0), "黑色"),
    "white": ((255, 255, 255), "白色"),
    "grey": ((128, 128, 128), "灰色"),
    "red": ((220, 30, 30), "红色"),
    "green": ((30, 160, 50), "绿色"),
    "blue": ((40, 70, 220), "蓝色"),
    "yellow": ((245, 225, 40), "黄色"),
    "orange": ((245, 145, 30), "橙色"),
    "purple": ((130, 40, 170), "紫色"),
    "pink": ((250, 150, 190), "粉色"),
    "brown": ((125, 75, 35), "棕色"),
    "cyan": ((40, 210, 220), "青色"),
}
_SIDE = 32  # pixels that an image is scaled to before its colours are counted
_MUCH = 0.15
_PDF = threading.Lock()  # the PDF library is not safe for threads


def described(found: Sequence[Attachment], *, chinese: bool) -> list[str]:
    """A sentence about each attachment."""
    return [_one(attachment, chinese=chinese) for attachment in found]


def texts(found: Sequence[Attachment]) -> list[str]:
    """The texts of the files among them."""
    return [text for a in found if a.kind == "file" and a.data and (text := read(a.data))]


def read(data: bytes) -> str:
    """The text of a file: the text layer of a PDF, else the bytes as UTF-8."""
    if data.startswith(b"%PDF"):
        return _pdf(data)
    return data.decode("utf-8", "replace")


def _pdf(data: bytes) -> str:
    import pypdfium2

    with _PDF:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError:
            return ""
        try:
            pages = [page.get_textpage().get_text_bounded() for page in document]
        finally:
            document.close()
    return "\n".join(page.replace("\r\n", "\n") for page in pages)


def _one(attachment: Attachment, *, chinese: bool) -> str:
    kind, data, name = attachment.kind, attachment.data, attachment.name
    if data is None:
        return f"没有下载 {name}。" if chinese else f"I did not fetch {name}."
    if kind == "image":
        return _image(data, chinese=chinese)
    if kind == "audio":
        return _sound(data, name, chinese=chinese)
    count = len(read(data))
    label = name or "file"
    return (
        f"文件 {label} 有 {count} 个字符。"
        if chinese
        else f"{label} holds {count} characters of text."
    )


def _image(data: bytes, *, chinese: bool) -> str:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        width, height = picture.size
        small = picture.convert("RGB").resize((_SIDE, _SIDE))
        raw = small.tobytes()
    counts = Counter(_nearest(raw[i], raw[i + 1], raw[i + 2]) for i in range(0, len(raw), 3))
    shares = [(n / (_SIDE * _SIDE), colour) for colour, n in counts.most_common(3)]
    colours = [colour for share, colour in shares if share >= _MUCH] or [shares[0][1]]
    if chinese:
        names = "和".join(_COLOURS[colour][1] for colour in colours)
        return f"图片大小为 {width}×{height} 像素，主要是{names}。"
    return f"The image is {width} x {height} pixels, mostly {' and '.join(colours)}."


def _nearest(red: int, green: int, blue: int) -> str:
    def distance(name: str) -> int:
        r, g, b = _COLOURS[name][0]
        return (red - r) ** 2 + (green - g) ** 2 + (blue - b) ** 2

    return min(_COLOURS, key=distance)


def _sound(data: bytes, form: str, *, chinese: bool) -> str:
    try:
        with wave.open(io.BytesIO(data)) as reader:
            length = f"{reader.getnframes() / reader.getframerate():.1f}"
    except (wave.Error, EOFError, ZeroDivisionError):
        return f"收到一段 {form} 音频。" if chinese else f"I received a piece of {form} audio."
    return f"收到 {length} 秒音频。" if chinese else f"I received {length} s of audio."
