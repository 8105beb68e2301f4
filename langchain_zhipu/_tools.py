"""Tools as Zhipu takes them, and what ``tool_choice`` means. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from zhipu_client import InvalidRequestError
from zhipu_client._chat_checks import check_tool

__all__ = ["ToolLike", "choice_of", "redacted", "tool_names", "wire_tools", "without_others"]

ToolLike = Mapping[str, Any] | type | Callable[..., Any] | BaseTool

#: Tools that the service runs itself: passed on as they are.
SERVER_TOOLS = frozenset(
    {"web_search", "retrieval", "mcp", "code_interpreter", "drawing_tool", "web_browser"}
)
#: What a function may say on the wire; all else (``strict`` and other providers' keys) is dropped.
_FUNCTION_KEYS = ("name", "description", "parameters")
_NO_PARAMETERS = {"type": "object", "properties": {}}
_ANY = frozenset({"any", "required"})


def wire_tools(tools: Sequence[ToolLike], *, strict: bool | None = None) -> list[dict[str, Any]]:
    """Tools of any kind that LangChain knows, as the service takes them.

    Args:
        tools: LangChain tools, functions, pydantic or TypedDict classes, OpenAI's, Anthropic's or
            Bedrock's tool dicts, JSON Schemas with a title; or server tools of Zhipu.
        strict: True adds ``additionalProperties: false`` to the schemas. The service itself has
            no strict mode.

    Raises:
        InvalidRequestError: Something is no tool, or its schema can never be accepted.
    """
    found = []
    for position, tool in enumerate(tools):
        field = f"tools[{position}]"
        made = _wire_tool(tool, strict, field)
        check_tool(made, field)
        found.append(made)
    return found


def _wire_tool(tool: Any, strict: bool | None, field: str) -> dict[str, Any]:
    if isinstance(tool, Mapping) and tool.get("type") in SERVER_TOOLS:
        return dict(tool)
    try:
        made = convert_to_openai_tool(tool, strict=strict or None)
    except (ValueError, TypeError, KeyError, AttributeError, NotImplementedError) as error:
        raise InvalidRequestError(
            f"{field} cannot be made a tool: {_first_line(error)}", field=field, value=_name(tool)
        ) from error
    if made.get("type") != "function":
        return made
    function = made.get("function")
    if not isinstance(function, Mapping):
        return made
    kept = {key: function[key] for key in _FUNCTION_KEYS if function.get(key) is not None}
    kept.setdefault("description", str(function.get("name") or ""))
    kept.setdefault("parameters", dict(_NO_PARAMETERS))
    return {"type": "function", "function": kept}


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def _name(tool: Any) -> str:
    name = getattr(tool, "name", None) or getattr(tool, "__name__", None)
    return str(name or type(tool).__name__)


def tool_names(tools: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """The names of the functions among wire tools."""
    return [
        str(tool["function"]["name"])
        for tool in tools or ()
        if tool.get("type") == "function" and isinstance(tool.get("function"), Mapping)
    ]


def choice_of(tool_choice: Any, tools: Sequence[Mapping[str, Any]]) -> str | None:
    """What the caller wants, in one word: None, ``"none"``, ``"any"``, or the name of a tool.

    Args:
        tool_choice: Every form that LangChain, OpenAI and Anthropic have.
        tools: The wire tools that are offered.

    Raises:
        InvalidRequestError: It names a tool that is not offered, or has no known form.

    Example:
        >>> choice_of({"type": "tool", "name": "add"}, [{"type": "function",
        ...     "function": {"name": "add"}}])
        'add'
    """
    if isinstance(tool_choice, Mapping):
        function = tool_choice.get("function")
        name = function.get("name") if isinstance(function, Mapping) else None
        kind = tool_choice.get("type")
        fallback = kind if kind not in {"function", "tool"} else None
        tool_choice = name or tool_choice.get("name") or fallback
    if tool_choice in (None, False, "auto", ""):
        return None
    if tool_choice is True or (isinstance(tool_choice, str) and tool_choice in _ANY):
        return "any"
    if tool_choice == "none":
        return "none"
    names = tool_names(tools)
    served = [str(tool.get("type")) for tool in tools if tool.get("type") != "function"]
    if tool_choice in names or tool_choice in served:
        return str(tool_choice)
    raise InvalidRequestError(
        f"tool_choice is {tool_choice!r}, but must be auto, any, none or one of "
        f"{', '.join([*names, *served]) or '(no tools)'}",
        field="tool_choice",
        value=tool_choice,
    )


def without_others(tools: Sequence[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    """Only the tool of that name: what is not offered cannot be called."""
    return [
        tool
        for tool in tools
        if tool.get("type") == name
        or (tool.get("type") == "function" and tool["function"]["name"] == name)
    ]


def redacted(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Call arguments without the secrets in them: for traces and cache keys.

    An MCP tool's headers hold credentials. A digest in their place keeps different ones apart.
    """
    found = dict(kwargs)
    tools = found.get("tools")
    if isinstance(tools, (list, tuple)):
        found["tools"] = [_redacted_tool(tool) for tool in tools]
    for name in ("extra_headers", "default_headers"):
        if found.get(name):
            found[name] = _digest(found[name])
    for name in ("api_key", "zhipuai_api_key"):
        found.pop(name, None)
    return found


def _redacted_tool(tool: Any) -> Any:
    mcp = tool.get("mcp") if isinstance(tool, Mapping) else None
    if not isinstance(mcp, Mapping) or not mcp.get("headers"):
        return tool
    return {**tool, "mcp": {**mcp, "headers": _digest(mcp["headers"])}}


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return f"redacted:{hashlib.sha256(text.encode()).hexdigest()[:12]}"
