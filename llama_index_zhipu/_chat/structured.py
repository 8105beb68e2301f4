"""`structured_predict` and its variants; the conversation core asks, checks and repairs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.bridge.pydantic import BaseModel, ValidationError
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.events.llm import (
    LLMStructuredPredictEndEvent,
    LLMStructuredPredictStartEvent,
)
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.program.utils import create_flexible_model
from llama_index.core.prompts import BasePromptTemplate
from llama_index.core.types import PydanticProgramMode

from zhipu_client import BadRequestError, ContextOverflowError, ZhipuError
from zhipu_client.conversation import (
    StructuredAnswer,
    StructuredStrategy,
    object_in,
    partial_object,
    structured_strategies,
    validation_complaints,
)

from .errors import StructuredOutputError, ToolNotCalledError
from .tools import selections

__all__ = ["StructuredHints", "StructuredOutputMixin"]

dispatcher = get_dispatcher(__name__)

_NOTHING = ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=""))

M = TypeVar("M", bound=BaseModel)


class StructuredHints(dict[str, Any]):
    """The arguments that `structured_predict` passes to the chat call beside the schema.

    A dict, so that whoever records the arguments of a call can write it down; the check of the
    data class is beside it.
    """

    answer: StructuredAnswer

    @classmethod
    def of(cls, strategy: StructuredStrategy, check: Callable[[Any], list[str]]) -> StructuredHints:
        """Return the hints for one strategy."""
        made = cls(strategy=strategy)
        made.answer = StructuredAnswer(json_mode=strategy == "json", replaceable=True, check=check)
        return made


@dataclass(frozen=True, slots=True)
class _Ask:
    """One chat call: the messages, and the arguments."""

    messages: list[ChatMessage]
    kwargs: dict[str, Any] = field(default_factory=dict)


class _Shape:
    """An output class: its schema as a JSON object, and how to read an instance of it."""

    def __init__(self, output_cls: type[BaseModel]) -> None:
        self.output_cls = output_cls
        schema = output_cls.model_json_schema()
        # JSON mode and tools know objects only: a list, for example, becomes a field of one.
        self.wrapped = schema.get("type", "object") != "object"
        if self.wrapped:
            definitions = schema.pop("$defs", None)
            schema = {"type": "object", "properties": {"value": schema}, "required": ["value"]}
            if definitions:
                schema["$defs"] = definitions
        self.schema = schema
        self.flexible = create_flexible_model(output_cls)

    @property
    def name(self) -> str:
        return str(self.schema.get("title") or self.output_cls.__name__)

    def tool(self) -> dict[str, Any]:
        parameters = {k: v for k, v in self.schema.items() if k not in ("title", "description")}
        description = self.schema.get("description") or f"Give the answer as {self.name}."
        function = {"name": self.name, "description": description, "parameters": parameters}
        return {"type": "function", "function": function}

    def whole(self, response: ChatResponse) -> BaseModel:
        """Return the instance in an answer; raises ValidationError or ValueError."""
        calls = selections(response)
        found = calls[0].tool_kwargs if calls else object_in(response.message.content or "")
        if found is None:
            raise ValueError("the answer contains no JSON object")
        return self.output_cls.model_validate(self._unwrapped(found))

    def check(self, value: Any) -> list[str]:
        """Return what is wrong with a value, by the class's own rules."""
        try:
            self.output_cls.model_validate(self._unwrapped(value))
        except ValidationError as error:
            return validation_complaints(error)
        return []

    def _unwrapped(self, value: Any) -> Any:
        return value.get("value", value) if self.wrapped and isinstance(value, dict) else value

    def partial(self, response: ChatResponse) -> Any:
        """Return as much of an instance as a chunk contains, or None."""
        calls = selections(response)
        found: Any
        found = calls[0].tool_kwargs if calls else partial_object(response.message.content or "")
        if not found:
            return None
        if self.wrapped:
            found = found.get("value")
        try:
            return self.output_cls.model_validate(found)
        except ValidationError:
            return None if self.wrapped else self.flexible.model_validate(found)


