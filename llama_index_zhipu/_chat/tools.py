"""Map tools and calls between LlamaIndex and the wire. Pure."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ToolCallBlock
from llama_index.core.llms.llm import ToolSelection
from pydantic_core import from_json

from zhipu_client.conversation import Call, may_go_on, read_arguments, text_of_arguments

if TYPE_CHECKING:
    from llama_index.core.tools.types import BaseTool

__all__ = ["call_block", "call_dicts", "message_calls", "selections", "tool_spec"]

logger = logging.getLogger(__name__)


def tool_spec(tool: BaseTool) -> dict[str, Any]:
    """Return a tool in the wire's shape, still with its own name.

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


def call_block(call: Call) -> ToolCallBlock:
    """Return a call of an answer; the arguments of one that must not be run are text.

    Such a text cannot be read as arguments: a block has no other place to say so.
    """
    kwargs: Any = call.arguments
    if kwargs is None:
        readable = call.text.strip() and read_arguments(call.text).value is not None
        kwargs = f"{call.text} …" if readable else call.text
    return ToolCallBlock(tool_call_id=call.id, tool_name=call.name, tool_kwargs=kwargs)


def _text(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else text_of_arguments(arguments)


def call_dicts(blocks: Sequence[ToolCallBlock]) -> list[dict[str, Any]]:
    """Return the calls as plain dicts, for ``message.additional_kwargs["tool_calls"]``.

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


def selections(response: ChatResponse) -> list[ToolSelection]:
    """Return the calls that can run, of a whole answer or of a chunk.

    A call whose arguments are not a JSON object, or not yet, is left out, with a warning where the
    answer is finished: what was cut (an ``exclude=`` that is missing) must never be run. Only those
    of a structured answer are read as far as they go, in a chunk of a stream that is still read.
    """
    finished = "finish_reason" in response.additional_kwargs or response.delta is None
    found = []
    for block in message_calls(response.message):
        maker = getattr(block, "maker", None)
        growing = maker is not None and maker.is_open
        # Read once: a chunk has all calls so far, and one of them grew.
        made = getattr(block, "selection", None) if growing else None
        if made is None:
            made = _selection(block, growing=growing, finished=finished)
            if growing:
                object.__setattr__(block, "selection", made)
        if made is not None:
            found.append(made)
    return found


def _selection(block: ToolCallBlock, *, growing: bool, finished: bool) -> ToolSelection | None:
    kwargs = block.tool_kwargs
    if not block.tool_name.strip():
        if not growing:  # else the name is to come
            logger.warning("A call was left out: it names no tool")
        return None
    if isinstance(kwargs, str):
        read: dict[str, Any] | None
        if growing:
            read = _partial(kwargs) if block.maker.shows_objects else block.whole  # type: ignore[attr-defined]
        else:  # nothing, or markup that is not closed, is of a call that was cut
            read = None if may_go_on(kwargs) else read_arguments(kwargs).value
        if read is None:
            if finished:
                logger.warning(
                    "The call of %s was left out: its arguments are cut, or not a JSON object",
                    block.tool_name,
                )
            return None
        kwargs = read
    return ToolSelection(
        tool_id=block.tool_call_id or f"call_{uuid4().hex[:24]}",
        tool_name=block.tool_name,
        tool_kwargs=kwargs,
    )


def message_calls(message: ChatMessage) -> list[ToolCallBlock]:
    """Return the calls of a message: its blocks, else those that other integrations keep beside."""
    blocks = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    if blocks:
        return blocks
    calls = message.additional_kwargs.get("tool_calls") or ()
    return [_foreign_block(plain_call(call)) for call in calls]


def _foreign_block(call: Mapping[str, Any]) -> ToolCallBlock:
    function = call.get("function") or {}
    given = function.get("arguments")
    read = read_arguments(given)
    cut = isinstance(given, str) and may_go_on(given)
    return ToolCallBlock(
        tool_call_id=str(call.get("id") or f"call_{uuid4().hex[:24]}"),
        tool_name=str(function.get("name") or ""),
        tool_kwargs=read.text if cut or read.value is None else read.value,
    )


def plain_call(call: Any) -> dict[str, Any]:
    """Return a call as a dict, whatever object another integration made of it."""
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
    """Return the beginning of a JSON object, as far as it can be read."""
    try:
        value = from_json(text.lstrip() or "{}", allow_partial="trailing-strings")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
