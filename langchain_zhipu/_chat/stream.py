"""Make LangChain's chunks of a stream, so that their sum equals the whole answer's message.

LangChain has fixed rules for adding chunks: strings are concatenated, whatever they are; numbers
are added; calls are joined by index. So each fact about the whole answer is on exactly one chunk:
what is known early on the first, the rest on the last.

Where the model was asked again (structured output), the second answer replaces the first in the
sum: the chunk that it begins with says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import ToolCallChunk

from langchain_zhipu._chat.chunks import ZhipuMessageChunk, last_chunk, piece, restarting
from langchain_zhipu._chat.fast_chunks import text_chunk
from langchain_zhipu._chat.messages import PROVIDER, facts_in_words, metadata_of, usage_of
from zhipu_client.conversation import EARLY, Delta, Exchange, Fragment, facts_of

__all__ = ["ChunkMaker"]

_EARLY = tuple(facts_in_words(dict.fromkeys(EARLY)))


class ChunkMaker:
    """Turns the deltas of one exchange into LangChain's chunks.

    Args:
        exchange: The exchange. If it takes two attempts, model name and ids are the first's.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._started = False
        self._facts: dict[str, Any] = {}
        self._attempt = 1
        #: How many calls have come, and how many of them are of the first attempt.
        self._calls = self._earlier = 0

    def chunk(self, delta: Delta) -> AIMessageChunk | None:
        """Return the next chunk for LangChain, or None for a delta without content."""
        if not self._started:
            self._learn(delta.chunk)
        if delta.empty:
            return None
        if delta.audio is not None and not (delta.text or delta.reasoning or delta.calls):
            return None
        made = self._made(delta)
        if self._exchange.attempt != self._attempt and (delta.text or delta.calls):
            self._attempt = self._exchange.attempt
            return restarting(made)
        return made

    def _made(self, delta: Delta) -> ZhipuMessageChunk:
        if self._exchange.attempt != self._attempt:
            self._earlier = self._calls
        extra: dict[str, Any] = {}
        if delta.reasoning:
            extra["reasoning_content"] = delta.reasoning
        metadata: dict[str, Any] = {"model_provider": PROVIDER}
        if not self._started:
            self._started = True
            metadata.update(self._facts)
        if not delta.calls:
            return text_chunk(ZhipuMessageChunk, delta.text, extra, metadata)
        return piece(
            content=delta.text,
            additional_kwargs=extra,
            tool_call_chunks=[self._call_chunk(call) for call in delta.calls],
            response_metadata=metadata,
        )

    def last(self) -> AIMessageChunk:
        """Return the closing chunk: finish reason, usage and whatever else came at the end."""
        answer = self._exchange.answer
        metadata = metadata_of(answer)
        if self._started:
            metadata = {key: value for key, value in metadata.items() if key not in _EARLY}
        # Sound comes at the end, whole: LangChain would join the base64 of pieces as texts, which
        # no player opens.
        extra = {"audio": dict(answer.audio)} if answer.audio is not None else {}
        return last_chunk(
            answer,
            additional_kwargs=extra,
            response_metadata=metadata,
            usage_metadata=usage_of(answer.usage),
        )

    def _call_chunk(self, call: Fragment) -> ToolCallChunk:
        """Return a piece of a call; those of the second attempt have numbers of their own."""
        index = self._earlier + call["index"]
        self._calls = max(self._calls, index + 1)
        return ToolCallChunk(
            name=call["name"], args=call["arguments"], id=call["id"], index=index,
            type="tool_call_chunk",
        )  # fmt: skip

    def _learn(self, chunk: Mapping[str, Any]) -> None:
        """Keep the facts about the answer in the first chunks of the first attempt."""
        found = facts_in_words(facts_of(chunk, self._exchange.request_id))
        self._facts = {key: found[key] for key in _EARLY if key in found} | self._facts
