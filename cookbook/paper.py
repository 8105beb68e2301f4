"""Makes small PDFs: those of `samples`, and those of the tests and benchmarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 595, 842  # A4 in points
_LEFT, _TOP = 60, 770
_LONGEST = 84  # characters of a line at the usual size


@dataclass(frozen=True)
class Title:
    """A line in large print."""

    text: str


@dataclass(frozen=True)
class Text:
    """A paragraph; broken into lines here."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows of cells, the first row being the head."""

    rows: Sequence[Sequence[str]]


Block = Title | Text | Table


def pdf(pages: Sequence[Sequence[Block]], **info: str) -> bytes:
    """A PDF with one list of blocks a page (ASCII only).

    Args:
        pages: What each page says.
        info: What the file says of itself: ``Title``, ``Author``, ``Creator``, ...
    """
    entries = "".join(f"/{name}({_escaped(value)})" for name, value in info.items())
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        f"<<{entries}>>",
    ]
    kids = []
    for blocks in pages:
        content = "\n".join(_drawn(blocks))
        objects.append(f"<</Length {len(content)}>>stream\n{content}\nendstream")
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]/Contents {len(objects)} 0 R"
            "/Resources<</Font<</F1 3 0 R>>>>>>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(kids)}]>>"
    return _file(objects)


def _drawn(blocks: Sequence[Block]) -> Iterator[str]:
    y = _TOP
    for block in blocks:
        if isinstance(block, Title):
            yield _shown(_LEFT, y, 22, block.text)
            y -= 44
        elif isinstance(block, Text):
            for line in _lines(block.text):
                yield _shown(_LEFT, y, 11, line)
                y -= 15
            y -= 15
        else:
            step = (WIDTH - 2 * _LEFT) // max(len(row) for row in block.rows)
            for row in block.rows:
                for column, cell in enumerate(row):
                    yield _shown(_LEFT + column * step, y, 11, cell)
                y -= 20
            y -= 20


def _lines(text: str) -> Iterator[str]:
    line = ""
    for word in text.split():
        if line and len(line) + len(word) >= _LONGEST:
            yield line
            line = ""
        line = f"{line} {word}".strip()
    if line:
        yield line


def _shown(x: int, y: int, size: int, text: str) -> str:
    return f"BT /F1 {size} Tf {x} {y} Td ({_escaped(text)}) Tj ET"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _file(objects: Sequence[str]) -> bytes:
    out, offsets = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n"
    count = len(objects) + 1
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"trailer<</Size {count}/Root 1 0 R/Info 4 0 R>>\nstartxref\n{len(out)}\n%%EOF\n"
    return f"{out}xref\n0 {count}\n0000000000 65535 f \n{table}{trailer}".encode("ascii")
