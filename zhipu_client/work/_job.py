"""Work that takes many requests, as a value: what `zhipu_client.run` and `iterate` carry out.

A `Job` says what is wanted. `Job.begin` makes a `Work`, a small pure machine that is asked for
requests and given their answers; the engines in `_io` send the requests, several at once, from
threads or from tasks, and know nothing of what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from pydantic import SecretStr

from zhipu_client._request import Request
from zhipu_client._secrets import HiddenPassword
from zhipu_client.dialects import DialectName
from zhipu_client.work._pictures import PicturesOpener
from zhipu_client.work._recordings import RecordingOpener

__all__ = [
    "Around",
    "Document",
    "Job",
    "Opener",
    "Password",
    "Progress",
    "Source",
    "Work",
    "attach",
    "keeping",
    "partial_of",
    "settle",
]

T_co = TypeVar("T_co", covariant=True)
E = TypeVar("E", bound=BaseException)
R_co = TypeVar("R_co", covariant=True)

#: Called with how many of how many parts are done; the total is None while it is not known.
Progress = Callable[[int, int | None], None]

#: What a document may be given as: an address, a data URL or a path as a string, a path, bytes.
Source = str | Path | bytes

#: The password of a PDF, or a function of the source that returns it.
Password = str | SecretStr | HiddenPassword | Callable[[Any], str | None] | None


class Document(Protocol):
    """An opened source.

    Attributes:
        name: What the source is called, for metadata and errors.
        kind: ``application/pdf``, ``image/png``, ``image/jpeg``; None for an address.
        pages: How many pages it has; None when that cannot be known here.
        size: Bytes of the whole; 0 for an address.
        info: Of a PDF: title, author, dates and so on, by their names in the file; of an image that
            was converted, its type as ``converted_from``.
        remarks: What is in it and is not on its pages, in words that follow its name.
    """

    name: str
    kind: str | None
    pages: int | None
    size: int
    info: Mapping[str, str]
    remarks: Sequence[str]

    def whole(self) -> str:
        """Return the address, or a data URL of the whole file."""

    def part(self, first: int, last: int) -> bytes:
        """Return a PDF of the pages from ``first`` to ``last``, counted from 1."""

    def whole_only(self) -> None:
        """Let go of what only `part` needs: it will not be called, as far as is known."""

    def close(self) -> None:
        """Close the file."""


#: Opens a source: (source, root that it must lie in, most bytes, password) -> document.
Opener = Callable[[Source, Path | None, int, Password], Document]


@dataclass(frozen=True, slots=True)
class Around:
    """What a job may know of where it runs.

    Attributes:
        site: The client's site (``"zai"``), or None.
        open: Opens files; blocks.
        base_url: Where the requests go.
        dialect: What the server there speaks.
        open_pictures: Opens files as pictures of their pages; blocks. None where nobody needs it.
        open_recording: Opens files with sound; blocks. None where nobody needs it.
    """

    site: str | None
    open: Opener
    base_url: str = ""
    dialect: DialectName = "zhipu"
    open_pictures: PicturesOpener | None = None
    open_recording: RecordingOpener | None = None


@runtime_checkable
class Work(Protocol[T_co, R_co]):
    """One run of a job. Called by one thread at a time.

    Attributes:
        in_flight: The most requests at once.
        blocking: `take` and `close` read files: an event loop calls them in a thread.
    """

    in_flight: int
    blocking: bool

    def take(self) -> tuple[int, Request[Any]] | None:
        """Return the next request and its number; None when nothing is left, or nothing yet."""

    def done(self, number: int, value: Any) -> None:
        """Take an answer. Called by `settle`, which takes what this raises for a failure."""

    def failed(self, number: int, error: Exception) -> None:
        """Take a final failure. No more is asked for; what is in flight is still awaited."""

    def ready(self) -> Iterable[T_co]:
        """Return what can be handed over by now, in order."""

    def result(self, pieces: list[Any]) -> R_co:
        """Return the whole, after the last `done`; raise what went wrong.

        Args:
            pieces: All that `ready` handed over, unless somebody else has it already.
        """

    def report(self, error: BaseException, pieces: list[Any]) -> None:
        """Put what the run has come to on what ends it: its own failure, or an interrupt.

        Args:
            error: What ends it.
            pieces: As for `result`.
        """

    def close(self) -> None:
        """The end, whatever happened."""


class Job(Protocol[T_co, R_co]):
    """Something to do with many requests. May be run any number of times."""

    def begin(self, around: Around) -> Work[T_co, R_co]:
        """Start a run; checks everything that can be checked before anything is sent."""


def settle(work: Work[Any, Any], number: int, value: Any) -> None:
    """Give an answer to a run.

    An answer that it cannot read, or a caller's ``progress`` that raises, ends the run as a failed
    request does: what is done by then is handed over, and is on the error.
    """
    try:
        work.done(number, value)
    except Exception as error:  # noqa: BLE001 - raised by the run's `result`
        work.failed(number, error)


def attach(error: E, **facts: Any) -> E:
    """Add what is already done to an error, so that the caller can go on from there.

    Args:
        error: Any exception; one that takes no attributes stays as it is.
        **facts: Attributes to set on it, such as ``partial`` and ``task_id``.

    Returns:
        The error, to be raised.

    Examples:
        >>> from zhipu_client import ZhipuError
        >>> from zhipu_client.adapting import attach
        >>> attach(ZhipuError("the disk is full"), partial=["page 1"]).partial
        ['page 1']
    """
    for name, value in facts.items():
        try:
            setattr(error, name, value)
        except (AttributeError, TypeError):  # a foreign class that takes no attributes
            break
    return error


@contextmanager
def keeping(**facts: Any) -> Iterator[None]:
    """Put what is paid for by now on whatever leaves the block, an interrupt too.

    Args:
        **facts: Attributes of the error. One that it has already stays.

    Examples:
        >>> from zhipu_client.adapting import keeping
        >>> try:
        ...     with keeping(partial="a picture"):
        ...         raise KeyboardInterrupt
        ... except KeyboardInterrupt as error:
        ...     error.partial
        'a picture'
    """
    try:
        yield
    except BaseException as error:
        attach(error, **{n: v for n, v in facts.items() if getattr(error, n, None) is None})
        raise


def partial_of(error: BaseException, name: str = "partial") -> Any:
    """Return what a job had come to when it ended early, or None.

    It is the ``partial`` of the error itself, or of one that it was raised from: a time limit
    (``asyncio.timeout``) and Ctrl-C in ``asyncio.run`` raise a new error in the place of the
    cancellation that ended the job.

    Args:
        error: What was caught: an error of this package, ``KeyboardInterrupt``,
            ``asyncio.CancelledError``, ``TimeoutError`` or any other.
        name: Another attribute: ``"documents"`` and ``"resume_from"`` of loaders, ``"task_id"``.

    Example:
        ```python
        import asyncio

        from zhipu_client import AsyncClient, arun, embeddings
        from zhipu_client.work import partial_of

        async def main(texts):
            job = embeddings.bulk(texts)
            try:
                async with asyncio.timeout(60):
                    return await arun(AsyncClient(), job)
            except TimeoutError as error:
                print(len(partial_of(error).missing), "texts are missing")

        asyncio.run(main(["你好"] * 1000))
        ```
    """
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        found = getattr(one, name, None)
        if found is not None:
            return found
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
    return None
