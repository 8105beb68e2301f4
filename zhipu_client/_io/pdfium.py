"""PDFium, which renders pages of PDFs; one call at a time in the whole process."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from math import ceil
from typing import Any, BinaryIO

from zhipu_client.errors import InvalidRequestError

__all__ = ["close_soon", "info_of", "one_at_a_time", "open_pdf", "rendered"]

#: PDFium's number for "a password is needed, or it is wrong".
_PASSWORD = 4
_POINTS_PER_INCH = 72
#: What is read of what a file says of itself.
_INFO = (
    "Producer", "Creator", "Title", "Author", "Subject", "Keywords", "CreationDate", "ModDate",
)  # fmt: skip
#: Documents that are to be closed, and their files.
_waiting: deque[tuple[Any, BinaryIO]] = deque()
#: Where all packages in this process that use PDFium from threads find the same lock.
_LOCK = "_lock_of_all_threads"


class NeedsPasswordError(Exception):
    """A PDF needs a password, or another one."""


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Use PDFium alone: it is not safe for threads, not even on separate documents.

    Args:
        name: The document's name, for errors.

    Raises:
        InvalidRequestError: pypdfium2 is missing, or PDFium cannot do what the block asks for.
        NeedsPasswordError: It is encrypted, and does not open with what was given.
    """
    try:
        import PIL.Image  # noqa: F401 - what is rendered becomes one of its images
        import pypdfium2
    except ImportError as error:
        raise InvalidRequestError(
            f"{name} is a PDF whose pages have to be rendered, which needs pypdfium2 and Pillow: "
            "pip install 'zhipu-integrations[ocr]'",
            field="source",
            value=name,
        ) from error
    lock = vars(pypdfium2).setdefault(_LOCK, threading.Lock())
    with _then_closing(lock):
        try:
            yield
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", None) == _PASSWORD:
                raise NeedsPasswordError from error
            raise _refused(name, f"cannot be read as a PDF ({error})") from error
        except (MemoryError, OverflowError, ValueError) as error:
            if isinstance(error, InvalidRequestError):
                raise
            raise _refused(name, f"cannot be rendered ({error})") from error


@contextmanager
def _then_closing(lock: threading.Lock) -> Iterator[None]:
    try:
        with lock:
            yield
    finally:
        _close_waiting(lock)


def close_soon(document: Any, file: BinaryIO) -> None:
    """Close a document and its file: now, or when whoever uses PDFium now has finished.

    Does not wait, since an event loop may call it.
    """
    import pypdfium2

    _waiting.append((document, file))
    _close_waiting(vars(pypdfium2).setdefault(_LOCK, threading.Lock()))


def _close_waiting(lock: threading.Lock) -> None:
    # Asked again after each release: what came in between would be left over otherwise.
    while _waiting and lock.acquire(blocking=False):
        try:
            while _waiting:
                document, file = _waiting.pop()
                document.close()
                file.close()
        finally:
            lock.release()


def _refused(name: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"{name} {why}", field="source", value=name)


def _after_fork() -> None:
    import sys

    # The lock may belong to a thread that the child does not have.
    if "pypdfium2" in sys.modules:
        vars(sys.modules["pypdfium2"]).pop(_LOCK, None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def open_pdf(file: BinaryIO, name: str, password: str | Callable[[], str | None] | None) -> Any:
    """Return the opened document; it is closed by `close_soon`.

    Args:
        file: The file.
        name: What errors call it.
        password: Its password, or what returns it; called only for a file that needs one.

    Raises:
        InvalidRequestError: It cannot be read, needs a password, or has no pages.
    """
    # Most encrypted files open without a password: they only forbid to copy or print.
    try:
        return _opened(file, name, None)
    except NeedsPasswordError:
        given = password() if callable(password) else password
    if not given:
        why = "needs a password: give it as `password`, a string or a function of the file"
        raise _refused(name, why)
    try:
        return _opened(file, name, given)
    except NeedsPasswordError:
        why = "needs another password than the one that was given"
        raise _refused(name, why) from None


def _opened(file: BinaryIO, name: str, password: str | None) -> Any:
    file.seek(0)
    with one_at_a_time(name):
        from pypdfium2 import PdfDocument

        document = PdfDocument(file, password=password)
        try:
            document.init_forms()  # or what is filled into a form would not be on its picture
            if not len(document):
                raise _refused(name, "has no pages")
        except BaseException:
            document.close()
            raise
    return document


def info_of(document: Any, name: str) -> dict[str, str]:
    """Return title, author, dates and so on, by their names in the file."""
    with one_at_a_time(name):
        found = {key: document.get_metadata_value(key) for key in _INFO}
    return {key: value for key, value in found.items() if value}


def rendered(document: Any, number: int, dpi: int, max_pixels: int) -> Any:
    """Return the picture of a page, counted from 1; call it within `one_at_a_time`."""
    with closing(document[number - 1]) as page:
        width, height = (max(side, 1.0) for side in page.get_size())
        scale = min(dpi / _POINTS_PER_INCH, (max_pixels / (width * height)) ** 0.5)
        while ceil(width * scale) * ceil(height * scale) > max_pixels:
            scale *= 0.999
        with closing(page.render(scale=scale)) as bitmap:
            # A copy: the bitmap's own memory goes with it.
            image = bitmap.to_pil().convert("RGB").copy()
    return image
