"""Runs the examples in the docstrings of the endpoint modules and of what they share."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import zhipu_client
import zhipu_emulator

ROOT = Path(__file__).parent.parent.parent
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


def exported() -> dict[str, Any]:
    """What users find in public places: the packages, and their modules and packages below."""
    places = [zhipu_client, zhipu_emulator] + [
        importlib.import_module(f"zhipu_client.{found.name}")
        for found in pkgutil.iter_modules(zhipu_client.__path__)
        if not found.name.startswith("_")
    ]
    return {
        f"{place.__name__}.{name}": getattr(place, name)
        for place in places
        for name in getattr(place, "__all__", ())
    }


EXPORTED = exported()
_EXAMPLE = re.compile(r"(?m)^Examples?:\n    ")
FUNCTIONS = {name: found for name, found in EXPORTED.items() if inspect.isroutine(found)}


def test_each_function_has_an_example() -> None:
    assert len(FUNCTIONS) > 150
    documented = {name: inspect.getdoc(found) or "" for name, found in FUNCTIONS.items()}
    assert [name for name, text in documented.items() if not _EXAMPLE.search(text)] == []


def test_typed_examples_are_under_the_heading_that_the_reference_reads() -> None:
    """Under "Example:" their prompts would be shown as quotations, three deep."""
    found = [
        str(path)
        for package in ("zhipu_client", "langchain_zhipu", "llama_index_zhipu", "zhipu_emulator")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"(?m)^ *Example:.*\n +>>> ", path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_examples_of_what_sends_and_of_the_emulator_run() -> None:
    """Those of the modules that are not run as a whole."""
    finder = doctest.DocTestFinder(recurse=False)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for name, found in EXPORTED.items():
        home = getattr(found, "__module__", None) or ""
        if home.startswith(("zhipu_client._io", "zhipu_emulator")):
            for session in finder.find(found, name, globs=dict(vars(sys.modules[home]))):
                assert runner.run(session).failed == 0
