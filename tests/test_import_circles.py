"""No two modules of a package need each other, not even late or for types only."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("langchain_zhipu", "llama_index_zhipu", "zhipu_client", "zhipu_emulator")


def modules(root: Path, package: str) -> dict[str, Path]:
    """The modules of a package by their dotted names."""
    found = {}
    for path in sorted((root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(module: str, sources: Mapping[str, Path]) -> Iterator[str]:
    """The modules of the package that a module names, wherever in it the import is.

    A package's ``__init__`` counts where a name is taken from it, not where it is only passed on
    the way to a module below it.
    """
    is_package = sources[module].name == "__init__.py"
    for node in ast.walk(ast.parse(sources[module].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in sources)
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")
            up = node.level - is_package
            base = parts[: len(parts) - up] if node.level else []
            name = ".".join([*base, *filter(None, [node.module])])
            for alias in node.names:
                below = f"{name}.{alias.name}"
                if below in sources:
                    yield below
                elif name in sources:
                    yield name


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The shortest circle through each module that is in one, each circle once."""
    found: dict[frozenset[str], list[str]] = {}
    for start in graph:
        paths, seen = [[start]], {start}
        while paths:
            path = paths.pop(0)
            for following in sorted(graph[path[-1]]):
                if following == start:
                    found.setdefault(frozenset(path), [*path, start])
                    paths = []
                    break
                if following not in seen:
                    seen.add(following)
                    paths.append([*path, following])
    return list(found.values())


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_one_way(package):
    sources = modules(ROOT, package)
    graph = {module: set(imported(module, sources)) for module in sources}
    found = circles(graph)
    assert not found, "modules that need each other:\n  " + "\n  ".join(map(" -> ".join, found))


def test_circles_are_found(tmp_path):
    texts = {
        "__init__": "",
        "one": "from house.two import x",
        "two": "def late():\n    from . import three",
        "three": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import house.one",
        "four": "from .one import y",
        "room/__init__": "from .door import z",
        "room/door": "from ..four import z",
    }
    for name, text in texts.items():
        path = tmp_path / "house" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    sources = modules(tmp_path, "house")
    graph = {module: set(imported(module, sources)) for module in sources}
    assert graph["house.room"] == {"house.room.door"}
    assert graph["house.room.door"] == {"house.four"}
    assert [set(circle) for circle in circles(graph)] == [{"house.one", "house.two", "house.three"}]
