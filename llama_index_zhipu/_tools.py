"""Tools: names and shape on the wire, the choice among them, the calls in an answer. Pure."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ToolCallBlock
from llama_index.core.llms.llm import ToolSelection
from pydantic_core import from_json

from zhipu_client import InvalidRequestError
from zhipu_client.chat import SERVER_CALLS

if TYPE_CHECKING:
    from llama_index.core.tools.types import BaseTool

__all__ = [
    "Choice",
    "arguments_of",
    "call_blocks",
    "call_dicts",
    "decode_names",
    "encode_name",
    "encode_tools",
    "keep_first_call",
    "name_of",
    "read_choice",
    "selections",
    "split_calls",
    "tool_spec",
    "without_secrets",
]

logger = logging.getLogger(__name__)

_PLAIN_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NOT_PLAIN = re.compile(r"[^a-zA-Z0-9_-]+")

#: What the caller asked for: anything, no call, some call, or the call named.
Choice = Literal["auto", "none", "required"] | tuple[str]


def encode_name(name: str) -> str:
    """A tool's name as the service takes it: ASCII letters, digits, ``_`` and ``-``, up to 64.

    Other names (Chinese ones, ``Box[int]``) get a short hash of the whole name, so that no two
    become one. The same name is always encoded the same way, in requests and in history.

    Example:
        >>> encode_name("get_weather"), encode_name("查天气")
        ('get_weather', 'tool_80bac930')
    """
    if _PLAIN_NAME.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    slug = _NOT_PLAIN.sub("_", name).strip("_")[:55] or "tool"
    return f"{slug}_{digest}"


def tool_spec(tool: BaseTool) -> dict[str, Any]:
    """A tool in the wire's shape, still with its own name.

    Not ``to_openai_tool``: that turns every Chinese character of a name into ``_``, and refuses
    long descriptions.
    """
    metadata = tool.metadata
    parameters = dict(metadata.get_parameters_dict())
    parameters.setdefault("type", "object")
    parameters.setdefault("properties", {})
    name = metadata.get_name()
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": metadata.description or name,
            "parameters": parameters,
        },
    }


def encode_tools(tools: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Tools with names that the service takes; a name that was changed opens the description."""
    return [_encode_tool(tool) for tool in tools]


