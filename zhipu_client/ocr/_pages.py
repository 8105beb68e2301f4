"""From an answer of the layout endpoint to pages, each with its own Markdown. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from zhipu_client._numbers import whole_number
from zhipu_client._replies import rows
from zhipu_client.ocr._split import MOST_PAGES, REFERENCE, pages_of_blocks, reference_base

__all__ = [
    "OCRPage",
    "OCRProgress",
    "number_of_pages",
    "pages_in",
    "pages_of",
    "region_markdown",
    "split_markdown",
    "table_to_markdown",
]

#: The largest numbers that are believed.
MOST_PIXELS, MOST_SPANNED = 1_000_000, 1000
#: The most places of a table that no cell of its own fills: a few words of HTML can ask for
#: millions.
MOST_EMPTY = 100_000
_TITLES = {"doc_title": "# ", "paragraph_title": "## "}


@dataclass(frozen=True, slots=True)
class OCRPage:
    """One page that was read.

    Attributes:
        number: The page's number in the document, from 1.
        text: Its Markdown; tables are HTML in it.
        regions: What it consists of, as the service sends it: ``{"index", "label",
            "native_label", "bbox_2d", "content", "height", "width"}``; boxes are left, top, right,
            bottom in pixels of the page.
        width: Width of the page in pixels, or None.
        height: Height of the page in pixels, or None.
        total_pages: How many pages the whole document has, or None.
        layout_image: Address of a picture of the layout, where it was asked for.
        model: The model as the service names it.
        request_id: The id of the request that the page came with.
        usage: Tokens of that request, on its first page only, so that sums come out right.
        error: Why the page was refused, with ``on_error="skip"``; it has no text then.
        has_layout: False for a page that a chat server read: it reports text, and nothing about
            regions and boxes.
        file_info: Of a local PDF: title, author, dates and so on, by their names in the file
            (``Title``, ``CreationDate``); of an image that was converted before it was sent, its
            type as ``converted_from``.
    """

    number: int
    text: str
    regions: list[dict[str, Any]] = field(default_factory=list, repr=False)
    width: int | None = None
    height: int | None = None
    total_pages: int | None = None
    layout_image: str | None = None
    model: str | None = None
    request_id: str | None = None
    usage: dict[str, Any] | None = None
    error: Exception | None = field(default=None, compare=False)
    has_layout: bool = True
    file_info: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def empty(self) -> bool:
        """Whether nothing was found on the page."""
        return not self.text.strip()


@dataclass(frozen=True, slots=True)
class OCRProgress:
    """How far reading a document had come when a part failed: the error's ``partial``.

    Attributes:
        next_page: The first page that is missing.
        done: Pages after the gap that were read all the same.

    Example:
        ```python
        try:
            pages = run(client, ocr.pages("report.pdf"))
        except ZhipuError as error:
            pages = run(client, ocr.pages("report.pdf", resume_from=error.partial))
        ```
    """

    next_page: int
    done: tuple[OCRPage, ...] = field(default=(), repr=False)


def pages_of(data: Mapping[str, Any], first: int, total: int | None) -> list[OCRPage]:
    """Return the pages of one answer.

    Args:
        data: The decoded body.
        first: The number of its first page.
        total: The number of pages of the whole document, where it is known.
    """
    details = [rows(page) for page in _list(data.get("layout_details"))]
    sizes = _list(_info(data).get("pages"))
    text = str(data.get("md_results") or "")
    # A blank page may have no list of its own; every page has a size.
    details += [[] for _ in range(max(len(sizes), 1 if text else 0) - len(details))]
    # References to pictures may count pages from the answer's first; ours do from the document's.
    pages = first - 1 - reference_base(text, details, first)
    text = REFERENCE.sub(lambda found: _moved(found, pages), text)
    texts = split_markdown(text, details, first - 1)
    pictures = _list(data.get("layout_visualization"))
    usage = data.get("usage")
    return [
        OCRPage(
            number=first + place,
            text=texts[place],
            regions=regions,
            width=_size("width", place, sizes, regions),
            height=_size("height", place, sizes, regions),
            total_pages=total,
            layout_image=pictures[place] if place < len(pictures) else None,
            model=data.get("model"),
            request_id=data.get("request_id") or data.get("id"),
            usage=usage if place == 0 and isinstance(usage, dict) else None,
        )
        for place, regions in enumerate(details)
    ]


def pages_in(data: Mapping[str, Any]) -> int:
    """Return how many pages an answer has."""
    return max(len(_list(data.get("layout_details"))), len(_list(_info(data).get("pages"))))


def number_of_pages(data: Mapping[str, Any]) -> int | None:
    """Return how many pages the answer says there are."""
    reported = _info(data).get("num_pages")
    return reported if isinstance(reported, int) else None


def _info(data: Mapping[str, Any]) -> Mapping[str, Any]:
    found = data.get("data_info")
    return found if isinstance(found, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _size(
    name: str, place: int, sizes: Sequence[Any], regions: Sequence[Mapping[str, Any]]
) -> int | None:
    reported = sizes[place] if place < len(sizes) else None
    found = reported.get(name) if isinstance(reported, dict) else None
    if found is None and regions:
        found = regions[0].get(name)
    if isinstance(found, float) and math.isfinite(found):
        found = round(found)
    return whole_number(found, most=MOST_PIXELS)


def _moved(reference: re.Match[str], pages: int) -> str:
    page = whole_number(reference[2], most=MOST_PAGES)
    return reference[0] if page is None else f"{reference[1]}{page + pages}"


def split_markdown(
    text: str, pages: Sequence[Sequence[Mapping[str, Any]]], base: int = 0
) -> list[str]:
    """Cut the Markdown of a whole answer into pages.

    The service sends one text for all pages. Where the regions' contents are found in it, in
    order, it is cut between the last region of a page and the first of the next; where they are
    not, each page's text is put together from its regions.
    """
    if len(pages) <= 1:
        return [text or _join(pages[0])] if pages else []
    found = pages_of_blocks(text, pages, base)
    return [_join(page) for page in pages] if found is None else found


def _join(regions: Sequence[Mapping[str, Any]]) -> str:
    ordered = sorted(regions, key=lambda region: region.get("index") or 0)
    return "\n\n".join(filter(None, map(region_markdown, ordered)))


def region_markdown(region: Mapping[str, Any]) -> str:
    """Return one region as Markdown: titles are marked, pictures links, the rest as it came.

    Args:
        region: A region of a page, as the layout endpoint reports it.

    Examples:
        >>> region_markdown({"native_label": "doc_title", "content": "Report"})
        '# Report'
    """
    content = str(region.get("content") or "").strip()
    if region.get("label") == "image" and content.startswith(("http://", "https://")):
        return f"![]({content})"
    mark = _TITLES.get(str(region.get("native_label")), "")
    return mark + content if content and not content.startswith("#") else content


_TABLE = re.compile(r"<table\b", re.IGNORECASE)
#: What begins and ends a line of its own.
_BREAKS = frozenset({"br", "p", "div", "li", "caption"})


class _Table(HTMLParser):
    """Collects the cells of an HTML table; spans are filled with empty cells."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._cell: list[str] | None = None
        self._span = 1
        self._below: dict[tuple[int, int], bool] = {}
        self._down = 1
        self._empty = MOST_EMPTY
        self._beside: list[str] = []

    @property
    def beside(self) -> str:
        """What is in the table and in none of its cells: its caption, before all."""
        return " ".join("".join(self._beside).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img" and given.get("src"):
            self.handle_data(f"![{given.get('alt') or ''}]({given['src']})")
        elif tag == "tr":
            self._end_cell()
            self.rows.append([])
        elif tag in ("td", "th"):
            self._end_cell()  # HTML may leave its end out
            self._span, self._down = _span(given.get("colspan")), _span(given.get("rowspan"))
            self._cell = []
        elif tag in _BREAKS:
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._end_cell()
        elif tag in _BREAKS:
            self.handle_data(" ")

    def close(self) -> None:
        super().close()
        self._end_cell()

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        if not self.rows:
            self.rows.append([])
        row, line = self.rows[-1], len(self.rows) - 1
        self._skip(row, line)
        start = len(row)
        empty = self._span * self._down - 1
        if empty > self._empty:
            self._span = self._down = 1
        else:
            self._empty -= empty
        row.append(" ".join("".join(self._cell).split()).replace("|", "\\|"))
        row.extend([""] * (self._span - 1))
        for below in range(line + 1, line + self._down):
            for column in range(start, start + self._span):
                self._below[below, column] = True
        self._skip(row, line)
        self._cell = None

    def handle_data(self, data: str) -> None:
        (self._beside if self._cell is None else self._cell).append(data)

    def _skip(self, row: list[str], line: int) -> None:
        while self._below.pop((line, len(row)), False):
            row.append("")


def _span(value: str | None) -> int:
    return whole_number(value, most=MOST_SPANNED) or 1


def table_to_markdown(html: str) -> str:
    """Return an HTML table as a Markdown table; the first row is its head.

    Cells that span columns or rows keep their text once, the other places are empty. A caption is
    the paragraph before it, an image in a cell a link. What is not a table, or contains another, is
    returned as it is.

    Args:
        html: The table, from ``<table>`` to ``</table>``.

    Examples:
        >>> print(table_to_markdown("<table><tr><td>a</td><td>b</td></tr></table>"))
        | a | b |
        | --- | --- |
    """
    if len(_TABLE.findall(html)) > 1:
        return html
    table = _Table()
    table.feed(html)
    table.close()
    rows = [row for row in table.rows if row]
    if not rows:
        return html
    width = max(map(len, rows))
    if width * len(rows) - sum(map(len, rows)) > MOST_EMPTY:
        return html
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
    lines.insert(1, "| " + " | ".join(["---"] * width) + " |")
    if table.beside:
        lines[:0] = [table.beside, ""]
    return "\n".join(lines)
