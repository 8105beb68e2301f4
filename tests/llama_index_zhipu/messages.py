"""Messages of LlamaIndex, and what the wire has of them."""

from __future__ import annotations

import base64

from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock

from tests.llama_index_zhipu.wire import to_wire

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


def user(*blocks, **extra):
    return ChatMessage(role="user", blocks=list(blocks), additional_kwargs=extra)


def one(message, **kwargs):
    (sent,) = to_wire([message], **kwargs)
    return sent


def ask():
    return ChatMessage(role="user", content="?")


def calls(*identities):
    blocks = [
        ToolCallBlock(tool_call_id=each, tool_name="f", tool_kwargs={}) for each in identities
    ]
    return ChatMessage(role="assistant", blocks=blocks)