def _ask(
    shape: _Shape,
    strategy: StructuredStrategy,
    messages: Sequence[ChatMessage],
    kwargs: Mapping[str, Any],
) -> _Ask:
    hints = {"structured": StructuredHints.of(strategy, shape.check)}
    if strategy == "tool":
        tool = {
            "tools": [shape.tool()],
            "tool_choice": {"type": "tool", "name": shape.name},
            "parallel_tool_calls": False,
        }
        return _Ask(list(messages), {**kwargs, **tool, **hints})
    schema = {"name": shape.name, "schema": shape.schema}
    wanted = {"response_format": {"type": "json_schema", "json_schema": schema}}
    return _Ask(list(messages), {**kwargs, **wanted, **hints})


def _dialogue(
    shape: _Shape,
    strategies: Sequence[StructuredStrategy],
    messages: Sequence[ChatMessage],
    kwargs: Mapping[str, Any],
) -> Generator[_Ask, ChatResponse, BaseModel]:
    """Ask; try the next strategy when the model does not support one."""
    for strategy in strategies:
        try:
            response = yield _ask(shape, strategy, messages, kwargs)
        except (BadRequestError, ToolNotCalledError) as error:
            if isinstance(error, ToolNotCalledError) and _was_cut(error.response):
                raise StructuredOutputError(str(error), error.response) from error
            if strategy == strategies[-1] or isinstance(error, ContextOverflowError):
                raise
            continue
        return _instance(shape, response)
    raise AssertionError("no strategy")  # pragma: no cover


def _was_cut(response: ChatResponse) -> bool:
    """Return True for an answer that was cut, as it would be with the next strategy too."""
    return response.additional_kwargs.get("finish_reason") == "length"


def _instance(shape: _Shape, response: ChatResponse) -> BaseModel:
    try:
        return shape.whole(response)
    except ValueError as error:  # pydantic's is one too
        raise StructuredOutputError(
            f"the model's answer is not a {shape.name}: {str(error)[:500]}", response
        ) from error


