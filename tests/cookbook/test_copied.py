"""A recipe can be copied: it needs the installed packages and its samples, nothing else of here."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from tests.cookbook.test_recipes_print import ROWS
from tests.programs import run_program

COOKBOOK = Path(__file__).parents[2] / "cookbook"
RECIPES = [
    COOKBOOK / "quickstart.py",
    *sorted(COOKBOOK.glob("l*/*.py")),
    *COOKBOOK.glob("scale/*.py"),
]


def test_they_are_found() -> None:
    assert len(RECIPES) > 20


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_recipe_imports_what_is_installed(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    named = {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    named |= {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert not {name for name in named if name.partition(".")[0] in ("", "cookbook", "tests")}


def _not_run_elsewhere() -> list[Path]:
    """Those whose output no other test looks at; that one runs them from a copy, too."""
    looked_at = {(framework, name.partition(" ")[0]) for framework, name, _ in ROWS}
    small = [path for path in RECIPES if path.parent.name != "scale"]
    return [path for path in small if (path.parent.name, path.stem) not in looked_at]


@pytest.mark.parametrize(
    "path", _not_run_elsewhere(), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_a_copied_recipe_runs(path: Path, tmp_path: Path) -> None:
    """Alone in a folder of somebody's, and without a key."""
    ran = run_program(Path(shutil.copy(path, tmp_path)), cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "unhandled" not in ran.stderr
