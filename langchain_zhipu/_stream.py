"""A stream's chunks as LangChain's, such that their sum is the message of the same answer whole.

LangChain adds chunks up by rules of its own: strings are concatenated, whatever they are; numbers
are added; calls are joined by index. So everything that is true of the answer as a whole is said
exactly once: what is known early on the first chunk, the rest on the last.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import UsageMetadata, add_usage
from langchain_core.messages.tool import ToolCall, ToolCallChunk
from typing_extensions import override

from langchain_zhipu._light import text_chunk
from langchain_zhipu._messages import (
    METADATA_KEYS,
    PROVIDER,
    call_id,
    metadata_of,
    parse_call,
    usage_of,
)
from zhipu_client import chat

__all__ = ["ChunkReader", "ZhipuMessageChunk", "settled"]

#: What the first chunk tells; the last one has the rest.
_EARLY = ("model_name", "id", "request_id", "created")


class _Whole:
    """What `message_chunk_to_message` makes of a `ZhipuMessageChunk`.

    LangChain takes the class after the chunk's own in its method resolution order for that of the
    whole message, and calls it: without this one, a chunk would be made of a chunk.
    """

    def __new__(cls, **fields: Any) -> Any:
        return AIMessage(**fields) if cls is _Whole else super().__new__(cls)


class ZhipuMessageChunk(_Whole, AIMessageChunk):
    """A chunk whose sum, once complete, has no runnable call with cut arguments.

    LangChain completes JSON that was cut (``{"amount": 10`` from 1000 becomes a valid call). The
    sum with the stream's last chunk is therefore read again, strictly, and is a plain
    `AIMessageChunk`.
    """

    @classmethod
    @override
    def lc_id(cls) -> list[str]:
        return AIMessageChunk.lc_id()

    @override
    def __repr_name__(self) -> str:
        return "AIMessageChunk"

    @override
    def __add__(self, other: Any) -> Any:
        total = super().__add__(other)
        if isinstance(total, AIMessageChunk) and total.chunk_position == "last":
            return settled(total)
        return total


def settled(total: AIMessageChunk) -> AIMessageChunk:
    """A whole stream's sum, its calls read strictly."""
    plain = AIMessageChunk.model_construct(**dict(total.__dict__))
    calls, invalid, blocks = [], [], []
    for chunk in plain.tool_call_chunks:
        good, bad = parse_call(chunk["id"], chunk["name"], chunk["args"] or "")
        if good is not None:
            calls.append(good)
        elif bad is not None:
            invalid.append(bad)
        blocks.append(good or bad)
    plain.tool_calls, plain.invalid_tool_calls = calls, invalid
    if isinstance(plain.content, list) and blocks:
        plain.content = _with_calls(plain.content, [dict(block or {}) for block in blocks])
    return plain


def _with_calls(
    content: list[str | dict[Any, Any]], calls: list[dict[str, Any]]
) -> list[str | dict[Any, Any]]:
    """Blocks of the content (output version v1) with each call replaced, in order."""
    kinds = {"tool_call", "tool_call_chunk", "invalid_tool_call"}
    left = iter(calls)
    return [
        next(left, block) if isinstance(block, dict) and block.get("type") in kinds else block
        for block in content
    ]


class ChunkReader:
    """Turns the wire's chunks of one answer into LangChain's.

    Args:
        tools: Whether tools were offered; only then can calls come.
        request_id: The id that the request carried: chunks do not repeat it.

    The answer may take two attempts (see ``_demand.py``): `begin_again` starts the second, whose
    facts replace the first's, while the tokens of both are counted.
    """

    def __init__(self, *, tools: bool = False, request_id: str | None = None) -> None:
        self._kind = ZhipuMessageChunk if tools else AIMessageChunk
        self._merger = chat.ToolCallMerger()
        self._calls = 0
        self._offset = 0
        self._started = False
        self._facts: dict[str, Any] = {"request_id": request_id} if request_id else {}
        self._served: list[Any] = []
        self._heard: set[str] = set()
        self._usage: UsageMetadata | None = None
        self._spent: UsageMetadata | None = None
        self.finish_reason: str | None = None

    def begin_again(self) -> None:
        """Forget the attempt's outcome, keep its tokens and the numbers of its calls."""
        if self._spent or self._usage:
            self._spent = add_usage(self._spent, self._usage)
        self._usage = None
        self.finish_reason = None
        self._merger = chat.ToolCallMerger()
        self._offset += self._calls
        self._calls = 0
        self._served = []
        for key in ("token_usage", "web_search", "content_filter", "video_result"):
            self._facts.pop(key, None)

    def read(self, chunk: Mapping[str, Any]) -> AIMessageChunk | None:
        """The next chunk for LangChain; None for one that has nothing to show."""
        self._learn(chunk)
        choices = chunk.get("choices")
        if not choices:
            return None
        choice = choices[0]
        if choice.get("finish_reason"):
            self.finish_reason = choice["finish_reason"]
        delta = choice.get("delta") or choice.get("message")
        if not delta:
            return None
        text = chat.text_of(delta.get("content"))
        extra: dict[str, Any] = {}
        reasoning = chat.reasoning_of(delta)
        if reasoning:
            extra["reasoning_content"] = reasoning
        if isinstance(delta.get("audio"), Mapping):
            extra["audio"] = self._sound(delta["audio"])
        calls = self._fragments(delta["tool_calls"]) if delta.get("tool_calls") else []
        if not (text or extra or calls):
            return None
        return self.chunk(text, extra, calls)

    def chunk(
        self,
        text: str = "",
        extra: dict[str, Any] | None = None,
        calls: list[ToolCallChunk] | None = None,
    ) -> AIMessageChunk:
        """A chunk; the first of all carries what is known of the answer."""
        metadata: dict[str, Any] = {"model_provider": PROVIDER}
        if not self._started:
            self._started = True
            metadata.update({key: self._facts[key] for key in _EARLY if key in self._facts})
        if not calls:
            return text_chunk(self._kind, text, extra or {}, metadata)
        return self._kind(
            content=text,
            additional_kwargs=extra or {},
            tool_call_chunks=calls,
            response_metadata=metadata,
        )

    def calls_chunk(self, calls: list[ToolCall]) -> AIMessageChunk:
        """A chunk with whole calls (found in the text, see ``_leaks.py``)."""
        made = []
        for call in calls:
            args = json.dumps(call["args"], ensure_ascii=False)
            piece = ToolCallChunk(
                name=call["name"], args=args, id=call["id"], index=self._offset + self._calls
            )
            self._calls += 1
            made.append(piece)
        return self.chunk(calls=made)

    def last(self) -> AIMessageChunk:
        """The closing chunk: finish reason, usage and whatever else came with the end."""
        facts = self._facts
        metadata = {k: v for k, v in facts.items() if k not in _EARLY or not self._started}
        metadata["model_provider"] = PROVIDER
        if self._served:
            metadata["server_tool_calls"] = self._served
        if self.finish_reason:
            metadata["finish_reason"] = self.finish_reason
        usage = self._usage
        if self._spent is not None:
            usage = add_usage(self._spent, usage)
        self._started = True
        return AIMessageChunk(
            content="", response_metadata=metadata, usage_metadata=usage, chunk_position="last"
        )

    def _learn(self, chunk: Mapping[str, Any]) -> None:
        facts = self._facts
        if "model_name" not in facts or "id" not in facts:
            found = metadata_of(chunk)
            for key in _EARLY:
                if key in found:
                    facts.setdefault(key, found[key])
        if len(chunk) > 4 or "usage" in chunk:
            for key in METADATA_KEYS:
                if key not in _EARLY and chunk.get(key) is not None:
                    facts[key] = chunk[key]
            usage = chunk.get("usage")
            if isinstance(usage, Mapping):
                facts["token_usage"] = dict(usage)
                self._usage = usage_of(usage)

    def _sound(self, audio: Mapping[str, Any]) -> dict[str, Any]:
        """A piece of sound, without what an earlier one has said of the whole."""
        piece = {k: v for k, v in audio.items() if k == "data" or k not in self._heard}
        self._heard.update(piece)
        return piece

    def _fragments(self, calls: Any) -> list[ToolCallChunk]:
        own = []
        for call in calls:
            if isinstance(call, Mapping) and call.get("type") in chat.SERVER_CALLS:
                self._served.append(call)
            else:
                own.append(call)
        found = []
        for fragment in self._merger.fragments(own):
            number = fragment["index"]
            identity = None
            if number >= self._calls:  # the first piece of a call, the only one to say its id
                self._calls = number + 1
                answer = self._facts.get("id")
                identity = call_id(fragment["id"], answer, number + self._offset)
            piece = ToolCallChunk(
                name=fragment["name"],
                args=fragment["arguments"],
                id=identity,
                index=number + self._offset,
                type="tool_call_chunk",
            )
            found.append(piece)
        return found
