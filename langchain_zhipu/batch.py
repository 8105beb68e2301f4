"""`ZhipuAIBatch`: run many prompts or texts as one batch, at half the price within a day."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableBinding

from langchain_zhipu._chat.messages import to_message
from langchain_zhipu._errors import raised_as_model_errors
from langchain_zhipu.chat_models import ChatZhipuAI
from langchain_zhipu.embeddings import ZhipuAIEmbeddings
from zhipu_client import (
    BatchAnswer,
    BatchRuns,
    InvalidRequestError,
    Request,
    embeddings,
    lines_of_chats,
    lines_of_texts,
)
from zhipu_client.adapting import refuse
from zhipu_client.conversation import Exchange

__all__ = ["BatchAnswer", "ZhipuAIBatch"]


class ZhipuAIBatch(BatchRuns[Any]):
    """Runs many prompts, conversations or texts as one batch (open.bigmodel.cn only).

    Half the price of single calls; the service takes minutes to a day: ``POST /batches``. Each item
    becomes the request that the model's own method would send, with all its settings and bound
    tools. Streams and structured output are not possible in batches.

    `run` does everything at once. `submit` and `collect` are its two halves, also for two
    processes: the second needs only the job's id, or `find` and its metadata, and a model with the
    same settings. `iterate` reads answers one by one, so that memory does not matter. Each has an
    asynchronous twin, with an ``a`` before its name.

    Args:
        model: A `ChatZhipuAI`, also with bound tools, whose items are what ``invoke`` takes
            (prompts, lists of messages, prompt values), and whose answers are messages; or a
            `ZhipuAIEmbeddings`, whose items are texts, and whose answers are vectors. Batches take
            certain models only (``glm-4-flash``, ``glm-4-plus``, ``glm-5.1``, ``embedding-3``,
            ...); for another the service's error lists them.
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
        from langchain_zhipu import ChatZhipuAI, ZhipuAIBatch

        batch = ZhipuAIBatch(ChatZhipuAI(model="glm-4-flash"), interval=0.1)
        for answer in batch.run(["What is 17 + 25?", "What is 6 * 7?"]):
            print(answer.error or answer.value.text)
        ```

        Now, and later in another process:

        ```python
        job = batch.submit(["What is 17 + 25?", "What is 6 * 7?"])
        print(job)
        for place, answer in ZhipuAIBatch(ChatZhipuAI(model="glm-4-flash")).iterate(job):
            print(place, answer.get().text)
        ```
    """

    def __init__(
        self,
        model: Any,
        *,
        interval: float = 10.0,
        wait: float = 2 * 86400.0,
        metadata: Mapping[str, str] | None = None,
        on_result: Callable[[tuple[int, BatchAnswer[Any]]], Any] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> None:
        bound: Mapping[str, Any] = {}
        if isinstance(model, RunnableBinding):
            model, bound = model.bound, model.kwargs
        if not isinstance(model, (ChatZhipuAI, ZhipuAIEmbeddings)):
            raise refuse("model", model, "must be a ChatZhipuAI or a ZhipuAIEmbeddings")
        self._model = model
        super().__init__(
            _lines(model, bound),
            model._sync_client,
            model._async_client,
            interval=interval,
            wait=wait,
            metadata=metadata,
            on_result=on_result,
            checkpoint=checkpoint,
        )


def _lines(model: ChatZhipuAI | ZhipuAIEmbeddings, bound: Mapping[str, Any]) -> Any:
    if isinstance(model, ChatZhipuAI):
        chats = _Chats(model, bound)
        return lines_of_chats(chats.request, chats.read)

    def read(body: Mapping[str, Any]) -> Any:
        return model._only(embeddings.reply_of(body))

    return lines_of_texts(model._request, read)


class _Chats:
    """Prompts and conversations."""

    def __init__(self, model: ChatZhipuAI, bound: Mapping[str, Any]) -> None:
        self._model = model
        self._bound = bound

    def request(self, item: Any) -> Request[Any]:
        with raised_as_model_errors():
            try:
                messages = self._model._convert_input(item).to_messages()
            except (TypeError, ValueError) as error:
                if isinstance(error, InvalidRequestError):
                    raise
                raise refuse("items", item, "must be a prompt or a list of messages") from error
            return self._exchange(messages).request()

    def _exchange(self, messages: list[BaseMessage]) -> Exchange:
        dialect = self._model._sync_client().dialect
        return self._model._exchange(messages, None, self._bound, dialect=dialect, repair=False)

    def read(self, body: Mapping[str, Any]) -> Any:
        with raised_as_model_errors():
            exchange = self._exchange([])
            exchange.take(dict(body))
            return to_message(exchange.answer)
