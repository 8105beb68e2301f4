"""Make responses of text, reasoning and growing calls without pydantic's validation, for speed.

A stream has thousands of them, and their three constructors take a quarter of all that is done for
a chunk. Each part is made from the fields of one that its class's own constructor made, so that
whatever the installed LlamaIndex puts there is in these too; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from llama_index.core.bridge.pydantic import BaseModel

__all__ = ["response_so_far"]

M = TypeVar("M", bound=BaseModel)
_set = object.__setattr__


def response_so_far(
    thinking: ThinkingBlock | None,
    text: str,
    calls: Sequence[ToolCallBlock],
    call_dicts: Sequence[dict[str, Any]],
    *,
    delta: str,
    raw: dict[str, Any],
    facts: dict[str, Any],
) -> ChatResponse:
    """Return a response whose message has the thinking, if any, the text, and the calls.

    Args:
        thinking: The reasoning so far.
        text: The text so far.
        calls: The calls so far; a block that does not change is shared among responses.
        call_dicts: The same as dicts, for ``message.additional_kwargs``.
        delta: What this chunk added to the text.
        raw: The chunk.
        facts: The response's ``additional_kwargs``.
    """
    block = _made(TextBlock, text=text)
    message = _made(
        ChatMessage,
        role=MessageRole.ASSISTANT,
        blocks=[block, *calls] if thinking is None else [thinking, block, *calls],
        additional_kwargs={"tool_calls": [*call_dicts]} if calls else {},
    )
    return _made(ChatResponse, message=message, delta=delta, raw=raw, additional_kwargs=facts)


@cache
def _pattern(kind: type[BaseModel]) -> dict[str, Any]:
    """Return the fields of what the constructor makes."""
    given: dict[type[BaseModel], dict[str, Any]] = {
        TextBlock: {"text": ""},
        ChatMessage: {},
        ChatResponse: {"message": ChatMessage()},
    }
    return kind(**given[kind]).__dict__


def _made(kind: type[M], **fields: Any) -> M:
    """Return a model made as ``model_construct`` makes it, with the fields ready."""
    made = kind.__new__(kind)
    _set(made, "__dict__", _pattern(kind) | fields)
    _set(made, "__pydantic_fields_set__", set(fields))
    _set(made, "__pydantic_extra__", None)
    _set(made, "__pydantic_private__", None)
    return made
