"""Keep the secrets in a call's arguments out of LlamaIndex's events, spans and callbacks.

These get the arguments as the caller gave them, before any code of ours runs. So each method that
LlamaIndex watches is called with every secret in a wrapping, and `shown` takes it off again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from llama_index.core.bridge.pydantic import BaseModel
from llama_index.core.instrumentation.dispatcher import DISPATCHER_SPAN_DECORATED_ATTR

from zhipu_client.conversation import changed_secrets

__all__ = ["Hidden", "HidesSecrets", "revealed"]

#: Methods whose own arguments are a prompt's values; a call's arguments are in this one.
_OF_A_PROMPT = ("predict", "stream", "structured")
_NESTED = "llm_kwargs"


class Hidden(BaseModel):
    """A secret that can be shown, written down and sent to another process, all without its value.

    Attributes:
        text: What is shown.
    """

    __slots__ = ("value",)

    text: str = "hidden"

    @classmethod
    def of(cls, value: Any) -> Any:
        """Return a wrapping of a value; what is wrapped already stays so."""
        if not isinstance(value, (Mapping, str)):
            return value  # wrapped, or what is refused later
        made = cls()
        object.__setattr__(made, "value", value)
        return made

    def __copy__(self) -> Hidden:
        return self

    def __deepcopy__(self, memo: Any = None) -> Hidden:
        return self

    def __reduce__(self) -> Any:
        return Hidden, ()


def _revealed(value: Any) -> Any:
    found = getattr(value, "value", None) if isinstance(value, Hidden) else value
    return str(found) if isinstance(found, str) else found


def revealed(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a call's arguments as the caller gave them."""
    return changed_secrets(kwargs, _revealed) if kwargs else {}


def _hidden(kwargs: Mapping[str, Any], *, nested: bool) -> dict[str, Any]:
    found = dict(kwargs) if nested or not kwargs else changed_secrets(kwargs, Hidden.of)
    if isinstance(found.get(_NESTED), Mapping):
        found[_NESTED] = changed_secrets(found[_NESTED], Hidden.of)
    return found


class HidesSecrets:
    """A mixin: the methods that LlamaIndex watches get the secrets of a call in a wrapping."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        watched: dict[str, Any] = {}
        for base in reversed(cls.__mro__):
            for name, method in vars(base).items():
                # What pydantic has put off would be made, only to be looked at.
                if name.startswith("__pydantic"):
                    continue
                if hasattr(method, DISPATCHER_SPAN_DECORATED_ATTR) or name in watched:
                    watched[name] = method
        for name, method in watched.items():
            if not hasattr(method, "hides_secrets"):
                setattr(cls, name, _hiding(name, method))


def _hiding(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    nested = any(name.lstrip("a_").startswith(word) for word in _OF_A_PROMPT)
    nested = nested and not name.endswith(("chat", "complete", "with_tools", "and_call"))

    if iscoroutinefunction(method):

        @wraps(method)
        async def later(self: Any, *args: Any, **kwargs: Any) -> Any:
            return await method(self, *map(_of_dict, args), **_hidden(kwargs, nested=nested))

        made: Any = later
    else:

        @wraps(method)
        def now(self: Any, *args: Any, **kwargs: Any) -> Any:
            return method(self, *map(_of_dict, args), **_hidden(kwargs, nested=nested))

        made = now
    made.hides_secrets = True
    found: Callable[..., Any] = made
    return found


def _of_dict(value: Any) -> Any:
    """Return an argument that is given by its place: a dict may be ``llm_kwargs``."""
    return changed_secrets(value, Hidden.of) if type(value) is dict else value
