"""Map tools of every kind that LangChain knows to the wire. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from langchain_zhipu._chat.recursive import closed, whole_function, whole_parameters
from zhipu_client import InvalidRequestError
from zhipu_client.adapting import boolean
from zhipu_client.conversation import SERVER_TOOLS, check_tool, choice_as_text, read_choice

__all__ = ["ToolLike", "to_bind", "wire_tools"]

ToolLike = Mapping[str, Any] | type | Callable[..., Any] | BaseTool

#: The keys of a function on the wire; others (those of other providers) are dropped.
_FUNCTION_KEYS = ("name", "description", "parameters", "strict")
#: What a function has in any shape that LangChain knows, where its type is not said to be one.
_OF_FUNCTIONS = frozenset(
    {"function", "parameters", "input_schema", "toolSpec", "properties", "title"}
)
_KEYWORDS = frozenset({"$ref", "$defs"})
#: What of a schema is said beside it.
_HEAD = ("title", "description")
_NO_PARAMETERS = {"type": "object", "properties": {}}


def to_bind(
    tools: Sequence[ToolLike], choice: Any, *, strict: bool | None, parallel: bool | None
) -> dict[str, Any]:
    """Return the arguments of calls in which tools are offered.

    Args:
        tools: See `wire_tools`.
        choice: The name of the tool to call, ``"auto"``, ``"any"`` and the like.
        strict: See `wire_tools`.
        parallel: Whether an answer may have several calls; None leaves it to the server.

    Raises:
        InvalidRequestError: A tool with a bad schema, or a choice that is not offered.
    """
    boolean("strict", strict)
    boolean("parallel_tool_calls", parallel)
    offered = wire_tools(tools, strict=strict)
    chosen = choice_as_text(read_choice(choice, offered))
    found: dict[str, Any] = {} if chosen is None else {"tool_choice": chosen}
    if offered:
        found["tools"] = offered
        if parallel is not None:
            found["parallel_tool_calls"] = parallel
    return found


def wire_tools(tools: Sequence[ToolLike], *, strict: bool | None = None) -> list[dict[str, Any]]:
    """Return tools of any kind that LangChain knows, as the service takes them.

    Args:
        tools: LangChain tools, functions, pydantic or TypedDict classes, OpenAI's, Anthropic's or
            Bedrock's tool dicts, JSON Schemas with a title; or server tools of Zhipu.
        strict: True adds ``additionalProperties: false`` to the schemas, and goes to servers
            that may have a strict mode; the service has none.

    Raises:
        InvalidRequestError: Something is not a tool, or its schema can never be accepted.
    """
    found = []
    for position, tool in enumerate(tools):
        field = f"tools[{position}]"
        made = _wire_tool(tool, strict, field)
        check_tool(made, field)
        found.append(made)
    return found


def _wire_tool(tool: Any, strict: bool | None, field: str) -> dict[str, Any]:
    if isinstance(tool, Mapping) and _is_run_elsewhere(tool):
        return dict(tool)
    function = whole_function(tool, strict=strict)
    if function is not None:
        return {"type": "function", "function": function}
    if isinstance(tool, BaseTool) and _has_references(tool.tool_call_schema):
        return _of_schema(tool, strict)
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
    whole = whole_parameters(tool, strict=strict)
    if whole is not None:
        kept["parameters"] = whole
    kept.setdefault("parameters", dict(_NO_PARAMETERS))
    return {"type": "function", "function": kept}


def _is_run_elsewhere(tool: Mapping[str, Any]) -> bool:
    """Return whether a tool is run by the server; whether by this one is checked where it goes."""
    kind = tool.get("type")
    if not isinstance(kind, str) or kind == "function":
        return False
    return kind in SERVER_TOOLS or not tool.keys() & _OF_FUNCTIONS


def _has_references(schema: Any) -> bool:
    """Return whether a JSON Schema refers to parts of itself, or has parameters called so.

    LangChain takes the latter for keywords, and does not find all that is referred to.
    """
    if isinstance(schema, list):
        return any(map(_has_references, schema))
    if not isinstance(schema, Mapping):
        return False
    return not _KEYWORDS.isdisjoint(schema) or any(map(_has_references, schema.values()))


def _of_schema(tool: BaseTool, strict: bool | None) -> dict[str, Any]:
    """Return a tool whose JSON Schema is given, such as one of an MCP server."""
    schema: Any = tool.tool_call_schema
    parameters = {key: value for key, value in schema.items() if key not in _HEAD}
    function = {"name": tool.name, "description": tool.description or tool.name}
    if strict:
        return {
            "type": "function",
            "function": {**function, "parameters": closed(parameters), "strict": True},
        }
    return {"type": "function", "function": {**function, "parameters": parameters}}


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def _name(tool: Any) -> str:
    name = getattr(tool, "name", None) or getattr(tool, "__name__", None)
    return str(name or type(tool).__name__)
