"""Whole and streamed answers in the service's shape, for the servers of the tests."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

__all__ = ["USAGE", "call", "chunk", "chunks", "last", "reply"]

USAGE = {
    "prompt_tokens": 11,
    "completion_tokens": 7,
    "total_tokens": 18,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 3},
}


def call(
    name: str, arguments: Any = "{}", identity: str | None = "call_1", index: int | None = 0
) -> Any:
    """A tool call on the wire."""
    made: dict[str, Any] = {"type": "function", "function": {"name": name, "arguments": arguments}}
    if identity is not None:
        made["id"] = identity
    if index is not None:
        made["index"] = index
    return made


def reply(
    content: Any = "ok",
    *,
    reasoning: str | None = None,
    tool_calls: Sequence[Any] | None = None,
    finish: str | None = None,
    usage: Any = USAGE,
    **top: Any,
) -> dict[str, Any]:
    """A whole answer."""
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if reasoning is not None:
        message["reasoning_content"] = reasoning
    if tool_calls:
        message["tool_calls"] = list(tool_calls)
    finish = finish or ("tool_calls" if tool_calls else "stop")
    body = {
        "id": "20260101x",
        "request_id": "20260101x",
        "created": 1,
        "model": "glm-4.7",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        **top,
    }
    if usage is not None:
        body["usage"] = copy.deepcopy(usage)
    return body


def chunk(delta: dict[str, Any], **choice: Any) -> dict[str, Any]:
    return {
        "id": "20260101x",
        "created": 1,
        "object": "chat.completion.chunk",
        "model": "glm-4.7",
        "choices": [{"index": 0, "delta": delta, **choice}],
    }


def last(finish: str = "stop", usage: Any = USAGE, **top: Any) -> dict[str, Any]:
    """The chunk that ends a stream."""
    made = chunk({"role": "assistant", "content": ""}, finish_reason=finish)
    if usage is not None:
        made["usage"] = copy.deepcopy(usage)
    return {**made, **top}


def chunks(
    *texts: str,
    reasoning: Sequence[str] = (),
    tool_calls: Sequence[Any] = (),
    finish: str | None = None,
    **top: Any,
) -> list[dict[str, Any]]:
    """A streamed answer; each tool call in a delta of its own."""
    made = [chunk({"role": "assistant", "reasoning_content": piece}) for piece in reasoning]
    made += [chunk({"role": "assistant", "content": piece}) for piece in texts]
    made += [chunk({"tool_calls": [item]}) for item in tool_calls]
    return [*made, last(finish or ("tool_calls" if tool_calls else "stop"), **top)]
