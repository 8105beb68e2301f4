"""The programs in the documentation run, and print what the page says they print.

The blocks of a page are one program, run in order. A comment before a block says more about it:

* ``<!-- prints: 323 -->``: this text is in what the block prints; several lines, several texts;
* ``<!-- not run: why -->``: the block needs what a test does not have.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import zhipu_emulator
from tests.programs import run_program

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
#: Printed after each block.
MARK = "\x1e"
SAMPLES = ROOT / "cookbook" / "samples"
BLOCK = re.compile(
    r"((?: *<!-- (?:prints|not run): [^\n]*? -->\n+)*) *```python[^\n]*\n(.*?)\n *```", re.DOTALL
)


@dataclass(frozen=True)
class Block:
    code: str
    prints: tuple[str, ...]
    line: int


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    for match in BLOCK.finditer(text):
        notes, code = match.groups()
        if "<!-- not run:" in notes:
            continue
        prints = tuple(re.findall(r"<!-- prints: (.*?) -->", notes))
        yield Block(textwrap.dedent(code), prints, text[: match.start(2)].count("\n") + 1)


PAGES = [page for page in sorted(DOCS.rglob("*.md")) if any(blocks(page))]


def program(found: list[Block]) -> str:
    """Return one program whose lines are where they are on the page."""
    lines: list[str] = []
    for block in found:
        lines += [""] * (block.line - 1 - len(lines))
        lines += [*block.code.splitlines(), f"print({MARK!r}, end='')"]
    return "\n".join(lines)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_the_program_of_the_page_runs(page: Path, tmp_path: Path) -> None:
    for sample in SAMPLES.glob("*.pdf"):
        shutil.copy(sample, tmp_path)
    found = list(blocks(page))
    path = tmp_path / "page.py"
    path.write_text(program(found), "utf-8")
    with zhipu_emulator.serve() as service:
        where = {"ZHIPUAI_API_KEY": service.api_key, "ZHIPUAI_BASE_URL": service.base_url}
        ran = run_program(path, cwd=tmp_path, environment=where)
    assert ran.returncode == 0, ran.stderr
    for block, printed in zip(found, ran.stdout.split(MARK), strict=False):
        for text in block.prints:
            assert text in printed, f"line {block.line} of {page.name} printed: {printed}"


def test_each_page_has_programs_that_are_run() -> None:
    without = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} - {
        str(page.relative_to(DOCS)) for page in PAGES
    }
    assert {name for name in without if not name.startswith("reference/")} == set()
