"""The Chinese README has the headings, programs, tables of the English one, and its links work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
ENGLISH = (ROOT / "README.md").read_text("utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text("utf-8")

_CODE = re.compile(r"^```[^\n]*\n.*?^```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_TABLE = re.compile(r"(?:^\|.*\|$\n?)+", re.MULTILINE)
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_ELSEWHERE = re.compile(r"[a-z]+:")


class Section(NamedTuple):
    """A heading with what is below it, up to the next heading."""

    title: str
    level: int
    code: list[str]
    #: Of each table, the number of cells of each row.
    tables: list[list[int]]


def prose(text: str) -> str:
    """The text without its code blocks: a comment there is not a heading."""
    return _CODE.sub("", text)


def cells(row: str) -> int:
    return len(re.split(r"(?<!\\)\|", row.strip())) - 2


def sections(text: str) -> list[Section]:
    code = _CODE.findall(text)
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
                [code[int(number)] for number in re.findall(r"\0(\d+)\0", body)],
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
    """The names that headings have in links: as GitHub makes them."""
    titles = (title for _, title in _HEADING.findall(prose(text)))
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def broken_links(text: str) -> Iterator[str]:
    for link in _LINK.findall(prose(text)):
        if _ELSEWHERE.match(link):
            continue
        path, _, anchor = link.partition("#")
        if path and not (ROOT / path).exists():
            yield link
        elif anchor:
            target = (ROOT / path).read_text("utf-8") if path else text
            if anchor not in anchors(target):
                yield link


def test_headings_code_and_tables_are_those_of_the_english_one():
    found = list(differences(ENGLISH, CHINESE))
    assert not found, "README.zh-CN.md must follow README.md:\n  " + "\n  ".join(found)


@pytest.mark.parametrize(("text", "other"), [(ENGLISH, "README.zh-CN.md"), (CHINESE, "README.md")])
def test_each_names_the_other_in_its_first_lines(text, other):
    assert f"]({other})" in "".join(text.splitlines()[:4])


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_links_point_to_what_exists(text):
    assert _LINK.findall(prose(text))
    assert not list(broken_links(text))


SAMPLE = "# A\n\n```sh\n# run\nmake\n```\n\n## B\n\n| x | y |\n|---|---|\n| 1 | `a\\|b` |\n"


def test_a_translation_may_say_the_same_in_other_words():
    assert not list(differences(SAMPLE, SAMPLE.replace("# A", "# 甲").replace("| x", "| 子")))


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("## B", "### B", "headings"),
        ("## B", "B", "headings"),
        ("# run", "# 运行", "A: code"),
        ("```sh", "```", "A: code"),
        ("| x | y |", "| x |", "B: tables"),
        ("|---|---|\n", "|---|---|\n| 0 | 0 |\n", "B: tables"),
    ],
)
def test_what_differs_is_found(old, new, where):
    assert old in SAMPLE
    (found,) = differences(SAMPLE, SAMPLE.replace(old, new, 1))
    assert found.startswith(where)


@pytest.mark.parametrize(
    ("link", "broken"),
    [
        ("README.md", False),
        ("#两条-a", False),
        ("https://example.org/x", False),
        ("LICENSES", True),
        ("#两条", True),
        ("README.md#nothing", True),
    ],
)
def test_a_broken_link_is_found(link, broken):
    assert list(broken_links(f"## 两条 A？\n\n[x]({link})\n")) == [link] * broken
