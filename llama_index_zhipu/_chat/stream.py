"""Make LlamaIndex's responses of a stream, each with the whole answer so far. Pure.

In LlamaIndex every chunk has the whole answer so far; agents keep the last one as the
message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ContentBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from zhipu_client.conversation import Delta, Exchange, Fragment

from .fast_responses import text_response
from .messages import answer_blocks, broken_calls, facts_of, logprobs_of, raw_of
from .tools import call_dicts

__all__ = ["ResponseMaker"]


class GrowingCall(ToolCallBlock):
    """A call that is still coming, in the chunk of a stream that is still read.

    Only then may its arguments be read as far as they go: programs show objects while they grow.
    What is kept of a stream that was left, or written down, is a plain block with cut arguments.
    """

    __slots__ = ("maker",)

    @property
    def is_growing(self) -> bool:
        """Whether the stream is still read."""
        maker = getattr(self, "maker", None)
        return maker is not None and maker.is_open


class _CallSoFar:
    """A tool call that is not yet complete."""

    __slots__ = ("arguments", "id", "name")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments = ""

    def add(self, fragment: Fragment) -> None:
        """Add the next fragment."""
        self.id = self.id or fragment["id"] or ""
        self.name = self.name or fragment["name"] or ""
        self.arguments += fragment["arguments"]


class ResponseMaker:
    """Turns the deltas of one exchange into LlamaIndex's responses.

    Args:
        exchange: The exchange.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
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
        made = self._so_far(delta)
        if delta.logprobs is not None:
            made.logprobs = logprobs_of(delta.logprobs)
        return made

    def _so_far(self, delta: Delta) -> ChatResponse:
        raw = dict(self._chunk)
        facts: dict[str, Any] = {"thinking_delta": delta.reasoning} if delta.reasoning else {}
        if not self._calls:
            return text_response(self._thinking, self._text, delta=delta.text, raw=raw, facts=facts)
        blocks: list[ContentBlock] = [TextBlock(text=self._text)]
        if self._thinking is not None:
            blocks.insert(0, self._thinking)
        calls = [self._growing(call) for call in self._calls]
        message = ChatMessage(
            role=MessageRole.ASSISTANT,
            blocks=[*blocks, *calls],
            additional_kwargs={"tool_calls": call_dicts(calls)},
        )
        return ChatResponse(message=message, delta=delta.text, raw=raw, additional_kwargs=facts)

    def _growing(self, call: _CallSoFar) -> GrowingCall:
        made = GrowingCall(tool_call_id=call.id, tool_name=call.name, tool_kwargs=call.arguments)
        object.__setattr__(made, "maker", self)
        return made

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
