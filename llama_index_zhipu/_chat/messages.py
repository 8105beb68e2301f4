"""Messages to the wire (`to_wire`), and answers back (`to_response`). Pure."""

from __future__ import annotations

import base64
import logging
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
from zhipu_client.conversation import (
    Answer,
    is_well_formed,
    sound_type,
    unsendable,
)

from .media import PARTS, as_text, media_part
from .tools import call_block, call_dicts, message_calls

__all__ = ["answer_blocks", "broken_calls", "facts_of", "to_response", "to_wire"]

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


def to_wire(messages: Sequence[ChatMessage], model: str | None = None) -> list[dict[str, Any]]:
    """The messages in the shape of the wire, for `zhipu_client.conversation` to make sendable.

    The ones given are not changed.

    Args:
        messages: The conversation.
        model: The model that they go to: it decides how large a local file may be.

    Raises:
        InvalidRequestError: a block of a system message cannot be sent. (One of a user's message,
            for example audio by URL, is kept with its error, which is raised where the message
            is new.)
    """
    wire: list[dict[str, Any]] = []
    for position, message in enumerate(messages):
        where = f"messages[{position}]"
        role = _ROLES.get(message.role, "user")
        if role == "assistant":
            wire.append(_assistant(message))
        elif role == "tool":
            wire.append(_tool(message, where))
        else:
            wire.append({"role": role, **_content(message.blocks, where, model, role)})
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


def _tool(message: ChatMessage, where: str) -> dict[str, Any]:
    """A tool's result: text, and its media under ``_media``.

    No file is read for it, and nothing that the tool said ends the conversation.
    """
    texts: list[str] = []
    media: list[dict[str, Any]] = []
    places: list[str] = []
    for number, outer in enumerate(message.blocks):
        place = f"{where}.blocks[{number}]"
        for block in _leaves([outer]):
            if isinstance(block, TextBlock):
                texts.append(block.text)
            elif (part := _result_part(block, place)) is None:
                texts.append(as_text(block))
            else:
                media.append(part)
                places.append(place)
    identity = message.additional_kwargs.get("tool_call_id")
    sent: dict[str, Any] = {"role": "tool", "content": "\n".join(texts)}
    if identity:
        sent["tool_call_id"] = str(identity)
    name = message.additional_kwargs.get("name")
    if name:
        sent["_name"] = str(name)
    if media:
        sent["_media"], sent["_places"] = media, places
    return sent


def _result_part(block: Any, where: str) -> dict[str, Any] | None:
    """A block of a tool as a part; None for one that is not a medium which can be sent."""
    if type(block) not in PARTS:
        return None
    try:
        part = media_part(block, where, None, files=False)
    except (InvalidRequestError, TypeError, ValueError, OSError):
        return None
    return part if is_well_formed(part) else None


def _content(
    blocks: Sequence[ContentBlock], where: str, model: str | None, role: str
) -> dict[str, Any]:
    """The content; a string where there is only text, as older models refuse a list."""
    parts: list[dict[str, Any]] = []
    places: list[str] = []
    for number, outer in enumerate(blocks):
        place = f"{where}.blocks[{number}]"
        for block in _leaves([outer]):
            parts.append(_part(block, place, model, user=role == "user"))
            places.append(place)
    if all(part["type"] == "text" for part in parts):
        return {"content": "\n".join(part["text"] for part in parts)}
    return {"content": parts, "_places": places}


def _part(block: Any, place: str, model: str | None, *, user: bool) -> dict[str, Any]:
    if isinstance(block, TextBlock):
        return {"type": "text", "text": block.text}
    try:
        return media_part(block, place, model, files=user)
    except InvalidRequestError as error:
        if not user:
            raise
        return unsendable(error, block.block_type)


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
    if answer.wire_usage is not None:
        raw["usage"] = dict(answer.wire_usage)
    return raw


def answer_blocks(answer: Answer) -> tuple[list[ContentBlock], dict[str, Any]]:
    """The blocks of an answer in their order, and the message's ``additional_kwargs``.

    Thinking, then one text (two would be shown with a line break between), then citations, what
    the service's own tools said and sound, then calls.
    """
    blocks: list[ContentBlock] = []
    extra: dict[str, Any] = {}
    if answer.reasoning:
        tokens = answer.usage.reasoning if answer.usage is not None else None
        blocks.append(ThinkingBlock(content=answer.reasoning, num_tokens=tokens))
    blocks.append(TextBlock(text=answer.text or broken_calls(answer)))
    found = answer.facts.get("web_search")
    if isinstance(found, list):
        blocks += [_citation(row) for row in found if isinstance(row, dict)]
    blocks += _served(answer)
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


def _served(answer: Answer) -> list[ContentBlock]:
    """What tools said that the service ran, MCP servers above all: a source for each.

    A call that is over is not a `ToolCallBlock`: an agent would run it once more.
    """
    from zhipu_client.conversation import served_call

    calls = [served_call(call, number) for number, call in enumerate(answer.served)]
    return [
        CitableBlock(
            title=call.title, source=call.server or call.name, content=[TextBlock(text=call.text)]
        )
        for call in calls
        if call.text and call.name != "mcp_list_tools"
    ]


def broken_calls(answer: Answer) -> str:
    """What is said in place of an answer that is nothing but calls which cannot be run.

    LlamaIndex has no invalid calls: an agent would end without a word.
    """
    if answer.runnable or answer.text:
        return ""
    return "\n".join(
        f"(The call of {f'the tool {call.name}' if call.name else 'a tool'} cannot be run: "
        f"{call.error}.)"
        for call in answer.calls
    )


def _sound(data: Any) -> list[AudioBlock]:
    """The sound of an answer."""
    try:
        sound = base64.b64decode(data)
    except (ValueError, TypeError):
        logger.warning("The sound of an answer was left out: it is not base64")
        return []
    kind = sound_type(data).rpartition("/")[2]
    return [AudioBlock(audio=sound, format={"mpeg": "mp3"}.get(kind, kind))]


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
    for name in ("web_search", "content_filter", "cost", "headers"):
        if answer.facts.get(name):
            facts[name] = answer.facts[name]
    if answer.served:
        facts["server_tool_calls"] = list(answer.served)
    if answer.facts.get("request_id"):
        facts["request_id"] = answer.facts["request_id"]
    return facts


def _logprob(item: Mapping[str, Any]) -> LogProb:
    # Some servers send null for the bytes of a token.
    return LogProb.model_validate({**item, "bytes": item.get("bytes") or []})


def logprobs_of(logprobs: Any) -> list[list[LogProb]] | None:
    """Log probabilities, which self-hosted servers send on request; None where they are odd."""
    content = logprobs.get("content") if isinstance(logprobs, Mapping) else None
    if not content:
        return None
    try:
        return [
            [_logprob(item) for item in (token.get("top_logprobs") or [token])] for token in content
        ]
    except (ValueError, TypeError, AttributeError):  # an answer is not lost for what is beside it
        logger.warning("The log probabilities of an answer were left out: they have an odd form")
        return None
