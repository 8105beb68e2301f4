"""Messages to the wire and back. Pure: `to_wire`, `from_wire` and what both need."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

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
from zhipu_client._history import NO_OUTPUT, repaired
from zhipu_client.chat import reasoning_of, text_of

from ._media import PARTS, Target, as_text, media_part
from ._tools import (
    arguments_of,
    call_blocks,
    call_dicts,
    encode_name,
    message_calls,
    split_calls,
)

__all__ = ["ReasoningHistory", "Target", "answer_blocks", "facts_of", "from_wire", "to_wire"]

logger = logging.getLogger(__name__)

#: Which reasoning goes back: of the tool loop that is going on, of every turn, or none.
ReasoningHistory = Literal["tool_loop", "all", "none"]

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
    messages: Sequence[ChatMessage],
    *,
    target: Target | None = None,
    reasoning_history: ReasoningHistory = "tool_loop",
) -> list[dict[str, Any]]:
    """Turn messages into the ``messages`` of a request, repaired where they would be refused.

    The ones given are not changed.

    Args:
        messages: The conversation.
        target: What the model can take.
        reasoning_history: Which earlier reasoning is sent back. ``"tool_loop"`` sends that of the
            answers after the last user message, which the model needs to go on after its tools.

    Raises:
        InvalidRequestError: a block cannot be sent, for example audio by URL.
    """
    target = target or Target()
    last_user = max(
        (place for place, item in enumerate(messages) if _ROLES.get(item.role) == "user"),
        default=-1,
    )
    wire: list[dict[str, Any]] = []
    for place, message in enumerate(messages):
        role = _ROLES.get(message.role, "user")
        if role == "assistant":
            keep = reasoning_history == "all" or (
                reasoning_history == "tool_loop" and place > last_user
            )
            wire.append(_assistant(message, keep))
        elif role == "tool":
            wire.append(_tool(message, target))
        else:
            files = role == "user"
            wire.append({"role": role, "content": _content(message.blocks, target, files)})
    return repaired(wire, join=False)


def _assistant(message: ChatMessage, keep_reasoning: bool) -> dict[str, Any]:
    text = "\n".join(block.text for block in message.blocks if isinstance(block, TextBlock))
    sent: dict[str, Any] = {"role": "assistant", "content": text}
    if keep_reasoning:
        thoughts = [block for block in message.blocks if isinstance(block, ThinkingBlock)]
        reasoning = "".join(block.content or "" for block in thoughts)
        if reasoning:
            sent["reasoning_content"] = reasoning
    calls = [_wire_call(block, place) for place, block in enumerate(message_calls(message))]
    if calls:
        sent["tool_calls"] = calls
    spoken = message.additional_kwargs.get("audio_id")
    if spoken:
        sent["audio"] = {"id": spoken}
    return sent


def _wire_call(block: ToolCallBlock, place: int) -> dict[str, Any]:
    arguments = block.tool_kwargs
    if isinstance(arguments, str):
        # A call that was cut: the service refuses arguments that are no JSON.
        arguments = arguments if isinstance(arguments_of(arguments), dict) else "{}"
    else:
        arguments = json.dumps(arguments, ensure_ascii=False, default=str)
    return {
        "id": block.tool_call_id or f"call_{place}",
        "type": "function",
        "function": {"name": encode_name(block.tool_name), "arguments": arguments or "{}"},
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


def from_wire(body: Mapping[str, Any], names: Mapping[str, str] | None = None) -> ChatResponse:
    """Turn a whole answer into a response.

    Args:
        body: The decoded JSON as it came.
        names: Tool names on the wire -> the caller's, from `decode_names`.
    """
    choice = (body.get("choices") or [{}])[0]
    message = choice.get("message") or {}
    reasoning, text = split_thinking(reasoning_of(message), text_of(message.get("content")))
    calls, served = split_calls(message.get("tool_calls") or ())
    blocks, extra = answer_blocks(
        text=text,
        reasoning=reasoning,
        calls=call_blocks(calls, names or {}, whole=True),
        body=body,
        audio=message.get("audio"),
    )
    return ChatResponse(
        message=ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks, additional_kwargs=extra),
        raw=dict(body),
        logprobs=logprobs_of(choice),
        additional_kwargs=facts_of(body, choice.get("finish_reason"), served),
    )


def split_thinking(reasoning: str, text: str) -> tuple[str, str]:
    """Move ``<think>…</think>`` at the start of the text (GLM-4.1V, self-hosted) to the rest."""
    start = text.lstrip()
    if not start.startswith("<think>"):
        return reasoning, text
    thought, closed, rest = start[len("<think>") :].partition("</think>")
    return reasoning + thought, rest.lstrip("\n") if closed else ""


def answer_blocks(
    *,
    text: str,
    reasoning: str,
    calls: list[ToolCallBlock],
    body: Mapping[str, Any] | None = None,
    audio: Any = None,
) -> tuple[list[ContentBlock], dict[str, Any]]:
    """The blocks of an answer in their order, and the message's ``additional_kwargs``.

    Thinking, then one text (two would be shown with a line break between), then citations and
    sound, then calls.
    """
    blocks: list[ContentBlock] = []
    extra: dict[str, Any] = {}
    if reasoning:
        blocks.append(ThinkingBlock(content=reasoning, num_tokens=_reasoning_tokens(body)))
    blocks.append(TextBlock(text=text))
    if body:
        blocks += [_citation(row) for row in body.get("web_search") or () if isinstance(row, dict)]
    if isinstance(audio, Mapping):
        if audio.get("id"):
            extra["audio_id"] = audio["id"]
        if audio.get("data"):
            blocks += _sound(audio["data"])
    if calls:
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
    refer = str(row.get("refer") or "").removeprefix("ref_")
    return CitationBlock(
        cited_content=TextBlock(text=str(row.get("content") or "")),
        source=str(row.get("link") or row.get("media") or ""),
        title=str(row.get("title") or ""),
        additional_location_info={"ref": int(refer)} if refer.isdigit() else {},
    )


def facts_of(
    body: Mapping[str, Any], finish_reason: str | None, served: Sequence[Any] = ()
) -> dict[str, Any]:
    """What goes with a finished answer: the tokens by their usual names, why it ended, its id.

    Args:
        body: The answer.
        finish_reason: Why it ended.
        served: The calls that the service has run itself.
    """
    facts: dict[str, Any] = {}
    usage = body.get("usage")
    if isinstance(usage, Mapping):
        for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
            if isinstance(usage.get(name), int):
                facts[name] = usage[name]
        for name, detail in (
            ("cached_tokens", "prompt_tokens_details"),
            ("reasoning_tokens", "completion_tokens_details"),
        ):
            details = usage.get(detail)
            if isinstance(details, Mapping) and isinstance(details.get(name), int):
                facts[name] = details[name]
    facts["finish_reason"] = finish_reason
    for name in ("web_search", "content_filter"):
        if body.get(name):
            facts[name] = body[name]
    if served:
        facts["server_tool_calls"] = list(served)
    identity = body.get("request_id") or body.get("id")
    if identity:
        facts["request_id"] = identity
    return facts


def _reasoning_tokens(body: Mapping[str, Any] | None) -> int | None:
    return facts_of(body, None).get("reasoning_tokens") if body else None


def logprobs_of(choice: Mapping[str, Any]) -> list[list[LogProb]] | None:
    """Log probabilities, which self-hosted servers send on request."""
    content = (choice.get("logprobs") or {}).get("content")
    if not content:
        return None
    return [
        [LogProb.model_validate(item) for item in (token.get("top_logprobs") or [token])]
        for token in content
    ]
