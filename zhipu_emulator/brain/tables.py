"""Tables in a text, HTML or Markdown, as rows by the names of their columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

__all__ = ["rows"]

_START = re.compile("<table", re.IGNORECASE)
_END = re.compile("</table", re.IGNORECASE)
_RULE = re.compile(r"\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?\s*)?\|?")


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[list[str]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.lines.append([])
        self._inside = tag in ("td", "th")
        if self._inside and self.lines:
            self.lines[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside and self.lines and self.lines[-1]:
            self.lines[-1][-1] += data


def rows(text: str) -> Iterator[dict[str, str]]:
    r"""The rows of all tables in ``text``; the first row of each names the columns.

    Example:
        >>> list(rows("| Name | Age |\n| --- | --- |\n| Mei | 7 |"))
        [{'Name': 'Mei', 'Age': '7'}]
    """
    at = 0
    while (start := _START.search(text, at)) and (end := _END.search(text, start.end())):
        cells = _Cells()
        cells.feed(text[start.start() : end.end()])
        yield from _named([line for line in cells.lines if line])
        at = end.end()
    block: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        found = line.strip()
        if found.count("|") > 1:
            block.append([cell.strip() for cell in found.strip("|").split("|")])
            if len(block) == 2 and _RULE.fullmatch(found):
                block.pop()
        else:
            yield from _named(block)
            block = []


def _named(lines: Sequence[Sequence[str]]) -> Iterator[dict[str, str]]:
    for line in lines[1:]:
        if len(line) == len(lines[0]):
            yield {name.strip(): cell.strip() for name, cell in zip(lines[0], line, strict=True)}