def _encode_tool(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    name = name_of(tool)
    if name is None or _PLAIN_NAME.fullmatch(name):
        return tool
    function = tool["function"]
    description = function.get("description") or ""
    if not description.startswith(name):
        description = f"{name}: {description}" if description else name
    return {
        **tool,
        "function": {**function, "name": encode_name(name), "description": description},
    }


def decode_names(tools: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Name on the wire -> the caller's name, for the names that differ."""
    names = (name_of(tool) for tool in tools)
    return {encode_name(name): name for name in names if name and encode_name(name) != name}


def name_of(tool: Any) -> str | None:
    """The name of a function tool; None for other tools, and for what is none."""
    function = tool.get("function") if isinstance(tool, Mapping) else None
    name = function.get("name") if isinstance(function, Mapping) else None
    return name if isinstance(name, str) else None


def without_secrets(tool: Mapping[str, Any]) -> dict[str, Any]:
    """A server tool as traces may show it: an MCP server's headers hold credentials."""
    mcp = tool.get("mcp")
    if not isinstance(mcp, Mapping) or "headers" not in mcp:
        return dict(tool)
    return {**tool, "mcp": {name: value for name, value in mcp.items() if name != "headers"}}


def read_choice(value: Any, tools: Sequence[Mapping[str, Any]]) -> Choice:
    """Read every spelling of ``tool_choice``; a tool by its name becomes ``(name,)``.

    Raises:
        InvalidRequestError: it names a tool that is not among those given.
    """
    if value is None or value == "auto":
        return "auto"
    if value in ("none", "required"):
        return "none" if value == "none" else "required"
    if value in ("any", True):
        return "required"
    name = value
    if isinstance(value, Mapping):
        function = value.get("function")
        name = function.get("name") if isinstance(function, Mapping) else value.get("name")
        if name is None:
            return read_choice(value.get("type", "auto"), tools)
    known = [name_of(tool) for tool in tools]
    for candidate in known:
        if candidate is not None and name in (candidate, encode_name(candidate)):
            return (candidate,)
    raise InvalidRequestError(
        f"tool_choice is {value!r}, which is none of the tools: "
        f"{', '.join(str(item) for item in known) or 'there are none'}",
        field="tool_choice",
        value=value,
    )


def split_calls(calls: Sequence[Mapping[str, Any]]) -> tuple[list[Any], list[Any]]:
    """The calls that are the caller's to run, and those that the service has run itself."""
    asked = [call for call in calls if call.get("type") not in SERVER_CALLS]
    return asked, [call for call in calls if call.get("type") in SERVER_CALLS]


def call_blocks(
    calls: Sequence[Mapping[str, Any]], names: Mapping[str, str], *, whole: bool
) -> list[ToolCallBlock]:
    """The calls of an answer as blocks, with the caller's names.

    Args:
        calls: ``tool_calls`` of a message.
        names: From `decode_names`.
        whole: True once the answer is finished: arguments are then read as JSON, and stay a
            string only when they are none, so that a cut call is told from one that can run.
    """
    blocks = []
    for call in calls:
        function = call.get("function") or {}
        name = str(function.get("name") or "")
        arguments = function.get("arguments")
        blocks.append(
            ToolCallBlock(
                tool_call_id=str(call.get("id") or f"call_{uuid4().hex[:24]}"),
                tool_name=names.get(name, name),
                tool_kwargs=arguments_of(arguments) if whole else _text(arguments),
            )
        )
    return blocks


def _text(arguments: Any) -> str:
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def arguments_of(arguments: Any) -> dict[str, Any] | str:
    """Arguments as an object; the text itself when they are none (cut, or no JSON)."""
    if isinstance(arguments, Mapping):
        return dict(arguments)
    text = _text(arguments)
    if not text.strip() or text.strip() == "null":
        return {}
    try:
        value = json.loads(text)
        if isinstance(value, str):  # encoded twice, as some servers do
            value = json.loads(value)
    except (ValueError, RecursionError):  # the latter when a model got stuck at "[[[["
        return text
    return value if isinstance(value, dict) else text


def call_dicts(blocks: Sequence[ToolCallBlock]) -> list[dict[str, Any]]:
    """The calls as plain dicts, for ``message.additional_kwargs["tool_calls"]``.

    Program streaming and the chat engines of LlamaIndex look only there.
    """
    return [
        {
            "id": block.tool_call_id,
            "type": "function",
            "function": {"name": block.tool_name, "arguments": _text(block.tool_kwargs)},
        }
        for block in blocks
    ]


def keep_first_call(message: ChatMessage) -> None:
    """Drop all calls but the first, for callers that can run only one."""
    seen = False
    blocks = []
    for block in message.blocks:
        if isinstance(block, ToolCallBlock):
            if seen:
                continue
            seen = True
        blocks.append(block)
    message.blocks = blocks
    calls = message.additional_kwargs.get("tool_calls")
    if calls:
        message.additional_kwargs["tool_calls"] = calls[:1]


def selections(response: ChatResponse) -> list[ToolSelection]:
    """The calls that can run, of a whole answer or of a chunk.

    In a chunk of an answer that is still coming, arguments are read as far as they go. In a
    finished one, a call whose arguments are no JSON object is left out, with a warning: what was
    cut (an ``exclude=`` that is missing) must never be run.
    """
    finished = "finish_reason" in response.additional_kwargs or response.delta is None
    found = []
    for block in message_calls(response.message):
        kwargs = block.tool_kwargs
        if isinstance(kwargs, str):
            kwargs = arguments_of(kwargs) if finished else _partial(kwargs)
            if isinstance(kwargs, str):
                logger.warning(
                    "The call of %s was left out: its arguments are cut or no JSON object",
                    block.tool_name,
                )
                continue
        found.append(
            ToolSelection(
                tool_id=block.tool_call_id or f"call_{uuid4().hex[:24]}",
                tool_name=block.tool_name,
                tool_kwargs=kwargs,
            )
        )
    return found


def message_calls(message: ChatMessage) -> list[ToolCallBlock]:
    """The calls of a message: its blocks, else what other integrations keep beside them."""
    blocks = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    if blocks:
        return blocks
    calls = message.additional_kwargs.get("tool_calls") or ()
    return call_blocks([plain_call(call) for call in calls], {}, whole=True)


def plain_call(call: Any) -> dict[str, Any]:
    """A call as a dict, whatever object another integration made of it."""
    if isinstance(call, Mapping):
        return dict(call)
    function = getattr(call, "function", None)
    return {
        "id": getattr(call, "id", None),
        "function": {
            "name": getattr(function, "name", ""),
            "arguments": getattr(function, "arguments", ""),
        },
    }


def _partial(text: str) -> dict[str, Any]:
    """The beginning of a JSON object, as far as it goes."""
    try:
        value = from_json(text.lstrip() or "{}", allow_partial="trailing-strings")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
