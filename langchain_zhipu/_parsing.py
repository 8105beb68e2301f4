"""Parse files through the service, several at once: the engine of the file parser's loader."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count, islice
from pathlib import Path, PurePath
from typing import Any, Literal

from langchain_core.documents import Document
from langchain_core.runnables import run_in_executor
from pydantic import ConfigDict, Field

from langchain_zhipu._errors import raised_as_model_errors
from langchain_zhipu._keeping import SeveralRequests
from langchain_zhipu._ocr.documents import stable_id
from langchain_zhipu._ocr.sources import PATHS, Origin
from langchain_zhipu._progress import ProgressBar
from zhipu_client import (
    InvalidRequestError,
    Request,
    ZhipuError,
    await_for,
    file_parser,
    wait_for,
)
from zhipu_client.adapting import (
    FATAL,
    TrueOrFalse,
    document_id,
    flat,
    name_source,
    naming,
    read_path,
    shown_name,
    storable,
)

__all__ = ["ParserSettings"]

_log = logging.getLogger(__name__)


class ParserSettings(SeveralRequests):
    """The settings of parsing files, see `ZhipuAIFileParserLoader`."""

    model_config = ConfigDict(extra="forbid")

    tool_type: file_parser.ToolType = "lite"
    file_type: str | None = None
    file_name: str | None = None
    interval: float = Field(default=1.0, gt=0, le=3600)
    wait: float = Field(default=900.0, gt=0, le=604_800)
    max_in_flight: int = Field(default=4, ge=1, le=32)
    on_error: Literal["raise", "skip"] = "raise"
    show_progress: TrueOrFalse = False
    request_info: TrueOrFalse = False

    @property
    def _parsing(self) -> file_parser.Parsing:
        return file_parser.Parsing(self.tool_type, self.interval, self.wait)

    def _read(self, origins: Iterable[Origin]) -> Iterator[Document]:
        tasks: dict[str, str] = {}
        waiting: deque[tuple[Origin, Future[Document]]] = deque()
        left = iter(origins)
        threads = ThreadPoolExecutor(self.max_in_flight, thread_name_prefix="zhipu")
        bar = ProgressBar("files", shown=self.show_progress)
        try:
            with raised_as_model_errors(), bar:
                for done in count(1):
                    for origin in islice(left, self.max_in_flight - len(waiting)):
                        call = contextvars.copy_context().run  # the caller's tracing is its, too
                        waiting.append((origin, threads.submit(call, self._parse, origin, tasks)))
                    if not waiting:
                        return
                    origin, future = waiting.popleft()
                    bar.at(done, None, origin.name)
                    try:
                        document = future.result()
                    except ZhipuError as error:
                        self._skip_or_raise(origin, error, tasks, [one for _, one in waiting])
                        continue
                    yield document
        finally:
            # Left early: what runs is not waited for, what waits is not begun.
            threads.shutdown(wait=False, cancel_futures=True)

    async def _aread(self, origins: Iterable[Origin]) -> AsyncGenerator[Document]:
        tasks: dict[str, str] = {}
        waiting: deque[tuple[Origin, asyncio.Task[Document]]] = deque()
        left = iter(origins)
        bar = ProgressBar("files", shown=self.show_progress)
        try:
            with raised_as_model_errors(), bar:
                for done in count(1):
                    more = islice(left, self.max_in_flight - len(waiting))
                    for origin in await run_in_executor(None, list, more):
                        waiting.append((origin, asyncio.create_task(self._aparse(origin, tasks))))
                    if not waiting:
                        return
                    origin, task = waiting.popleft()
                    bar.at(done, None, origin.name)
                    try:
                        document = await task
                    except ZhipuError as error:
                        self._skip_or_raise(origin, error, tasks, [one for _, one in waiting])
                        continue
                    yield document
        finally:
            for _, task in waiting:
                task.cancel()
            await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)

    def _skip_or_raise(
        self,
        origin: Origin,
        error: ZhipuError,
        tasks: dict[str, str],
        behind: list[Any],
    ) -> None:
        """Log a failure, or raise it with what was paid for: documents behind it, and tasks."""
        name_source(error, origin.label)
        if self.on_error == "skip" and not isinstance(error, FATAL):
            _log.warning("%s is skipped: %s", shown_name(origin.label), error)
            return
        whole = [one for one in behind if one.done() and not one.cancelled()]
        later = [one.result() for one in whole if one.exception() is None]
        error.__dict__.update(source=origin.name, later=later, tasks=dict(tasks))
        raise error

    def _parse(self, origin: Origin, tasks: dict[str, str]) -> Document:
        with naming(origin.label):
            client = self._sync_client()
            answer = client.send(self._request(origin))
            plan = self._parsing.waiting(answer)
            if plan is not None:
                tasks[origin.name] = plan.task_id
                answer = wait_for(client, plan)
                tasks.pop(origin.name, None)
            return self._document(origin, answer)

    async def _aparse(self, origin: Origin, tasks: dict[str, str]) -> Document:
        with naming(origin.label):
            client = self._async_client()
            answer = await client.send(await run_in_executor(None, self._request, origin))
            plan = self._parsing.waiting(answer)
            if plan is not None:
                tasks[origin.name] = plan.task_id
                answer = await await_for(client, plan)
                tasks.pop(origin.name, None)
            return self._document(origin, answer)

    def _request(self, origin: Origin) -> Request[Any]:
        """Return the request that sends a file, which is read here."""
        value = origin.value
        if isinstance(value, str):
            raise InvalidRequestError(
                "the file parser reads files, and no addresses or data URLs: download it first",
                field="file_path",
                value=origin.name,
            )
        content = read_path(value, self._parsing.max_bytes) if isinstance(value, Path) else value
        name = self.file_name or PurePath(origin.name).name
        if self.file_name is None and not isinstance(value, Path) and "." not in name:
            raise InvalidRequestError(
                'bytes need a file name with an extension: file_name="a.docx"', field="file_name"
            )
        return self._parsing.request(content, name, self.file_type)

    def _document(self, origin: Origin, reply: file_parser.ParserReply) -> Document:
        known = {"task_id": reply.task_id if self.request_info else None}
        return Document(
            reply.content or "",
            id=stable_id(document_id(origin.name)),
            metadata=storable({"source": origin.name, **origin.metadata, **flat(known)}, but=PATHS),
        )
