"""The service's ready-made agents: `ZhipuAIAgent`, a Runnable for each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Self

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.runnables import RunnableConfig, RunnableSerializable
from pydantic import ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import override

from langchain_zhipu._agent_messages import ChunkMaker, to_message, to_wire
from langchain_zhipu._connection import ZhipuSettings
from langchain_zhipu._errors import raised_as_model_errors
from langchain_zhipu._streamed_runnable import StreamedRunnable
from zhipu_client import (
    Request,
    acall_agent,
    agents,
    aiterate_agent,
    await_for,
    call_agent,
    iterate_agent,
    wait_for,
)
from zhipu_client.adapting import TrueOrFalse, called, refuse
from zhipu_client.agents import AgentCall, AgentReply

__all__ = ["AgentSettings", "ZhipuAIAgent"]


class AgentSettings(ZhipuSettings):
    """What all Runnables for agents have beside the connection.

    Attributes:
        below_base_url: False: the documented path, ``/api/v1/agents`` of the host. True:
            ``/v1/agents`` below the base URL, where the official SDKs send it.

    Example:
        ```python
        from langchain_zhipu import ZhipuAIAgent

        ZhipuAIAgent(agent_id="slides_glm_agent", below_base_url=True)
        ```
    """

    below_base_url: TrueOrFalse = False


class ZhipuAIAgent(
    StreamedRunnable[AIMessageChunk],
    AgentSettings,
    RunnableSerializable[Any, AIMessage],
    defer_build=False,
):
    """Calls one of the service's agents: ``POST /v1/agents``.

    A text, a message, a prompt or a list of messages in, an `AIMessage` out, whichever way the
    agent answers: at once, by a stream that is put together, or by a task that is waited for. What
    the agent thought is a reasoning block; images, videos and files are blocks with their ``url``
    (which expires); what it did with its own tools is a ``non_standard`` block.
    ``response_metadata`` has ``conversation_id``, ``async_id`` and ``finish_reason``.

    `stream` yields chunks as they come. `submit` returns the id of a task at once, and `result`
    waits for it, now or in another process. Each has an asynchronous twin.

    Args:
        agent_id: One of `zhipu_client.agents.AGENTS`, or another one.
        custom_variables: What the agent takes beside messages, such as ``{"size": "1024*1024"}``.
        conversation_id: A conversation to go on with.
        interval: Seconds between the first two polls of a task, above 0 to 3600.
        wait: Seconds to wait for a task in all, up to a week.
        on_progress: Called with what each poll found, a `zhipu_client.agents.AgentReply`.
        below_base_url: False: the documented path, ``/api/v1/agents`` of the host. True:
            ``/v1/agents`` below the base URL, where the official SDKs send it.
        api_key: This and the other settings that all adapters share: see ``ZhipuSettings``.

    Raises:
        InvalidRequestError: No key was found, or a value is wrong; nothing was sent.
        StreamIncompleteError: The stream ended too early; ``partial`` is the `AgentReply` so far,
            with its ``conversation_id``.
        TaskFailedError: The agent took a task and failed at it.
        TaskTimeoutError: It was still at work after ``wait``, and goes on: see `result`. Each error
            of a wait has ``task_id``.
        ZhipuError: A call failed.

    Example:
        ```python
        from langchain_zhipu import ZhipuAIAgent

        slides = ZhipuAIAgent(agent_id="slides_glm_agent")
        deck = slides.invoke("Three slides about tea")
        print(deck.text)

        again = slides.bind(conversation_id=deck.response_metadata["conversation_id"])
        for chunk in again.stream("Delete slide 2"):
            print(chunk.text, end="")
        ```
    """

    model_config = ConfigDict(extra="forbid")

    agent_id: str = "general_translation"
    custom_variables: dict[str, Any] = Field(default_factory=dict)
    conversation_id: str | None = None
    interval: float = 2.0
    wait: float = 900.0
    on_progress: SkipJsonSchema[Callable[[AgentReply], Any] | None] = Field(
        default=None, exclude=True, repr=False
    )

    @model_validator(mode="after")
    def _zhipu_agent_values(self) -> Self:
        # Checked here: after the request the answer is paid for, and a wrong value would lose it.
        with called(timeout="wait"):
            self._call("checked here", {}).request()
        return self

    @override
    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """Return the answer.

        Args:
            input: A text, a message, a prompt, or a list of messages (LangChain's, or dicts as the
                wire has them). Files are blocks with a ``file_id``, see `zhipu_client.files`.
            config: Callbacks of LangChain, and tags.
            **kwargs: ``custom_variables`` (added to those of the field) and ``conversation_id``, of
                this call.
        """
        return self._call_with_config(self._one, input, config, **kwargs)

    @override
    async def ainvoke(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AIMessage:
        """Return the answer, asynchronously; see `invoke`."""
        return await self._acall_with_config(self._aone, input, config, **kwargs)

    # --- Tasks and conversations

    def submit(self, messages: Any, **kwargs: Any) -> str:
        """Have an agent that works asynchronously begin, and return the id of its task.

        Args:
            messages: What `invoke` takes.
            **kwargs: As of `invoke`.

        Raises:
            InvalidRequestError: The agent is documented to answer at once.
            ServerError: It has answered at once; the answer is ``partial``.
        """
        with raised_as_model_errors():
            call = self._call(messages, kwargs)
            return call.submitted(self._sync_client().send(call.submission()))

    async def asubmit(self, messages: Any, **kwargs: Any) -> str:
        """Have an agent begin, and return the id of its task, asynchronously; see `submit`."""
        with raised_as_model_errors():
            call = self._call(messages, kwargs)
            return call.submitted(await self._async_client().send(call.submission()))

    def result(self, async_id: str) -> AIMessage:
        """Wait for the answer of a task, which another process may have submitted."""
        with raised_as_model_errors():
            return to_message(wait_for(self._sync_client(), self._waiting(async_id)))

    async def aresult(self, async_id: str) -> AIMessage:
        """Wait for the answer of a task, asynchronously; see `result`."""
        with raised_as_model_errors():
            return to_message(await await_for(self._async_client(), self._waiting(async_id)))

    def conversation(
        self,
        conversation_id: str,
        *,
        include_pdf: bool | None = None,
        include_html: bool | None = None,
        pages: Sequence[Mapping[str, float]] | None = None,
    ) -> AIMessage:
        """Return what a conversation has made, as blocks of files and images.

        Args:
            conversation_id: The conversation, from ``response_metadata``.
            include_pdf: Make a PDF file of the slides.
            include_html: Make HTML files of them.
            pages: Sizes of slides, see `zhipu_client.agents.conversation`.
        """
        with raised_as_model_errors():
            request = self._conversation(conversation_id, include_pdf, include_html, pages)
            return to_message(self._sync_client().send(request))

    async def aconversation(
        self,
        conversation_id: str,
        *,
        include_pdf: bool | None = None,
        include_html: bool | None = None,
        pages: Sequence[Mapping[str, float]] | None = None,
    ) -> AIMessage:
        """Return what a conversation has made, asynchronously; see `conversation`."""
        with raised_as_model_errors():
            request = self._conversation(conversation_id, include_pdf, include_html, pages)
            return to_message(await self._async_client().send(request))

    # --- The way there

    def _one(self, given: Any, **kwargs: Any) -> AIMessage:
        with raised_as_model_errors():
            return to_message(call_agent(self._sync_client(), self._call(given, kwargs)))

    async def _aone(self, given: Any, **kwargs: Any) -> AIMessage:
        with raised_as_model_errors():
            call = self._call(given, kwargs)
            return to_message(await acall_agent(self._async_client(), call))

    @override
    def _pieces(self, given: Iterator[Any], **kwargs: Any) -> Iterator[AIMessageChunk]:
        maker = ChunkMaker()
        with raised_as_model_errors():
            call = self._call(_summed(given), kwargs)
            for event in iterate_agent(self._sync_client(), call):
                yield maker.chunk(event)

    @override
    async def _apieces(
        self, given: AsyncIterator[Any], **kwargs: Any
    ) -> AsyncIterator[AIMessageChunk]:
        maker = ChunkMaker()
        pieces = [piece async for piece in given]
        with raised_as_model_errors():
            call = self._call(_summed(iter(pieces)), kwargs)
            async with aclosing(aiterate_agent(self._async_client(), call)) as events:
                async for event in events:
                    yield maker.chunk(event)

    def _call(self, given: Any, options: dict[str, Any]) -> AgentCall:
        unknown = options.keys() - {"custom_variables", "conversation_id"}
        if unknown:
            name = min(unknown)
            why = "is not an argument of a call; custom_variables and conversation_id are"
            raise refuse(name, options[name], why)
        variables = options.get("custom_variables")
        if variables is None or isinstance(variables, Mapping):
            variables = {**self.custom_variables, **(variables or {})}
        return AgentCall(
            self.agent_id,
            to_wire(given),
            variables or None,
            options.get("conversation_id") or self.conversation_id,
            below_base_url=self.below_base_url,
            interval=self.interval,
            timeout=self.wait,
            on_progress=self.on_progress,
        )

    def _conversation(
        self,
        conversation_id: str,
        include_pdf: bool | None,
        include_html: bool | None,
        pages: Sequence[Mapping[str, float]] | None,
    ) -> Request[AgentReply]:
        return agents.conversation(
            conversation_id,
            agent_id=self.agent_id,
            include_pdf=include_pdf,
            include_html=include_html,
            pages=pages,
            below_base_url=self.below_base_url,
        )

    def _waiting(self, async_id: str) -> agents.Waiting:
        return self._call("a task that was submitted", {}).waiting(async_id)


def _summed(pieces: Iterator[Any]) -> Any:
    """Return an input that came in pieces."""
    found = next(pieces, "")
    for piece in pieces:
        found = found + piece
    return found
