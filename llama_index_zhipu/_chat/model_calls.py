"""The calls of the LLM, whole and streamed, sync and async, each as an exchange of the core.

LlamaIndex's methods stay in `ZhipuAI`: spans and traces name a method by the class that it was
written in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from functools import cache, lru_cache, partial, reduce
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.generic_utils import chat_response_to_completion_response
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    LLMMetadata,
    MessageRole,
    TextBlock,
)
from llama_index.core.bridge.pydantic import BaseModel, ConfigDict, ValidationError, create_model
from llama_index.core.llms.llm import ToolSelection

from llama_index_zhipu._connection import ZhipuSettings
from zhipu_client import models
from zhipu_client.adapting import boolean, by_own_names, importing, refusal
from zhipu_client.conversation import Exchange, RequirementError, build, combined, is_plain_text
from zhipu_client.dialects import Dialect

from .errors import raise_with_response
from .hiding import revealed
from .media import takes_time
from .messages import to_response, to_wire
from .settings import SENT, ChatSettings
from .stream import ResponseMaker
from .structured import StructuredHints
from .tools import selections, tool_spec

if TYPE_CHECKING:
    from llama_index.core.tools.types import BaseTool

__all__ = ["CallsOfTheModel", "aexchange_for", "completion", "completions", "exchange_for"]

#: Programs that fill an object say so by one of these, agents do not.
_OF_OBJECTS = ("tool_required", "structured")
#: Where the tool of a program is made, which streams without saying so; it only makes the object.
_PROGRAMS = "llama_index.core.program.function_program"
#: Fields that decide how a request is made.
_STEERING = (
    "model",
    "thinking",
    "clear_thinking",
    "reasoning_history",
    "web_search",
    "tool_choice_mode",
    "stream_usage",
    "think_tags",
    "keep_box_marks",
    "cost",
    "include_response_headers",
    "file_mode",
    "repair_tool_calls",
    "raise_on_content_filter",
    "extra_body",
)


@lru_cache(maxsize=64)
def _facts_of(model: str) -> tuple[int, bool]:
    """Return what LlamaIndex asks about a model at each call: its context, whether it has tools."""
    return models.context_of(model), models.takes_tools(model)


class CallsOfTheModel(ChatSettings):
    """A conversation in, an answer out, and the calls of tools in it; what LlamaIndex asks then."""

    @property
    def metadata(self) -> LLMMetadata:
        """Return the facts about the model; never raises, not even for unknown models."""
        context, takes_tools = _facts_of(str(self.model))
        tools = self.is_function_calling_model
        return LLMMetadata(
            context_window=self.context_window or context,
            num_output=self.max_tokens or -1,
            is_chat_model=True,
            is_function_calling_model=takes_tools if tools is None else tools,
            model_name=self.model,
            system_role=MessageRole.SYSTEM,
        )

    def to_payload(self) -> dict[str, Any]:
        """Return the settings that traces may show."""
        shown = {
            name: value
            for name in (*SENT, "thinking", "clear_thinking")
            if (value := self.__dict__[name]) is not None
        }
        if self.server_tools is not None:
            shown["server_tools"] = self._write_tools(self.server_tools)
        return {**super().to_payload(), **shown}

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


def exchange_for(
    llm: ChatSettings,
    messages: Sequence[ChatMessage],
    kwargs: Mapping[str, Any],
    *,
    dialect: Dialect,
    streaming: bool,
    repair: bool = True,
) -> Exchange:
    """Return the exchange for one call.

    Args:
        llm: The LLM.
        messages: The conversation.
        kwargs: The call's arguments.
        dialect: What the server understands.
        streaming: Whether the answer comes in chunks.
        repair: False for an answer that cannot be asked for again (a batch's).

    Raises:
        InvalidRequestError: A value can never be accepted.
    """
    values = values_of(llm, llm.additional_kwargs, kwargs)
    refuse_filtered = values.pop("raise_on_content_filter", False)
    boolean("raise_on_content_filter", refuse_filtered)
    hints = values.get("structured")
    if isinstance(hints, StructuredHints):
        values["structured"] = hints.answer
    built = build(values, dialect=dialect, streaming=streaming, one_answer=True)
    wire = to_wire(messages, built.model)
    if not is_plain_text(wire):
        with importing():
            from zhipu_client.adapting import with_pictures

        wire = with_pictures(wire, built.model)
    return Exchange(wire, built, refuse_filtered=refuse_filtered, repair=repair)


async def aexchange_for(
    llm: ChatSettings, messages: Sequence[ChatMessage], kwargs: Mapping[str, Any], **how: Any
) -> Exchange:
    """Return the exchange for one call, made beside the event loop where that takes time."""
    blocks = [one for said in messages for one in said.blocks if type(one) is not TextBlock]
    if blocks and any(map(takes_time, blocks)):
        # A file may have 200 MB, an image be decoded for a second: not on the event loop.
        return await asyncio.to_thread(partial(exchange_for, llm, messages, kwargs, **how))
    return exchange_for(llm, messages, kwargs, **how)


def values_of(llm: ZhipuSettings, *arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a call by their fields' names, and the arguments that are not fields.

    Args:
        llm: The LLM.
        *arguments: Arguments that replace the LLM's fields, the weakest first.

    Raises:
        InvalidRequestError: A field refuses its value, or a setting cannot be given with a call.
    """
    fields = llm.__dict__
    own = {name: fields[name] for name in (*SENT, *_STEERING)}
    return reduce(combined, (_checked(llm, revealed(given)) for given in arguments), own)


def _checked(llm: ZhipuSettings, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments by their fields' own names, checked by the fields."""
    if not given:
        return {}
    named = by_own_names(given, llm._aliases)
    found = {name: value for name, value in named.items() if value is not None}
    try:
        checked = _fields(type(llm)).model_validate(found)
    except ValidationError as failed:
        refused = refusal(failed)
        if refused is None:
            raise
        raise refused from None
    return found | {name: getattr(checked, name) for name in checked.model_fields_set}


@cache
def _fields(owner: type[ZhipuSettings]) -> type[BaseModel]:
    """Return the fields that a call may set, as a model of their own."""
    fields: dict[str, Any] = {
        name: (owner.model_fields[name].annotation, owner.model_fields[name])
        for name in (*SENT, *_STEERING)
    }
    return create_model("Given", __config__=ConfigDict(hide_input_in_errors=True), **fields)


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
