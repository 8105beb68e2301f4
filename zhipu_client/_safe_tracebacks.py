"""Functions that keep no key when they fail. Pure.

An error has the frames of its traceback, and error reporters send the local variables of those
frames: the key that the constructor was called with, in clear.
"""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

__all__ = ["KeepsNoArguments", "akeeps_no_arguments", "clear_frames", "keeps_no_arguments"]

P = ParamSpec("P")
T = TypeVar("T")


class KeepsNoArguments:
    """A base whose subclasses' constructors, assignments and copies clear the frames of errors.

    Line numbers stay; local variables go, of all frames below the constructor's caller.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in ("__init__", "__setattr__", "model_copy"):
            own = vars(cls).get(name)
            if own is not None:
                setattr(cls, name, _cleared(own))


def _cleared(function: Callable[P, T]) -> Callable[P, T]:
    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        before = sys.exception()
        try:
            return function(*args, **kwargs)
        except Exception as error:
            clear_frames(error, before)
            del args, kwargs
            raise

    return call


def keeps_no_arguments(function: Callable[P, T]) -> Callable[P, T]:
    """Return a function whose failures, an interrupt too, have frames without variables.

    Below a request httpx has its headers and its bytes in variables, and the key is in both.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        before = sys.exception()
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            clear_frames(error, before)
            raise

    return call


def akeeps_no_arguments(
    function: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """Do as `keeps_no_arguments` for a coroutine function."""

    @functools.wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        before = sys.exception()
        try:
            return await function(*args, **kwargs)
        except BaseException as error:
            clear_frames(error, before)
            raise

    return call


def clear_frames(error: BaseException, before: BaseException | None) -> None:
    """Clear the frames of an error and of what led to it, but not of what was there before.

    Args:
        error: The error.
        before: The error that was handled when the work began which has failed now.
    """
    seen: set[int] = {id(before)}
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        traceback.clear_frames(one.__traceback__)
        waiting += [one.__cause__, one.__context__]
