"""A PDF file, opened once in a process of its own: how many pages it has, and some of them."""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from zhipu_client._safe_tracebacks import keeps_no_arguments
from zhipu_client._secrets import HiddenPassword, hidden_password
from zhipu_client.errors import InvalidRequestError
from zhipu_client.errors._naming import shown_name

from . import pdf_process

__all__ = [
    "BOUNDS",
    "PDF",
    "BrokenPDFError",
    "MissingLibraryError",
    "PasswordNeededError",
    "copied",
    "reading",
    "with_password",
]

T = TypeVar("T")

#: The most seconds that a command may take, whatever else the machine does.
_SECONDS = 120.0
_PROGRAM = str(Path(pdf_process.__file__))
#: Of a document: what says that its content is not on its pages -> that, and what to do.
_NOT_ON_PAGES = {
    "/Collection": (
        "is a portfolio: the files in it are not read, only its own pages. Take them out and give "
        "them one by one"
    ),
    "/NeedsRendering": (
        "is a form that only Adobe's programs draw (XFA): what is read is the note that is on its "
        "pages in place of it. Print it to a PDF and give that"
    ),
}
BOUNDS = {
    "memory": f"takes more than {pdf_process.MEMORY // pdf_process.MiB:,} MiB of memory to open",
    "time": f"takes more than {pdf_process.CPU_SECONDS} seconds to open",
}


class BrokenPDFError(Exception):
    """The library cannot read the file; the service may."""


class MissingLibraryError(ImportError):
    """The extra ``ocr`` is not installed."""


class PasswordNeededError(Exception):
    """The file is encrypted, and does not open with the password."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a PDF.

    Attributes:
        pages: How many pages it has.
        encrypted: Whether it is encrypted.
        info: Title, author and so on, by their names in the file.
        remarks: What is in it and is not on its pages, in words that follow its name.
    """

    pages: int
    encrypted: bool = False
    info: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[str] = ()


