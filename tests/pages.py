"""The programs on a page of Markdown, and what the page says they print.

A comment before a block says more about it:

* ``<!-- prints: 323 -->``: this text is in what the block prints; several lines, several texts;
* ``<!-- not run: why -->``: the block needs what a test does not have;
* ``<!-- file: ask.py -->``: the block is a program of its own. The page runs it in a shell, and
  says what that prints: ``python ask.py "..."    # 323``.
"""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["MARK", "Block", "Run", "blocks", "files", "missing", "program", "runs"]

#: Printed after each block.
MARK = "\x1e"
_BLOCK = re.compile(
    r"((?: *<!-- (?:prints|not run|file): [^\n]*? -->\n+)*) *```python[^\n]*\n(.*?)\n *```",
    re.DOTALL,
)


_FILE = re.compile(r"<!-- file: (.*?) -->")


@dataclass(frozen=True)
class Run:
    """A line of a shell that runs a program of the page."""

    file: str
    arguments: tuple[str, ...]
    prints: str


@dataclass(frozen=True)
class Block:
    code: str
    prints: tuple[str, ...]
    line: int


def blocks(text: str) -> Iterator[Block]:
    """The blocks of Python that are run, in order."""
    for match in _BLOCK.finditer(text):
        notes, code = match.groups()
        if "<!-- not run:" in notes or _FILE.search(notes):
            continue
        prints = tuple(re.findall(r"<!-- prints: (.*?) -->", notes))
        yield Block(textwrap.dedent(code), prints, text[: match.start(2)].count("\n") + 1)


def files(text: str) -> dict[str, str]:
    """The blocks that are programs of their own, by the names of their files."""
    found = ((_FILE.search(notes), code) for notes, code in _BLOCK.findall(text))
    return {name[1]: textwrap.dedent(code) for name, code in found if name}


def runs(text: str) -> Iterator[Run]:
    """The lines of a shell that run such a program, in order."""
    for name in files(text):
        line = rf"^ *python ({re.escape(name)} .*?)(?: +# (.*))?$"
        for command, said in re.findall(line, text, re.MULTILINE):
            _, *arguments = shlex.split(command)
            yield Run(name, tuple(arguments), said)


def program(found: list[Block]) -> str:
    """One program whose lines are where they are on the page."""
    lines: list[str] = []
    for block in found:
        lines += [""] * (block.line - 1 - len(lines))
        lines += [*block.code.splitlines(), f"print({MARK!r}, end='')"]
    return "\n".join(lines)


def missing(found: list[Block], printed: str) -> Iterator[str]:
    """What the page says is printed, and was not."""
    for block, part in zip(found, printed.split(MARK), strict=False):
        for text in block.prints:
            if text not in part:
                yield f"line {block.line}: {text!r} is not in {part!r}"
