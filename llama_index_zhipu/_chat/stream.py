"""Make LlamaIndex's responses of a stream, and close it at once when its reader stops early.

In LlamaIndex every chunk has the whole answer so far; agents keep the last one as the
message.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from functools import wraps
from typing import Any, Self, TypeVar

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    MessageRole,
    ThinkingBlock,
    ToolCallBlock,
)

from zhipu_client.conversation import Delta, Exchange, Fragment, GrowingArguments

from .fast_responses import response_so_far
from .messages import answer_blocks, broken_calls, facts_of, logprobs_of, raw_of
from .tools import call_dicts

__all__ = ["ResponseMaker", "closing_stream"]

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])

_opened: ContextVar[list[AsyncGenerator[Any, None]] | None] = ContextVar("_opened", default=None)


class GrowingCall(ToolCallBlock):
    """A call that is still coming, in the chunk of a stream that is still read.

    It is a call once its arguments are whole. Of a structured answer, which no tool runs, they are
    read as far as they go: programs show objects while they grow. What is kept of a stream that was
    left, or written down, is a plain block with cut arguments.

    Attributes:
        maker: What reads the stream; its ``is_open`` is True as long as it does.
        selection: What was read of it for `selections`, or None.
        whole: Its arguments, or None before they are whole.
    """

    __slots__ = ("maker", "selection", "whole")


class _CallSoFar:
    """A tool call that is not yet complete."""

    __slots__ = ("arguments", "id", "name", "read")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments = ""
        self.read = GrowingArguments()

    def add(self, fragment: Fragment) -> None:
        """Add the next fragment."""
        self.id = self.id or fragment["id"] or ""
        self.name += fragment["name"] or ""
        self.arguments += fragment["arguments"]
        self.read = self.read.grown(self.arguments)


class ResponseMaker:
    """Turns the deltas of one exchange into LlamaIndex's responses.

    Args:
        exchange: The exchange.
        shows_objects: Whether its call is a structured answer, which is shown while it grows.
    """

    def __init__(self, exchange: Exchange, *, shows_objects: bool = False) -> None:
        self._exchange = exchange
        self.shows_objects = shows_objects
        #: Whether the stream is still read.
        self.is_open = True
        self._attempt = 1
        self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.is_open = False

    def _begin(self) -> None:
        self._text = ""
        self._reasoning = ""
        self._thinking: ThinkingBlock | None = None
        self._calls: list[_CallSoFar] = []
        # Made anew for the call that grew only: chunks share those of the others.
        self._blocks: list[GrowingCall] = []
        self._dicts: list[dict[str, Any]] = []
        self._chunk: Mapping[str, Any] = {}

    def response(self, delta: Delta) -> ChatResponse | None:
        """Return the response for a delta, or None for a delta without content."""
        if delta.chunk:
            self._chunk = delta.chunk
        if delta.empty:
            return None
        if self._exchange.attempt != self._attempt:
            self._attempt = self._exchange.attempt
            self._begin()  # the second attempt replaces the content of the first
        if delta.reasoning:
            self._reasoning += delta.reasoning
            self._thinking = ThinkingBlock(content=self._reasoning)
        self._text += delta.text
        for fragment in delta.calls:
            while fragment["index"] >= len(self._calls):
                self._calls.append(_CallSoFar())
            self._calls[fragment["index"]].add(fragment)
        if delta.calls:
            self._renew({fragment["index"] for fragment in delta.calls})
        made = self._so_far(delta)
        if delta.logprobs is not None:
            made.logprobs = logprobs_of(delta.logprobs)
        return made

    def _so_far(self, delta: Delta) -> ChatResponse:
        raw = dict(self._chunk)
        facts: dict[str, Any] = {"thinking_delta": delta.reasoning} if delta.reasoning else {}
        return response_so_far(
            self._thinking, self._text, self._blocks, self._dicts,
            delta=delta.text, raw=raw, facts=facts,
        )  # fmt: skip

    def _renew(self, changed: set[int]) -> None:
        """Make the blocks of calls that grew anew, and those of new ones."""
        for index in sorted(changed | set(range(len(self._blocks), len(self._calls)))):
            call = self._calls[index]
            block = GrowingCall(
                tool_call_id=call.id, tool_name=call.name, tool_kwargs=call.arguments
            )
            object.__setattr__(block, "maker", self)
            object.__setattr__(block, "selection", None)
            object.__setattr__(block, "whole", call.read.value)
            self._blocks[index : index + 1] = [block]
            self._dicts[index : index + 1] = call_dicts([block])

    def last(self) -> ChatResponse:
        """Return the closing response: the whole answer, its finish reason and usage."""
        answer = self._exchange.answer
        blocks, extra = answer_blocks(answer)
        raw = dict(self._chunk)
        usage = raw_of(answer).get("usage")
        if usage is not None:
            raw["usage"] = usage
        return ChatResponse(
            message=ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks, additional_kwargs=extra),
            delta=broken_calls(answer),
            raw=raw,
            logprobs=logprobs_of(answer.logprobs),
            additional_kwargs=facts_of(answer),
        )


def closing_stream(callback: Callable[[Any], Any]) -> Callable[[F], F]:
    """Apply a callback decorator of LlamaIndex so that closing its stream closes ours.

    The decorator wraps the stream in a generator that, when closed, leaves the inner one open
    until the event loop ends: the service would go on writing, and be paid for it.

    Args:
        callback: ``llm_chat_callback()`` or ``llm_completion_callback()``.
    """

    def decorate(method: F) -> F:
        @wraps(method)
        async def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
            stream = await method(self, *args, **kwargs)
            opened = _opened.get()
            if opened is not None:
                opened.append(stream)
            return stream

        # The callback marks the functions that it wrapped by this attribute.
        del noted.__wrapped__
        inner = callback(noted)

        @wraps(method)
        async def outer(self: Any, *args: Any, **kwargs: Any) -> Any:
            opened: list[AsyncGenerator[Any, None]] = []
            token = _opened.set(opened)
            try:
                wrapped = await inner(self, *args, **kwargs)
            finally:
                _opened.reset(token)
            return _closed_together(wrapped, *opened)

        return outer  # type: ignore[return-value]  # takes what `method` takes

    return decorate


async def _closed_together(
    stream: AsyncGenerator[Any, None], *inner: AsyncGenerator[Any, None]
) -> AsyncGenerator[Any, None]:
    try:
        async for item in stream:
            yield item
    finally:
        for generator in (stream, *inner):
            # "already running": an event loop that shuts down closes them all at once.
            with suppress(RuntimeError):
                await generator.aclose()
