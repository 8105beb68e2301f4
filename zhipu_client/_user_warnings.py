"""Warnings that point at the line of the user's code, not into a package."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType

__all__ = ["warn_user"]

#: Ours, which may be worked on in a folder of their own.
_OURS = frozenset({"langchain_zhipu", "llama_index_zhipu", "zhipu_client", "zhipu_emulator"})
#: Where packages are installed, whatever the environment.
_INSTALLED = frozenset({"dist-packages", "site-packages"})
#: Where a thread is that waits for what it has given to other threads.
_WAITING = frozenset({"asyncio", "concurrent"})


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn of something, at the nearest line that is neither ours, installed nor Python's.

    So the user sees what to change, and Python's filters by module apply to the user's own. In a
    thread that only packages have started it is the line that waits for it, where there is one
    such line.

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
    start = sys._getframe(1)
    frame = _of_the_user(start) or _that_waits() or _caller_of_ours(start)
    names = frame.f_globals
    warnings.warn_explicit(
        message,
        category,
        filename=frame.f_code.co_filename,
        lineno=frame.f_lineno,
        module=names.get("__name__") or "<unknown>",
        registry=names.setdefault("__warningregistry__", {}),
    )


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _package(frame: FrameType) -> str:
    name = frame.f_globals.get("__name__") or ""
    return str(name).partition(".")[0]


def _of_the_user(start: FrameType) -> FrameType | None:
    return next((frame for frame in _outwards(start) if _is_users(frame)), None)


def _is_users(frame: FrameType) -> bool:
    if _package(frame) in _OURS:
        return False
    place = frame.f_code.co_filename
    if place.startswith("<frozen "):
        return False
    if place.startswith("<"):  # made by exec, as dataclasses do: it belongs to its module
        place = str(frame.f_globals.get("__file__") or "")
    return not _is_installed(place, str(frame.f_globals.get("__name__") or ""))


@cache
def _is_installed(place: str, module: str) -> bool:
    """Return whether a file belongs to Python itself or to an installed package."""
    path = Path(place)
    if not _INSTALLED.isdisjoint(path.parts) or path.is_relative_to(Path(os.__file__).parent):
        return True
    depth = module.count(".") + (path.stem == "__init__")
    if depth >= len(path.parents):
        return False
    root = path.parents[depth]
    return path.relative_to(root).parts[0] in _installed_in(root)


@cache
def _installed_in(folder: Path) -> frozenset[str]:
    """Return the names at the top of what was installed beside a program, as for AWS Lambda.

    Only a folder that installers have written to has records of them.
    """
    try:
        records = [path.read_text("utf-8") for path in folder.glob("*.dist-info/RECORD")]
    except (OSError, ValueError):
        return frozenset()
    lines = (line for record in records for line in record.splitlines())
    return frozenset(line.partition(",")[0].partition("/")[0] for line in lines)


def _that_waits() -> FrameType | None:
    """Return the line of the user, in another thread, that waits for the work of threads.

    Nothing says which thread another one works for. Where two of them wait, none is named.
    """
    found = [
        frame
        for start in sys._current_frames().values()
        if _waits(start) and (frame := _of_the_user(start)) is not None
    ]
    return found[0] if len(found) == 1 else None


def _waits(start: FrameType) -> bool:
    inner = (_package(frame) for frame in _outwards(start))
    return next((name for name in inner if name not in {"selectors", "threading"}), "") in _WAITING


def _caller_of_ours(start: FrameType) -> FrameType:
    ours = [frame for frame in _outwards(start) if _package(frame) in _OURS]
    return (ours[-1].f_back or ours[-1]) if ours else start
