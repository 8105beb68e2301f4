"""A recipe that lacks a package says what to install, as its first lines do, and nothing else."""

from __future__ import annotations

import ast
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cookbook.test_copied import RECIPES
from tests.programs import run_program

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


#: In a process of its own: what was imported without a package would stay so.
DRIVER = """
import runpy, sys

recipe, name, *arguments = sys.argv[1:]
for loaded in [*sys.modules, name]:
    if loaded == name or loaded.startswith(f"{name}."):
        sys.modules[loaded] = None
sys.argv[:] = [recipe, *arguments]
runpy.run_path(recipe, run_name="__main__")
"""


@pytest.mark.parametrize(("path", "name"), CASES)
def test_a_recipe_says_what_to_install(path: Path, name: str, tmp_path: Path) -> None:
    driver = tmp_path / "driver.py"
    driver.write_text(DRIVER, "utf-8")
    copied = shutil.copy(path, tmp_path)
    arguments = ["postgresql://127.0.0.1:1/none"] if "postgres" in name else []
    ran = run_program(driver, str(copied), name, *arguments, cwd=tmp_path)
    assert ran.returncode == 1
    *before, said = ran.stderr.splitlines()
    assert all(line.startswith("No API key is set: the emulator") for line in before), ran.stderr
    missing, _, command = said.partition("pip install ")
    assert name.partition(".")[0] in missing
    lines = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").splitlines()
    first = [line.strip() for line in lines if "pip install" in line]
    assert f"pip install {command}" in first or path.name == "quickstart.py"


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_store_in_memory_has_what_it_computes_with(path: Path) -> None:
    """LangChain's asks for numpy when it is searched, after the vectors were paid for."""
    text = path.read_text("utf-8")
    assert ("InMemoryVectorStore" in text) == ("import numpy" in text)
