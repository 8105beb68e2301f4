"""Calls that a model wrote into its text instead of making them (opt-in repair). Pure.

Seen with GLM-4.5 and self-hosted parsers: the chat template's own markup reaches the caller.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from langchain_core.messages.tool import ToolCall

__all__ = ["leaked_calls"]

_CALL = re.compile(r"<tool_call>\s*([^\s<]+)(.*?)</tool_call>", re.DOTALL)
_ARGUMENT = re.compile(r"<arg_key>\s*(.*?)\s*</arg_key>\s*<arg_value>(.*?)</arg_value>", re.DOTALL)


def leaked_calls(text: str) -> list[ToolCall]:
    r"""The calls in a text's markup.

    Example:
        >>> leaked = '<tool_call>add\n<arg_key>a</arg_key><arg_value>1</arg_value></tool_call>'
        >>> leaked_calls(leaked)[0]["args"]
        {'a': 1}
    """
    found: list[ToolCall] = []
    for number, (name, body) in enumerate(_CALL.findall(text)):
        digest = hashlib.sha256(f"{number}{name}{body}".encode()).hexdigest()[:24]
        args = {key: _value(value) for key, value in _ARGUMENT.findall(body)}
        found.append(ToolCall(name=name, args=args, id=f"call_{digest}", type="tool_call"))
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
