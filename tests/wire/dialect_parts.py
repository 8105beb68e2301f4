"""What answers in the dialects of servers consist of: heads, counts, events, calls."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.wire.reading import Answer

DONE = "data: [DONE]\n\n"
COUNT = {"prompt_tokens": 21, "completion_tokens": 9, "total_tokens": 30}

DETAILS = {
    **COUNT,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 5},
}

TOTALS = (21, 9, 30)
ASSISTANT = {"role": "assistant"}
HEAD_2025 = {"id": "20250912101500aabbccddeeff0011", "created": 1757643300, "model": "glm-4.5"}

HEAD_2026 = {
    "id": "20260312101500aabbccddeeff0011",
    "created": 1773281700,
    "object": "chat.completion.chunk",
    "model": "glm-4.7",
}

VLLM = {
    "id": "chatcmpl-5d1f",
    "object": "chat.completion.chunk",
    "created": 1773281700,
    "model": "zai-org/GLM-4.7",
}

LLAMA = {
    "created": 1773281700,
    "id": "chatcmpl-nkuuBGDHNwgYqIZN",
    "model": "GLM-4.7-Q4_K_M.gguf",
    "system_fingerprint": "b1-7e4c0a9",
    "object": "chat.completion.chunk",
}

TRANSFORMERS = {
    "id": "106fe35e-4c15-460c-a184-1d7d0d5248a4",
    "created": 1773281700,
    "model": "zai-org/GLM-4.7",
    "object": "chat.completion.chunk",
    "system_fingerprint": "",
}


@dataclass(frozen=True)
class Dialect:
    """A body and what it says. ``tools``: the tools that were offered."""

    body: str
    answer: Answer
    tools: tuple[str, ...] = ()


def event(head: dict[str, Any], *choices: dict[str, Any], **more: Any) -> str:
    data = {**head, "choices": list(choices), **more}
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"


def delta(head: dict[str, Any], finish: str | None = None, /, **fields: Any) -> str:
    choice: dict[str, Any] = {"index": 0}
    if finish is not None:
        choice["finish_reason"] = finish
    return event(head, {**choice, "delta": fields})


def vllm(delta: dict[str, Any], finish: str | None = None, /, **more: Any) -> str:
    """A chunk as vLLM 0.32 sends it: `tests/servers` was asked for one."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return event(VLLM, {**choice, **({"stop_reason": None} if finish else {})}, **more)


def end(head: dict[str, Any], finish: str, usage: Any = None, **more: Any) -> str:
    choice = {"index": 0, "finish_reason": finish, "delta": {**ASSISTANT, "content": ""}}
    return event(head, choice, usage=usage or DETAILS, **more) + DONE


def call(name: str, arguments: Any, **fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "arguments": arguments}, **fields}


def named(name: str, call_id: str, index: int) -> dict[str, Any]:
    """The first piece of a call, before anything of its arguments."""
    return {"id": call_id, "type": "function", "index": index, "function": {"name": name}}


def body(message: dict[str, Any], finish: str, **fields: Any) -> str:
    choice = {"finish_reason": finish, "index": 0, "message": message}
    return json.dumps({"choices": [choice], **HEAD_2025, **fields}, ensure_ascii=False)


WEATHER = '{"city": "杭州", "unit": "c"}'
CALLED = [("weather", {"city": "杭州", "unit": "c"})]
SPLIT = ['{"ci', 'ty": "杭', '州", "un', 'it": "c"}']
