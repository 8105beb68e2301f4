"""Carries out batches as jobs: submit, find, wait, collect; blocking and asynchronous."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, Generic, TypeVar, cast

from zhipu_client import batches
from zhipu_client._io.checkpoints import forget, with_checkpoint
from zhipu_client._io.kept_tasks import KeptTask
from zhipu_client._io.notes import logger
from zhipu_client._io.polling import await_for, wait_for
from zhipu_client._io.usage import counters_of
from zhipu_client._request import AsyncSender, Request, Sender
from zhipu_client.errors import ZhipuError
from zhipu_client.work._batch import (
    Anew,
    BatchAnswer,
    BatchLines,
    Lost,
    Part,
    Plan,
    Seen,
    Steps,
    ids_of,
    known,
    missing,
    parts_of,
    results_of,
)
from zhipu_client.work._collected import Collected
from zhipu_client.work._job import Progress, keeping
from zhipu_client.work._kept import key_of
from zhipu_client.work._usage import Tally

if TYPE_CHECKING:
    from zhipu_client._io.aio import AsyncClient
    from zhipu_client._io.sync import Client

__all__ = ["BatchRuns"]

V = TypeVar("V")
R = TypeVar("R")

#: Answers that are read from a file in one go, while the event loop does other things.
_AT_ONCE = 200


class BatchRuns(Generic[V]):
    """Batches as jobs, for an adapter: it says what a line is, and has the clients.

    Args:
        work: What an item's request is, and what its answer means.
        client: Returns the blocking client.
        async_client: Returns the asynchronous one.
        interval: Seconds between the first two looks, above 0 to 3600.
        wait: Seconds to wait in all, up to a week.
        metadata: Up to 13 pairs, kept with the batches; `find` looks for them.
        on_result: Called with each item's position and answer, as the results are read.
        checkpoint: A file that keeps which batches were begun: a program that was killed, and
            begins again, waits for these and pays for no others.

    Example:
        See ``langchain_zhipu.ZhipuAIBatch`` and ``llama_index_zhipu.ZhipuAIBatch``.
    """

    def __init__(
        self,
        work: BatchLines,
        client: Callable[[], Sender],
        async_client: Callable[[], AsyncSender],
        *,
        interval: float = 10.0,
        wait: float = 2 * 86400.0,
        metadata: Mapping[str, str] | None = None,
        on_result: Callable[[tuple[int, BatchAnswer[V]]], Any] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> None:
        self._work = work
        self._client: Callable[[], Sender] = lambda: with_checkpoint(
            cast("Client", client()), checkpoint
        )
        self._async_client: Callable[[], AsyncSender] = lambda: with_checkpoint(
            cast("AsyncClient", async_client()), checkpoint
        )
        self.interval = interval
        self.wait = wait
        self.metadata = dict(metadata or {})
        self.on_result = on_result
        self._waiting("checked here")
        self._plan()

    def run(
        self, items: Iterable[Any], *, progress: Progress | None = None
    ) -> list[BatchAnswer[V]]:
        """Submit, wait and collect: return the answers in the order of the items.

        Args:
            items: What is to be answered; see the class.
            progress: Called with how many of how many answers have been read.

        Raises:
            InvalidRequestError: An item cannot be sent, named by its place; nothing was sent.
            TaskFailedError: The service refused a batch as a whole.
            TaskTimeoutError: It took longer than ``wait``; `collect` waits again.
            ZhipuError: A call failed. What ends it once a batch has begun has the job's id as
                ``task_id``.
        """
        items = list(items)
        return self.collect(self.submit(items), len(items), progress)

    async def arun(
        self, items: Iterable[Any], *, progress: Progress | None = None
    ) -> list[BatchAnswer[V]]:
        """Run, asynchronously; see `run`."""
        items = list(items)
        return await self.acollect(await self.asubmit(items), len(items), progress)

    def submit(self, items: Iterable[Any]) -> str:
        """Check all items, send them, start the batches, and return the job's id.

        A job above the service's limits (50,000 items, 10,000 texts, 100 MiB) is several batches:
        its id is theirs, joined by commas. Any process can collect it. With ``checkpoint``, the
        same items with the same metadata are the same job, at each run.
        """
        parts, ids = parts_of(self._work, items), list[str]()
        client = self._client()
        job = self._kept_name(client, parts)
        with _begun(ids):
            _conduct(client, self._plan().submit(parts, ids, job))
        return _announced(parts, ids)

    async def asubmit(self, items: Iterable[Any]) -> str:
        """Submit, asynchronously."""
        from anyio import to_thread

        parts, ids = parts_of(self._work, items), list[str]()
        client = self._async_client()
        job = await to_thread.run_sync(self._kept_name, client, parts)
        with _begun(ids):
            await _aconduct(client, self._plan().submit(parts, ids, job))
        return _announced(parts, ids)

    def find(self, metadata: Mapping[str, str], limit: int = 20) -> list[str]:
        """Return the ids of jobs that have these pairs of metadata, the newest first."""
        return _conduct(self._client(), Plan(self._work, dict(metadata)).find(limit))

    async def afind(self, metadata: Mapping[str, str], limit: int = 20) -> list[str]:
        """Find, asynchronously."""
        return await _aconduct(self._async_client(), Plan(self._work, dict(metadata)).find(limit))

    def status(self, job_id: str) -> list[batches.Batch]:
        """Return how far the batches of a job are."""
        client = self._client()
        return [client.send(batches.retrieve(one)) for one in ids_of(job_id)]

    async def astatus(self, job_id: str) -> list[batches.Batch]:
        """Look, asynchronously."""
        client = self._async_client()
        return [await client.send(batches.retrieve(one)) for one in ids_of(job_id)]

    def cancel(self, job_id: str) -> list[batches.Batch]:
        """Stop the batches of a job; what is done is kept and billed, and can be collected."""
        client = self._client()
        return [client.send(batches.cancel(one)) for one in ids_of(job_id)]

    async def acancel(self, job_id: str) -> list[batches.Batch]:
        """Cancel, asynchronously."""
        client = self._async_client()
        return [await client.send(batches.cancel(one)) for one in ids_of(job_id)]

    def iterate(self, job_id: str) -> Iterator[tuple[int, BatchAnswer[V]]]:
        """Wait, and yield each answer with the place of its item, in the order of the files.

        One answer at a time is in memory. Items without an answer are not yielded.
        """
        for _, number, answer in self._answers(job_id):
            if number is not None:
                yield number, answer

    async def aiterate(self, job_id: str) -> AsyncIterator[tuple[int, BatchAnswer[V]]]:
        """Iterate, asynchronously."""
        async for _, number, answer in self._aanswers(job_id):
            if number is not None:
                yield number, answer

    def collect(
        self, job_id: str, count: int | None = None, progress: Progress | None = None
    ) -> list[BatchAnswer[V]]:
        """Wait, and return the answers in the order of the items.

        Args:
            job_id: What `submit` answered, in this process or another.
            count: How many items there were; None takes what the batches have noted.
            progress: Called with how many of how many answers have been read.
        """
        collected = Collected(count, progress, self.on_result)
        with _known(job_id), keeping(partial=collected.found):
            for row in self._answers(job_id):
                collected.add(*row)
            return collected.whole()

    async def acollect(
        self, job_id: str, count: int | None = None, progress: Progress | None = None
    ) -> list[BatchAnswer[V]]:
        """Collect, asynchronously."""
        collected = Collected(count, progress, self.on_result)
        with _known(job_id), keeping(partial=collected.found):
            async for row in self._aanswers(job_id):
                collected.add(*row)
            return collected.whole()

    def _waiting(self, batch_id: str) -> batches.Waiting:
        return batches.waiting(batch_id, interval=self.interval, timeout=self.wait)

    def _tally(self, client: Any) -> Tally:
        return Tally(self._work.url, getattr(client, "site", None))

    def _plan(self) -> Plan:
        return Plan(self._work, self.metadata)

    def _kept_name(self, client: Any, parts: list[Part]) -> str | None:
        """Return the name of a job, the same at each run; None without a checkpoint."""
        checkpoint = getattr(client, "checkpoint", None)
        if checkpoint is None:
            return None
        pairs = repr(sorted(self.metadata.items())).encode()
        key = key_of("job", pairs, *(part.content for part in parts))
        found: bytes = checkpoint.settle(key, uuid.uuid4().hex.encode())
        return found.decode()

    def _answers(self, job_id: str) -> Iterator[tuple[batches.Batch, int | None, BatchAnswer[Any]]]:
        client, lost = self._client(), Lost()
        with _known(job_id):
            for one in ids_of(job_id):
                with lost.noted():
                    batch = wait_for(client, self._waiting(one))
                    yield batch, None, missing(batch, "")
                    seen, tally = Seen(), self._tally(client)
                    for request in results_of(batch):
                        with lost.noted(batch), client.send(request) as file:
                            for number, answer in self._plan().answers(file, seen, tally):
                                yield batch, number, answer
                    seen.check()
                    _count(client, tally, one)
            for one in lost.batch_ids:
                KeptTask(client, self._waiting(one)).failed()
            lost.check()

    async def _aanswers(
        self, job_id: str
    ) -> AsyncIterator[tuple[batches.Batch, int | None, BatchAnswer[Any]]]:
        from anyio import to_thread

        client, lost = self._async_client(), Lost()
        with _known(job_id):
            for one in ids_of(job_id):
                with lost.noted():
                    batch = await await_for(client, self._waiting(one))
                    yield batch, None, missing(batch, "")
                    seen, tally = Seen(), self._tally(client)
                    for request in results_of(batch):
                        with lost.noted(batch), await client.send(request) as file:
                            async for number, answer in self._some(file, seen, tally):
                                yield batch, number, answer
                    seen.check()
                    _count(client, tally, one)
            for one in lost.batch_ids:
                await to_thread.run_sync(KeptTask(client, self._waiting(one)).failed)
            lost.check()

    async def _some(
        self, file: IO[bytes], seen: Seen, tally: Tally
    ) -> AsyncIterator[tuple[int | None, BatchAnswer[Any]]]:
        from anyio import to_thread

        rows = self._plan().answers(file, seen, tally)
        while found := await to_thread.run_sync(lambda: list(islice(rows, _AT_ONCE))):
            for row in found:
                yield row


def _announced(parts: list[Part], ids: list[str]) -> str:
    for part, one in zip(parts, ids, strict=True):
        logger.info("batch %s has begun, with %d items", one, part.lines)
    return ",".join(ids)


def _count(client: Any, tally: Tally, batch_id: str) -> None:
    """Count a batch whose results were read to the end; of several readings one."""
    for counter in counters_of(getattr(client, "usage_counter", None)):
        counter.add(tally.rows, batch_id)


@contextmanager
def _begun(ids: list[str]) -> Iterator[None]:
    try:
        yield
    except BaseException as error:  # an interrupt, too: what has begun is paid for
        if ids:
            known(error, ",".join(ids))
        raise


@contextmanager
def _known(job_id: str) -> Iterator[None]:
    try:
        yield
    except GeneratorExit:
        raise
    except BaseException as error:
        known(error, job_id)
        raise


def _conduct(client: Sender, steps: Steps[R]) -> R:
    answer: Any = None
    try:
        step = next(steps)
        while True:
            try:
                if isinstance(step, Anew):
                    forget(client, step.request)
                answer = client.send(_request(step))
            except ZhipuError as error:
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as end:
        found: R = end.value
        return found


async def _aconduct(client: AsyncSender, steps: Steps[R]) -> R:
    from anyio import to_thread

    answer: Any = None
    try:
        step = next(steps)
        while True:
            try:
                if isinstance(step, Anew):
                    await to_thread.run_sync(forget, client, step.request)
                answer = await client.send(_request(step))
            except ZhipuError as error:
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as end:
        found: R = end.value
        return found


def _request(step: Request[Any] | Anew) -> Request[Any]:
    return step.request if isinstance(step, Anew) else step
