"""One turn of the model, streamed or not, with its second attempt where one is due. Pure.

A turn hands out requests and takes in answers; the model (`chat_models.py`) only sends. So what
is decided here is decided once, for sync and async alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import add_usage
from langchain_core.messages.tool import ToolCall

from langchain_zhipu._json import JsonFilter, json_text
from langchain_zhipu._leaks import leaked_calls
from langchain_zhipu._messages import from_wire
from langchain_zhipu._plan import Plan
from langchain_zhipu._stream import ChunkReader
from langchain_zhipu._think import ThinkFilter, thinking_apart
from zhipu_client import ContextOverflowError, chat

__all__ = ["StreamTurn", "Turn"]

_EARLY = ("id", "request_id", "created", "model_name")


class Turn:
    """A turn whose answers come in one piece."""

    def __init__(self, plan: Plan, *, repair_leaks: bool = False) -> None:
        self.plan = plan
        self.done = False
        self._repair_leaks = repair_leaks
        self._first: AIMessage | None = None
        self._message: AIMessage | None = None

    def take(self, body: dict[str, Any]) -> None:
        """Read an answer; unless `done` afterwards, ``plan`` is to be sent once more."""
        message = _read(_apart(body) if self.plan.inline else body, self._repair_leaks)
        demand = self.plan.demand
        complaint = demand.complaint(message) if demand is not None else None
        self.done = True
        if demand is not None and complaint is not None:
            if self._first is None and demand.may_repair(message):
                self._first = message
                self.plan = self.plan.again(message.text, complaint)
                self.done = False
                return
            if not demand.lenient:
                raise demand.error(complaint, message.text)
        if demand is not None and demand.json and not _has_calls(message):
            message.content = json_text(message.text, arrays=demand.arrays)
        self._message = message if self._first is None else _joined(self._first, message)

    @property
    def message(self) -> AIMessage:
        """The outcome."""
        if self._message is None:
            raise RuntimeError("the turn is not done")
        return self._message


def _read(body: Mapping[str, Any], repair_leaks: bool) -> AIMessage:
    message = from_wire(body)
    if message.response_metadata.get("finish_reason") == "model_context_window_exceeded":
        raise _overflow(body)
    if repair_leaks and not _has_calls(message):
        message.tool_calls = _leaked(message)
    return message


def _leaked(message: AIMessage) -> list[ToolCall]:
    """The calls that the model wrote into its text or its reasoning."""
    reasoning = message.additional_kwargs.get("reasoning_content", "")
    return leaked_calls(f"{reasoning}\n{message.text}")


def _apart(body: dict[str, Any]) -> dict[str, Any]:
    """A body with the reasoning out of its text."""
    choices = body.get("choices")
    if not choices:
        return body
    message = thinking_apart(choices[0].get("message") or {}, ThinkFilter(), last=True)
    return {**body, "choices": [{**choices[0], "message": message}]}


def _overflow(partial: Any) -> ContextOverflowError:
    error = ContextOverflowError(
        "prompt and answer reached the end of the model's context window "
        "(finish_reason model_context_window_exceeded); shorten the conversation"
    )
    error.partial = partial
    return error


def _has_calls(message: AIMessage) -> bool:
    return bool(message.tool_calls or message.invalid_tool_calls)


def _joined(first: AIMessage, second: AIMessage) -> AIMessage:
    """The second answer, with the first one's identity, and the tokens and thoughts of both."""
    thoughts = [m.additional_kwargs.get("reasoning_content", "") for m in (first, second)]
    if any(thoughts):
        second.additional_kwargs["reasoning_content"] = "".join(thoughts)
    known = {k: v for k, v in first.response_metadata.items() if k in _EARLY}
    second.response_metadata = {**second.response_metadata, **known}
    if first.usage_metadata or second.usage_metadata:
        second.usage_metadata = add_usage(first.usage_metadata, second.usage_metadata)
    return second


