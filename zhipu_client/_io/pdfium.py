"""A PDF whose pages are rendered, by PDFium in a process of its own."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from zhipu_client._extras import install
from zhipu_client._io import render_process
from zhipu_client._io.pdf import BOUNDS, PasswordNeededError, copied, reading, with_password
from zhipu_client._secrets import HiddenPassword
from zhipu_client.errors import InvalidRequestError
from zhipu_client.errors._naming import shown_name

__all__ = ["RenderedPDF"]

# The paths of this process come first: the same package is found by them, not another version.
_CODE = "import sys; sys.path[:0] = sys.argv[3:]; from {} import main; main()"
_PROGRAM = ("-c", _CODE.format(render_process.__name__))


class RenderedPDF:
    """One PDF file. Used by one thread at a time.

    Args:
        file: The file.
        name: What errors call it.
        password: Its password, or what returns it; called only for a file that needs one.

    Attributes:
        pages: How many pages it has.
        info: Title, author, dates and so on, by their names in the file.

    Raises:
        InvalidRequestError: It cannot be read within bounds of memory and time, needs a password,
            or has no pages; or the libraries are missing.
    """

    pages: int
    info: Mapping[str, str]

    def __init__(
        self, file: BinaryIO, name: str, password: HiddenPassword | Callable[[], Any] | None = None
    ) -> None:
        self._name = name
        if any(importlib.util.find_spec(needed) is None for needed in ("pypdfium2", "PIL")):
            raise self._refused(
                "is a PDF whose pages have to be rendered, which needs pypdfium2 and Pillow: "
                f"{install('ocr')}"
            )
        self._copy = copied(file)
        source = file if self._copy is None else self._copy
        self._reading: Any = reading(source, _PROGRAM, render_process.Desk)
        try:
            facts = self._opened(password)
        except BaseException:
            self.close()
            raise
        self.pages, self.info = facts["pages"], facts["info"]

    def page(self, number: int, dpi: int, max_pixels: int) -> tuple[bytes, int, int]:
        """Return the image of a page, counted from 1, as JPEG; its width and height.

        Raises:
            InvalidRequestError: It cannot be rendered within bounds of memory and time.
        """
        facts, content = self._ask(
            f"page {number}", do="page", page=number, dpi=dpi, max_pixels=max_pixels
        )
        return content, facts["width"], facts["height"]

    def close(self) -> None:
        """End the process for good."""
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.end()
        if self._copy is not None:
            self._copy.close()

    def _opened(self, password: HiddenPassword | Callable[[], Any] | None) -> dict[str, Any]:
        return with_password(
            lambda given: self._ask("it", do="open", password=given)[0], password, self._refused
        )

    def _ask(self, what: str, **command: Any) -> tuple[dict[str, Any], bytes]:
        reading = self._reading
        if reading is None:  # closed meanwhile: nobody waits for the answer
            raise self._refused("was closed while it was read")
        head, content = reading.answer(command)
        kind, why = head.get("error"), head.get("why", "")
        if kind is None:
            return head, content
        if kind == "password":
            raise PasswordNeededError(self._name)
        if kind == "broken":
            raise self._refused(f"is broken: {what} cannot be rendered ({why})")
        raise self._refused(BOUNDS.get(kind, why).replace("to open", f"to render {what}"))

    def _refused(self, why: str) -> InvalidRequestError:
        return InvalidRequestError(
            f"{shown_name(self._name)} {why}", field="source", value=self._name
        )
