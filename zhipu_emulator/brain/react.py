"""Agents that ask for calls in words: "Thought, Action, Observation". Read as calls, written back.

The format is that of LlamaIndex's ``ReActAgent``.
"""

from __future__ import annotations

import ast
import dataclasses
import json
from typing import TYPE_CHECKING, Any

from zhipu_emulator.chat.message_parts import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zhipu_emulator.chat.answer import Call
    from zhipu_emulator.chat.checks import ChatRequest

_TOOL = "> Tool Name: "
_DESCRIPTION, _ARGUMENTS = "\nTool Description: ", "\nTool Args: "
_ACTION, _INPUT, _OBSERVATION = "\nAction: ", "\nAction Input: ", "Observation: "


def as_calls(asked: ChatRequest) -> ChatRequest | None:
    """The request with functions, calls and results for words; None where it does not use words."""
    if asked.functions:
        return None
    system = "\n".join(plain(m.get("content")) for m in asked.messages if m["role"] == "system")
    functions = _offered(system) if _INPUT.strip() in system else []
    if not functions or all(m["role"] != "user" for m in asked.messages):
        return None
    messages = list(_messages(m for m in asked.messages if m["role"] != "system"))
    return dataclasses.replace(asked, functions=functions, messages=messages)


def written(calls: Sequence[Call], content: str) -> str:
    """What the model says: the first call, or the answer."""
    if calls:
        first = calls[0]
        return f"Thought: I need a tool.{_ACTION}{first.name}{_INPUT}{first.arguments}"
    return f"Thought: I can answer without using any more tools.\nAnswer: {content}"


def _offered(system: str) -> list[dict[str, Any]]:
    functions = []
    for block in system.split(_TOOL)[1:]:
        name, _, rest = block.partition(_DESCRIPTION)
        description, _, rest = rest.partition(_ARGUMENTS)
        parameters = _object(rest.partition("\n")[0])
        if parameters is not None:
            function = {"name": name.strip(), "description": description.strip()}
            functions.append({**function, "parameters": parameters})
    return functions


def _messages(messages: Any) -> Any:
    made: str | None = None
    for number, message in enumerate(messages):
        text = plain(message.get("content"))
        if message["role"] == "assistant" and (call := _call(text, number)) is not None:
            made = call["id"]
            yield {"role": "assistant", "content": "", "tool_calls": [call]}
        elif made is not None and message["role"] == "user" and text.startswith(_OBSERVATION):
            result = text.removeprefix(_OBSERVATION)
            yield {"role": "tool", "tool_call_id": made, "content": result}
            made = None
        else:
            yield message


def _call(text: str, number: int) -> dict[str, Any] | None:
    action, _, given = f"\n{text}".partition(_ACTION)[2].partition(_INPUT)
    arguments = _object(given)
    if arguments is None:
        return None
    function = {"name": action.strip(), "arguments": json.dumps(arguments, ensure_ascii=False)}
    return {"id": f"react_{number}", "type": "function", "function": function}


def _object(text: str) -> Mapping[str, Any] | None:
    """The object at the start of a text, as JSON or as Python writes it."""
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(value, dict):
            return value
    return None
