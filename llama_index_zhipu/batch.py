"""`ZhipuAIBatch`: run many prompts or texts as one batch, at half the price within a day."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.base.llms.types import ChatMessage

from zhipu_client import (
    BatchAnswer,
    BatchRuns,
    Request,
    embeddings,
    lines_of_chats,
    lines_of_texts,
)
from zhipu_client.adapting import refuse

from ._chat.errors import raised_with_responses
from ._chat.messages import to_response
from ._chat.model_calls import exchange_for
from .embeddings import ZhipuAIEmbedding
from .llms import ZhipuAI

__all__ = ["BatchAnswer", "ZhipuAIBatch"]


class ZhipuAIBatch(BatchRuns[Any]):
    """Runs many prompts or texts as one batch (open.bigmodel.cn only): ``POST /batches``.

    Half the price of single calls; the service takes minutes to a day. Each item becomes the
    request that the model's own method would send, with all its settings. Streams and structured
    output are not possible in batches.

    `run` does everything at once. `submit` and `collect` are its two halves, also for two
    processes: the second needs only the job's id, or `find` and its metadata, and a model with the
    same settings. `iterate` reads answers one by one, so that memory does not matter. Each has an
    asynchronous twin, with an ``a`` before its name.

    Args:
        model: A `ZhipuAI`, whose items are prompts or lists of `ChatMessage`, or a
            `ZhipuAIEmbedding`, whose items are texts. Batches take certain models only
            (``glm-4-flash``, ``glm-4-plus``, ``glm-5.1``, ``embedding-3``, ...); for another the
            service's error lists them.
        interval: Seconds between the first two polls, above 0 to 3600; later ones are further
            apart, up to 5 minutes.
        wait: Seconds to wait in all, up to a week.
        metadata: Up to 13 pairs of your own, kept with the batch.
        on_result: Called with each item's position and answer, as the results are read.
        checkpoint: A file that keeps which batches were begun: a program that was killed, and
            begins again with the same items and metadata, waits for these and pays for no others.

    Raises:
        zhipu_client.InvalidRequestError: The model or an item is of another type, or there are no
            items or too many (a million).
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
        on_result: Callable[[tuple[int, BatchAnswer[Any]]], Any] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> None:
        if not isinstance(model, (ZhipuAI, ZhipuAIEmbedding)):
            raise refuse("model", model, "must be a ZhipuAI or a ZhipuAIEmbedding")
        self._model = model
        super().__init__(
            _lines(model),
            lambda: model._client,
            lambda: model._aclient,
            interval=interval,
            wait=wait,
            metadata=metadata,
            on_result=on_result,
            checkpoint=checkpoint,
        )


def _lines(model: ZhipuAI | ZhipuAIEmbedding) -> Any:
    if isinstance(model, ZhipuAI):
        chats = _Chats(model)
        return lines_of_chats(chats.request, chats.read)

    def read(body: Mapping[str, Any]) -> Any:
        return model._read(embeddings.reply_of(body))

    return lines_of_texts(model._one, read)


class _Chats:
    """Prompts and conversations."""

    def __init__(self, llm: ZhipuAI) -> None:
        self._llm = llm

    def request(self, item: str | Sequence[ChatMessage]) -> Request[Any]:
        messages = self._llm._prompt(item, formatted=False) if isinstance(item, str) else item
        if not isinstance(messages, Sequence):
            raise refuse("items", item, "must be prompts or lists of ChatMessage")
        return exchange_for(
            self._llm, messages, {}, dialect=self._llm._client.dialect, streaming=False
        ).request()

    def read(self, body: Mapping[str, Any]) -> Any:
        with raised_with_responses():
            exchange = exchange_for(
                self._llm, [], {}, dialect=self._llm._client.dialect, streaming=False, repair=False
            )
            exchange.take(body)
            return to_response(exchange.answer)
