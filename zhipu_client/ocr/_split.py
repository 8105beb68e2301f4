"""One text for many pages, cut into the text of each. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from zhipu_client._numbers import whole_number

__all__ = ["MOST_PAGES", "REFERENCE", "pages_of_blocks", "reference_base"]

#: The largest page number that is believed.
MOST_PAGES = 1_000_000
#: A picture that the text refers to by its page, counted from 0.
REFERENCE = re.compile(r"(!\[\]\(page=)(\d+)(?=,)")
# How far apart two regions may be in the text: marks, tags, the signed address of a picture.
_GAP = 500
#: What must not be cut: elements, fences, formulas. How many blocks one may have.
_TAG = re.compile(
    r"<(/?)(?:div|center|table|figure|details|blockquote|pre|ul|ol|p)\b[^<>]*>", re.IGNORECASE
)
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)|\$\$", re.MULTILINE)
_MOST_BLOCKS = 200

Region = Mapping[str, object]


@dataclass(slots=True)
class _Block:
    """Paragraphs that belong together: from ``start`` to ``end`` in the text."""

    start: int
    end: int
    page: int | None = None


def reference_base(text: str, pages: Sequence[Sequence[Region]], first: int) -> int:
    """Return the number that the text's references give to the first page of an answer.

    They count from the answer's first page, or from the document's: what fits better to the
    pictures of the pages is taken.

    Args:
        text: The text of all pages.
        pages: The regions of each.
        first: The number of the answer's first page in the document, from 1.
    """
    named = [whole_number(found[2], most=MOST_PAGES) for found in REFERENCE.finditer(text)]

    def fits(base: int) -> int:
        left = [sum(not _content(region) for region in regions) for regions in pages]
        good = 0
        for number in named:
            place = -1 if number is None else number - base
            if 0 <= place < len(left):
                good += 1 + (left[place] > 0)
                left[place] -= 1
        return good

    return max((0, first - 1), key=fits)


def pages_of_blocks(
    text: str, pages: Sequence[Sequence[Region]], base: int = 0
) -> list[str] | None:
    """Return the text of each page; None where the regions are not found in the text.

    A block that contains a region's content belongs to the region's page, one that refers to a
    picture to the page that it names; those between are taken for regions without content, in
    order. Nothing is cut within an element, a fence or a formula.

    Args:
        text: The text of all pages.
        pages: The regions of each.
        base: What references call the first of these pages.
    """
    blocks = list(_blocks(text))
    spans = _spans(text, pages)
    if spans is None:
        return None
    blocks = _anchored(text, blocks, spans)
    for block in blocks:
        found = REFERENCE.search(text, block.start, block.end)
        number = whole_number(found[2], most=MOST_PAGES) if found else None
        if number is not None and 0 <= number - base < len(pages):
            block.page = number - base
    _fill(blocks, pages, spans)
    texts: list[list[str]] = [[] for _ in pages]
    for block in blocks:
        texts[block.page or 0].append(text[block.start : block.end])
    return ["".join(found).strip("\n") for found in texts]


def _content(region: Region) -> str:
    return str(region.get("content") or "").strip()


def _blocks(text: str) -> Iterator[_Block]:
    """Cut a text at its blank lines, but not within markup."""
    starts = [0, *(found.end() for found in re.finditer(r"\n[ \t]*\n+", text)), len(text)]
    pieces = [(a, b) for a, b in pairwise(starts) if a < b]
    open_at = [0]
    fences = [0]
    for a, b in pieces:
        piece = text[a:b]
        open_at.append(open_at[-1] + sum(-1 if tag[1] else 1 for tag in _TAG.finditer(piece)))
        fences.append(fences[-1] + sum(1 for _ in _FENCE.finditer(piece)))
    place = 0
    while place < len(pieces):
        last = place
        for end in range(place, min(len(pieces), place + _MOST_BLOCKS)):
            even = (fences[end + 1] - fences[place]) % 2 == 0
            if even and open_at[end + 1] <= open_at[place]:
                last = end
                break
        yield _Block(pieces[place][0], pieces[last][1])
        place = last + 1


def _spans(text: str, pages: Sequence[Sequence[Region]]) -> list[tuple[int, int, int]] | None:
    """Return page, start and end of each region that is found in the text, in order.

    None when a page has regions with content, and none of them is found.
    """
    spans: list[tuple[int, int, int]] = []
    cursor = slack = 0
    for page, regions in enumerate(pages):
        before = len(spans)
        wanted = False
        for region in regions:
            if region.get("native_label") == "number":
                continue
            content = _content(region)
            wanted = wanted or bool(content)
            reach = cursor + _GAP + slack + len(content)
            at = text.find(content, cursor, reach) if content else -1
            if at < 0:
                slack += len(content) + _GAP
                continue
            spans.append((page, at, at + len(content)))
            cursor, slack = at + len(content), 0
        if wanted and len(spans) == before:
            return None
    return spans


def _anchored(
    text: str, blocks: list[_Block], spans: Sequence[tuple[int, int, int]]
) -> list[_Block]:
    """Give blocks the page of the regions in them; cut one with text of several pages by lines."""
    made: list[_Block] = []
    place = 0
    for block in blocks:
        here = block
        while place < len(spans) and spans[place][1] < block.end:
            page, start, end = spans[place]
            if here.page is not None and here.page != page:
                cut = text.rfind("\n", here.start, start) + 1
                plain = not _TAG.search(text, here.start, here.end)
                if plain and cut > here.start:
                    made.append(_Block(here.start, cut, here.page))
                    here = _Block(cut, here.end)
            here.page = page if here.page is None else here.page
            if end > block.end:
                break  # goes on in the next block
            place += 1
        made.append(here)
    return made


def _fill(
    blocks: list[_Block],
    pages: Sequence[Sequence[Region]],
    spans: Sequence[tuple[int, int, int]],
) -> None:
    """Give a page to the blocks between those that have one."""
    found = [0] * len(pages)
    for page, _, _ in spans:
        found[page] += 1
    # Regions of each page that no block was found for, as far as is known at its end.
    left = [
        max(0, sum(region.get("native_label") != "number" for region in regions) - count)
        for regions, count in zip(pages, found, strict=True)
    ]
    at = 0
    place = 0
    while place < len(blocks):
        block = blocks[place]
        if block.page is not None:
            at = max(at, block.page)
            place += 1
            continue
        end = place
        while end < len(blocks) and blocks[end].page is None:
            end += 1
        following = blocks[end].page if end < len(blocks) else None
        last = len(pages) - 1 if following is None else max(at, following)
        for position in range(place, end):
            # Of an answer without any region nothing shows where a page ends.
            while at < last and left[at] <= 0 and any(pages):
                at += 1
            blocks[position].page = at
            left[at] -= 1
        place = end
