"""Says which files were opened, whoever opened them and by whichever way."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["watched"]

#: One list for each `watched` that is going on.
_ACTIVE: list[list[Path]] = []
_STATE = {"installed": False}


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or not _ACTIVE or not isinstance(arguments[0], (str, bytes, os.PathLike)):
        return
    path = Path(os.fsdecode(arguments[0]))
    for found in _ACTIVE:
        found.append(path)


@contextmanager
def watched(folder: Path) -> Iterator[list[str]]:
    """The names of the files below a folder that are opened meanwhile, in any thread.

    Args:
        folder: Where to look; what is opened elsewhere (modules, certificates) is left out.
    """
    if not _STATE["installed"]:  # an audit hook cannot be removed
        sys.addaudithook(_hook)
        _STATE["installed"] = True
    seen: list[Path] = []
    names: list[str] = []
    _ACTIVE.append(seen)
    try:
        yield names
    finally:
        _ACTIVE[:] = [found for found in _ACTIVE if found is not seen]
        root = folder.resolve()
        names += [path.name for path in seen if path.resolve().is_relative_to(root)]
