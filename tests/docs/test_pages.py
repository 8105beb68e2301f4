"""The programs in the documentation run, and print what the page says they print.

The blocks of a page are one program, run in order; `tests.pages` says what can be noted of them.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import zhipu_emulator
from tests.pages import blocks, files, missing, program, runs
from tests.programs import run_program

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
#: The Chinese pages have the same programs, which another test compares.
ENGLISH = [page for page in sorted(DOCS.rglob("*.md")) if DOCS / "zh" not in page.parents]
PAGES = [page for page in ENGLISH if any(blocks(page.read_text("utf-8")))]
README = ROOT / "README.md"
PAGES_WITH_FILES = [page for page in (README, *ENGLISH) if files(page.read_text("utf-8"))]


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_the_program_of_the_page_runs(page: Path, tmp_path: Path) -> None:
    found = list(blocks(page.read_text("utf-8")))
    path = tmp_path / "page.py"
    path.write_text(program(found), "utf-8")
    with zhipu_emulator.serve() as service:
        where = {"ZHIPUAI_API_KEY": service.api_key, "ZHIPUAI_BASE_URL": service.base_url}
        ran = run_program(path, cwd=tmp_path, environment=where)
    assert ran.returncode == 0, ran.stderr
    assert not list(missing(found, ran.stdout)), page.name


@pytest.mark.parametrize("page", PAGES_WITH_FILES, ids=named)
def test_a_program_of_its_own_does_in_a_shell_what_the_page_says(
    page: Path, tmp_path: Path
) -> None:
    text = page.read_text("utf-8")
    for name, code in files(text).items():
        (tmp_path / name).write_text(code, "utf-8")
    lines = list(runs(text))
    assert {line.file for line in lines if line.prints} == {*files(text)}
    with zhipu_emulator.serve() as service:
        where = {"ZHIPUAI_API_KEY": service.api_key, "ZHIPUAI_BASE_URL": service.base_url}
        for line in lines * 2:  # whoever tries it again in the same folder sees the same
            ran = run_program(
                tmp_path / line.file, *line.arguments, cwd=tmp_path, environment=where
            )
            assert ran.returncode == 0, ran.stderr
            assert line.prints in ran.stdout


def test_each_page_has_programs_that_are_run() -> None:
    without = {str(page.relative_to(DOCS)) for page in {*ENGLISH} - {*PAGES}}
    assert {name for name in without if not name.startswith("reference/")} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_it_says_of_each_program_what_it_prints(page: Path) -> None:
    """A line that begins with ``print(`` runs at once; in a callback nothing may come."""
    found = blocks(page.read_text("utf-8"))
    printing = (block for block in found if re.search(r"^ *print\(", block.code, re.MULTILINE))
    assert not [block.line for block in printing if not block.prints]
