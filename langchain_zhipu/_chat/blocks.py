"""``content_blocks`` of our messages: reasoning, text with citations, calls, search, audio.

Registered with LangChain for ``model_provider == "zhipu"``. Blocks of chunks carry indices that
begin with ``lc_``: LangChain joins blocks by index, and numbers would collide with those of calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from langchain_core import exceptions
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages import content as types
from langchain_core.messages.block_translators import register_translator

from langchain_zhipu._chat.messages import PROVIDER

__all__ = ["citations", "content_blocks", "register"]

Block = dict[str, Any]

#: ``refusal`` is a standard block from langchain-core 1.7.5 on.
_HAS_REFUSALS = hasattr(exceptions, "ModelRefusalError")
_REFUSED = "The answer was withheld by the service's content filter."


def content_blocks(message: AIMessage) -> list[types.ContentBlock]:
    """Return the standard content blocks of a message or chunk of this package."""
    chunk = isinstance(message, AIMessageChunk)
    metadata = message.response_metadata
    blocks = [
        *_reasoning(message),
        *_text(message, metadata),
        *_audio(message),
        *_calls(message),
        # Sent by the service at the end of a stream.
        *_search(metadata),
        *_served(metadata),
        *_refusal(metadata),
    ]
    if not chunk:
        for block in blocks:
            block.pop("index", None)
    return cast("list[types.ContentBlock]", blocks)


def register() -> None:
    """Register `content_blocks` with LangChain, for messages of this provider."""
    register_translator(PROVIDER, content_blocks, content_blocks)


def _reasoning(message: AIMessage) -> list[Block]:
    reasoning = message.additional_kwargs.get("reasoning_content")
    if not reasoning or _has(message, "reasoning"):
        return []
    return [{"type": "reasoning", "reasoning": reasoning, "index": "lc_rs_0"}]


def _has(message: AIMessage, kind: str) -> bool:
    return isinstance(message.content, list) and any(
        isinstance(block, dict) and block.get("type") == kind for block in message.content
    )


def _text(message: AIMessage, metadata: Mapping[str, Any]) -> list[Block]:
    content = message.content
    if isinstance(content, list):
        calls = {"tool_call", "tool_call_chunk", "tool_use", "invalid_tool_call"}
        return [
            {"type": "text", "text": block} if isinstance(block, str) else dict(block)
            for block in content
            if isinstance(block, str) or block.get("type") not in calls
        ]
    cited = citations(metadata.get("web_search"))
    if not content and not cited:
        return []
    block: Block = {"type": "text", "text": content, "index": "lc_txt_0"}
    if cited:
        block["annotations"] = cited
    return [block]


def citations(results: Any) -> list[Block]:
    """Return the results of a web search as LangChain citations."""
    found: list[Block] = []
    for result in results if isinstance(results, list) else ():
        if not isinstance(result, Mapping):
            continue
        pairs = (("url", "link"), ("title", "title"), ("cited_text", "content"))
        block: Block = {"type": "citation"}
        block.update({ours: result[theirs] for ours, theirs in pairs if result.get(theirs)})
        extras = {
            key: value
            for key, value in result.items()
            if value and key not in {"link", "title", "content"}
        }
        if extras:
            block["extras"] = extras
        found.append(block)
    return found


def _search(metadata: Mapping[str, Any]) -> list[Block]:
    results = metadata.get("web_search")
    if not results:
        return []
    return _server_pair("web_search", "web_search_0", {}, results, None)


def _server_pair(name: str, identity: str, args: Any, output: Any, error: Any) -> list[Block]:
    """Return the blocks of a tool that the service ran: its call, then its result."""
    call = {
        "type": "server_tool_call",
        "name": name,
        "id": identity,
        "args": args if isinstance(args, dict) else {},
        "index": f"lc_sc_{identity}",
    }
    if output is None and not error:
        return [call]
    result = {
        "type": "server_tool_result",
        "tool_call_id": identity,
        "status": "error" if error else "success",
        "output": error or output,
        "index": f"lc_sr_{identity}",
    }
    return [call, result]


def _served(metadata: Mapping[str, Any]) -> list[Block]:
    """Yield the calls of ``mcp``, ``retrieval`` and ``web_search`` tools in the answer."""
    blocks: list[Block] = []
    for number, given in enumerate(metadata.get("server_tool_calls") or ()):
        from zhipu_client.conversation import served_call

        call = served_call(given, number)
        blocks += _server_pair(call.name, call.id, call.arguments, call.output, call.error)
    return blocks


def _audio(message: AIMessage) -> list[Block]:
    audio = message.additional_kwargs.get("audio")
    if not isinstance(audio, Mapping) or _has(message, "audio"):
        return []
    if not (audio.get("data") or audio.get("id")):
        return []
    block: Block = {"type": "audio", "index": "lc_au_0"}
    if audio.get("data"):
        from zhipu_client.conversation import sound_type

        block["mime_type"] = sound_type(str(audio["data"]))
        block["base64"] = audio["data"]
    if audio.get("id"):
        block["id"] = audio["id"]
    return [block]


def _refusal(metadata: Mapping[str, Any]) -> list[Block]:
    if metadata.get("finish_reason") != "sensitive":
        return []
    refusal: Block = {
        "type": "refusal",
        "refusal": _REFUSED,
        "extras": {"category": "sensitive"},
    }
    if metadata.get("content_filter"):
        refusal["extras"]["content_filter"] = metadata["content_filter"]
    if not _HAS_REFUSALS:
        refusal = {"type": "non_standard", "value": refusal}
    return [{**refusal, "index": "lc_rf_0"}]


def _calls(message: AIMessage) -> list[Block]:
    if isinstance(message, AIMessageChunk) and message.chunk_position != "last":
        return [
            {
                "type": "tool_call_chunk",
                "id": call.get("id"),
                "name": call.get("name"),
                "args": call.get("args"),
                "index": f"lc_tc_{call.get('index')}",
            }
            for call in message.tool_call_chunks
        ]
    calls: list[Block] = [
        {"type": "tool_call", "id": call["id"], "name": call["name"], "args": call["args"]}
        for call in message.tool_calls
    ]
    calls += [{**call, "type": "invalid_tool_call"} for call in message.invalid_tool_calls]
    return calls


register()
