"""A recipe that lacks a package says what to install, as its first lines do, and nothing else."""

from __future__ import annotations

import ast
import runpy
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cookbook.test_copied import RECIPES

#: What comes with a framework's extra and the emulator's, which the cookbook asks for.
OF_THE_EXTRAS = {
    *("langchain_core", "llama_index.core", "pydantic", "httpx", "PIL", "uvicorn"),
    "sqlalchemy",  # comes with llama-index-core
}
OURS = {"langchain_zhipu", "llama_index_zhipu", "zhipu_client", "zhipu_emulator"}


def imported(path: Path) -> Iterator[str]:
    """The modules of others that a recipe imports, wherever it does, beyond those of the extras."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            first, _, rest = name.partition(".")
            within = f"{first}.{rest.partition('.')[0]}"
            known = {*sys.stdlib_module_names, *OURS, *OF_THE_EXTRAS}
            if first not in known and within not in known:
                yield name


CASES = [
    pytest.param(path, name, id=f"{path.parent.name}/{path.stem}-{name}")
    for path in RECIPES
    for name in sorted({*imported(path)})
]


def test_they_are_found() -> None:
    assert len(CASES) > 40


@pytest.mark.parametrize(("path", "name"), CASES)
def test_a_recipe_says_what_to_install(
    path: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for loaded in [*sys.modules, name]:
        if loaded == name or loaded.startswith(f"{name}."):
            monkeypatch.setitem(sys.modules, loaded, None)
    monkeypatch.chdir(tmp_path)
    argument = "postgresql://127.0.0.1:1/none" if "postgres" in name else None
    monkeypatch.setattr(sys, "argv", [path.name, *([argument] if argument else [])])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(shutil.copy(path, tmp_path)), run_name="__main__")
    said = str(ended.value.code)
    missing, _, command = said.partition("pip install ")
    assert name.partition(".")[0] in missing
    assert "\n" not in said
    lines = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").splitlines()
    first = [line.strip() for line in lines if "pip install" in line]
    assert f"pip install {command}" in first or path.name == "quickstart.py"


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_store_in_memory_has_what_it_computes_with(path: Path) -> None:
    """LangChain's asks for numpy when it is searched, after the vectors were paid for."""
    text = path.read_text("utf-8")
    assert ("InMemoryVectorStore" in text) == ("import numpy" in text)
