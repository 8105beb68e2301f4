"""Calls of the chat model: LangChain's methods over exchanges of the conversation core."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from functools import cache
from inspect import signature
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessageChunk, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.prompt_values import ChatPromptValue, PromptValue
from langchain_core.runnables import run_in_executor
from typing_extensions import override

from langchain_zhipu._chat.calling import exchange_for
from langchain_zhipu._chat.events import EventsOfCalls
from langchain_zhipu._chat.fast_chunks import generation_chunk
from langchain_zhipu._chat.media import takes_time
from langchain_zhipu._chat.messages import to_message
from langchain_zhipu._chat.readable import readable_result
from langchain_zhipu._errors import raised_as_model_errors
from zhipu_client.adapting import importing

if TYPE_CHECKING:
    from langchain_zhipu._chat.settings import ChatSettings
    from langchain_zhipu._chat.stream import ChunkMaker
    from zhipu_client.conversation import Answer, Exchange
    from zhipu_client.dialects import Dialect

__all__ = ["CallsOfTheModel"]


if TYPE_CHECKING:
    _Base = ChatSettings
else:  # a class of methods: as a model of pydantic, it would collect all fields once more
    _Base = object


class CallsOfTheModel(EventsOfCalls, _Base):
    """One answer or a stream of it, blocking and asynchronous."""

    @override
    def _convert_input(self, model_input: LanguageModelInput) -> PromptValue:
        # LangChain fails at some results of tools before this class sees them, in every later turn.
        given = super()._convert_input(model_input)
        messages = given.to_messages()
        fine = [_readable(message) for message in messages]
        same = all(one is other for one, other in zip(messages, fine, strict=True))
        return given if same else ChatPromptValue(messages=fine)

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with raised_as_model_errors():
            client = self._sync_client()
            exchange = self._exchange(messages, stop, kwargs, dialect=client.dialect)
            return _result(client.converse(exchange))

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with raised_as_model_errors():
            client = self._async_client()
            exchange = await self._aexchange(messages, stop, kwargs, dialect=client.dialect)
            return _result(await client.converse(exchange))

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        with raised_as_model_errors():
            client = self._sync_client()
            exchange = self._exchange(
                messages, stop, kwargs, streaming=True, dialect=client.dialect
            )
            maker = _chunk_maker()(exchange)
            for delta in client.converse_stream(exchange):
                made = maker.chunk(delta)
                if made is not None:
                    yield _announced(made, run_manager)
            yield _announced(maker.last(), run_manager)

    @override
    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        with raised_as_model_errors():
            client = self._async_client()
            exchange = await self._aexchange(
                messages, stop, kwargs, streaming=True, dialect=client.dialect
            )
            maker = _chunk_maker()(exchange)
            async with aclosing(client.converse_stream(exchange)) as deltas:
                async for delta in deltas:
                    made = maker.chunk(delta)
                    if made is not None:
                        yield await _aannounced(made, run_manager)
            yield await _aannounced(maker.last(), run_manager)

    def _exchange(
        self,
        messages: Sequence[BaseMessage],
        stop: Any,
        kwargs: Mapping[str, Any],
        *,
        dialect: Dialect,
        streaming: bool = False,
        repair: bool = True,
    ) -> Exchange:
        return exchange_for(
            messages,
            self._settings(),
            kwargs if stop is None else {**kwargs, "stop": stop},
            dialect=dialect,
            streaming=streaming,
            repair=repair,
        )

    async def _aexchange(
        self,
        messages: Sequence[BaseMessage],
        stop: Any,
        kwargs: Mapping[str, Any],
        *,
        dialect: Dialect,
        streaming: bool = False,
        repair: bool = True,
    ) -> Exchange:
        how: dict[str, Any] = {"dialect": dialect, "streaming": streaming, "repair": repair}
        if any(takes_time(message.content) for message in messages):
            # A file may have 200 MB, an image be decoded for a second: not on the event loop.
            return await run_in_executor(None, self._exchange, messages, stop, kwargs, **how)
        return self._exchange(messages, stop, kwargs, **how)


# LangChain reads the signature at each call, and finds it here at once.
for _method in (CallsOfTheModel._generate, CallsOfTheModel._agenerate):
    vars(_method)["__signature__"] = signature(_method)


def _readable(message: BaseMessage) -> BaseMessage:
    if not isinstance(message, ToolMessage):
        return message
    content = readable_result(message.content)
    return (
        message if content is message.content else message.model_copy(update={"content": content})
    )


@cache
def _chunk_maker() -> type[ChunkMaker]:
    """Return what makes chunks: loaded with the first stream, as its classes take their time."""
    with importing():
        from langchain_zhipu._chat.stream import ChunkMaker

    return ChunkMaker


def _result(answer: Answer) -> ChatResult:
    message = to_message(answer)
    metadata = message.response_metadata
    facts = {key: metadata[key] for key in ("token_usage", "model_name") if key in metadata}
    messages = [message, *map(to_message, answer.others)]
    generations = [ChatGeneration(message=each) for each in messages]
    return ChatResult(generations=generations, llm_output=facts)


def _announced(
    message: AIMessageChunk, run_manager: CallbackManagerForLLMRun | None
) -> ChatGenerationChunk:
    chunk = generation_chunk(message)
    if run_manager is not None:
        run_manager.on_llm_new_token(chunk.text, chunk=chunk)
    return chunk


async def _aannounced(
    message: AIMessageChunk, run_manager: AsyncCallbackManagerForLLMRun | None
) -> ChatGenerationChunk:
    chunk = generation_chunk(message)
    if run_manager is not None:
        await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
    return chunk
