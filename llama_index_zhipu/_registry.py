"""Making `load_llm` and `load_embed_model` of LlamaIndex know our classes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

__all__ = ["when_imported"]


class _Registering(Loader):
    """A module's own loader, and what has to be done once the module is there."""

    def __init__(self, loader: Loader, done: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._done = done

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._done(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


class _Finder(MetaPathFinder):
    def __init__(self, name: str, done: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._done = done

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Registering(spec.loader, self._done)
        return spec


def when_imported(name: str, done: Callable[[ModuleType], None]) -> None:
    """Do something with a module: now when it is imported already, else when it will be.

    The modules with the tables import the OpenAI packages where those are installed, which costs
    more than all of ours: so they are not imported for the sake of an entry.

    Args:
        name: The module's full name.
        done: What to do with the module.
    """
    module = sys.modules.get(name)
    if module is not None:
        done(module)
    else:
        sys.meta_path.insert(0, _Finder(name, done))
