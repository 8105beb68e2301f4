"""`ZhipuAIBatch`: run many prompts or texts as one batch, at half the price within a day."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any, Protocol

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.base.llms.types import ChatMessage

from zhipu_client import (
    InvalidRequestError,
    Request,
    ServerError,
    ZhipuError,
    await_for,
    batches,
    embeddings,
    files,
    wait_for,
)
from zhipu_client.adapting import keeping, refuse, whole_number

from ._chat.errors import raised_with_responses
from ._chat.messages import to_response
from .embeddings import ZhipuAIEmbedding
from .llms import ZhipuAI

__all__ = ["BatchAnswer", "ZhipuAIBatch"]

_log = logging.getLogger(__name__)

#: More lines than any batch of the service may have.
MOST_LINES = 1_000_000
_MARK = "line-"


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The result of one item of a batch: a value, or an error.

    Attributes:
        value: A `ChatResponse` of a `ZhipuAI`, a vector of a `ZhipuAIEmbedding`; None after an
            error.
        error: The error that a single call would have raised; None after success.

    Example:
        ```python
        from llama_index_zhipu import BatchAnswer

        print(BatchAnswer([0.5, 0.25]).get())
        ```
    """

    value: Any = None
    error: ZhipuError | None = None

    def get(self) -> Any:
        """Return the value, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value


class _Work(Protocol):
    """The way from an item of a batch to its request, and from its answer to a value."""

    url: str

    def request(self, item: Any) -> Request[Any]:
        """Return the request that the model itself would send."""

    def read(self, body: Mapping[str, Any]) -> Any:
        """Return the value in an answer's body."""


