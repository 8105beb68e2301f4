"""HTML tables in the text of a page as Markdown. Pure."""

from __future__ import annotations

import re

from zhipu_client.ocr._pages import table_to_markdown

__all__ = ["tables_as_markdown"]

_TABLE_START = re.compile(r"<table\b", re.IGNORECASE)
_TABLE_END = re.compile(r"</table\s*>", re.IGNORECASE)


def tables_as_markdown(text: str) -> str:
    """Return a text with its HTML tables as Markdown tables; the rest stays as it is.

    Args:
        text: Markdown with tables in HTML.

    Examples:
        >>> print(tables_as_markdown("Sums: <table><tr><td>a</td></tr></table>"))
        Sums:
        <BLANKLINE>
        | a |
        | --- |
    """
    made, at = [], 0
    while (start := _TABLE_START.search(text, at)) is not None:
        end = _TABLE_END.search(text, start.end())
        if end is None:
            break
        html = text[start.start() : end.end()]
        table = table_to_markdown(html)
        before = text[at : start.start()]
        # A Markdown table needs empty lines around it.
        made += [before, table] if table == html else [before.rstrip(), "\n\n", table, "\n\n"]
        at = end.end() if table == html else _skip_blank(text, end.end())
    made.append(text[at:])
    return "".join(made).strip("\n") if len(made) > 1 else text


def _skip_blank(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
