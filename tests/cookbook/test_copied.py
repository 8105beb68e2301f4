"""A recipe can be copied: it needs the installed packages and its samples, nothing else of here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

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