class ZhipuAIBatch:
    """Runs many prompts or texts as one batch (open.bigmodel.cn only).

    Half the price of single calls; the service takes minutes to a day. Each item becomes the
    request that the model's own method would send, with all its settings. Tools, streams and
    structured output are not possible in batches.

    `run` does everything at once. `submit` and `collect` are its two halves, also for two
    processes: the second needs only the batch's id, and a model with the same settings.

    Args:
        model: A `ZhipuAI`, whose items are prompts or lists of `ChatMessage`, or a
            `ZhipuAIEmbedding`, whose items are texts. Batches take certain models only
            (``glm-4-flash``, ``glm-4-plus``, ``glm-5.1``, ``embedding-3``, ...); for another the
            service's error lists them.
        interval: Seconds between the first two polls, above 0 to 3600; later ones are further
            apart, up to 5 minutes.
        wait: Seconds to wait in all, up to a week.
        metadata: Up to 16 pairs of your own, kept with the batch.
        on_result: Called with each item's position and answer, as the results are read.

    Raises:
        zhipu_client.InvalidRequestError: The model or an item is of another type, or there are no
            items or too many (50,000; 10,000 texts).
        zhipu_client.TaskFailedError: The service refused the batch as a whole.
        zhipu_client.TaskTimeoutError: It took longer than ``wait``; `collect` waits again.
        zhipu_client.ZhipuError: A call failed in another way. Once the batch has begun, what ends
            `run` or `collect` has its id as ``task_id``.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAI, ZhipuAIBatch

        batch = ZhipuAIBatch(ZhipuAI(model="glm-4-flash"), interval=0.1)
        for answer in batch.run(["What is 17 + 25?", "What is 6 * 7?"]):
            print(answer.error or answer.value.message.content)
        ```
    """

    def __init__(
        self,
        model: ZhipuAI | ZhipuAIEmbedding,
        *,
        interval: float = 10.0,
        wait: float = 2 * 86400.0,
        metadata: Mapping[str, str] | None = None,
        on_result: Callable[[tuple[int, BatchAnswer]], Any] | None = None,
    ) -> None:
        if not isinstance(model, (ZhipuAI, ZhipuAIEmbedding)):
            raise refuse("model", model, "must be a ZhipuAI or a ZhipuAIEmbedding")
        self._model = model
        self._work: _Work = _Chats(model) if isinstance(model, ZhipuAI) else _Texts(model)
        self.interval = interval
        self.wait = wait
        self.metadata = dict(metadata or {})
        self.on_result = on_result
        self._plan("checked here")

    def run(self, items: Iterable[str | Sequence[ChatMessage]]) -> list[BatchAnswer]:
        """Send the items, wait for the batch, and return its answers in the order of the items.

        Args:
            items: Prompts or conversations for a `ZhipuAI`, texts for a `ZhipuAIEmbedding`.
        """
        items = list(items)
        return self.collect(self.submit(items), len(items))

    async def arun(self, items: Iterable[str | Sequence[ChatMessage]]) -> list[BatchAnswer]:
        """Run a batch, asynchronously; see `run`."""
        items = list(items)
        return await self.acollect(await self.asubmit(items), len(items))

    def submit(self, items: Iterable[str | Sequence[ChatMessage]]) -> str:
        """Send the items, start the batch, and return its id."""
        client = self._model._client
        file = client.send(self._upload(items))
        return _id(client.send(self._start(file)))

    async def asubmit(self, items: Iterable[str | Sequence[ChatMessage]]) -> str:
        """Start a batch, asynchronously; see `submit`."""
        client = self._model._aclient
        file = await client.send(self._upload(items))
        return _id(await client.send(self._start(file)))

    def collect(self, batch_id: str, count: int | None = None) -> list[BatchAnswer]:
        """Wait for a batch and return its answers, in the order of the items.

        Args:
            batch_id: What `submit` answered.
            count: How many items there were; None takes the service's word for it.
        """
        client = self._model._client
        with _known(batch_id):
            batch = wait_for(client, self._plan(batch_id))
            with ExitStack() as files_of_it:
                contents = []
                for request in _results(batch):
                    contents.append(client.send(request))
                    files_of_it.enter_context(contents[-1])
                return self._sorted(batch, contents, count)

    async def acollect(self, batch_id: str, count: int | None = None) -> list[BatchAnswer]:
        """Wait for a batch, asynchronously; see `collect`."""
        client = self._model._aclient
        with _known(batch_id):
            batch = await await_for(client, self._plan(batch_id))
            with ExitStack() as files_of_it:
                contents = []
                for request in _results(batch):
                    contents.append(await client.send(request))
                    files_of_it.enter_context(contents[-1])
                if self.on_result is not None:  # which belongs to the loop's thread
                    return self._sorted(batch, contents, count)
                return await asyncio.to_thread(self._sorted, batch, contents, count)

    def _upload(self, items: Iterable[str | Sequence[ChatMessage]]) -> Request[files.File]:
        rows = [self._line(number, item) for number, item in enumerate(items)]
        return files.create(file=batches.lines(rows), filename="batch.jsonl", purpose="batch")

    def _line(self, number: int, item: Any) -> Any:
        try:
            body = self._work.request(item).json or {}
        except InvalidRequestError as error:
            error.explain(f"It was about items[{number}]")
            raise
        return batches.line(f"{_MARK}{number:06d}", body, url=self._work.url)

    def _start(self, file: files.File) -> Request[batches.Batch]:
        return batches.create(
            input_file_id=file.id or "", endpoint=self._work.url, metadata=self.metadata or None
        )

    def _plan(self, batch_id: str) -> batches.Waiting:
        return batches.waiting(batch_id, interval=self.interval, timeout=self.wait)

    def _sorted(
        self, batch: batches.Batch, contents: Iterable[IO[bytes]], count: int | None
    ) -> list[BatchAnswer]:
        found: dict[int, BatchAnswer] = {}
        unread, strange = "", None
        with keeping(partial=found):
            for row in (row for content in contents for row in batches.read_output(content)):
                answer = self._answer(row)
                if row.get("custom_id") is None and "response" not in row and answer.error:
                    unread = f": {answer.error}"  # a damaged line, which may be of any item
                    continue
                number = _number(row)
                if number is None:
                    strange = strange or str(row.get("custom_id"))
                    continue
                found[number] = answer
                if self.on_result is not None:
                    self.on_result((number, answer))
        if strange is not None and not found:
            raise InvalidRequestError(
                "this batch was not made by ZhipuAIBatch", field="batch_id", value=strange
            )
        if strange is not None:
            _log.warning("batch %s has answers to lines that were not sent", batch.id)
        if count is None:
            counts = batch.request_counts if isinstance(batch.request_counts, dict) else {}
            total = whole_number(counts.get("total"), most=MOST_LINES) or 0
            count = max([total, *(number + 1 for number in found)])
        return [found.get(number) or _missing(batch, unread) for number in range(count)]

    def _answer(self, row: Mapping[str, Any]) -> BatchAnswer:
        try:
            body = batches.answer(row, self._work.request("any").check)
            return BatchAnswer(self._work.read(body))
        except ZhipuError as error:
            return BatchAnswer(error=error)


