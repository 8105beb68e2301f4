"""Carries out jobs: many requests at once, from threads or from tasks, answers in order."""

from __future__ import annotations

import contextvars
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from zhipu_client._io.first_use import importing
from zhipu_client._request import AsyncSender, Request, Sender
from zhipu_client.work._job import Around, Job, Work, partial_of, settle

if TYPE_CHECKING:
    import asyncio

__all__ = ["aiterate", "aleave", "around", "arun", "iterate", "leave", "run"]

#: How often, in seconds, a thread that waits for answers looks for an interrupt.
CTRL_C = 0.5

T = TypeVar("T")
R = TypeVar("R")


def run(client: Sender, job: Job[T, R], *, on_result: Callable[[T], Any] | None = None) -> R:
    """Carry out a job and answer with its result.

    Whatever ends a run early (a failure, Ctrl-C, a time limit, an error in a callback) has what
    was done as its ``partial``: see `zhipu_client.work.partial_of`.

    Args:
        client: A `Client`.
        job: What an endpoint module made, such as ``embeddings.bulk(texts)``.
        on_result: Called with each piece of the result as it comes, in the thread of the caller:
            the same that `iterate` hands over. What it raises ends the run.

    Raises:
        InvalidRequestError: The job is wrong; nothing was sent.
        ZhipuError: A request failed for good. What was done is on the error's ``partial``.

    Example:
        ```python
        from zhipu_client import Client, embeddings, run

        result = run(Client(), embeddings.bulk(["你好"] * 1000))
        result.vectors[0]
        ```
    """
    work = job.begin(around(client))
    pieces: list[T] = []
    drive = _drive(client, work, pieces)
    try:
        for piece in drive:
            pieces.append(piece)
            if on_result is not None:
                on_result(piece)
    except BaseException as error:
        leave(drive, error)  # which puts what is done on it
        raise
    return work.result(pieces)


def iterate(
    client: Sender,
    job: Job[T, Any],
    *,
    on_result: Callable[[T], Any] | None = None,
    on_left: Callable[[Any], Any] | None = None,
) -> Generator[T, None, None]:
    """Carry out a job and hand its pieces over, as they come: pages and the like in order.

    At most a few requests run ahead of the reader. To stop early, close the iterator.

    Args:
        client: A `Client`.
        job: What an endpoint module made, such as ``ocr.pages("report.pdf")``.
        on_result: Called with each piece before it is handed over.
        on_left: Called when the iterator is closed early, with the job's ``partial``: what was
            done and not handed over.

    Raises:
        InvalidRequestError: The job is wrong; nothing was sent.
        ZhipuError: A request failed for good, after the pieces before it were handed over.

    Example:
        ```python
        from zhipu_client import Client, iterate, ocr

        for page in iterate(Client(), ocr.pages("report.pdf")):
            print(page.number, page.text)
        ```
    """
    work = job.begin(around(client))
    ours: list[T] = []  # what the reader does not have yet
    drive = _drive(client, work, ours)
    try:
        for piece in drive:
            if on_result is not None:
                ours.append(piece)
                on_result(piece)
                ours.clear()
            yield piece
    except BaseException as error:
        leave(drive, error)
        if on_left is not None and isinstance(error, GeneratorExit):
            on_left(partial_of(error))
        raise
    work.result([])


async def arun(
    client: AsyncSender, job: Job[T, R], *, on_result: Callable[[T], Any] | None = None
) -> R:
    """Do as `run` with an `AsyncClient`: requests run as tasks of the event loop.

    A cancelled run has what was done on the ``CancelledError``; `asyncio.timeout` makes a
    ``TimeoutError`` of that, from which `zhipu_client.work.partial_of` takes it.

    Example:
        ```python
        import asyncio

        from zhipu_client import AsyncClient, arun, embeddings

        result = asyncio.run(arun(AsyncClient(), embeddings.bulk(["你好"] * 1000)))
        result.vectors[0]
        ```
    """
    work = await _begun(client, job)
    pieces: list[T] = []
    drive = _adrive(client, work, pieces)
    try:
        async for piece in drive:
            pieces.append(piece)
            if on_result is not None:
                on_result(piece)
    except BaseException as error:
        await aleave(drive, error)
        raise
    return work.result(pieces)


async def aiterate(
    client: AsyncSender,
    job: Job[T, Any],
    *,
    on_result: Callable[[T], Any] | None = None,
    on_left: Callable[[Any], Any] | None = None,
) -> AsyncGenerator[T, None]:
    """Do as `iterate` with an `AsyncClient`: requests run as tasks of the event loop.

    Example:
        ```python
        import asyncio
        from contextlib import aclosing

        from zhipu_client import AsyncClient, aiterate, ocr

        async def main():
            # Closed at once, even when the loop is left early.
            async with aclosing(aiterate(AsyncClient(), ocr.pages("report.pdf"))) as pages:
                async for page in pages:
                    print(page.number, page.text)

        asyncio.run(main())
        ```
    """
    work = await _begun(client, job)
    ours: list[T] = []
    drive = _adrive(client, work, ours)
    try:
        async for piece in drive:
            if on_result is not None:
                ours.append(piece)
                on_result(piece)
                ours.clear()
            yield piece
    except BaseException as error:
        await aleave(drive, error)
        if on_left is not None and isinstance(error, GeneratorExit):
            on_left(partial_of(error))
        raise
    work.result([])


def leave(pieces: Generator[Any, None, None], error: BaseException) -> None:
    """Close what `iterate` made because of an error, on which it puts what it has not handed over.

    Args:
        pieces: What `iterate` made.
        error: What ends the loop over it, from inside or outside.

    Examples:
        >>> from zhipu_client.adapting import leave
        >>> pages = (f"page {number}" for number in range(1, 9))
        >>> next(pages)
        'page 1'
        >>> leave(pages, KeyboardInterrupt())
    """
    with suppress(BaseException):  # it raises the same again
        pieces.throw(error)


