"""Questions and answers in the form that OpenTelemetry's conventions give them. Pure.

Media are left out: they have megabytes, and links to them may be signed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from zhipu_client import chat

__all__ = ["answer_content", "request_content"]


def request_content(body: Any) -> dict[str, str]:
    """Return the attributes with the messages and the functions of a chat request, as JSON."""
    messages = body.get("messages") if isinstance(body, Mapping) else None
    if not isinstance(messages, list):
        return {}
    read = [
        {"role": str(message.get("role", "")), "parts": [*_parts(message)]}
        for message in messages
        if isinstance(message, Mapping)
    ]
    found = {"gen_ai.input.messages": _text(read)}
    functions = [
        {"type": "function", **{key: tool["function"].get(key) for key in _OF_A_FUNCTION}}
        for tool in body.get("tools") or ()  # those of servers have headers, which are secrets
        if isinstance(tool, Mapping) and isinstance(tool.get("function"), Mapping)
    ]
    return {**found, "gen_ai.tool.definitions": _text(functions)} if functions else found


_OF_A_FUNCTION = ("name", "description", "parameters")


def answer_content(body: Any) -> dict[str, str]:
    """Return the attribute with what a chat model answered, as JSON."""
    choices = body.get("choices") if isinstance(body, Mapping) else None
    read = [
        {
            "role": "assistant",
            "parts": [*_parts(chat.message_of(choice))],
            "finish_reason": str(choice.get("finish_reason") or ""),
        }
        for choice in (choices if isinstance(choices, list) else ())
        if isinstance(choice, Mapping)
    ]
    return {"gen_ai.output.messages": _text(read)} if read else {}


def _parts(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if message.get("role") == "tool":
        content = message.get("content")
        yield {"type": "tool_call_response", "id": message.get("tool_call_id"), "response": content}
        return
    reasoning = chat.reasoning_of(message)
    if reasoning:
        yield {"type": "reasoning", "content": reasoning}
    content = message.get("content")
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str) and part:
            yield {"type": "text", "content": part}
        elif isinstance(part, Mapping) and part.get("type") == "text":
            yield {"type": "text", "content": str(part.get("text", ""))}
        elif isinstance(part, Mapping):
            yield {"type": str(part.get("type", "")), "content": "(left out)"}
    for call in chat.calls_of(message):
        function = call.get("function") if isinstance(call, Mapping) else None
        if isinstance(function, Mapping):
            name, arguments = function.get("name"), function.get("arguments")
            yield {"type": "tool_call", "id": call.get("id"), "name": name, "arguments": arguments}


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
