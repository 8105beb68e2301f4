"""What a docstring says of an argument is about one that there is: no other check looks."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

PACKAGES = ("zhipu_client", "langchain_zhipu", "llama_index_zhipu", "zhipu_emulator")
_ARGS = re.compile(r"^Args:\n((?: +.*\n?|\n)+)", re.MULTILINE)
_NAME = re.compile(r"^    \*{0,2}(\w+)(?: \([^)]*\))?:", re.MULTILINE)


def _exported(package: str) -> Iterator[tuple[str, Any]]:
    module = importlib.import_module(package)
    for name in module.__all__:
        found = getattr(module, name)
        inner = getattr(found, "__all__", ()) if inspect.ismodule(found) else ()
        things = [(f"{name}.{one}", getattr(found, one)) for one in inner] or [(name, found)]
        for full, thing in things:
            yield full, thing
            methods = vars(thing).items() if inspect.isclass(thing) else ()
            yield from ((f"{full}.{n}", m) for n, m in methods if n[0] != "_" and callable(m))


def documented(thing: Any) -> set[str]:
    """The arguments of which a docstring speaks."""
    found = _ARGS.search((inspect.getdoc(thing) or "") + "\n")
    return set(_NAME.findall(found[1])) if found else set()


def taken(thing: Any) -> set[str]:
    """The arguments that there are; of a pydantic class its fields too."""
    names = set(inspect.signature(thing).parameters)
    for name, field in getattr(thing, "model_fields", {}).items():
        names |= {name, field.alias or name}
    return names


@pytest.mark.parametrize("package", PACKAGES)
def test_each_documented_argument_exists(package: str) -> None:
    looked_at, wrong = 0, {}
    for name, thing in _exported(package):
        if said := documented(thing):
            looked_at += 1
            if unknown := said - taken(thing):
                wrong[name] = unknown
    assert wrong == {}
    assert looked_at > 5


def test_one_that_does_not_exist_is_found() -> None:
    def call(a: int, **more: Any) -> None:
        """Call.

        Args:
            a: A number.
            b: Nothing that there is.
            **more: The rest.
        """

    assert documented(call) - taken(call) == {"b"}
