"""The programs on a page of Markdown, and what the page says they print.

A comment before a block says more about it:

* ``<!-- prints: 323 -->``: this text is in what the block prints; several lines, several texts;
* ``<!-- not run: why -->``: the block needs what a test does not have.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["MARK", "Block", "blocks", "missing", "program"]

#: Printed after each block.
MARK = "\x1e"
_BLOCK = re.compile(
    r"((?: *<!-- (?:prints|not run): [^\n]*? -->\n+)*) *```python[^\n]*\n(.*?)\n *```", re.DOTALL
)


@dataclass(frozen=True)
class Block:
    code: str
    prints: tuple[str, ...]
    line: int


def blocks(text: str) -> Iterator[Block]:
    """The blocks of Python that are run, in order."""
    for match in _BLOCK.finditer(text):
        notes, code = match.groups()
        if "<!-- not run:" in notes:
            continue
        prints = tuple(re.findall(r"<!-- prints: (.*?) -->", notes))
        yield Block(textwrap.dedent(code), prints, text[: match.start(2)].count("\n") + 1)


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
