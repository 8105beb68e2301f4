"""What a translated page must have in common with its original: headings, programs, tables."""

from __future__ import annotations

import io
import re
import textwrap
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# Indented ones too: those in tabs of the documentation.
_CODE = re.compile(r"^( *)```[^\n]*\n.*?^\1```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_TABLE = re.compile(r"(?:^ *\|.*\|$\n?)+", re.MULTILINE)
_LINK = re.compile(r"\]\(([^()\s]+)\)")
# Of a shell; Python's are found by its own tokenizer.
_COMMENT = re.compile(r"(?<!\S)# .*$")
#: A browser shows a line's end as a blank, which has no place between two Chinese characters.
_CHINESE = r"[\u3001-\u303f\u4e00-\u9fff\uff00-\uffef]"
_SPLIT = re.compile(rf"{_CHINESE}\n *{_CHINESE}")
_ELSEWHERE = re.compile(r"[a-z]+:")


class Section(NamedTuple):
    """A heading with what is below it, up to the next heading."""

    title: str
    level: int
    #: Without its comments.
    code: list[str]
    #: Of each table, the number of cells of each row.
    tables: list[list[int]]


def prose(text: str) -> str:
    """The text without its code blocks: a comment there is not a heading."""
    return _CODE.sub("", text)


def split_sentences(text: str) -> list[str]:
    """Where a line ends between two Chinese characters: readers see a blank there."""
    return _SPLIT.findall(prose(text))


def links(text: str) -> list[str]:
    """Where the links of a text lead to."""
    return _LINK.findall(prose(text))


def comment_starts(opening: str, code: str) -> dict[int, int]:
    """Where comments start in the code of a block: columns by the number of the line, from 0."""
    if opening.strip().startswith("```python"):
        tokens = tokenize.generate_tokens(io.StringIO(code).readline)
        starts = [token.start for token in tokens if token.type == tokenize.COMMENT]
        return {row - 1: column for row, column in starts}
    found = ((row, _COMMENT.search(line)) for row, line in enumerate(code.splitlines()))
    return {row: match.start() for row, match in found if match}


def split_comments(block: str) -> tuple[str, list[str]]:
    """A code block without its comments, which are for people; and the comments."""
    opening, *lines, closing = block.splitlines()
    lines = textwrap.dedent("\n".join(lines)).splitlines()
    comments = []
    for row, column in comment_starts(opening, "\n".join(lines)).items():
        comments.append(lines[row][column:])
        lines[row] = lines[row][:column].rstrip()
    return "\n".join((opening, *lines, closing)), comments


def comments(text: str) -> Iterator[str]:
    """The comments in the code of a page."""
    for match in _CODE.finditer(text):
        yield from split_comments(match[0])[1]


def cells(row: str) -> int:
    return len(re.split(r"(?<!\\)\|", row.strip())) - 2


def sections(text: str) -> list[Section]:
    code = [match[0] for match in _CODE.finditer(text)]
    # A mark for each code block, so that no line of one is taken for a heading.
    marked = iter(range(len(code)))
    text = _CODE.sub(lambda _: f"\0{next(marked)}\0", text)
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    found = []
    for heading, end in zip(headings, ends, strict=True):
        body = text[heading.end() : end]
        found.append(
            Section(
                heading[2],
                len(heading[1]),
                [split_comments(code[int(number)])[0] for number in re.findall(r"\0(\d+)\0", body)],
                [[cells(row) for row in table.splitlines()] for table in _TABLE.findall(body)],
            )
        )
    return found


def differences(english: str, chinese: str) -> Iterator[str]:
    """What a translation lacks or has too much of, by the English heading."""
    ours, theirs = sections(english), sections(chinese)
    if [section.level for section in ours] != [section.level for section in theirs]:
        yield f"headings: {[s.title for s in ours]} and {[s.title for s in theirs]}"
        return
    for one, other in zip(ours, theirs, strict=True):
        if one.code != other.code:
            yield f"{one.title}: code"
        if one.tables != other.tables:
            yield f"{one.title}: tables, cells by row: {one.tables} and {other.tables}"


def anchors(text: str) -> set[str]:
    """The names that headings have in links: as GitHub makes them, and the site."""
    titles = (title for _, title in _HEADING.findall(prose(text)))
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def broken_links(text: str, folder: Path) -> Iterator[str]:
    """Links of a page in a folder to what does not exist."""
    for link in links(text):
        if _ELSEWHERE.match(link):
            continue
        path, _, anchor = link.partition("#")
        if path and not (folder / path).exists():
            yield link
        elif anchor:
            target = (folder / path).read_text("utf-8") if path else text
            if anchor not in anchors(target):
                yield link
