"""The calls of the LLM, whole and streamed, sync and async; `ZhipuAI` has LlamaIndex's methods.

Those stay in its class: spans and traces name a method by the class that it was written in.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.generic_utils import chat_response_to_completion_response
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    MessageRole,
)
from llama_index.core.llms.llm import ToolSelection

from zhipu_client.conversation import RequirementError

from .calling import aexchange_for, exchange_for
from .errors import raise_with_response
from .messages import to_response
from .settings import ChatSettings
from .stream import ResponseMaker
from .tasks import ChatTasks
from .tools import selections, tool_spec

if TYPE_CHECKING:
    from llama_index.core.tools.types import BaseTool

__all__ = ["CallsOfTheModel", "completion", "completions"]

#: Programs that fill an object say so by one of these, agents do not.
_OF_OBJECTS = ("tool_required", "structured")
#: Where the tool of a program is made, which streams without saying so; it only makes the object.
_PROGRAMS = "llama_index.core.program.function_program"


class CallsOfTheModel(ChatTasks, ChatSettings):
    """A conversation in, an answer out; and the calls of tools in it."""

    def _chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        try:
            client = self._sync_client()
            exchange = exchange_for(self, messages, kwargs, dialect=client.dialect, streaming=False)
            return to_response(client.converse(exchange))
        except RequirementError as error:
            raise_with_response(error)

    async def _achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        try:
            client = self._async_client()
            exchange = await aexchange_for(
                self, messages, kwargs, dialect=client.dialect, streaming=False
            )
            return to_response(await client.converse(exchange))
        except RequirementError as error:
            raise_with_response(error)

    def _stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        try:
            client = self._sync_client()
            exchange = exchange_for(self, messages, kwargs, dialect=client.dialect, streaming=True)
            objects = any(kwargs.get(key) for key in _OF_OBJECTS)
            with ResponseMaker(exchange, shows_objects=objects) as maker:
                for delta in client.converse_stream(exchange):
                    response = maker.response(delta)
                    if response is not None:
                        yield response
                yield maker.last()
        except RequirementError as error:
            raise_with_response(error)

    async def _astream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> ChatResponseAsyncGen:
        try:
            client = self._async_client()
            exchange = await aexchange_for(
                self, messages, kwargs, dialect=client.dialect, streaming=True
            )
            objects = any(kwargs.get(key) for key in _OF_OBJECTS)
            with ResponseMaker(exchange, shows_objects=objects) as maker:
                async with aclosing(client.converse_stream(exchange)) as deltas:
                    async for delta in deltas:
                        response = maker.response(delta)
                        if response is not None:
                            yield response
                yield maker.last()
        except RequirementError as error:
            raise_with_response(error)

    # -- tools --------------------------------------------------------------------------------

    def _prepare_chat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: str | ChatMessage | None = None,
        chat_history: list[ChatMessage] | None = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        tool_choice: Any = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        messages = list(chat_history or ())  # the caller's own list stays as it is
        if isinstance(user_msg, str):
            user_msg = ChatMessage(role=MessageRole.USER, content=user_msg)
        if user_msg is not None:
            messages.append(user_msg)
        if not tools:
            return {"messages": messages, **kwargs}
        return {
            "messages": messages,
            "tools": [tool_spec(tool) for tool in tools],
            "tool_choice": tool_choice or ("required" if tool_required else "auto"),
            "parallel_tool_calls": allow_parallel_tool_calls,
            **({"tool_required": True} if tool_required or _fills_object(tools) else {}),
            **kwargs,
        }

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """Return the calls that can run, with the caller's own tool names.

        Raises:
            ValueError: No call can run, and ``error_on_no_tool_call`` is True.
        """
        calls = selections(response)
        if not calls and error_on_no_tool_call:
            raise ValueError(
                "Expected at least one tool call, but the model answered: "
                f"{(response.message.content or '')[:200]!r}"
            )
        return calls


def completion(response: ChatResponse) -> CompletionResponse:
    made = chat_response_to_completion_response(response)
    made.delta = response.delta
    return made


async def completions(responses: ChatResponseAsyncGen) -> CompletionResponseAsyncGen:
    try:
        async for response in responses:
            yield completion(response)
    finally:
        await responses.aclose()


def _fills_object(tools: Sequence[BaseTool]) -> bool:
    """Return whether the tools are those of a program: to call one is to make an object."""
    functions = [getattr(tool, "real_fn", None) for tool in tools]
    return all(getattr(function, "__module__", None) == _PROGRAMS for function in functions)
