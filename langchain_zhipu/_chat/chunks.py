"""Chunks whose tool calls can run only once they are complete.

LangChain completes JSON that was cut: of ``{"amount": 10`` from 1000 it makes a valid call, in each
chunk, in each sum, and again wherever a chunk is restored from what was written down. Here a call
is read strictly, and none is written down before it is whole: the stream's last chunk has them all,
so that whoever adds up the chunks in another process gets the calls too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import groupby
from operator import add
from typing import Any, NamedTuple, Self

from langchain_core.messages import AIMessage, AIMessageChunk, merge_content
from langchain_core.messages.ai import add_usage
from langchain_core.messages.tool import InvalidToolCall, ToolCallChunk
from langchain_core.utils._merge import merge_dicts
from langchain_core.utils.json import parse_partial_json
from pydantic import (
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from typing_extensions import override

from langchain_zhipu._chat.adding import CallsSoFar
from langchain_zhipu._chat.fast_chunks import unvalidated
from langchain_zhipu._chat.messages import PROVIDER, invalid_call, tool_call
from zhipu_client.conversation import Answer, Call, read_arguments, text_of_arguments

__all__ = ["ZhipuMessageChunk", "last_chunk", "piece", "restarting"]

#: What LangChain gives to the constructor of a sum, and what that sets.
_GIVEN = frozenset(
    {
        "content", "additional_kwargs", "tool_call_chunks", "response_metadata", "usage_metadata",
        "id", "chunk_position", "tool_calls", "invalid_tool_calls",
    }
)  # fmt: skip


#: The metadata of a chunk that is neither the first nor the last.
_ONLY_PROVIDER = {"model_provider": PROVIDER}


class _Whole:
    """The message that `message_chunk_to_message` makes of a `ZhipuMessageChunk`.

    LangChain takes the class after the chunk's own in its method resolution order for that of the
    whole message, and calls it: without this one, a chunk would be made of a chunk.
    """

    __slots__ = ()

    def __new__(cls, **fields: Any) -> Any:
        return AIMessage(**fields) if cls is _Whole else super().__new__(cls)


class ZhipuMessageChunk(_Whole, AIMessageChunk):
    """A chunk that LangChain takes, stores and restores as an `AIMessageChunk`."""

    #: The answer, once it is known; whether this is a piece as it came; what was read of the calls;
    #: whether this begins an answer that replaces the one before.
    __slots__ = ("_answer", "_calls", "_piece", "_restarts")

    @classmethod
    @override
    def lc_id(cls) -> list[str]:
        return AIMessageChunk.lc_id()

    @override
    def __repr_name__(self) -> str:
        return "AIMessageChunk"

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, AIMessageChunk) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]

    @override
    def model_copy(self, *, update: Any = None, deep: bool = False) -> Self:
        made = super().model_copy(update=update, deep=deep)
        for name in ("_answer", "_piece", "_restarts"):
            if hasattr(self, name):
                object.__setattr__(made, name, getattr(self, name))
        return made

    @model_validator(mode="after")
    def init_tool_calls(self) -> Self:
        """Read the calls that are complete; LangChain's own method would complete the others."""
        if self.tool_call_chunks:
            self.tool_calls = list(_calls_of(self).calls)
            self.invalid_tool_calls = []
        return self

    @override
    def __add__(self, other: Any) -> Any:
        if isinstance(other, (list, tuple)) and other:
            return reduce(add, _joined(other), self)
        if not isinstance(other, AIMessageChunk):
            return super().__add__(other)
        again = _restarts(other)
        left = _without_answer(self) if again else self
        same = _same_id(left, other)
        total: Any = _sum(left, other) if same else super(ZhipuMessageChunk, left).__add__(other)
        if total.chunk_position == "last":
            total = settled(total, other)
        return restarting(total) if again or _restarts(self) else total

    def __radd__(self, other: Any) -> Any:
        """Add to a chunk of LangChain's own, with which programs begin a sum."""
        if not isinstance(other, AIMessageChunk):
            return NotImplemented
        return ZhipuMessageChunk.model_construct(**other.__dict__) + self

    @model_serializer(mode="wrap")
    def _written_down(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = handler(self)
        stored = _calls_to_store(self)
        if "tool_call_chunks" in written and self.chunk_position == "last":
            stored["invalid_tool_calls"] = _unreadable(self.invalid_tool_calls)
        return {**written, **{name: stored[name] for name in stored if name in written}}

    @override
    def to_json(self) -> Any:
        return self._stored().to_json()

    @override
    def __reduce__(self) -> Any:
        return _plain, (self._stored().__dict__,)

    def _stored(self) -> AIMessageChunk:
        invalid = _unreadable(self.invalid_tool_calls)
        fields = {**self.__dict__, "invalid_tool_calls": invalid, **_calls_to_store(self)}
        return _plain(fields)


# LangGraph stores a message by the name of its class, and restores only LangChain's own.
ZhipuMessageChunk.__module__ = AIMessageChunk.__module__
ZhipuMessageChunk.__qualname__ = ZhipuMessageChunk.__name__ = AIMessageChunk.__name__
_RESTARTS = ZhipuMessageChunk.__dict__["_restarts"]


def last_chunk(answer: Answer, **fields: Any) -> ZhipuMessageChunk:
    """Return the closing chunk, which has the answer's calls as the core read them.

    The fragments before it add up to what the model wrote, which may need reading (arguments
    encoded twice, say); this has the outcome.
    """
    made = ZhipuMessageChunk(content="", chunk_position="last", **fields)
    # Neither a field nor a private attribute of pydantic's: it is not to be compared or kept.
    object.__setattr__(made, "_answer", answer)
    return made


def settled(total: AIMessageChunk, last: Any) -> ZhipuMessageChunk:
    """Return a whole stream's sum, with the answer as a whole in place of the sum of its pieces.

    Calls are as the core read them; reasoning without an opening tag is known by its end only.
    """
    answer: Answer | None = getattr(last, "_answer", None)
    fields = dict(total.__dict__)
    calls: Sequence[Call]
    if answer is None:  # of another process
        calls = [_read(chunk) for chunk in total.tool_call_chunks]
    else:
        calls = answer.calls
        if isinstance(total.content, str):
            fields["content"] = answer.text
            if answer.reasoning:
                kept = {**total.additional_kwargs, "reasoning_content": answer.reasoning}
                fields["additional_kwargs"] = kept
    fields["tool_calls"] = [tool_call(call) for call in calls if call.error is None]
    fields["invalid_tool_calls"] = [invalid_call(call) for call in calls if call.error is not None]
    if isinstance(total.content, list) and calls:
        fields["content"] = _with_calls(total.content, calls)
    made = ZhipuMessageChunk.model_construct(**fields)
    object.__setattr__(made, "_answer", answer)
    return made


def piece(**fields: Any) -> ZhipuMessageChunk:
    """Return a chunk with pieces of calls, as they came."""
    made = ZhipuMessageChunk(**fields)
    object.__setattr__(made, "_piece", True)
    return made


def _joined(chunks: Sequence[Any]) -> Iterator[Any]:
    """Yield the chunks of a sum, neighbours that have only text or only reasoning as one.

    LangChain adds up a whole stream at its end, and almost all of it is such chunks.
    """
    for kind, run in groupby(chunks, _kind_of_text):
        if kind is None:
            yield from run
            continue
        fields, *others = [chunk.__dict__ for chunk in run]
        if others:
            every = (fields, *others)
            fields = {**fields, "content": "".join([one["content"] for one in every])}
            if kind.reasons:
                thoughts = [one["additional_kwargs"]["reasoning_content"] for one in every]
                fields["additional_kwargs"] = {"reasoning_content": "".join(thoughts)}
        yield unvalidated(ZhipuMessageChunk, _GIVEN, **fields)


class _Kind(NamedTuple):
    """What chunks have in common that are joined by their texts."""

    id: str | None
    reasons: bool
    metadata: bool


def _kind_of_text(chunk: Any) -> _Kind | None:
    """Return the kind of a chunk with text and reasoning only; None for any other."""
    if type(chunk) is not ZhipuMessageChunk:
        return None
    fields = chunk.__dict__
    extra, metadata = fields["additional_kwargs"], fields["response_metadata"]
    plain = (
        type(fields["content"]) is str
        and fields["usage_metadata"] is None
        and fields["chunk_position"] is None
        and not (fields["tool_call_chunks"] or fields["tool_calls"] or fields["invalid_tool_calls"])
        and (not extra or (len(extra) == 1 and type(extra.get("reasoning_content")) is str))
        and (not metadata or metadata == _ONLY_PROVIDER)
        and not _restarts(chunk)
    )
    return _Kind(fields["id"], bool(extra), bool(metadata)) if plain else None


def _same_id(left: AIMessageChunk, right: AIMessageChunk) -> bool:
    """Return whether LangChain has no choice between the ids of two chunks."""
    return not right.id or left.id == right.id


def _sum(left: ZhipuMessageChunk, right: AIMessageChunk) -> ZhipuMessageChunk:
    """Return what LangChain makes of two chunks, for a twentieth of its time.

    Calls are not read again (see `CallsSoFar`), and nothing is validated that was before.
    """
    calls = _calls_of(left).plus(right.tool_call_chunks)
    usage = left.usage_metadata
    if usage or right.usage_metadata is not None:
        usage = add_usage(usage, right.usage_metadata)
    ends = "last" in {left.chunk_position, right.chunk_position}
    made = unvalidated(
        ZhipuMessageChunk,
        _GIVEN,
        content=merge_content(left.content, right.content),
        additional_kwargs=merge_dicts(left.additional_kwargs, right.additional_kwargs),
        response_metadata=merge_dicts(left.response_metadata, right.response_metadata),
        usage_metadata=usage,
        id=left.id or None,
        chunk_position="last" if ends else None,
        tool_call_chunks=list(calls.pieces),
        tool_calls=list(calls.calls),
        invalid_tool_calls=[],
    )
    object.__setattr__(made, "_calls", calls)
    return made


def _calls_of(chunk: AIMessageChunk) -> CallsSoFar:
    """Return what was read of a chunk's calls; read them now, where that was not yet done."""
    known: CallsSoFar | None = getattr(chunk, "_calls", None)
    if known is None or known.pieces != chunk.tool_call_chunks:
        known = CallsSoFar.of(list(chunk.tool_call_chunks))
        if isinstance(chunk, ZhipuMessageChunk):
            object.__setattr__(chunk, "_calls", known)
    return known


def restarting(chunk: ZhipuMessageChunk) -> ZhipuMessageChunk:
    """Return the chunk as the first of an answer that replaces the one before it in the sum."""
    object.__setattr__(chunk, "_restarts", True)
    return chunk


def _restarts(chunk: AIMessageChunk) -> bool:
    """Return whether a chunk begins an answer that replaces the one before it."""
    try:  # past pydantic, which looks for a missing attribute for longer than a sum takes
        return bool(_RESTARTS.__get__(chunk))
    except (AttributeError, TypeError):
        return False


def _without_answer(total: AIMessageChunk) -> ZhipuMessageChunk:
    """Return a sum without its text and its calls: its reasoning, facts and costs are left."""
    content: Any = ""
    if not isinstance(total.content, str):
        thoughts = {"reasoning", "thinking"}
        content = [b for b in total.content if isinstance(b, dict) and b.get("type") in thoughts]
    kept = {"content": content, "tool_call_chunks": [], "tool_calls": []}
    fields = {**total.__dict__, **kept, "invalid_tool_calls": []}
    return ZhipuMessageChunk.model_construct(**fields)


def _plain(fields: dict[str, Any]) -> AIMessageChunk:
    """Return a plain LangChain chunk with these fields."""
    return AIMessageChunk.model_construct(**fields)


def _calls_to_store(chunk: AIMessageChunk) -> dict[str, Any]:
    """Return the fields about calls to store: those of complete calls."""
    if getattr(chunk, "_piece", False):
        return {"tool_calls": [], "invalid_tool_calls": [], "tool_call_chunks": []}
    pieces = chunk.tool_call_chunks
    answer: Answer | None = getattr(chunk, "_answer", None)
    calls: Sequence[Call]
    if answer is not None:
        calls = answer.calls
    elif chunk.chunk_position == "last":
        calls = [_read(piece) for piece in pieces]
    else:
        calls = [
            Call(piece["id"] or "", piece["name"] or "", read.value, piece["args"] or "")
            for piece, read in zip(pieces, _calls_of(chunk).read, strict=True)
        ]
    indices = [piece.get("index") for piece in pieces] or list(range(len(calls)))
    kept = [
        (call, index)
        for call, index in zip(calls, indices, strict=False)
        if call.arguments is not None and call.name.strip()
    ]
    return {
        "tool_calls": [tool_call(call) for call, _ in kept],
        "tool_call_chunks": [
            ToolCallChunk(
                name=call.name, args=_text(call), id=call.id, index=index, type="tool_call_chunk"
            )
            for call, index in kept
        ],
    }


def _unreadable(calls: Sequence[InvalidToolCall]) -> list[InvalidToolCall]:
    """Return calls of which LangChain, which reads a stored chunk's as JSON, makes none that run.

    Arguments that it would complete to an object are written as JSON text of that text.
    """
    return [
        {**call, "args": json.dumps(call["args"] or "{", ensure_ascii=False)}
        if _is_completed(call["args"])
        else call
        for call in calls
    ]


def _is_completed(text: str | None) -> bool:
    try:
        return not text or isinstance(parse_partial_json(text), dict)
    except (ValueError, RecursionError):  # nested too deeply
        return False


def _text(call: Call) -> str:
    """Return the arguments as LangChain parses them: unchanged where it reads the same value."""
    try:
        same = parse_partial_json(call.text) == call.arguments
    except (ValueError, RecursionError):
        same = False
    return call.text if same else text_of_arguments(call.arguments)


def _read(piece: ToolCallChunk) -> Call:
    """Return a call of a whole stream, read from its fragments alone."""
    identity, name = piece["id"] or "", piece["name"] or ""
    read = read_arguments(piece["args"] or "")
    if not name.strip():
        return Call(identity, name, None, read.text, "it names no tool")
    if not read.text.strip():
        return Call(identity, name, None, read.text, "its arguments did not come")
    return Call(identity, name, read.value, read.text, read.error)


def _with_calls(
    content: list[str | dict[Any, Any]], calls: Sequence[Call]
) -> list[str | dict[Any, Any]]:
    """Return content blocks (output version v1) with each call replaced, in order.

    A block more than there are calls was a piece of one.
    """
    kinds = {"tool_call", "tool_call_chunk", "invalid_tool_call"}
    blocks = [invalid_call(call) if call.error else tool_call(call) for call in calls]
    left = iter([{**block} for block in blocks])
    found = [
        next(left, None) if isinstance(block, dict) and block.get("type") in kinds else block
        for block in content
    ]
    return [block for block in found if block is not None]
