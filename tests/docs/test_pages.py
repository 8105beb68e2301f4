"""The programs in the documentation run, and print what the page says they print.

The blocks of a page are one program, run in order. A comment before a block says more about it:

* ``<!-- prints: 323 -->``: this text is in what the block prints; several lines, several texts;
* ``<!-- not run: why -->``: the block needs what a test does not have.
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import zhipu_emulator

#: What LlamaIndex warns of when it uses itself and pydantic.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{warning}")
    for warning in (
        ":pydantic.warnings.PydanticDeprecationWarning",
        "`langchain-community` is being sunset:DeprecationWarning",
    )
]

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_the_program_of_the_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for sample in SAMPLES.iterdir():
        shutil.copy(sample, tmp_path)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}
    with zhipu_emulator.serve() as service:
        monkeypatch.setenv("ZHIPUAI_API_KEY", service.api_key)
        monkeypatch.setenv("ZHIPUAI_BASE_URL", service.base_url)
        for block in blocks(page):
            printed = io.StringIO()
            code = compile("\n" * (block.line - 1) + block.code, str(page), "exec")
            with contextlib.redirect_stdout(printed):
                exec(code, names)
            for text in block.prints:
                assert text in printed.getvalue(), f"{page.name}, line {block.line}"


def test_each_page_has_programs_that_are_run() -> None:
    without = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} - {
        str(page.relative_to(DOCS)) for page in PAGES
    }
    assert {name for name in without if not name.startswith("reference/")} == set()
