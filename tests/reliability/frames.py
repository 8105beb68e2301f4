"""What healthy answers look like, in pieces that a test can cut, repeat and spoil."""

from __future__ import annotations

import json
from typing import Any

__all__ = [
    "DONE",
    "TEXT",
    "call_frames",
    "completion",
    "delta",
    "error_body",
    "frame",
    "last",
    "stream_frames",
    "whole",
]

#: The answer of every scenario that does not say otherwise.
TEXT = "你好，世界 — the answer is 42."
DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 7, "completion_tokens": 11, "total_tokens": 18}

_PIECES = ("你好，", "世界 — ", "the answer ", "is 42.")


def frame(data: Any) -> bytes:
    """One event."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f"data: {text}\n\n".encode()


def _chunk(choice: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"id": "20260101000000abcdef", "created": 1767196800, "model": "glm-4.7"}
    return {**head, "choices": [{"index": 0, **choice}], **more}


def delta(content: Any = None, **fields: Any) -> bytes:
    """A frame with a piece of text, or of anything else."""
    text = {} if content is None else {"content": content}
    return frame(_chunk({"delta": {"role": "assistant", **text, **fields}}))


def last(finish: str = "stop", **more: Any) -> bytes:
    """The frame with the finish reason and the usage."""
    ending = {"finish_reason": finish, "delta": {"role": "assistant", "content": ""}}
    return frame(_chunk(ending, **{"usage": USAGE, **more}))


def stream_frames(*pieces: str, finish: str | None = "stop", done: bool = True) -> list[bytes]:
    """A whole streamed answer, one item a frame."""
    frames = [delta(piece) for piece in pieces or _PIECES]
    if finish is not None:
        frames.append(last(finish))
    return [*frames, DONE] if done else frames


def call_frames(arguments: str, name: str = "delete") -> bytes:
    """A frame with a tool call whose arguments are ``arguments``, whole or not."""
    call = {
        "id": "call_0123456789abcdef01234567",
        "index": 0,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }
    return frame(_chunk({"delta": {"tool_calls": [call]}}))


def completion(text: str = TEXT, *, finish: str = "stop", **message: Any) -> dict[str, Any]:
    """The body of a whole answer that is not streamed."""
    return {
        "choices": [
            {
                "finish_reason": finish,
                "index": 0,
                "message": {"content": text, "role": "assistant", **message},
            }
        ],
        "created": 1767196800,
        "id": "20260101000000abcdef",
        "model": "glm-4.7",
        "request_id": "20260101000000abcdef",
        "usage": USAGE,
    }


def whole(text: str = TEXT) -> bytes:
    return json.dumps(completion(text), ensure_ascii=False).encode()


def error_body(code: str | None = None, message: str = "something went wrong") -> dict[str, Any]:
    """The service's shape of an error."""
    inner = {"message": message} if code is None else {"code": code, "message": message}
    return {"error": inner}
