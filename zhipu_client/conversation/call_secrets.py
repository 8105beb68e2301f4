"""Secrets among a call's arguments and tools, and what is shown in their place. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["changed_secrets", "redacted", "without_secrets"]

#: Arguments that have arguments of calls, or fields of the body, in them.
_NESTED = ("additional_kwargs", "extra", "extra_body", "model_kwargs")


def without_secrets(tool: Any) -> Any:
    """Return a tool as traces may show it: an MCP server's headers contain credentials.

    A digest is in their place, so that different ones stay apart in cache keys.

    Args:
        tool: A tool of any form.

    Examples:
        >>> server = {"server_label": "notes", "headers": {"Authorization": "Bearer t"}}
        >>> "Bearer" in str(without_secrets({"type": "mcp", "mcp": server}))
        False
    """
    return _with_headers(tool, _digest)


def _with_headers(tool: Any, change: Callable[[Any], Any]) -> Any:
    if not isinstance(tool, Mapping):
        return tool
    if tool.get("type") == "mcp" and "mcp" not in tool:  # OpenAI's form
        secrets = [name for name in ("headers", "authorization") if tool.get(name)]
        return {**tool, **{name: change(tool[name]) for name in secrets}} if secrets else tool
    mcp = tool.get("mcp")
    if not isinstance(mcp, Mapping) or not mcp.get("headers"):
        return tool
    return {**tool, "mcp": {**mcp, "headers": change(mcp["headers"])}}


def changed_secrets(kwargs: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """Return a call's arguments with something else in the place of each secret.

    Args:
        kwargs: The arguments. They are not changed.
        change: Secret -> what to put in its place.

    Examples:
        >>> changed_secrets({"top_p": 0.5, "extra_headers": {"X-Token": "t"}}, lambda _: "hidden")
        {'top_p': 0.5, 'extra_headers': 'hidden'}
    """
    found = dict(kwargs)
    for name in _NESTED:
        if isinstance(found.get(name), Mapping):
            found[name] = changed_secrets(found[name], change)
    for name in ("tools", "server_tools"):
        if isinstance(found.get(name), (list, tuple)):
            found[name] = [_with_headers(tool, change) for tool in found[name]]
    for name in ("extra_headers", "default_headers", "headers"):
        if found.get(name):
            found[name] = change(found[name])
    return found


def redacted(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a call's arguments without the secrets in them: for traces and cache keys.

    Args:
        kwargs: The arguments by name.

    Examples:
        >>> redacted({"temperature": 0.5, "api_key": "id.secret"})
        {'temperature': 0.5}
    """
    found = changed_secrets(kwargs, _digest)
    for name in ("api_key", "zhipuai_api_key", "openai_api_key"):
        found.pop(name, None)
    return found


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return f"redacted:{hashlib.sha256(text.encode()).hexdigest()[:12]}"
