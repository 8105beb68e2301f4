"""Documents as pictures of their pages, for servers that look at pictures. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Bounds", "Picture", "Pictures", "PicturesOpener"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large the picture of a page is.

    Attributes:
        dpi: Dots per inch at which a page of a PDF is rendered.
        max_pixels: The most pixels of a picture; larger ones are made smaller.
    """

    dpi: int
    max_pixels: int


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture of one page.

    Attributes:
        url: A data URL, or the address that the caller gave.
        width: In pixels; None where that is unknown here.
        height: In pixels; None where that is unknown here.
    """

    url: str = field(repr=False)
    width: int | None = None
    height: int | None = None


class Pictures(Protocol):
    """An opened document.

    Attributes:
        pages: How many pages it has.
        info: As `zhipu_client.work._job.Document` has it.
        in_memory: Whether it has no name of its own.
    """

    pages: int
    info: Mapping[str, str]
    in_memory: bool

    def label(self, number: int) -> str:
        """Return what an error calls a page, counted from 1: with the file, where it has one."""

    def picture(self, number: int) -> Picture:
        """Return the picture of a page, counted from 1."""

    def close(self) -> None:
        """Close the file."""


#: Opens a source: (source, root that it must be in, most bytes, bounds, password) -> its pictures.
PicturesOpener = Callable[[str | Path | bytes, Path | None, int, Bounds, Any], Pictures]
