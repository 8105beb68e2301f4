"""The layout of a page: found in a document's metadata, and placed on a picture. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhipu_client._numbers import whole_number
from zhipu_client.errors import InvalidRequestError

__all__ = ["Layout", "Mark", "drawing_of", "layout_of", "marks"]

#: Label of a region, or its category -> the colour of its frame.
_COLOURS: Mapping[str, str] = {
    "doc_title": "#cf222e",
    "paragraph_title": "#cf222e",
    "text": "#0969da",
    "table": "#1a7f37",
    "formula": "#8250df",
    "image": "#bc4c00",
}
_OTHER = "#57606a"
#: The most regions that are drawn, and characters of a label.
_MOST, _LONGEST = 10_000, 40
_MOST_PAGES, _MOST_PIXELS = 1_000_000, 1_000_000

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Layout:
    """What the metadata of a document has about one page.

    Attributes:
        page: The page's number, from 1.
        regions: Its regions, as the service sends them or as metadata has them.
        size: Width and height in pixels that the boxes refer to; None where that is missing.
        source: The path or address of the file; None where that is missing.
    """

    page: int
    regions: list[Mapping[str, Any]]
    size: tuple[int, int] | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A region on a picture.

    Attributes:
        box: Left, top, right, bottom in pixels of the picture.
        label: Its number and what it is.
        colour: As ``#rrggbb``.
    """

    box: Box
    label: str
    colour: str


def layout_of(documents: Sequence[Mapping[str, Any]], page: int | None = None) -> Layout:
    """Return the layout of a page from the metadata of its documents.

    Args:
        documents: The metadata of one document, or of several of one page (its elements).
        page: The page, from 1, for a document of several; None for the first.

    Raises:
        InvalidRequestError: There is no layout in it; the error says how to read it.

    Examples:
        >>> boxes = [{"label": "table", "bbox": [1, 2, 30, 40]}]
        >>> layout_of([{"page": 2, "page_width": 100, "page_height": 200, "boxes": boxes}]).page
        3
    """
    found: list[Layout] = [one for about in documents for one in _pages(about)]
    wanted = page if page is not None else min((one.page for one in found), default=1)
    here = [one for one in found if one.page == wanted]
    if not here:
        raise InvalidRequestError(
            _why_not(documents) if not found else f"the documents have no page {wanted}",
            field="document" if not found else "page",
        )
    first = here[0]
    regions = [region for one in here for region in one.regions]
    return Layout(wanted, regions, first.size, first.source)


def _why_not(documents: Sequence[Mapping[str, Any]]) -> str:
    if any(about.get("has_layout") is False for about in documents):
        return (
            "the document was read by a chat server, which reports no layout: read it with the "
            "service's layout endpoint"
        )
    return (
        "the metadata has no layout: read the document by page with boxes=True (langchain_zhipu) "
        "or with_regions=True (llama_index_zhipu)"
    )


def _pages(about: Mapping[str, Any]) -> Iterator[Layout]:
    """Yield the pages that a document's metadata is about, by the names of either framework."""
    inner = _decoded(about.get("pages"))
    if isinstance(inner, list):
        for one in inner:
            if isinstance(one, Mapping):
                yield from _pages({**one, "source": _source(about)})
        return
    regions = _decoded(about.get("boxes", about.get("regions")))
    if regions is None and "bbox" in about:
        regions = [{**about, "bbox": _decoded(about["bbox"])}]
    if not isinstance(regions, list):
        return
    number = whole_number(about.get("page_label"), most=_MOST_PAGES)
    if number is None and "page" in about:
        number = (whole_number(about["page"], most=_MOST_PAGES) or 0) + 1
    if number is None:
        if about.get("total_pages") not in (None, 1):
            return  # regions of several pages, one list for all
        number = 1
    width = whole_number(about.get("page_width", about.get("width")), most=_MOST_PIXELS)
    height = whole_number(about.get("page_height", about.get("height")), most=_MOST_PIXELS)
    size = (width, height) if width and height else None
    rows = [region for region in regions if isinstance(region, Mapping)]
    yield Layout(number, rows, size, _source(about))


