"""Conversations in neutral words, as the classes of either framework.

A message is a tuple:

* ``("system", text)``
* ``("user", text)`` or ``("user", [part, …])``
* ``("assistant", text)`` or ``("assistant", text, {"reasoning": …, "calls": [(id, name, args)]})``
* ``("tool", call_id, text)`` or ``("tool", call_id, [part, …])``

A part is ``(kind, value)``: ``("text", "…")``, or ``("image" | "video" | "file", url)``, or
``("audio", base64)``.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

__all__ = ["Conversation", "for_langchain", "for_llama_index"]

Conversation = str | Sequence[tuple[Any, ...]]


def for_langchain(conversation: Conversation) -> list[Any]:
    """The conversation as LangChain's messages."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

    made: list[Any] = []
    for role, *rest in _turns(conversation):
        if role == "system":
            made.append(SystemMessage(rest[0]))
        elif role == "user":
            made.append(HumanMessage(content=_blocks_langchain(rest[0])))
        elif role == "tool":
            made.append(ToolMessage(content=_blocks_langchain(rest[1]), tool_call_id=rest[0]))
        else:
            more = rest[1] if len(rest) > 1 else {}
            thought = more.get("reasoning")
            calls = [{"id": i, "name": n, "args": a} for i, n, a in more.get("calls", ())]
            kwargs = {"reasoning_content": thought} if thought else {}
            made.append(AIMessage(content=rest[0], additional_kwargs=kwargs, tool_calls=calls))
    return made


def _blocks_langchain(content: Any) -> Any:
    if isinstance(content, str):
        return content
    return [_block_langchain(kind, value) for kind, value in content]


def _block_langchain(kind: str, value: Any) -> Any:
    if kind == "raw":  # as the framework has it
        return value
    if kind == "text":
        return {"type": "text", "text": value}
    if kind == "audio":
        return {"type": "audio", "base64": value, "mime_type": "audio/wav"}
    return {"type": kind, "url": value}


def for_llama_index(conversation: Conversation) -> list[Any]:
    """The conversation as LlamaIndex's messages."""
    from llama_index.core.base.llms.types import (
        ChatMessage,
        TextBlock,
        ThinkingBlock,
        ToolCallBlock,
    )

    made: list[Any] = []
    for role, *rest in _turns(conversation):
        more: dict[str, Any] = {}
        if role == "tool":
            blocks = _blocks_llama_index(rest[1])
            more = {"tool_call_id": rest[0]}
        elif role == "assistant":
            facts = rest[1] if len(rest) > 1 else {}
            thought = facts.get("reasoning")
            blocks = [ThinkingBlock(content=thought)] if thought else []
            blocks.append(TextBlock(text=rest[0]))
            blocks += [
                ToolCallBlock(tool_call_id=i, tool_name=n, tool_kwargs=a)
                for i, n, a in facts.get("calls", ())
            ]
        else:
            blocks = _blocks_llama_index(rest[0])
        made.append(ChatMessage(role=role, blocks=blocks, additional_kwargs=more))
    return made


def _blocks_llama_index(content: Any) -> list[Any]:
    from llama_index.core.base.llms.types import (
        AudioBlock,
        DocumentBlock,
        ImageBlock,
        TextBlock,
        VideoBlock,
    )

    kinds = {"image": ImageBlock, "video": VideoBlock, "file": DocumentBlock}
    made: list[Any] = []
    for kind, value in [("text", content)] if isinstance(content, str) else content:
        if kind == "text":
            made.append(TextBlock(text=value))
        elif kind == "raw":
            made.append(value)
        elif kind == "audio":
            made.append(AudioBlock(audio=base64.b64decode(value), format="wav"))
        else:
            made.append(kinds[kind](url=value))
    return made


def _turns(conversation: Conversation) -> Sequence[tuple[Any, ...]]:
    return [("user", conversation)] if isinstance(conversation, str) else conversation
