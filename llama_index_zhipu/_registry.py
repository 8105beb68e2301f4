"""Making `load_llm` and `load_embed_model` of LlamaIndex know our classes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
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
    """Finds one module as the others do, with something added to its loader.

    It is never taken away: a thread that goes through ``sys.meta_path`` meanwhile would leave out
    the finder behind it, and not find a module that exists.
    """

    def __init__(self, name: str, done: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._done = done

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        spec = self._found_by_others(path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Registering(spec.loader, self._done)
        return spec

    def _found_by_others(
        self, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        for finder in tuple(sys.meta_path):
            look = None if finder is self else getattr(finder, "find_spec", None)
            found: ModuleSpec | None = None if look is None else look(self._name, path, target)
            if found is not None:
                return found
        return None


def when_imported(name: str, done: Callable[[ModuleType], None]) -> None:
    """Do something with a module: now when it is imported already, else when it will be.

    The modules with the tables import the OpenAI packages where those are installed, which costs
    more than all of ours: so they are not imported for the sake of an entry.

    Args:
        name: The module's full name.
        done: What to do with the module; doing it again must change nothing.
    """
    sys.meta_path.insert(0, _Finder(name, done))
    if name in sys.modules:
        # Another thread may have imported it by half: an import waits for the whole.
        done(import_module(name))