def _decoded(value: Any) -> Any:
    """Return what flat metadata has as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _source(about: Mapping[str, Any]) -> str | None:
    found = about.get("file_path") or about.get("source")
    return str(found) if found else None


def drawing_of(
    documents: Sequence[Mapping[str, Any]], page: int | None = None, file: Any = None
) -> dict[str, Any]:
    """Return what `draw_layout` needs to draw the layout that metadata of documents describes.

    Args:
        documents: The metadata of documents of one page.
        page: See `layout_of`.
        file: The document itself; None is the one that metadata names.

    Raises:
        InvalidRequestError: The metadata has no layout, or names no file that could be opened here.

    Example:
        ```python
        from langchain_zhipu import ZhipuAIOCRLoader
        from zhipu_client import draw_layout
        from zhipu_client.adapting import drawing_of

        pages = ZhipuAIOCRLoader("report.pdf", boxes=True).load()
        draw_layout(**drawing_of([pages[0].metadata], file="report.pdf")).save("layout.png")
        ```
    """
    layout = layout_of(documents, page)
    return {
        "source": _drawable(layout, file),
        "regions": layout.regions,
        "page": layout.page,
        "size": layout.size,
    }


def _drawable(layout: Layout, file: Any) -> Any:
    """Return the file that a layout is drawn on: the caller's, or the one that metadata names.

    Raises:
        InvalidRequestError: Metadata names none that could be opened here.
    """
    if file is not None:
        return file
    named = layout.source
    if named is None or named.lower().startswith(("http://", "https://", "data:", "sha256:")):
        what = "names no file" if named is None else "does not name a file of this machine"
        raise InvalidRequestError(f"the metadata {what}: give it as file=", field="file")
    return named


def marks(
    regions: Sequence[Mapping[str, Any]],
    size: tuple[int, int] | None,
    picture: tuple[int, int],
) -> list[Mark]:
    """Return where regions are on a picture; those without a box on it are left out.

    Args:
        regions: With ``bbox_2d`` or ``bbox`` (left, top, right, bottom in pixels of the page, or
            fractions of it), ``native_label``, ``label`` and ``category``.
        size: Width and height of the page in those pixels; None for those of the picture.
        picture: Width and height of the picture.

    Examples:
        >>> region = {"label": "table", "bbox_2d": [10, 20, 50, 60]}
        >>> [mark.box for mark in marks([region], (100, 100), (200, 200))]
        [(20, 40, 100, 120)]
    """
    found = []
    for number, region in enumerate(regions[:_MOST], 1):
        box = _placed(region.get("bbox_2d", region.get("bbox")), size or picture, picture)
        if box is None:
            continue
        label = str(region.get("native_label") or region.get("label") or "")[:_LONGEST]
        category = str(region.get("category") or region.get("label") or "")
        colour = _COLOURS.get(label) or _COLOURS.get(category) or _OTHER
        found.append(Mark(box, f"{number} {label}".strip(), colour))
    return found


def _placed(box: Any, size: tuple[int, int], picture: tuple[int, int]) -> Box | None:
    if not isinstance(box, (list, tuple)) or len(box) != 4:
        return None
    if not all(isinstance(side, (int, float)) and math.isfinite(side) for side in box):
        return None
    if all(0 <= side <= 1 for side in box):  # fractions of the page, as the documents have it
        size = (1, 1)
    places = [
        min(max(round(side / whole * pixels), 0), pixels - 1)
        for side, whole, pixels in zip(box, (*size, *size), (*picture, *picture), strict=True)
    ]
    left, right = sorted(places[::2])
    top, bottom = sorted(places[1::2])
    return (left, top, right, bottom) if left < right and top < bottom else None
