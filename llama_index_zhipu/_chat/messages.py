"""Messages to the wire (`to_wire`), and answers back (`to_response`). Pure."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    AudioBlock,
    CachePoint,
    ChatMessage,
    ChatResponse,
    CitableBlock,
    CitationBlock,
    ContentBlock,
    LogProb,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from zhipu_client import InvalidRequestError
from zhipu_client.adapting import whole_number
from zhipu_client.conversation import NO_OUTPUT, Answer

from .media import PARTS, Target, as_text, media_part
from .tools import call_block, call_dicts, message_calls

__all__ = ["Target", "answer_blocks", "facts_of", "to_response", "to_wire"]

logger = logging.getLogger(__name__)

_ROLES = {
    MessageRole.SYSTEM: "system",
    MessageRole.DEVELOPER: "system",
    MessageRole.USER: "user",
    MessageRole.ASSISTANT: "assistant",
    MessageRole.CHATBOT: "assistant",
    MessageRole.MODEL: "assistant",
    MessageRole.TOOL: "tool",
    MessageRole.FUNCTION: "tool",
}
_NOT_TAKEN = "(the tool returned content of the type {what}, which this model does not take)"


def to_wire(
    messages: Sequence[ChatMessage], *, target: Target | None = None
) -> list[dict[str, Any]]:
    """The messages in the shape of the wire, for `zhipu_client.conversation` to make sendable.

    The ones given are not changed.

    Args:
        messages: The conversation.
        target: What the model can take.

    Raises:
        InvalidRequestError: a block cannot be sent, for example audio by URL.
    """
    target = target or Target()
    wire: list[dict[str, Any]] = []
    for message in messages:
        role = _ROLES.get(message.role, "user")
        if role == "assistant":
            wire.append(_assistant(message))
        elif role == "tool":
            wire.append(_tool(message, target))
        else:
            files = role == "user"
            wire.append({"role": role, "content": _content(message.blocks, target, files)})
    return wire


def _assistant(message: ChatMessage) -> dict[str, Any]:
    text = "\n".join(block.text for block in message.blocks if isinstance(block, TextBlock))
    sent: dict[str, Any] = {"role": "assistant", "content": text}
    thoughts = [block for block in message.blocks if isinstance(block, ThinkingBlock)]
    reasoning = "".join(block.content or "" for block in thoughts)
    if reasoning:
        sent["reasoning_content"] = reasoning
    calls = [_wire_call(block) for block in message_calls(message)]
    if calls:
        sent["tool_calls"] = calls
    spoken = message.additional_kwargs.get("audio_id")
    if spoken:
        sent["audio"] = {"id": spoken}
    return sent


def _wire_call(block: ToolCallBlock) -> dict[str, Any]:
    return {
        "id": block.tool_call_id,
        "type": "function",
        "function": {"name": block.tool_name, "arguments": block.tool_kwargs},
    }


def _tool(message: ChatMessage, target: Target) -> dict[str, Any]:
    """A tool's result, which is text on the wire; only a user message can carry its media.

    No file is read for it, and nothing that the tool said ends the conversation.
    """
    texts: list[str] = []
    media: list[dict[str, Any]] = []
    for block in _leaves(message.blocks):
        if isinstance(block, TextBlock):
            texts.append(block.text)
        elif type(block) in PARTS and not target.takes(block.block_type):
            texts.append(_NOT_TAKEN.format(what=block.block_type))
        else:
            try:
                media.append(media_part(block, target, files=False))
            except InvalidRequestError:
                texts.append(as_text(block))
    identity = message.additional_kwargs.get("tool_call_id")
    if media:
        texts.append("(see the next message)")
        note = f"Result of the tool call {identity}:" if identity else "Result of the tool:"
        media.insert(0, {"type": "text", "text": note})
    text = "\n".join(texts)
    sent: dict[str, Any] = {"role": "tool", "content": text if text.strip() else NO_OUTPUT}
    if identity:
        sent["tool_call_id"] = identity
    if media:
        sent["_media"] = media
    return sent


def _content(
    blocks: Iterable[ContentBlock], target: Target, files: bool
) -> str | list[dict[str, Any]]:
    """A string where there is only text: older models refuse a list."""
    parts = [
        {"type": "text", "text": block.text}
        if isinstance(block, TextBlock)
        else media_part(block, target, files=files)
        for block in _leaves(blocks)
    ]
    if all(part["type"] == "text" for part in parts):
        return "\n".join(part["text"] for part in parts)
    return parts


def _leaves(blocks: Iterable[ContentBlock]) -> Iterator[ContentBlock]:
    """The texts and media of a system, user or tool message, also those inside other blocks."""
    for block in blocks:
        if isinstance(block, CitableBlock):
            yield TextBlock(text=f"[{block.title}]({block.source})")
            yield from _leaves(block.content)
        elif isinstance(block, CitationBlock):
            yield from _leaves([block.cited_content])
        elif not isinstance(block, CachePoint | ThinkingBlock | ToolCallBlock):
            # The service caches by itself; thoughts and calls belong to the assistant.
            yield block


def to_response(answer: Answer) -> ChatResponse:
    """A whole answer as a response."""
    blocks, extra = answer_blocks(answer)
    return ChatResponse(
        message=ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks, additional_kwargs=extra),
        raw=raw_of(answer),
        logprobs=logprobs_of(answer.logprobs),
        additional_kwargs=facts_of(answer),
    )


def raw_of(answer: Answer) -> dict[str, Any]:
    """The body as it came; its usage counts both attempts."""
    raw = dict(answer.body)
    if answer.attempts > 1 and answer.usage is not None:
        raw["usage"] = {**(raw.get("usage") or {}), **answer.usage.as_wire()}
    return raw


def answer_blocks(answer: Answer) -> tuple[list[ContentBlock], dict[str, Any]]:
    """The blocks of an answer in their order, and the message's ``additional_kwargs``.

    Thinking, then one text (two would be shown with a line break between), then citations and
    sound, then calls.
    """
    blocks: list[ContentBlock] = []
    extra: dict[str, Any] = {}
    if answer.reasoning:
        tokens = answer.usage.reasoning if answer.usage is not None else None
        blocks.append(ThinkingBlock(content=answer.reasoning, num_tokens=tokens))
    blocks.append(TextBlock(text=answer.text))
    found = answer.facts.get("web_search")
    if isinstance(found, list):
        blocks += [_citation(row) for row in found if isinstance(row, dict)]
    if answer.audio is not None:
        if answer.audio.get("id"):
            extra["audio_id"] = answer.audio["id"]
        if answer.audio.get("data"):
            blocks += _sound(answer.audio["data"])
    if answer.calls:
        calls = [call_block(call) for call in answer.calls]
        blocks += calls
        extra["tool_calls"] = call_dicts(calls)
    return blocks, extra


def _sound(data: Any) -> list[AudioBlock]:
    """The sound of an answer; its pieces in a stream may each be padded."""
    try:
        sound = b"".join(base64.b64decode(piece) for piece in re.findall("[^=]+=*", data))
    except (ValueError, TypeError):
        logger.warning("The sound of an answer was left out: it is no base64")
        return []
    return [AudioBlock(audio=sound, format="wav")]


def _citation(row: Mapping[str, Any]) -> CitationBlock:
    number = whole_number(str(row.get("refer") or "").removeprefix("ref_"), most=1_000_000)
    return CitationBlock(
        cited_content=TextBlock(text=str(row.get("content") or "")),
        source=str(row.get("link") or row.get("media") or ""),
        title=str(row.get("title") or ""),
        additional_location_info={} if number is None else {"ref": number},
    )


def facts_of(answer: Answer) -> dict[str, Any]:
    """What goes with a finished answer: the tokens by their usual names, why it ended, its id."""
    facts: dict[str, Any] = {}
    usage = answer.usage
    if usage is not None:
        counts = {
            "prompt_tokens": usage.input,
            "completion_tokens": usage.output,
            "total_tokens": usage.total,
            "cached_tokens": usage.cached,
            "reasoning_tokens": usage.reasoning,
        }
        facts = {name: count for name, count in counts.items() if count is not None}
    facts["finish_reason"] = answer.finish_reason
    for name in ("web_search", "content_filter"):
        if answer.facts.get(name):
            facts[name] = answer.facts[name]
    if answer.served:
        facts["server_tool_calls"] = list(answer.served)
    if answer.facts.get("request_id"):
        facts["request_id"] = answer.facts["request_id"]
    return facts


def logprobs_of(logprobs: Any) -> list[list[LogProb]] | None:
    """Log probabilities, which self-hosted servers send on request."""
    content = logprobs.get("content") if isinstance(logprobs, Mapping) else None
    if not content:
        return None
    return [
        [LogProb.model_validate(item) for item in (token.get("top_logprobs") or [token])]
        for token in content
    ]
