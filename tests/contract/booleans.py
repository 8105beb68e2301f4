"""Finds, by their annotations, all that a user can switch on or off in the three packages."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

import langchain_zhipu
import llama_index_zhipu
import zhipu_client

__all__ = ["Argument", "Field", "arguments", "fields"]

_ADAPTERS = (langchain_zhipu, llama_index_zhipu)
_OURS = tuple(f"{package.__name__}" for package in (zhipu_client, *_ADAPTERS))
#: What adapters are made of: programs have no use for it.
_FOR_ADAPTERS = ("zhipu_client.adapting", "zhipu_client.conversation")


@dataclass(frozen=True)
class Field:
    """A field of a public pydantic class."""

    kind: type[BaseModel]
    name: str

    def __str__(self) -> str:
        return f"{self.kind.__module__.split('.')[0]}.{self.kind.__name__}.{self.name}"


@dataclass(frozen=True)
class Argument:
    """An argument of a public function, constructor or method."""

    where: str
    call: Callable[..., Any]
    owner: type | None
    name: str

    def __str__(self) -> str:
        return f"{self.where}({self.name})"


def fields() -> Iterator[Field]:
    """Yield the fields of the adapters' classes that are bool, but for those of frameworks."""
    seen = set()
    for _, thing in _public(*_ADAPTERS):
        if not (inspect.isclass(thing) and issubclass(thing, BaseModel)):
            continue
        for name, field in thing.model_fields.items():
            owner = next(c for c in reversed(thing.__mro__) if name in _annotated(c))
            if _ours(owner) and _is_boolean(field.annotation) and (thing, name) not in seen:
                seen.add((thing, name))
                yield Field(thing, name)


def arguments() -> Iterator[Argument]:
    """Yield the arguments that are bool of all public functions, methods and constructors."""
    for place, thing in _public(zhipu_client, *_ADAPTERS):
        if inspect.isfunction(thing):
            yield from _of(place, thing, None)
        if not inspect.isclass(thing) or not _given_by_users(thing):
            continue
        for name, method in vars(thing).items():
            if inspect.isfunction(method) and (name == "__init__" or not name.startswith("_")):
                theirs = _named_by_frameworks(thing, name)
                found = _of(f"{place}.{name}", method, thing)
                yield from (one for one in found if one.name not in theirs)


def _of(place: str, call: Callable[..., Any], owner: type | None) -> Iterator[Argument]:
    try:
        hints = typing.get_type_hints(call)
    except (NameError, TypeError):  # what is inherited as it is from a framework
        return
    for name, hint in hints.items():
        if name != "return" and _is_boolean(hint):
            yield Argument(place, call, owner, name)


def _named_by_frameworks(kind: type, method: str) -> set[str]:
    """Return the arguments of a method that are the framework's own: it says what they take."""
    found: set[str] = set()
    for base in kind.__mro__:
        own = vars(base).get(method)
        if method != "__init__" and not _ours(base) and inspect.isfunction(own):
            found |= inspect.signature(own).parameters.keys()
    return found


def _given_by_users(kind: type) -> bool:
    """Whether a class is one that users make, and not what is returned to them or raised."""
    if issubclass(kind, BaseException) or dataclasses.is_dataclass(kind):
        return False
    # Of replies the service says what they are.
    return not (issubclass(kind, BaseModel) and kind.__module__.startswith("zhipu_client"))


def _public(*packages: types.ModuleType) -> Iterator[tuple[str, Any]]:
    seen = set()
    for package in packages:
        found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        for module in (package.__name__, *(one.name for one in found)):
            if "._" in module or module.startswith(_FOR_ADAPTERS):
                continue
            loaded = importlib.import_module(module)
            for name in getattr(loaded, "__all__", ()):
                thing = getattr(loaded, name)
                if id(thing) not in seen:
                    seen.add(id(thing))
                    yield f"{module}.{name}", thing


def _ours(kind: type) -> bool:
    return kind.__module__.split(".")[0] in _OURS


def _annotated(kind: type) -> Any:
    return vars(kind).get("__annotations__", ())


def _is_boolean(hint: Any) -> bool:
    if hint is bool:
        return True
    if typing.get_origin(hint) in (typing.Union, types.UnionType, typing.Annotated):
        return any(_is_boolean(one) for one in typing.get_args(hint))
    return False
