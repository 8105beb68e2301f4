"""Names that a module had before: they work for one release more, with a warning. Pure."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from zhipu_client._user_warnings import warn_user

__all__ = ["renamed"]


def renamed(module: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a module some of whose names have changed.

    Args:
        module: The module's own ``__name__``.
        names: Old name -> new name.
    """

    def find(name: str) -> Any:
        new = names.get(name)
        if new is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        warn_user(
            f"{module}.{name} is now {module}.{new}; the old name goes with the next release",
            DeprecationWarning,
        )
        return getattr(sys.modules[module], new)

    return find
