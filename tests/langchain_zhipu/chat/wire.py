"""Chunks and bodies in the service's shapes, for tests that need no server."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk

from langchain_zhipu._chat.messages import to_message
from langchain_zhipu._chat.messages import to_wire as mapped
from langchain_zhipu._chat.stream import ChunkMaker
from tests.support.exchanges import TOOL, answered, deltas_of, exchange
from zhipu_client.conversation import prepared

HEAD = {"id": "20260101", "created": 1_700_000_000, "model": "glm-4.7"}
USAGE = {
    "prompt_tokens": 9,
    "completion_tokens": 7,
    "total_tokens": 16,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 3},
}


def delta(finish: str | None = None, usage: Any = None, **fields: Any) -> dict[str, Any]:
    choice: dict[str, Any] = {"index": 0, "delta": {"role": "assistant", **fields}}
    if finish:
        choice["finish_reason"] = finish
    chunk = {**HEAD, "choices": [choice]}
    return {**chunk, "usage": usage} if usage else chunk


def call(
    name: str | None = None, arguments: Any = "", identity: str | None = None, index: Any = 0
) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "function", "function": {"arguments": arguments}}
    if name is not None:
        found["function"]["name"] = name
    if identity is not None:
        found["id"] = identity
    if index is not None:
        found["index"] = index
    return found


def body(finish: str = "stop", usage: Any = None, **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}}
    found = {**HEAD, "request_id": HEAD["id"], "choices": [choice]}
    return {**found, "usage": usage} if usage else found


def chunks_of(wire: list[dict[str, Any]], *, tools: bool = True) -> list[AIMessageChunk]:
    asked = exchange(streaming=True, **({"tools": [TOOL]} if tools else {}))
    maker = ChunkMaker(asked)
    made = [chunk for d in deltas_of(asked, wire) if (chunk := maker.chunk(d)) is not None]
    return [*made, maker.last()]


def from_wire(whole: dict[str, Any]) -> AIMessage:
    return to_message(answered(whole))


def to_wire(
    messages: Any, *, model: str | None = None, reasoning_history: Any = "tool_loop"
) -> list[dict[str, Any]]:
    return prepared(mapped(messages, model), reasoning=reasoning_history, model=model)


def total_of(chunks: list[AIMessageChunk]) -> Any:
    total: Any = chunks[0]
    for chunk in chunks[1:]:
        total = total + chunk
    return total
