"""Runs the examples in the docstrings of the endpoint modules and of what they share."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import zhipu_client

MODULES = [
    found.name.removeprefix("zhipu_client.")
    for found in pkgutil.walk_packages(zhipu_client.__path__, "zhipu_client.")
    if not found.name.startswith(("zhipu_client._io", "zhipu_client.conversation"))
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    module = importlib.import_module(f"zhipu_client.{name}")
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0


@pytest.mark.parametrize(
    ("module", "function"),
    [
        (module, function)
        for module in MODULES
        if not module.startswith("_")
        for function in ("create", "bulk", "pages", "speech")
        if hasattr(importlib.import_module(f"zhipu_client.{module}"), function)
    ],
)
def test_endpoints_show_how_they_are_called(module: str, function: str) -> None:
    found = getattr(importlib.import_module(f"zhipu_client.{module}"), function)
    assert "Args:" in found.__doc__ or "parameters are those" in found.__doc__
    assert "Raises:" in found.__doc__ or module == "chat"
