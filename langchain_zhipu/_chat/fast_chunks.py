"""Make chunks of text and reasoning without pydantic's validation, for speed.

A stream has thousands of them, and running the constructors takes longer than all else that is
done for a chunk. Each is made from the fields of one that its class's own constructor made, so that
whatever the installed LangChain puts into a chunk is in these too; a test compares the two.
Chunks with tool calls go through the constructors.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from pydantic import BaseModel

__all__ = ["generation_chunk", "text_chunk", "unvalidated"]

M = TypeVar("M", bound=BaseModel)
C = TypeVar("C", bound=AIMessageChunk)
_set = object.__setattr__
_TEXT_FIELDS = frozenset(("content", "additional_kwargs", "response_metadata", "tool_call_chunks"))
_GENERATION_FIELDS = frozenset(("message", "text"))


def text_chunk(kind: type[C], text: str, extra: dict[str, Any], metadata: dict[str, Any]) -> C:
    """Return what ``kind(content=text, additional_kwargs=extra, response_metadata=metadata,
    tool_call_chunks=[])`` makes.
    """
    fixed, lists = _pattern(kind)
    fields = fixed.copy()
    for name in lists:
        fields[name] = []
    fields["content"] = text
    fields["additional_kwargs"] = extra
    fields["response_metadata"] = metadata
    return _made(kind, fields, _TEXT_FIELDS, {})


def unvalidated(kind: type[C], given: frozenset[str], **values: Any) -> C:
    """Return a chunk with these values, which are known to be right.

    Args:
        kind: Its class.
        given: The names of the fields that count as set.
        **values: The values that are not the class's defaults; every list is its own.
    """
    return _made(kind, _pattern(kind)[0] | values, given, {})


def generation_chunk(message: AIMessageChunk) -> ChatGenerationChunk:
    """Return what ``ChatGenerationChunk(message=message)`` makes."""
    content = message.content
    if not isinstance(content, str):
        return ChatGenerationChunk(message=message)
    fields = _generation().copy()
    fields["text"] = message.text
    fields["message"] = message
    return _made(ChatGenerationChunk, fields, _GENERATION_FIELDS, None)


@cache
def _pattern(kind: type[AIMessageChunk]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the fields of a chunk, and the names of those that are lists to be copied."""
    fields = kind(content="").__dict__
    return fields, tuple(name for name, value in fields.items() if isinstance(value, list))


@cache
def _generation() -> dict[str, Any]:
    return ChatGenerationChunk(message=AIMessageChunk(content="")).__dict__


def _made(
    kind: type[M],
    fields: dict[str, Any],
    given: frozenset[str],
    extra: dict[str, Any] | None,
) -> M:
    """Return a model made as ``model_construct`` makes it, with the fields ready."""
    made = kind.__new__(kind)
    _set(made, "__dict__", fields)
    _set(made, "__pydantic_fields_set__", set(given))
    _set(made, "__pydantic_extra__", extra)
    _set(made, "__pydantic_private__", None)
    return made
