"""Tables in a text, HTML or Markdown, as rows by the names of their columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

__all__ = ["rows"]

_TABLE = re.compile(r"<table\b(?:(?!<table\b).)*?</table", re.IGNORECASE | re.DOTALL)
_RULE = re.compile(r"\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?\s*)?\|?")


def rows(text: str) -> Iterator[dict[str, str]]:
    r"""The rows of all tables in ``text``; the first row of each names the columns.

    Examples:
        >>> list(rows("| Name | Age |\n| --- | --- |\n| Mei | 7 |"))
        [{'Name': 'Mei', 'Age': '7'}]
    """
    for table in _TABLE.findall(text) if "</table" in text.lower() else ():
        from bs4 import BeautifulSoup

        lines = BeautifulSoup(f"{table}>", "html.parser")("tr")
        yield from _named([[c.get_text().strip() for c in line(["td", "th"])] for line in lines])
    block: list[list[str]] = []
    for line in [*map(str.strip, text.splitlines()), ""]:
        if line.count("|") > 1 and not (len(block) == 1 and _RULE.fullmatch(line)):
            block.append([cell.strip() for cell in line.strip("|").split("|")])
        elif line.count("|") < 2:
            yield from _named(block)
            block = []


def _named(lines: Sequence[Sequence[str]]) -> Iterator[dict[str, str]]:
    for line in lines[1:]:
        if len(line) == len(lines[0]):
            yield dict(zip(lines[0], line, strict=True))
