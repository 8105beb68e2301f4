"""Calls of the chat model: LangChain's methods over exchanges of the conversation core."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from functools import cache
from inspect import signature
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import AIMessageChunk, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.prompt_values import ChatPromptValue, PromptValue
from langchain_core.runnables import run_in_executor
from pydantic import BaseModel, ValidationError
from typing_extensions import override

from langchain_zhipu._chat.events import EventsOfCalls
from langchain_zhipu._chat.fast_chunks import generation_chunk
from langchain_zhipu._chat.media import takes_time
from langchain_zhipu._chat.messages import PROVIDER, to_message, to_wire
from langchain_zhipu._chat.readable import readable_result
from langchain_zhipu._chat.settings import SENT
from langchain_zhipu._errors import raise_as_model_error
from zhipu_client import ZhipuError
from zhipu_client.adapting import importing
from zhipu_client.conversation import (
    Exchange,
    StructuredAnswer,
    build,
    combined,
    is_plain_text,
    redacted,
    validation_complaints,
)

if TYPE_CHECKING:
    from langchain_zhipu._chat.settings import ChatSettings
    from langchain_zhipu._chat.stream import ChunkMaker
    from zhipu_client.conversation import Answer
    from zhipu_client.dialects import Dialect

__all__ = ["CallsOfTheModel"]


if TYPE_CHECKING:
    _Base = ChatSettings
else:  # a class of methods: as a model of pydantic, it would collect all fields once more
    _Base = object


class CallsOfTheModel(EventsOfCalls, _Base):
    """One answer or a stream of it, blocking and asynchronous; what LangChain asks at a call."""

    @property
    @override
    def _llm_type(self) -> str:
        return "zhipu-chat"

    @property
    @override
    def _identifying_params(self) -> dict[str, Any]:
        found = {"base_url": self.base_url, **self._settings()}
        return redacted(found) if self.model_kwargs or self.extra_body or self.extra else found

    @override
    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        found = super()._get_ls_params(stop=stop, **kwargs)
        found["ls_provider"] = PROVIDER
        words = stop or self.stop
        if isinstance(words, (str, list, tuple)):  # other types are refused when sending
            found["ls_stop"] = [words] if isinstance(words, str) else list(words)
        return found

    @override
    def _get_invocation_params(
        self, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        return super()._get_invocation_params(stop=stop, **(redacted(kwargs) if kwargs else {}))

    def _settings(self) -> dict[str, Any]:
        fields = self.__dict__  # asked for twice a call, by LangChain's callbacks too
        return {name: fields[name] for name in SENT if fields[name] is not None}

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
        try:
            client = self._sync_client()
            exchange = self._exchange(messages, stop, kwargs, dialect=client.dialect)
            return _result(client.converse(exchange))
        except ZhipuError as error:
            raise_as_model_error(error)

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        try:
            client = self._async_client()
            exchange = await self._aexchange(messages, stop, kwargs, dialect=client.dialect)
            return _result(await client.converse(exchange))
        except ZhipuError as error:
            raise_as_model_error(error)

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        try:
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
        except ZhipuError as error:
            raise_as_model_error(error)

    @override
    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        try:
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
        except ZhipuError as error:
            raise_as_model_error(error)

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
        """Return the exchange for one call.

        Args:
            messages: The conversation.
            stop: Where the answer ends, or None.
            kwargs: The call's arguments.
            dialect: What the server understands.
            streaming: Whether the answer comes in chunks.
            repair: False for an answer that cannot be asked for again (a batch's).

        Raises:
            InvalidRequestError: A value can never be accepted.
        """
        values = combined(self._settings(), kwargs if stop is None else {**kwargs, "stop": stop})
        values["response_format"] = _response_format(values.get("response_format"))
        structured = values.get("structured")
        if isinstance(structured, Mapping):
            values["structured"] = _structured(structured)
        built = build(values, dialect=dialect, streaming=streaming)
        wire = to_wire(messages, built.model)
        if not is_plain_text(wire):
            with importing():
                from zhipu_client.adapting import with_pictures

            wire = with_pictures(wire, built.model)
        return Exchange(wire, built, repair=repair)

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
        contents = [message.content for message in messages if type(message.content) is not str]
        if contents and any(map(takes_time, contents)):
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


def _response_format(value: Any) -> Any:
    """Return a schema class as a ``json_schema`` dict, and every other value unchanged."""
    if isinstance(value, type):
        from langchain_core.utils.function_calling import convert_to_json_schema

        from langchain_zhipu._chat.recursive import whole_parameters

        with suppress(ValueError, TypeError):  # a class without a schema is refused later, by name
            schema = whole_parameters(value)
            if schema is None:
                schema = convert_to_json_schema(value)
            name = str(schema.get("title") or value.__name__)
            return {"type": "json_schema", "json_schema": {"name": name, "schema": schema}}
    return value


def _structured(hints: Mapping[str, Any]) -> StructuredAnswer:
    """Return the check of an answer from what ``with_structured_output`` has bound."""
    schema = hints.get("schema")
    lenient = bool(hints.get("lenient"))
    if not (isinstance(schema, type) and issubclass(schema, BaseModel)):
        return StructuredAnswer(lenient=lenient, replaceable=True)

    def check(value: Any) -> list[str]:
        try:
            schema.model_validate(value)
        except ValidationError as error:
            return validation_complaints(error)
        return []

    return StructuredAnswer(lenient=lenient, replaceable=True, check=check)