class PDF:
    """One PDF file. Used by one thread at a time.

    Args:
        file: The file.
        name: What errors call it.
        password: Its password; None for none.

    Raises:
        MissingLibraryError: The library that reads PDFs is not installed.
        PasswordNeededError: It needs a password, or another one.
        BrokenPDFError: It cannot be read here.
        InvalidRequestError: It is refused: it needs too much memory or time.
    """

    def __init__(self, file: BinaryIO, name: str, password: HiddenPassword | None = None) -> None:
        if importlib.util.find_spec("pikepdf") is None:
            raise MissingLibraryError("pikepdf")
        self._name = name
        self._password = password
        self._reading: _Process | _Here | None = None
        self._copy = copied(file)
        self._source = file if self._copy is None else self._copy
        try:
            self.facts = self._start()
        except BaseException:
            self.close()
            raise

    def part(self, first: int, last: int) -> bytes:
        """Return the pages from ``first`` to ``last`` as a PDF of their own."""
        return self._ask(do="part", first=first, last=last)

    def whole(self) -> bytes:
        """Return the whole file without encryption."""
        return self._ask(do="whole")

    def rest(self) -> None:
        """End the process; it is started again if pages are asked for."""
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.end()

    def close(self) -> None:
        """End the process for good."""
        self.rest()
        if self._copy is not None:
            self._copy.close()

    def __del__(self) -> None:
        if hasattr(self, "_copy"):
            self.close()

    def _start(self) -> Facts:
        self._reading = reading(self._source, [_PROGRAM], pdf_process.Desk)
        found, _ = self._answer({"do": "open", "password": self._password})
        remarks = [_NOT_ON_PAGES[name] for name in found["remarks"]]
        return Facts(found["pages"], found["encrypted"], found["info"], remarks)

    def _ask(self, **command: Any) -> bytes:
        if self._reading is None:
            self._start()
        return self._answer(command)[1]

    def _answer(self, command: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        assert self._reading is not None  # noqa: S101 - for the type checker
        head, content = self._reading.answer(command)
        kind, why = head.get("error"), head.get("why", "")
        if kind is None:
            return head, content
        if kind == "password":
            raise PasswordNeededError(self._name)
        if kind == "broken":
            raise BrokenPDFError(why)
        self.rest()
        text = f"{shown_name(self._name)} {BOUNDS.get(kind, why)}"
        raise InvalidRequestError(text, field="source", value=self._name)


class _Process:
    """A process of its own, which can be bounded and ended."""

    def __init__(self, source: BinaryIO, program: Sequence[str]) -> None:
        handle = source.fileno()
        size = os.fstat(handle).st_size
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            # Without the user's own start-up files; what is installed is found by the paths.
            [sys.executable, "-I", *program, str(handle), str(size), *filter(None, sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=[handle],
        )

    def answer(self, command: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        late = threading.Timer(_SECONDS, self._process.kill)
        late.daemon = True
        late.start()
        try:
            head, content = self._exchanged(command)
        except (OSError, ValueError):  # it ended
            head, content = {}, b""
        finally:
            late.cancel()
        if head and len(content) == head["size"]:
            return head, content
        # By a signal of its own where memory ran out, by the system where time did.
        aborted = self._process.wait() in (-signal.SIGABRT, -signal.SIGSEGV)
        return {"error": "memory" if aborted else "time"}, b""

    def _exchanged(self, command: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        process = self._process
        assert process.stdin is not None  # noqa: S101 - for the type checker
        assert process.stdout is not None  # noqa: S101
        # In no variable: a password is in it.
        process.stdin.write(json.dumps(command, default=_revealed).encode() + b"\n")
        process.stdin.flush()
        head: dict[str, Any] = json.loads(process.stdout.readline())
        return head, process.stdout.read(head["size"])

    def end(self) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what was not written yet
                if pipe is not None:
                    pipe.close()
        # Killed, it ends at once.
        self._process.wait()


class _Here:
    """The same in this process, where no other can be started: without bounds."""

    def __init__(self, desk: Any) -> None:
        self._desk = desk

    @keeps_no_arguments
    def answer(self, command: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        command = {name: _revealed(value) for name, value in command.items()}
        with warnings.catch_warnings():
            # That forms are not copied, which is done here.
            warnings.simplefilter("ignore")
            found: tuple[dict[str, Any], bytes] = self._desk.answer(command)
            return found

    def end(self) -> None:
        close = getattr(self._desk, "close", None)
        if close is not None:
            close()


def _revealed(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, HiddenPassword) else value


def with_password(
    opened: Callable[[HiddenPassword | None], T],
    password: HiddenPassword | Callable[[], Any] | None,
    refused: Callable[[str], InvalidRequestError],
) -> T:
    """Open a file without a password, and only if it needs one with it.

    Most encrypted files open without one: they only forbid to copy or print.

    Args:
        opened: Opens it; raises `PasswordNeededError`.
        password: The password, or what returns it.
        refused: Makes an error that names the file.

    Raises:
        InvalidRequestError: It needs a password, or another one.
    """
    try:
        return opened(None)
    except PasswordNeededError:
        given = _asked(password, refused) if callable(password) else hidden_password(password)
    if given is None:
        raise refused("needs a password: give it as `password`, a string or a function of the file")
    if given.lost:
        raise refused(
            "needs a password, and passwords are not pickled: set `password` again in this "
            "process, or give a function that can be imported"
        )
    try:
        return opened(given)
    except PasswordNeededError:
        raise refused("needs another password than the one that was given") from None


def _asked(
    password: Callable[[], Any], refused: Callable[[str], InvalidRequestError]
) -> HiddenPassword | None:
    """Return what a caller's function gives; what it raises itself gets a note with the file."""
    try:
        given = password()
    except Exception as error:
        error.add_note(str(refused("needs a password, and the function that gives it raised this")))
        raise
    if inspect.iscoroutine(given):
        given.close()  # or it would warn that nobody awaited it
        raise refused("needs a password, and the function that gives it is asynchronous")
    if callable(given) and not hasattr(given, "get_secret_value"):
        raise refused("needs a password, and the function that gives it returned a function")
    found: HiddenPassword | None = hidden_password(given)
    return found


def reading(
    source: BinaryIO, program: Sequence[str], desk: Callable[[BinaryIO], Any]
) -> _Process | _Here:
    """Return what answers commands about a file.

    Args:
        source: The file, which has a handle.
        program: What a process of its own runs, as arguments of the interpreter.
        desk: Makes what answers in this process, where no other can be started.
    """
    # A frozen program has no interpreter to start; Windows does not pass handles by number.
    if os.name == "posix" and sys.executable and not getattr(sys, "frozen", False):
        with suppress(OSError):  # where processes are not allowed
            return _Process(source, program)
    return _Here(desk(source))


def copied(file: BinaryIO) -> BinaryIO | None:
    """Return what is in memory as a temporary file; None for one with a handle."""
    with suppress(OSError):
        file.fileno()
        return None
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the PDF
    file.seek(0)
    while piece := file.read(pdf_process.MiB):
        copy.write(piece)
    copy.flush()
    return copy