async def aleave(pieces: AsyncGenerator[Any, None], error: BaseException) -> None:
    """Do as `leave` with what `aiterate` made.

    Args are those of `leave`.

    Example:
        ```python
        async def texts(client):
            pages = zhipu_client.aiterate(client, ocr.pages("report.pdf"))
            try:
                return [page.text async for page in pages]
            except BaseException as error:
                await aleave(pages, error)
                raise
        ```
    """
    with suppress(BaseException):
        await pieces.athrow(error)


def around(client: Sender | AsyncSender) -> Around:
    """Return what a job may know of where it runs."""
    with importing():
        from .documents import open_document
        from .recordings import open_recording
        from .rendering import open_pictures

    return Around(
        site=client.site,
        open=open_document,
        base_url=client.base_url,
        dialect=client.dialect.name,
        open_pictures=open_pictures,
        open_recording=open_recording,
    )


def _drive(client: Sender, work: Work[T, Any], ours: list[T]) -> Generator[T, None, None]:
    """Carry out a run. ``ours``: what was handed over and is not the caller's yet."""
    from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

    # Threads start one by one as work is put in: a job of one request has one.
    threads = ThreadPoolExecutor(max(1, work.in_flight), thread_name_prefix="zhipu")
    pending: dict[Future[Any], int] = {}
    whole = False
    try:
        while True:
            while len(pending) < work.in_flight and (taken := work.take()) is not None:
                # The caller's context (tracing) is the request's too.
                call = contextvars.copy_context().run
                pending[threads.submit(call, client.send, taken[1])] = taken[0]
            taken = None  # a request has a file in it: it need not be kept here
            if not pending:
                break
            # Not for ever: Ctrl-C just before the wait, or on Windows, would not end it.
            for future in wait(pending, CTRL_C, FIRST_COMPLETED).done:
                _tell(work, pending.pop(future), future.exception, future.result)
            # Not `yield from`: a StopIteration that is thrown in would become another error there.
            for piece in work.ready():
                yield piece
        for piece in work.ready():
            yield piece
        whole = True
    except BaseException as error:
        _settle(work, pending)
        work.report(error, ours)
        raise
    finally:
        # Left early, by `close` or Ctrl-C: what runs is not waited for, what waits is not begun.
        # (What runs may not be pending yet: Ctrl-C comes between any two steps.)
        threads.shutdown(wait=whole, cancel_futures=True)
        work.close()


async def _adrive(
    client: AsyncSender, work: Work[T, Any], ours: list[T]
) -> AsyncGenerator[T, None]:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:  # another loop, such as trio's: one request after the other
        async for piece in _one_by_one(client, work, ours):
            yield piece
        return
    pending: dict[asyncio.Task[Any], int] = {}
    try:
        while True:
            while len(pending) < work.in_flight and (taken := await _take(work)) is not None:
                pending[asyncio.create_task(client.send(taken[1]))] = taken[0]
            taken = None
            if not pending:
                break
            done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                _tell(work, pending.pop(task), task.exception, task.result)
            for piece in work.ready():
                yield piece
        for piece in work.ready():
            yield piece
    except BaseException as error:
        await _stop(pending)
        _settle(work, pending)
        work.report(error, ours)
        raise
    finally:
        try:
            await _stop(pending)
        finally:
            work.close()


async def _stop(tasks: Mapping[asyncio.Task[Any], int]) -> None:
    """Cancel tasks, and wait until they have ended."""
    import asyncio

    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _one_by_one(
    client: AsyncSender, work: Work[T, Any], ours: list[T]
) -> AsyncGenerator[T, None]:
    try:
        while (taken := await _take(work)) is not None:
            number, request = taken
            try:
                value = await client.send(request)
            except Exception as error:  # noqa: BLE001 - the work decides
                work.failed(number, error)
            else:
                settle(work, number, value)
            for piece in work.ready():
                yield piece
        for piece in work.ready():
            yield piece
    except BaseException as error:
        work.report(error, ours)
        raise
    finally:
        work.close()


def _settle(work: Work[Any, Any], pending: Mapping[Any, int]) -> None:
    """Give a run that ends early the answers that have come and that it has not seen yet."""
    for future, number in pending.items():
        if future.done() and not future.cancelled() and future.exception() is None:
            settle(work, number, future.result())


def _tell(
    work: Work[Any, Any],
    number: int,
    exception: Callable[[], BaseException | None],
    result: Callable[[], Any],
) -> None:
    error = exception()
    if error is None:
        settle(work, number, result())
    elif isinstance(error, Exception):
        work.failed(number, error)
    else:
        raise error


async def _take(work: Work[Any, Any]) -> tuple[int, Request[Any]] | None:
    return await _in_thread(work.take) if work.blocking else work.take()


async def _begun(client: AsyncSender, job: Job[T, R]) -> Work[T, R]:
    """Begin a job in a thread, which opens files; one that nobody waits for any more is closed."""
    left = False
    begun: list[Work[T, R]] = []

    def begin() -> Work[T, R]:
        begun.append(job.begin(around(client)))
        if left:
            begun[0].close()
        return begun[0]

    try:
        return await _in_thread(begin)
    except BaseException:
        # Cancelled: asyncio does not wait for the thread. Both sides close, if need be, as either
        # may be the one that comes later.
        left = True
        for work in begun:
            work.close()
        raise


async def _in_thread(call: Callable[[], T]) -> T:
    from anyio import to_thread

    return await to_thread.run_sync(call)
