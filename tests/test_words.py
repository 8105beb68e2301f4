"""Docstrings, comments and errors of the adapters use plain words (CONTRIBUTING, Words)."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("langchain_zhipu", "llama_index_zhipu")
#: Still to be gone through.
LEFT = {"langchain_zhipu/_chat/media.py", "llama_index_zhipu/_chat/media.py"}

AVOIDED = re.compile(
    r"\b(?:(?:is|are) none|is no [a-z]+|[Tt]ells?|[Tt]old|[Ss]tands?|[Dd]emands?|one's own)\b"
)
#: Calls whose strings people read: errors, warnings, logs.
_TO_PEOPLE = re.compile(r"Error$|^(?:refuse|refused|warn|warning|debug|info)$")


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def texts(source: str) -> Iterator[tuple[int, str]]:
    """The docstrings, comments and messages of a module, with their lines."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, documented) and (text := ast.get_docstring(node)):
            yield getattr(node, "lineno", 1), text
        elif isinstance(node, ast.Call) and _TO_PEOPLE.search(_called(node)):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    yield inner.lineno, inner.value


@pytest.mark.parametrize("package", PACKAGES)
def test_words_are_plain(package):
    found = [
        f"{path.relative_to(ROOT)}:{line}: {match.group()!r}"
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.relative_to(ROOT).as_posix() not in LEFT
        for line, text in texts(path.read_text("utf-8"))
        for match in AVOIDED.finditer(text)
    ]
    assert not found, "other words are plainer, see CONTRIBUTING:\n  " + "\n  ".join(found)


def test_they_are_found():
    source = '''
"""The model is told."""
def f():
    """Raises where the value is none."""
    raise ValueError(f"{f} is no address")  # it stands there
name = "tells"
'''
    found = {match.group() for _, text in texts(source) for match in AVOIDED.finditer(text)}
    assert found == {"told", "is none", "is no address", "stands"}
