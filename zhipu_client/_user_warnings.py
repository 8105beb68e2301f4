"""Warnings that point at the line of the user's code, not into a package. Pure."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

__all__ = ["warn_user"]

#: Packages, and parts of Python, between the user's line and a warning.
_BETWEEN = frozenset(
    "anyio asyncio concurrent contextlib contextvars functools importlib langchain "
    "langchain_classic langchain_core langchain_zhipu langgraph llama_index "
    "llama_index_instrumentation llama_index_zhipu pydantic tenacity threading typing "
    "workflows wrapt zhipu_client".split()
)


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn of something, at the nearest line that is neither ours nor a framework's.

    So the user sees what to change, and Python's filters by module apply to the user's own.

    Args:
        message: What to say.
        category: The class of the warning.

    Examples:
        >>> import warnings
        >>> from zhipu_client._user_warnings import warn_user
        >>> with warnings.catch_warnings(record=True) as found:
        ...     warnings.simplefilter("always")
        ...     warn_user("temperature is high")
        >>> print(found[0].message)
        temperature is high
    """
    frame = _of_the_user(sys._getframe(1))
    names = frame.f_globals
    warnings.warn_explicit(
        message,
        category,
        filename=frame.f_code.co_filename,
        lineno=frame.f_lineno,
        module=names.get("__name__") or "<unknown>",
        registry=names.setdefault("__warningregistry__", {}),
    )


def _of_the_user(start: FrameType) -> FrameType:
    frame: FrameType | None = start
    last = start
    while frame is not None:
        last = frame
        name = frame.f_globals.get("__name__") or ""
        if name.partition(".")[0] not in _BETWEEN:
            break
        frame = frame.f_back
    return last  # the outermost one in a thread that only packages have started
