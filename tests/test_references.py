"""Docstrings and comments name only what exists.

Looked at are names that begin with one of our packages, ``zhipu_client.chat.create``, all names in
single backticks, with dots or without (`chat.create`), and files, ``pools.py``.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("zhipu_client", "langchain_zhipu", "llama_index_zhipu", "zhipu_emulator")

_NAME = re.compile(r"(?<!`)(`{1,2})([A-Za-z_]\w*(?:\.\w+)*)(?:\(\))?\1(?!`)")
#: Names of the frameworks and of what they rest on, which our code does not use.
OF_OTHERS = frozenset(
    """
    SimpleDirectoryReader _DeadlockError load_embed_model load_llm message_chunk_to_message
    """.split()
)
_FILE = re.compile(r"(?<!`)`{1,2}([\w/]+\.py)`{1,2}(?!`)")


def modules(package: str) -> dict[str, Path]:
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[-1] != "__main__":
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def prose(source: str) -> Iterator[str]:
    """The docstrings and comments of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def has(owner: object, name: str) -> bool:
    """True when ``owner`` has an attribute, a field or, if it is a package, a module of a name."""
    if hasattr(owner, name) or name in getattr(owner, "model_fields", {}):
        return True
    if inspect.isclass(owner):
        return any(name in vars(base).get("__annotations__", {}) for base in owner.__mro__) or any(
            name in _set_on_self(base) for base in owner.__mro__
        )
    return False


@cache
def _set_on_self(owner: type) -> frozenset[str]:
    try:
        return frozenset(re.findall(r"\bself\.(\w+)\b", inspect.getsource(owner)))
    except (OSError, TypeError):
        return frozenset()


def follow(owner: object, names: list[str]) -> bool:
    """True when each name is found on what the one before it is."""
    for name in names:
        if isinstance(owner, ModuleType) and not hasattr(owner, name):
            try:
                owner = importlib.import_module(f"{owner.__name__}.{name}")
                continue
            except ImportError:
                return False
        if not has(owner, name):
            return False
        if not hasattr(owner, name):
            return True  # a field: what it has is the business of its type
        owner = getattr(owner, name)
        if not (inspect.isclass(owner) or isinstance(owner, ModuleType)):
            return True
    return True


def exists(module: ModuleType, name: str, known: frozenset[str]) -> bool:
    first, *rest = name.split(".")
    if first in PACKAGES:
        return follow(importlib.import_module(first), rest)
    if not rest and (first in known or first in OF_OTHERS | all_names()):
        return True
    owners: list[object] = [module]
    parts = module.__name__.split(".")
    owners += [importlib.import_module(".".join(parts[:n])) for n in range(1, len(parts))]
    owners += [found for found in vars(module).values() if inspect.isclass(found)]
    if any(follow(owner, [first, *rest]) for owner in owners):
        return True
    is_class_here = inspect.isclass(getattr(module, first, None))
    if first in known and not is_class_here:  # a parameter, say: what it has is not known
        return True
    if not rest and hasattr(builtins, first):
        return True
    try:
        return follow(importlib.import_module(first), rest)
    except ImportError:
        return False


def names_in(tree: ast.AST) -> frozenset[str]:
    """Parameters and other names that code has, and its strings that are one word: a field."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.keyword):
            found.add(node.arg or "")
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.alias):
            found.update(node.name.split("."))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Constant) and str(node.value).isidentifier():
            found.add(str(node.value))
    return frozenset(found)


@cache
def all_names() -> frozenset[str]:
    """The names in the code of all four packages."""
    paths = (path for package in PACKAGES for path in modules(package).values())
    return frozenset().union(*(names_in(ast.parse(path.read_text("utf-8"))) for path in paths))


def broken(module: ModuleType, source: str, folder: Path) -> Iterator[str]:
    known = names_in(ast.parse(source))
    for text in prose(source):
        for marks, name in _NAME.findall(text):
            ours = name.split(".")[0] in PACKAGES
            if (ours or len(marks) == 1) and not exists(module, name, known):
                yield name
        for file in _FILE.findall(text):
            places = (ROOT, folder, *(ROOT / package for package in PACKAGES))
            if not any((place / file).exists() for place in places):
                yield file


@pytest.mark.parametrize("package", PACKAGES)
def test_what_the_prose_names_exists(package):
    found = [
        f"{path.relative_to(ROOT)}: `{name}`"
        for module, path in modules(package).items()
        for name in broken(importlib.import_module(module), path.read_text("utf-8"), path.parent)
    ]
    assert not found, "named, and not there:\n  " + "\n  ".join(found)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("see `zhipu_client.chat.create` and ``zhipu_client.chat``", []),
        ("see `zhipu_client.embed_texts`", ["zhipu_client.embed_texts"]),
        ("see ``zhipu_client.chat.nothing``", ["zhipu_client.chat.nothing"]),
        ("`ChatCompletion.choices` is a field, `Message.nonsense` is not", ["Message.nonsense"]),
        ("`create` and `ServerError` are there, `Demand` was renamed", ["Demand"]),
        ("`messages` is a parameter, ``anything`` is a word", []),
        ("see ``_chunks.py``, not ``_light.py``", ["_light.py"]),
    ],
)
def test_what_is_missing_is_found(text, missing):
    module = importlib.import_module("zhipu_client.chat")
    source = Path(str(module.__file__)).read_text("utf-8")
    found = list(broken(module, f"{source}\n# {text}\n", Path(str(module.__file__)).parent))
    assert found == missing


def test_names_left_to_others_are_still_needed():
    prose_of_all = " ".join(
        text
        for package in PACKAGES
        for path in modules(package).values()
        for text in prose(path.read_text("utf-8"))
    )
    assert {name for name in OF_OTHERS if f"`{name}`" not in prose_of_all} == set()