class StructuredOutputMixin(FunctionCallingLLM):
    """`structured_predict` and its variants, for a model that does not enforce schemas."""

    if TYPE_CHECKING:  # fields of the class that this is mixed into
        model: str
        structured_output: StructuredStrategy | Literal["auto"]

    def _steps(
        self, shape: _Shape, messages: list[ChatMessage], llm_kwargs: dict[str, Any] | None
    ) -> Generator[_Ask, ChatResponse, BaseModel]:
        ways = structured_strategies(self.structured_output, self.model)
        return _dialogue(shape, ways, messages, llm_kwargs or {})

    def _messages_for(
        self, prompt: BasePromptTemplate, prompt_args: Mapping[str, Any]
    ) -> list[ChatMessage]:
        return self._extend_messages(prompt.format_messages(llm=self, **prompt_args))

    def structured_predict(
        self,
        output_cls: type[M],
        prompt: Any,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> M:
        """Predict an instance of a pydantic class.

        Args:
            output_cls: The class.
            prompt: The prompt's template.
            llm_kwargs: Arguments of the chat call.
            **prompt_args: The values for the template.

        Raises:
            StructuredOutputError: the answer did not fit, and neither did the corrected one.
        """
        if self.pydantic_program_mode != PydanticProgramMode.DEFAULT:
            made = super().structured_predict(output_cls, prompt, llm_kwargs, **prompt_args)
            return cast(M, made)
        return self.structured_response(output_cls, prompt, llm_kwargs, **prompt_args)[0]

    def structured_response(
        self,
        output_cls: type[M],
        prompt: Any,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> tuple[M, ChatResponse]:
        """Predict an instance, and return the model's answer too; see `structured_predict`."""
        _started(output_cls, prompt, prompt_args)
        messages = self._messages_for(prompt, prompt_args)
        steps = self._steps(_Shape(output_cls), messages, llm_kwargs)
        response = _NOTHING
        try:
            ask = next(steps)
            while True:
                try:
                    response = self.chat(ask.messages, **ask.kwargs)
                except ZhipuError as error:
                    ask = steps.throw(error)
                else:
                    ask = steps.send(response)
        except StopIteration as stop:
            return cast(M, _ended(stop.value)), response

    async def astructured_predict(
        self,
        output_cls: type[M],
        prompt: Any,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> M:
        """Predict an instance of a pydantic class, asynchronously; see `structured_predict`."""
        if self.pydantic_program_mode != PydanticProgramMode.DEFAULT:
            made = await super().astructured_predict(output_cls, prompt, llm_kwargs, **prompt_args)
            return cast(M, made)
        return (await self.astructured_response(output_cls, prompt, llm_kwargs, **prompt_args))[0]

    async def astructured_response(
        self,
        output_cls: type[M],
        prompt: Any,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> tuple[M, ChatResponse]:
        """Predict an instance asynchronously; see `structured_response`."""
        _started(output_cls, prompt, prompt_args)
        messages = self._messages_for(prompt, prompt_args)
        steps = self._steps(_Shape(output_cls), messages, llm_kwargs)
        response = _NOTHING
        try:
            ask = next(steps)
            while True:
                try:
                    response = await self.achat(ask.messages, **ask.kwargs)
                except ZhipuError as error:
                    ask = steps.throw(error)
                else:
                    ask = steps.send(response)
        except StopIteration as stop:
            return cast(M, _ended(stop.value)), response

    def _structured_stream_call(
        self,
        output_cls: type[Any],
        prompt: Any,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Generator[Any, None, None]:
        if self.pydantic_program_mode != PydanticProgramMode.DEFAULT:
            yield from super()._structured_stream_call(
                output_cls, prompt, llm_kwargs, **prompt_args
            )
            return
        messages = self._messages_for(prompt, prompt_args)
        shape = _Shape(output_cls)
        steps = self._steps(shape, messages, llm_kwargs)
        progress = _Progress(shape)
        try:
            ask = next(steps)
            while True:
                try:
                    progress = _Progress(shape)
                    for response in self.stream_chat(ask.messages, **ask.kwargs):
                        if progress.take(response):
                            yield progress.seen
                except ZhipuError as error:
                    ask = steps.throw(error)
                else:
                    ask = steps.send(progress.last)
        except StopIteration as stop:
            if stop.value != progress.seen:
                yield stop.value

    async def _structured_astream_call(
        self,
        output_cls: type[Any],
        prompt: Any,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> AsyncGenerator[Any, None]:
        if self.pydantic_program_mode != PydanticProgramMode.DEFAULT:
            return await super()._structured_astream_call(
                output_cls, prompt, llm_kwargs, **prompt_args
            )
        messages = self._messages_for(prompt, prompt_args)
        shape = _Shape(output_cls)

        async def partials() -> AsyncGenerator[Any, None]:
            steps = self._steps(shape, messages, llm_kwargs)
            progress = _Progress(shape)
            try:
                ask = next(steps)
                while True:
                    try:
                        progress = _Progress(shape)
                        stream = await self.astream_chat(ask.messages, **ask.kwargs)
                        async with aclosing(stream) as responses:
                            async for response in responses:
                                if progress.take(response):
                                    yield progress.seen
                    except ZhipuError as error:
                        ask = steps.throw(error)
                    else:
                        ask = steps.send(progress.last)
            except StopIteration as stop:
                if stop.value != progress.seen:
                    yield stop.value

        return partials()


class _Progress:
    """The instance that a stream has contained so far."""

    def __init__(self, shape: _Shape) -> None:
        self._shape = shape
        self.seen: Any = None
        self.last = _NOTHING

    def take(self, response: ChatResponse) -> bool:
        """Read a chunk; return True if it contains more than the one before."""
        self.last = response
        if not response.delta and not response.message.additional_kwargs.get("tool_calls"):
            return False
        found = self._shape.partial(response)
        if found is None or found == self.seen:
            return False
        self.seen = found
        return True


def _started(output_cls: type[Any], prompt: Any, prompt_args: dict[str, Any]) -> None:
    dispatcher.event(
        LLMStructuredPredictStartEvent(
            output_cls=output_cls, template=prompt, template_args=prompt_args
        )
    )


def _ended(result: BaseModel) -> BaseModel:
    dispatcher.event(LLMStructuredPredictEndEvent(output=result))
    return result