class _Chats:
    """Prompts and conversations."""

    url = "/v4/chat/completions"

    def __init__(self, llm: ZhipuAI) -> None:
        self._llm = llm

    def request(self, item: str | Sequence[ChatMessage]) -> Request[Any]:
        messages = self._llm._prompt(item, formatted=False) if isinstance(item, str) else item
        if not isinstance(messages, Sequence):
            raise refuse("items", item, "must be prompts or lists of ChatMessage")
        return self._llm._exchange(
            messages, {}, dialect=self._llm._client.dialect, streaming=False
        ).request()

    def read(self, body: Mapping[str, Any]) -> Any:
        with raised_with_responses():
            exchange = self._llm._exchange(
                [], {}, dialect=self._llm._client.dialect, streaming=False, repair=False
            )
            exchange.take(body)
            return to_response(exchange.answer)


class _Texts:
    """Texts to embed."""

    url = "/v4/embeddings"

    def __init__(self, model: ZhipuAIEmbedding) -> None:
        self._model = model

    def request(self, item: Any) -> Request[Any]:
        if not isinstance(item, str):
            raise InvalidRequestError("an item must be a text", field="items", value=item)
        made: Request[Any] = self._model._one(item)
        return made

    def read(self, body: Mapping[str, Any]) -> Any:
        return self._model._read(embeddings.EmbeddingReply.model_validate(body))


def _results(batch: batches.Batch) -> list[Request[IO[bytes]]]:
    """Return the requests of the files of answers and errors; either may be missing."""
    ids = (batch.output_file_id, batch.error_file_id)
    return [files.open_content(file_id) for file_id in ids if file_id]


@contextmanager
def _known(batch_id: str) -> Iterator[None]:
    """Put the id on whatever ends the collecting: the batch is paid for, and can be collected."""
    try:
        yield
    except BaseException as error:  # an interrupt, too
        error.task_id = batch_id  # type: ignore[attr-defined]
        if isinstance(error, ZhipuError) and batch_id not in str(error):
            error.explain(f"The batch is {batch_id}: its answers can be collected again")
        raise


def _id(batch: batches.Batch) -> str:
    if not batch.id:
        raise ServerError("the answer has no batch id", body=batch.model_dump())
    return batch.id


def _number(row: Mapping[str, Any]) -> int | None:
    """Return the position of a line's item; None for an id that is not ours."""
    mark = str(row.get("custom_id"))
    number = mark.removeprefix(_MARK)
    return None if number == mark else whole_number(number, most=MOST_LINES)


def _missing(batch: batches.Batch, unread: str) -> BatchAnswer:
    message = f"batch {batch.id} ended ({batch.status}) without an answer for this item{unread}"
    error = ServerError(message, retryable=True)
    return BatchAnswer(error=error)
