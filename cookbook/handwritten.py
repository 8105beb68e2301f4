"""Notes for the recipes of handwriting: images that the emulator can read."""

from __future__ import annotations

import io
from pathlib import Path

#: What is written on which note.
NOTES = {
    "monday.png": ["Buy milk", "Call Ada about the boat"],
    "tuesday.png": ["Pay the harbour fee", "Oil the winch"],
}


def write_notes(folder: Path) -> None:
    """Put the notes into a folder.

    The words are drawn, and are in the file's text chunk as well: the emulator reads those, the
    service the picture.
    """
    from PIL import Image, ImageDraw, ImageFont
    from PIL.PngImagePlugin import PngInfo

    font = ImageFont.load_default(36)
    for name, lines in NOTES.items():
        image = Image.new("RGB", (640, 90 * len(lines) + 40), "#fdfaf0")
        pen = ImageDraw.Draw(image)
        for number, line in enumerate(lines):
            pen.text((40, 40 + 90 * number), line, "#1a2a6c", font)
        info = PngInfo()
        info.add_text("Comment", "\n".join(lines))
        out = io.BytesIO()
        image.save(out, "PNG", pnginfo=info)
        (folder / name).write_bytes(out.getvalue())
