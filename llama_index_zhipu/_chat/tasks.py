"""Answers that are made later: ``POST /async/chat/completions`` and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole

from zhipu_client.adapting import hint, refuse
from zhipu_client.dialects import Dialect

from .errors import raised_with_responses
from .messages import to_response
from .model_calls import aexchange_for, exchange_for
from .tools import tool_spec

if TYPE_CHECKING:
    from llama_index.core.tools.types import BaseTool

    from zhipu_client.tasks import TaskResult

    from .settings import ChatSettings

    OnProgress = Callable[[TaskResult], Any]
    _Base = ChatSettings
else:  # a class of methods: as a model of pydantic, it would collect all fields once more
    _Base = object
    BaseTool = hint("llama_index.core.tools.types", "BaseTool")
    OnProgress = Callable[[hint("zhipu_client.tasks", "TaskResult")], Any]

__all__ = ["ChatTasks"]


class ChatTasks(_Base):
    """The methods of an LLM whose answers are made later (open.bigmodel.cn only).

    The service queues such requests: they have other limits than `chat` has, and their results do
    not expire. For thousands of them at half the price, see `ZhipuAIBatch`.
    """

    def submit(
        self,
        messages: str | Sequence[ChatMessage],
        *,
        tools: Sequence[BaseTool] = (),
        **kwargs: Any,
    ) -> str:
        """Have an answer made and return the id of its task at once.

        Args:
            messages: A prompt or a conversation.
            tools: What is offered to the model.
            **kwargs: As of `chat`.

        Raises:
            InvalidRequestError: A value can never be accepted, or the site has no such endpoint.
            ZhipuError: The service refused it.

        Example:
            ```python
            from llama_index_zhipu import ZhipuAI

            llm = ZhipuAI(model="glm-4.7")
            task_id = llm.submit("What is 17 * 19?")
            print(llm.result(task_id).message.content)  # here, or later in another process
            ```
        """
        with raised_with_responses():
            client = self._client
            exchange = exchange_for(
                self,
                self._conversation(messages),
                {**_offered(tools), **kwargs},
                dialect=client.dialect,
                streaming=False,
                repair=False,
            )
            return client.send(exchange.submission()).id or ""

    async def asubmit(
        self,
        messages: str | Sequence[ChatMessage],
        *,
        tools: Sequence[BaseTool] = (),
        **kwargs: Any,
    ) -> str:
        """Have an answer made and return the id of its task, asynchronously; see `submit`."""
        with raised_with_responses():
            client = self._aclient
            exchange = await aexchange_for(
                self,
                self._conversation(messages),
                {**_offered(tools), **kwargs},
                dialect=client.dialect,
                streaming=False,
                repair=False,
            )
            return (await client.send(exchange.submission())).id or ""

    def result(
        self,
        task_id: str,
        *,
        tools: Sequence[BaseTool] = (),
        interval: float = 2.0,
        wait: float = 900.0,
        on_progress: OnProgress | None = None,
        **kwargs: Any,
    ) -> ChatResponse:
        """Wait for the answer of a task, which another process may have submitted.

        Args:
            task_id: What `submit` returned.
            tools: What was offered to the model: the names of its calls are read by it.
            interval: Seconds between the first two polls, above 0 to 3600.
            wait: Seconds to wait in all, up to a week.
            on_progress: Called with what each poll found, a `zhipu_client.tasks.TaskResult`.
            **kwargs: As of `submit`.

        Raises:
            TaskFailedError: The service could not answer, or does not know the task.
            TaskTimeoutError: It took longer than ``wait``, and goes on: call this again.
            ZhipuError: A call failed, or the answer is not what was required; it has ``task_id``.
        """
        from zhipu_client import tasks, wait_for
        from zhipu_client.adapting import keeping

        waiting = tasks.waiting(task_id, interval=interval, timeout=wait, on_progress=on_progress)
        with keeping(task_id=task_id), raised_with_responses():
            client = self._client
            found = wait_for(client, waiting)
            return self._response(found, client.dialect, {**_offered(tools), **kwargs})

    async def aresult(
        self,
        task_id: str,
        *,
        tools: Sequence[BaseTool] = (),
        interval: float = 2.0,
        wait: float = 900.0,
        on_progress: OnProgress | None = None,
        **kwargs: Any,
    ) -> ChatResponse:
        """Wait for the answer of a task, asynchronously; see `result`."""
        from zhipu_client import await_for, tasks
        from zhipu_client.adapting import keeping

        waiting = tasks.waiting(task_id, interval=interval, timeout=wait, on_progress=on_progress)
        with keeping(task_id=task_id), raised_with_responses():
            client = self._aclient
            found = await await_for(client, waiting)
            return self._response(found, client.dialect, {**_offered(tools), **kwargs})

    def _response(
        self, found: TaskResult, dialect: Dialect, kwargs: Mapping[str, Any]
    ) -> ChatResponse:
        exchange = exchange_for(self, [], kwargs, dialect=dialect, streaming=False, repair=False)
        exchange.take(found.model_dump(exclude_none=True))
        return to_response(exchange.answer)

    def _conversation(self, messages: str | Sequence[ChatMessage]) -> Sequence[ChatMessage]:
        if isinstance(messages, str):
            return self._prompt(messages, formatted=False)
        if not isinstance(messages, (list, tuple)):
            raise refuse("messages", messages, "must be a prompt or a list of ChatMessage")
        return messages

    def _prompt(self, prompt: str, formatted: bool) -> list[ChatMessage]:
        # May be None by its type; a validator of LlamaIndex's fills it in.
        text = prompt if formatted else self.completion_to_prompt(prompt)  # type: ignore[misc]
        return [ChatMessage(role=MessageRole.USER, content=text)]


def _offered(tools: Sequence[BaseTool]) -> dict[str, Any]:
    return {"tools": [tool_spec(tool) for tool in tools]} if tools else {}
