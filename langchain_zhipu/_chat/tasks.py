"""Answers that are made later: ``POST /async/chat/completions`` and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage

from langchain_zhipu._chat.messages import to_message
from langchain_zhipu._chat.model_calls import CallsOfTheModel
from langchain_zhipu._errors import raised_as_model_errors

if TYPE_CHECKING:
    from zhipu_client.tasks import TaskResult

    OnProgress = Callable[[TaskResult], Any]
else:  # LangChain evaluates the hints of methods
    OnProgress = Callable[[Any], Any]

__all__ = ["ChatTasks"]


class ChatTasks(CallsOfTheModel):
    """The methods of a chat model whose answers are made later (open.bigmodel.cn only).

    The service queues such requests: they have other limits than ``invoke`` has, and their results
    do not expire. For thousands of them at half the price, see `ZhipuAIBatch`.
    """

    def submit(self, input: LanguageModelInput, **kwargs: Any) -> str:  # noqa: A002 - LangChain's
        """Have an answer made and return the id of its task at once.

        Args:
            input: As of ``invoke``.
            **kwargs: As of ``invoke``. Tools that are bound to the model are offered.

        Raises:
            InvalidRequestError: A value can never be accepted, or the site has no such endpoint.
            ModelError: The service refused it; see ``invoke``.

        Example:
            ```python
            from langchain_zhipu import ChatZhipuAI

            model = ChatZhipuAI(model="glm-4.7")
            task_id = model.submit("What is 17 * 19?")
            print(model.result(task_id).text)  # here, or later in another process
            ```
        """
        with raised_as_model_errors():
            client = self._sync_client()
            messages = self._convert_input(input).to_messages()
            exchange = self._exchange(messages, None, kwargs, dialect=client.dialect, repair=False)
            return client.send(exchange.submission()).id or ""

    async def asubmit(self, input: LanguageModelInput, **kwargs: Any) -> str:  # noqa: A002
        """Have an answer made and return the id of its task, asynchronously; see `submit`."""
        with raised_as_model_errors():
            client = self._async_client()
            messages = self._convert_input(input).to_messages()
            exchange = await self._aexchange(
                messages, None, kwargs, dialect=client.dialect, repair=False
            )
            return (await client.send(exchange.submission())).id or ""

    def result(
        self,
        task_id: str,
        *,
        interval: float = 2.0,
        wait: float = 900.0,
        on_progress: OnProgress | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Wait for the answer of a task, which another process may have submitted.

        Args:
            task_id: What `submit` returned.
            interval: Seconds between the first two polls, above 0 to 3600.
            wait: Seconds to wait in all, up to a week.
            on_progress: Called with what each poll found, a `zhipu_client.tasks.TaskResult`.
            **kwargs: As of `submit`: the names of tools are read by what was offered.

        Raises:
            TaskFailedError: The service could not answer, or does not know the task.
            TaskTimeoutError: It took longer than ``wait``, and goes on: call this again.
            ZhipuError: A call failed, or the answer is not what was required; it has ``task_id``.
        """
        from zhipu_client import tasks, wait_for
        from zhipu_client.adapting import keeping

        waiting = tasks.waiting(task_id, interval=interval, timeout=wait, on_progress=on_progress)
        with raised_as_model_errors(), keeping(task_id=task_id):
            client = self._sync_client()
            return self._message(wait_for(client, waiting), client.dialect, kwargs)

    async def aresult(
        self,
        task_id: str,
        *,
        interval: float = 2.0,
        wait: float = 900.0,
        on_progress: OnProgress | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Wait for the answer of a task, asynchronously; see `result`."""
        from zhipu_client import await_for, tasks
        from zhipu_client.adapting import keeping

        waiting = tasks.waiting(task_id, interval=interval, timeout=wait, on_progress=on_progress)
        with raised_as_model_errors(), keeping(task_id=task_id):
            client = self._async_client()
            return self._message(await await_for(client, waiting), client.dialect, kwargs)

    def _message(self, found: TaskResult, dialect: Any, kwargs: Any) -> AIMessage:
        exchange = self._exchange([], None, kwargs, dialect=dialect, repair=False)
        exchange.take(found.model_dump(exclude_none=True))
        return to_message(exchange.answer)
