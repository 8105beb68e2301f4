"""`typing.get_type_hints` works for all that is public: frameworks and tools evaluate hints."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
import typing
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

OURS = ("zhipu_client", "langchain_zhipu", "llama_index_zhipu", "zhipu_emulator")
#: Those whose modules are public too; of the emulator, what it exports is.
BY_MODULE = OURS[:3]


def modules(name: str) -> Iterator[ModuleType]:
    package = importlib.import_module(name)
    yield package
    if name not in BY_MODULE:
        return
    for found in pkgutil.walk_packages(package.__path__, f"{name}."):
        if not any(part.startswith("_") for part in found.name.split(".")):
            yield importlib.import_module(found.name)


def is_ours(module: str | None) -> bool:
    return (module or "").partition(".")[0] in OURS


def fails(thing: Any) -> str | None:
    try:
        typing.get_type_hints(thing)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def of_class(name: str, found: type) -> Iterator[tuple[str, Any]]:
    # What LangChain's middleware says of its own fields cannot be evaluated, ours or not.
    if not any(fails(base) for base in found.__mro__ if not is_ours(base.__module__)):
        yield name, found
    for base in found.__mro__:
        for part, method in vars(base).items() if is_ours(base.__module__) else ():
            if part.startswith("_") and part not in ("__init__", "__call__"):
                continue
            method = getattr(method, "__func__", getattr(method, "fget", method))
            # Methods of a framework's class in a wrapping of ours keep their own module's names.
            if inspect.isfunction(method) and is_ours(
                inspect.unwrap(method).__globals__["__name__"]
            ):
                yield f"{name}.{part}", method


def public(package: str) -> Iterator[tuple[str, Any]]:
    for module in modules(package):
        for name in getattr(module, "__all__", ()):
            found = getattr(module, name)
            if inspect.isclass(found):
                yield from of_class(f"{module.__name__}.{name}", found)
            elif inspect.isfunction(found):
                yield f"{module.__name__}.{name}", found


@pytest.mark.parametrize("package", OURS)
def test_hints_of_all_that_is_public_can_be_evaluated(package: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        failed = {name: why for name, found in public(package) if (why := fails(found))}
    assert not failed


def test_a_hint_is_the_type_itself() -> None:
    from zhipu_client import AsyncClient, Client, UsageCounter, acall_agent, call_agent
    from zhipu_client.models import Costs

    assert typing.get_type_hints(call_agent)["client"] is Client
    assert typing.get_type_hints(acall_agent)["client"] is AsyncClient
    assert typing.get_type_hints(Client.as_async)["return"] is AsyncClient
    assert Costs in typing.get_args(typing.get_type_hints(UsageCounter.costs)["return"]) or (
        typing.get_type_hints(UsageCounter.costs)["return"] is Costs
    )


def test_a_hint_imports_nothing_before_it_is_evaluated() -> None:
    program = (
        "import sys, typing\n"
        "from zhipu_client import chat\n"
        "assert 'zhipu_client._io.aio' not in sys.modules\n"
        "from zhipu_client import call_agent\n"
        "assert 'zhipu_client._io.aio' not in sys.modules\n"
        "typing.get_type_hints(call_agent)\n"
        "assert 'zhipu_client._io.sync' in sys.modules\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert not run.returncode, run.stderr
