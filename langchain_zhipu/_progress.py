"""A progress bar in the terminal or a notebook, without a further dependency."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self, TextIO

__all__ = ["ProgressBar"]

_WIDTH = 24


class ProgressBar:
    """A progress bar on standard error. Does nothing unless ``shown``.

    Examples:
        >>> with ProgressBar("pages", shown=False) as bar:
        ...     bar.at(1, 10)
    """

    def __init__(self, unit: str, *, shown: bool = True, file: TextIO | None = None) -> None:
        self._unit = unit
        self._shown = shown
        self._file = file
        self._length = 0

    def at(self, done: int, total: int | None, what: str = "") -> None:
        """Show that ``done`` of ``total`` are done; the total may be unknown."""
        if not self._shown:
            return
        bar = ""
        if total:
            filled = min(_WIDTH, _WIDTH * done // total)
            bar = f" [{'#' * filled}{'.' * (_WIDTH - filled)}]"
        of = f"/{total}" if total else ""
        self._write(f"{done}{of} {self._unit}{bar}{what and f' {what}'}")

    def _write(self, line: str) -> None:
        file = self._file or sys.stderr
        # Blanks overwrite the rest of a longer line.
        print(f"\r{line:<{self._length}}", end="", file=file, flush=True)
        self._length = len(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown and self._length:
            print(file=self._file or sys.stderr, flush=True)
