"""What is made when somebody asks for it: names of a package, regular expressions. Pure."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, AnyStr, ForwardRef, cast

__all__ = ["hint", "loader", "pattern"]


def loader(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package whose names are in several modules.

    It gets a ``__dir__`` too, with all that is in its ``__all__``.

    Args:
        package: The package's name.
        homes: Module -> its public names, with a space between them.
    """
    home_of = {name: home for home, names in homes.items() for name in names.split()}

    def find(name: str) -> Any:
        home = home_of.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(home), name)
        setattr(sys.modules[package], name, value)
        return value

    names = vars(sys.modules[package])
    names["__dir__"] = lambda: sorted(names["__all__"])  # else they are shown once they are loaded
    return find


def hint(module: str, name: str) -> Any:
    """Return what is in the place of a type that only annotations name, at run time.

    `typing.get_type_hints` imports the type and gives it; until then nothing is imported.

    Args:
        module: The module that has it.
        name: The type's name.

    Examples:
        >>> import typing
        >>> from zhipu_client.adapting import hint
        >>> def spent(counter): ...
        >>> spent.__annotations__ = {"counter": hint("zhipu_client", "UsageCounter")}
        >>> typing.get_type_hints(spent)["counter"].__name__
        'UsageCounter'
    """
    return ForwardRef(f"__import__({module!r}, fromlist=[{name!r}]).{name}")


class _Pattern:
    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name[0] == "_":
            raise AttributeError(name)
        # Once for each method: from then on it is an attribute of this object.
        found = getattr(re.compile(self._text, self._flags), name)
        self.__dict__[name] = found
        return found


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a regular expression that is compiled where it is used first.

    There are fifty of them on the way of a chat, and most answers meet only a few.

    Args:
        text: The expression, as for `re.compile`.
        flags: As for `re.compile`.
    """
    return cast("re.Pattern[AnyStr]", _Pattern(text, flags))
