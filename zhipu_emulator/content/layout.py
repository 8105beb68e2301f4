"""Layout analysis by rules: runs of text become titles, paragraphs, tables and formulas."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from zhipu_emulator.content.drawing import Box
from zhipu_emulator.content.pages import Page, Span

__all__ = ["Region", "markdown", "regions"]

_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_FORMULA = re.compile(r"(?=.*=)(?=.*[A-Za-zα-ωΑ-Ω])[\w\s+\-−*/^=().,<>≤≥≈∑∫√π∞|{}\[\]']+")
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_BULLET = re.compile(r"([•●▪◦\-–*]|\(?\d{1,2}[.)、])\s")

_CELL_GAP = 1.6  # of the font's height: two cells of a row, not two words
_LINE_GAP = 0.9  # between two lines of a paragraph
_TITLE, _HEADING = 1.45, 1.12  # of the page's usual font height


@dataclass(frozen=True)
class Region:
    """A part of a page: ``label`` is text, image, table or formula, ``native_label`` is finer."""

    label: str
    native_label: str
    content: str
    box: Box


@dataclass(frozen=True)
class _Row:
    cells: tuple[Span, ...]

    @property
    def box(self) -> tuple[float, float, float, float]:
        return _around([cell.box for cell in self.cells])

    @property
    def size(self) -> float:
        return max(cell.size for cell in self.cells)


def regions(page: Page) -> list[Region]:
    """The regions of a page in reading order."""
    found: list[Region] = []
    usual = median([span.size for span in page.spans]) if page.spans else 0.0
    titled = False
    for column in _columns(page):
        for block in _blocks(column, page):
            region = _region(block, usual, page, titled)
            titled = titled or region.native_label == "doc_title"
            found.append(region)
    found.extend(Region("image", "image", "", box) for box in page.pictures)
    if page.pictures:
        found.sort(key=lambda region: region.box[1])
    return found


def markdown(region: Region, page_index: int) -> str:
    """A region as it is in ``md_results``; pictures as a reference to page and box."""
    if region.label == "image" and not region.content:
        return f"![](page={page_index},bbox={list(region.box)})"
    if region.label == "image":
        return f"<div style='text-align: center;'><img src='{region.content}' alt='OCR图片'/></div>"
    marks = {"doc_title": "# ", "paragraph_title": "## "}
    return marks.get(region.native_label, "") + region.content


def _columns(page: Page) -> list[list[_Row]]:
    """All rows of a page, or those left and right of a gutter when it is set in two columns."""
    rows = _rows(page.spans)
    middle = page.width / 2
    prose = [
        row
        for row in rows
        if len(row.cells) == 2
        and row.cells[0].box[2] < middle < row.cells[1].box[0]
        and all(cell.box[2] - cell.box[0] > 0.28 * page.width for cell in row.cells)
    ]
    if len(prose) < 8 or len(prose) < 0.5 * len(rows):
        return [rows]
    wide = [row for row in rows if row.box[0] < 0.45 * page.width and row.box[2] > middle]
    heads = [row for row in wide if row not in prose]
    rest = [cell for row in rows if row not in heads for cell in row.cells]
    left = [cell for cell in rest if cell.box[0] < middle]
    right = [cell for cell in rest if cell.box[0] >= middle]
    return [heads, _rows(left), _rows(right)]


def _rows(spans: Sequence[Span]) -> list[_Row]:
    lines: list[list[Span]] = []
    for span in sorted(spans, key=lambda s: (s.box[1] + s.box[3]) / 2):
        middle = (span.box[1] + span.box[3]) / 2
        last = _around([other.box for other in lines[-1]]) if lines else None
        if last is not None and last[1] <= middle <= last[3]:
            lines[-1].append(span)
        else:
            lines.append([span])
    return [_Row(_cells(sorted(line, key=lambda s: s.box[0]))) for line in lines]


def _cells(line: Sequence[Span]) -> tuple[Span, ...]:
    """Join the runs of a line that stand closer than two cells of a table would."""
    cells: list[Span] = []
    for span in line:
        if cells and span.box[0] - cells[-1].box[2] < _CELL_GAP * cells[-1].size:
            last = cells.pop()
            blank = " " if span.box[0] - last.box[2] > 0.12 * last.size else ""
            box = _around([last.box, span.box])
            cells.append(Span(last.text + blank + span.text, box, max(last.size, span.size)))
        else:
            cells.append(span)
    return tuple(cells)


def _blocks(rows: Sequence[_Row], page: Page) -> list[list[_Row]]:
    blocks: list[list[_Row]] = []
    edge = max((row.box[2] for row in rows), default=0.0)
    for row in rows:
        if blocks and _continues(blocks[-1], row, edge, page):
            blocks[-1].append(row)
        else:
            blocks.append([row])
    return blocks


def _continues(block: list[_Row], row: _Row, edge: float, page: Page) -> bool:
    last = block[-1]
    gap = row.box[1] - last.box[3]
    if len(last.cells) > 1 or len(row.cells) > 1:
        aligned = len(last.cells) == len(row.cells) and all(
            min(abs(a.box[side] - b.box[side]) for side in (0, 2)) < 0.03 * page.width
            for a, b in zip(last.cells, row.cells, strict=True)
        )
        return aligned and gap < 2.5 * row.size
    return (
        gap < _LINE_GAP * row.size
        and 0.85 < row.size / last.size < 1.18
        and not _BULLET.match(row.cells[0].text)
        # A line that ends well before the right edge was the last of its paragraph.
        and last.box[2] > edge - 0.12 * page.width
    )


def _region(block: list[_Row], usual: float, page: Page, titled: bool) -> Region:
    box = _whole(_around([row.box for row in block]), page)
    if len(block) > 1 and len(block[0].cells) > 1:
        return Region("table", "table", _table(block), box)
    text = _join([" ".join(cell.text for cell in row.cells) for row in block])
    if len(block) == 1 and _FORMULA.fullmatch(text) and not _LONG_WORD.search(text):
        return Region("formula", "display_formula", f"$$ {text} $$", box)
    return Region("text", _native(text, block, usual, page, titled), text, box)


def _native(text: str, block: list[_Row], usual: float, page: Page, titled: bool) -> str:
    size, top = block[0].size, block[0].box[1]
    if text.strip("-– ").isdecimal() and top > 0.9 * page.height:
        return "number"
    if len(block) <= 3 and size > _TITLE * usual and not titled:
        return "doc_title"
    if len(block) <= 2 and size > _HEADING * usual:
        return "paragraph_title"
    return "text"


def _table(block: list[_Row]) -> str:
    rows = (
        "<tr>" + "".join(f"<td>{html.escape(cell.text)}</td>" for cell in row.cells) + "</tr>"
        for row in block
    )
    return f"<table>{''.join(rows)}</table>"


def _join(lines: Sequence[str]) -> str:
    text = lines[0]
    for line in lines[1:]:
        if text.endswith("-") and line[:1].islower():
            text = text[:-1] + line
        elif _CJK.match(text[-1:]) and _CJK.match(line[:1]):
            text += line
        else:
            text += " " + line
    return text


def _around(
    boxes: Sequence[tuple[float, float, float, float]],
) -> tuple[float, float, float, float]:
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def _whole(box: tuple[float, float, float, float], page: Page) -> Box:
    x1, y1, x2, y2 = (round(value) for value in box)
    return (max(x1, 0), max(y1, 0), min(x2, page.width), min(y2, page.height))
