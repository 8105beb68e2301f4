"""Runs the examples in the docstrings of the conversation core."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

from zhipu_client import conversation


@pytest.mark.parametrize("name", [m.name for m in pkgutil.iter_modules(conversation.__path__)])
def test_examples_run(name: str) -> None:
    module = importlib.import_module(f"{conversation.__name__}.{name}")
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0
