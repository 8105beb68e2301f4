"""Public names: what type checkers see is what there is at run time."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import zhipu_client

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "zhipu_client" / "__init__.py"


def _seen_by_type_checkers() -> dict[str, str]:
    """Public name -> the module that the block for type checkers imports it from."""
    (block,) = (node for node in ast.parse(SOURCE.read_text("utf-8")).body if _is_block(node))
    found = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        assert node.level == 1
        for alias in node.names:
            if alias.name == "*":
                home = importlib.import_module(f"zhipu_client.{node.module}")
                found.update(dict.fromkeys(home.__all__, str(node.module)))
            else:
                # Without "as" a strict type checker takes the name for private.
                assert alias.asname == alias.name
                found[alias.name] = node.module or alias.name
    return found


def _is_block(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


def test_type_checkers_see_every_public_name_and_no_other() -> None:
    assert sorted(_seen_by_type_checkers()) == sorted(zhipu_client.__all__) == dir(zhipu_client)


@pytest.mark.parametrize(("name", "home"), _seen_by_type_checkers().items())
def test_each_name_comes_from_where_type_checkers_look(name: str, home: str) -> None:
    module = importlib.import_module(f"zhipu_client.{home}")
    found = getattr(zhipu_client, name)
    assert found is (module if name == home else getattr(module, name))


@pytest.mark.parametrize("package", ["adapting", "conversation", "models", "work"])
def test_what_a_package_loads_late_is_what_type_checkers_see(package: str) -> None:
    tree = ast.parse((SOURCE.parent / package / "__init__.py").read_text("utf-8"))
    (block,) = (node for node in tree.body if _is_block(node))
    late = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    assert late
    there = importlib.import_module(f"zhipu_client.{package}")
    for node in late:
        home = importlib.import_module(str(node.module))
        for alias in node.names:
            assert alias.name in there.__all__
            assert getattr(there, alias.name) is getattr(home, alias.name)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = there.no_such_name


def test_every_file_and_folder_without_underscore_is_found() -> None:
    there = {path.stem for path in SOURCE.parent.iterdir() if path.suffix == ".py"}
    there |= {path.parent.name for path in SOURCE.parent.glob("*/__init__.py")}
    assert {name for name in there if name[0] != "_"} <= set(zhipu_client.__all__)


def test_a_star_import_brings_the_public_names() -> None:
    names: dict[str, object] = {}
    exec("from zhipu_client import *", names)
    assert set(zhipu_client.__all__) <= set(names)


def test_an_endpoint_whose_own_import_fails_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "broken.py").write_text("import a_package_that_is_not_installed\n")
    monkeypatch.setattr(zhipu_client, "__path__", [*zhipu_client.__path__, str(tmp_path)])
    with pytest.raises(ModuleNotFoundError, match="a_package_that_is_not_installed"):
        _ = zhipu_client.broken


def test_the_package_alone_imports_none_of_its_modules() -> None:
    program = "import sys, zhipu_client; print([n for n in sys.modules if 'zhipu_client.' in n])"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert result.stdout.strip() == "[]"
