"""The notebooks run again and show what is written in them: texts, and pictures of that size.

Their cells run in this process, one behind the other: a kernel would cost seconds.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import zhipu_emulator

NOTEBOOKS = sorted((Path(__file__).parents[2] / "cookbook" / "notebooks").glob("*.ipynb"))
#: Bytes; pictures are stored in the repository each time that they change.
LARGEST = 60_000


def cells(path: Path) -> list[dict[str, Any]]:
    """The cells with code."""
    found = json.loads(path.read_text("utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == "code"]


def run(source: str, names: dict[str, Any]) -> tuple[str, Any]:
    """What a cell prints, and the value of its last line."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None
    return printed.getvalue(), value


def shown(cell: dict[str, Any]) -> tuple[str, list[tuple[int, int]]]:
    """What the notebook has of a cell: its text, and the sizes of its pictures."""
    texts = ["".join(output.get("text", [])) for output in cell["outputs"]]
    data = [output["data"]["image/png"] for output in cell["outputs"] if "data" in output]
    return "".join(texts), [Image.open(io.BytesIO(base64.b64decode(png))).size for png in data]


@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("MPLBACKEND", "agg")
    names: dict[str, Any] = {"__name__": "__main__"}
    with zhipu_emulator.serve() as service:
        monkeypatch.setenv("ZHIPUAI_API_KEY", service.api_key)
        monkeypatch.setenv("ZHIPUAI_BASE_URL", service.base_url)
        for cell in cells(path):
            printed, value = run("".join(cell["source"]), names)
            text, sizes = shown(cell)
            assert printed == text
            assert bool(sizes) == (value is not None), cell["source"]
            if isinstance(value, Image.Image):
                assert sizes == [value.size]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_small_and_says_nothing_of_the_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text) < LARGEST
    assert not re.search(r"127\.0\.0\.1|/(?:home|root|Users)/|[A-Z]:\\\\|\bat 0x", text)
    assert all(cell["execution_count"] == n for n, cell in enumerate(cells(path), start=1))


def test_there_is_one_with_pictures() -> None:
    assert sum(len(shown(cell)[1]) for path in NOTEBOOKS for cell in cells(path)) >= 5