class StreamTurn:
    """A turn whose answers come in chunks.

    Reasoning is passed on at once. Text is held back only as long as it may turn out to be what
    was not asked for: prose where a call is due, or anything before the JSON.
    """

    def __init__(self, plan: Plan, *, repair_leaks: bool = False) -> None:
        self.plan = plan
        self.done = False
        self._repair_leaks = repair_leaks
        self._reader = ChunkReader(tools=plan.has_tools, request_id=plan.params.get("request_id"))
        self._attempt = 1
        self._shown = False
        self._reset()

    def _reset(self) -> None:
        demand = self.plan.demand
        self._held: list[str] = []
        self._called = False
        self._filter = JsonFilter(arrays=demand.arrays) if demand and demand.json else None
        self._think = ThinkFilter() if self.plan.inline else None
        watched = demand is not None or self._repair_leaks
        self._whole = chat.Accumulator() if watched else None

    def read(self, chunk: Mapping[str, Any]) -> Iterator[AIMessageChunk]:
        """What to pass on after the next chunk of the wire."""
        if self._think is not None:
            chunk = _delta_apart(chunk, self._think)
        if self._whole is not None:
            self._whole.add(chunk)
        made = self._reader.read(chunk)
        if made is None:
            return
        if self.plan.demand is not None:
            if made.tool_call_chunks:
                if not self._called:
                    self._called = True
                    text = self._release()
                    if text:
                        yield self._reader.chunk(text)
                self._shown = True
            elif made.content and not self._called:
                made.content = self._passed(str(made.content))
                self._shown = self._shown or bool(made.content)
            if not _shows(made):
                return
        yield made

    def _passed(self, text: str) -> str:
        """The part of a text that may be shown now; the rest waits."""
        demand = self.plan.demand
        if demand is not None and demand.tools is not None:
            self._held.append(text)
            return ""
        return self._filter.feed(text) if self._filter is not None else text

    def _release(self) -> str:
        """The text that was held back."""
        text = "".join(self._held)
        if not text and self._filter is not None and not self._filter.started:
            text = self._filter.held()
        self._held = []
        self._filter = None
        return text

    def finish(self) -> Iterator[AIMessageChunk]:
        """What to pass on after an answer's end; unless `done` afterwards, send ``plan`` again."""
        reader = self._reader
        if reader.finish_reason == "model_context_window_exceeded":
            raise _overflow(self._whole.message() if self._whole is not None else None)
        if self._think is not None:  # it still holds something when no finish reason came
            rest, self._think = thinking_apart({}, self._think, last=True), None
            yield from self.read({"choices": [{"index": 0, "delta": rest}]})
        self.done = True
        demand = self.plan.demand
        answer = from_wire(self._whole.message()) if self._whole is not None else None
        leaked: list[ToolCall] = []
        if self._repair_leaks and answer is not None and not _has_calls(answer):
            answer.tool_calls = leaked = _leaked(answer)
        if demand is not None and answer is not None:
            complaint = demand.complaint(answer)
            may_repair = self._attempt == 1 and not self._shown and demand.may_repair(answer)
            if complaint is not None and may_repair:
                self._attempt = 2
                self.plan = self.plan.again(answer.text, complaint)
                reader.begin_again()
                self._reset()
                self.done = False
                return
            if complaint is not None and not demand.lenient:
                raise demand.error(complaint, answer.text)
            text = "" if self._called else self._release()
            if text:
                yield reader.chunk(text)
        if leaked:
            yield reader.calls_chunk(leaked)
        yield reader.last()


def _shows(chunk: AIMessageChunk) -> bool:
    """False for a chunk that says nothing once its text was held back."""
    return bool(
        chunk.content
        or chunk.additional_kwargs
        or chunk.tool_call_chunks
        or len(chunk.response_metadata) > 1
    )


def _delta_apart(chunk: Mapping[str, Any], reader: ThinkFilter) -> Mapping[str, Any]:
    choices = chunk.get("choices")
    if not choices:
        return chunk
    last = bool(choices[0].get("finish_reason"))
    delta = thinking_apart(choices[0].get("delta") or {}, reader, last=last)
    return {**chunk, "choices": [{**choices[0], "delta": delta}]}
