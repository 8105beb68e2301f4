"""What can be said of attachments without a model: sizes, colours, lengths, the text of files."""

from __future__ import annotations

import io
import wave
from collections import Counter
from typing import TYPE_CHECKING

from zhipu_emulator.content.drawing import text_of
from zhipu_emulator.content.pages import UnreadableError, pdf_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhipu_emulator.chat.message_parts import Attachment

_COLOURS = {
    (0, 0, 0): ("black", "黑色"),
    (255, 255, 255): ("white", "白色"),
    (128, 128, 128): ("grey", "灰色"),
    (220, 30, 30): ("red", "红色"),
    (30, 160, 50): ("green", "绿色"),
    (40, 70, 220): ("blue", "蓝色"),
    (245, 225, 40): ("yellow", "黄色"),
    (245, 145, 30): ("orange", "橙色"),
    (130, 40, 170): ("purple", "紫色"),
}
_SIDE = 32  # pixels that an image is scaled to before its colours are counted
_LONG = 600  # characters of a file's text that are shown
_MUCH = 0.15  # the share from which a colour is named


def texts(found: Sequence[Attachment]) -> list[str]:
    """The texts of the files among them."""
    return [text for a in found if a.kind == "file" and a.data and (text := _text(a.data))]


def _text(data: bytes) -> str:
    if not data.startswith(b"%PDF"):
        return data.decode("utf-8", "replace")
    try:
        return pdf_text(data)
    except UnreadableError:
        return ""


def described(attachment: Attachment, *, chinese: bool, reads: bool = False) -> str:
    """A sentence about a picture, a video or a sound; the beginning of a file's text.

    Args:
        attachment: What it is.
        chinese: The language of the sentence.
        reads: Whether the text that a picture of ours carries is wanted instead.
    """
    kind, data, name = attachment.kind, attachment.data, attachment.name
    if data is None:
        return f"没有下载 {name}。" if chinese else f"I did not fetch {name}."
    if kind == "file":
        return _text(data)[:_LONG].strip()
    if kind == "image":
        return _image(data, chinese=chinese, reads=reads)
    return _sound(data, name, chinese=chinese)


def _image(data: bytes, *, chinese: bool, reads: bool) -> str:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        if reads and (text := text_of(picture)):
            return text
        width, height = picture.size
        raw = picture.convert("RGB").resize((_SIDE, _SIDE)).tobytes()
    counts = Counter(_nearest(raw[i], raw[i + 1], raw[i + 2]) for i in range(0, len(raw), 3))
    top = counts.most_common(3)
    names = [names[chinese] for names, n in top if n >= _MUCH * _SIDE**2] or [top[0][0][chinese]]
    if chinese:
        return f"图片大小为 {width}×{height} 像素，主要是{'和'.join(names)}。"
    return f"The image is {width} x {height} pixels, mostly {' and '.join(names)}."


def _nearest(*pixel: int) -> tuple[str, str]:
    def distance(colour: tuple[int, int, int]) -> int:
        return sum((a - b) ** 2 for a, b in zip(pixel, colour, strict=True))

    return _COLOURS[min(_COLOURS, key=distance)]


def _sound(data: bytes, form: str, *, chinese: bool) -> str:
    try:
        with wave.open(io.BytesIO(data)) as reader:
            length = f"{reader.getnframes() / reader.getframerate():.1f}"
    except (wave.Error, EOFError, ZeroDivisionError):
        return f"收到一段 {form} 音频。" if chinese else f"I received a piece of {form} audio."
    return f"收到 {length} 秒音频。" if chinese else f"I received {length} s of audio."
