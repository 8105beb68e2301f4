"""Messages: LangChain's to the wire's (`to_wire`), and answers back (`to_message`). Pure.

(`to_wire` reads a local file where a user's message has a `pathlib.Path`; nothing else.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import InvalidToolCall, ToolCall

from langchain_zhipu._chat.media import refused, result_parts, to_part
from langchain_zhipu._chat.result_texts import blocks_in
from zhipu_client import InvalidRequestError, chat
from zhipu_client.conversation import Answer, Call, Usage, unsendable

__all__ = [
    "PROVIDER",
    "invalid_call",
    "metadata_of",
    "to_message",
    "to_wire",
    "tool_call",
    "usage_of",
]

#: ``response_metadata["model_provider"]``, and LangSmith's name for us.
PROVIDER = "zhipu"

Wire = dict[str, Any]

_ROLES = {
    "system": "system", "developer": "system", "user": "user", "human": "user",
    "assistant": "assistant", "ai": "assistant",
}  # fmt: skip
#: Blocks of an assistant's content that speak for themselves elsewhere, or are not sent back.
_TEXT_BLOCKS = frozenset({"text", "text-plain"})
_CALL_BLOCKS = frozenset({"tool_use", "tool_call"})


def to_wire(messages: Sequence[BaseMessage], model: str | None = None) -> list[Wire]:
    """The messages in the shape of the wire, for `zhipu_client.conversation` to make sendable.

    Args:
        messages: The conversation. It is not changed.
        model: The model that they go to: it decides how large a local file may be.

    Raises:
        InvalidRequestError: A message that cannot be sent. (A block of a user's message that
            cannot be sent is kept with its error, which is raised where the message is new.)

    Examples:
        >>> to_wire([HumanMessage("hi", name="Ann")])
        [{'role': 'user', 'content': 'hi'}]
    """
    wire: list[Wire] = []
    for position, message in enumerate(messages):
        wire.extend(_message(message, f"messages[{position}]", model))
    return wire


def _message(message: BaseMessage, where: str, model: str | None) -> Iterable[Wire]:
    if isinstance(message, AIMessage):
        return [_assistant(message)]
    if isinstance(message, ToolMessage):
        return [_tool(message.content, message.tool_call_id, message.name, where)]
    if isinstance(message, FunctionMessage):
        return [_tool(message.content, None, message.name, where)]
    if isinstance(message, SystemMessage):
        return [{"role": "system", "content": _text_only(message.content, where)}]
    if isinstance(message, HumanMessage):
        return _user(message.content, where, model)
    role = _ROLES.get(message.role.lower()) if isinstance(message, ChatMessage) else None
    if role == "user":
        return _user(message.content, where, model)
    if role == "assistant":
        return [{"role": role, "content": _assistant_text(message.content)}]
    if role is not None:
        return [{"role": role, "content": _text_only(message.content, where)}]
    kind = message.role if isinstance(message, ChatMessage) else type(message).__name__
    raise refused(where, kind, f"no such message can be sent; roles are {', '.join(_ROLES)}")


def _user(content: Any, where: str, model: str | None) -> list[Wire]:
    """A user's message; Anthropic's ``tool_result`` blocks in it become messages of their own."""
    if isinstance(content, str):
        return [{"role": "user", "content": content}]
    results: list[Wire] = []
    parts: list[dict[str, Any]] = []
    places: list[str] = []
    for number, block in enumerate(content):
        place = f"{where}.content[{number}]"
        if isinstance(block, Mapping) and block.get("type") == "tool_result":
            results.append(_tool(block.get("content"), block.get("tool_use_id"), None, place))
            continue
        try:
            part = to_part(block, place, files=True, model=model)
        except InvalidRequestError as error:
            part = unsendable(error, str(block.get("type")) if isinstance(block, dict) else "")
        if part is not None:
            parts.append(part)
            places.append(place)
    if not parts:
        return results
    if all(part["type"] == "text" for part in parts):
        # One string: older models take nothing else.
        text = "\n".join(part["text"] for part in parts)
        return [*results, {"role": "user", "content": text}]
    return [*results, {"role": "user", "content": parts, "_places": places}]


def _text_only(content: Any, where: str) -> str:
    if isinstance(content, str):
        return content
    texts: list[str] = []
    for number, block in enumerate(content):
        part = to_part(block, f"{where}.content[{number}]", files=False)
        if part is None:
            continue
        if part["type"] != "text":
            place = f"{where}.content[{number}].type"
            raise refused(place, part["type"], "this message may contain text only")
        texts.append(part["text"])
    return "\n".join(texts)


def _tool(content: Any, identity: Any, name: str | None, where: str) -> Wire:
    """A tool's result: text, and its media under ``_media``."""
    content = blocks_in(content) or content
    listed = isinstance(content, (list, tuple))
    blocks = content if listed else [] if content is None else [content]
    parts = [
        (part, place)
        for place, block in ((f"{where}.content[{n}]", block) for n, block in enumerate(blocks))
        for part in result_parts(block, place)
    ]
    texts = [part["text"] for part, _ in parts if part["type"] == "text"]
    media = [(part, place) for part, place in parts if part["type"] != "text"]
    message: Wire = {"role": "tool", "content": "\n".join(texts)}
    if media:
        message["_media"] = [part for part, _ in media]
        message["_places"] = [place for _, place in media]
    if identity:
        message["tool_call_id"] = str(identity)
    if name:
        message["_name"] = name
    return message


def _assistant(message: AIMessage) -> Wire:
    wire: Wire = {"role": "assistant", "content": _assistant_text(message.content)}
    reasoning = _reasoning(message)
    if reasoning:
        wire["reasoning_content"] = reasoning
    calls = _calls(message)
    if calls:
        wire["tool_calls"] = calls
    audio = message.additional_kwargs.get("audio")
    if isinstance(audio, Mapping) and audio.get("id"):
        wire["audio"] = {"id": audio["id"]}
    return wire


def _assistant_text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(
        block if isinstance(block, str) else str(block.get("text") or "")
        for block in content
        if isinstance(block, str) or block.get("type") in _TEXT_BLOCKS
    )


def _reasoning(message: AIMessage) -> str:
    """From ``additional_kwargs`` or from the blocks, never twice; only our own models'."""
    if message.response_metadata.get("model_provider", PROVIDER) != PROVIDER:
        return ""
    kept = chat.reasoning_of(message.additional_kwargs)
    if kept or isinstance(message.content, str):
        return kept
    return "".join(
        str(block.get("reasoning") or block.get("thinking") or "")
        for block in message.content
        if isinstance(block, Mapping) and block.get("type") in {"reasoning", "thinking"}
    )


def _calls(message: AIMessage) -> list[Wire]:
    found = [_call(call["id"], call["name"], call["args"]) for call in message.tool_calls]
    found += [
        _call(call.get("id"), call.get("name"), f"{call.get('args') or '{'} …")
        for call in message.invalid_tool_calls  # never read as arguments, whatever they are
        if call.get("name")
    ]
    if not found and isinstance(message.content, list):
        found = [
            _call(block.get("id"), block.get("name"), block.get("input", block.get("args")))
            for block in message.content
            if isinstance(block, Mapping) and block.get("type") in _CALL_BLOCKS
        ]
    return found


def _call(identity: Any, name: Any, arguments: Any) -> Wire:
    return {
        "id": identity,
        "type": "function",
        "function": {"name": name or "", "arguments": arguments},
    }


def to_message(answer: Answer) -> AIMessage:
    """An answer as a message."""
    kwargs: dict[str, Any] = {}
    if answer.reasoning:
        kwargs["reasoning_content"] = answer.reasoning
    if answer.audio is not None:
        kwargs["audio"] = dict(answer.audio)
    return AIMessage(
        content=answer.text,
        additional_kwargs=kwargs,
        tool_calls=[tool_call(call) for call in answer.calls if call.error is None],
        invalid_tool_calls=[invalid_call(call) for call in answer.calls if call.error is not None],
        response_metadata=metadata_of(answer),
        usage_metadata=usage_of(answer.usage),
    )


def tool_call(call: Call) -> ToolCall:
    """A call that can be run."""
    return ToolCall(name=call.name, args=call.arguments or {}, id=call.id, type="tool_call")


def invalid_call(call: Call) -> InvalidToolCall:
    """A call that must not be run."""
    return InvalidToolCall(
        name=call.name, args=call.text, id=call.id, error=call.error, type="invalid_tool_call"
    )


def metadata_of(answer: Answer) -> dict[str, Any]:
    """``response_metadata`` of an answer."""
    metadata: dict[str, Any] = {"model_provider": PROVIDER, **facts_in_words(answer.facts)}
    if answer.wire_usage is not None:
        metadata["token_usage"] = dict(answer.wire_usage)
    if answer.served:
        metadata["server_tool_calls"] = list(answer.served)
    if answer.finish_reason:
        metadata["finish_reason"] = answer.finish_reason
    if answer.logprobs is not None:
        metadata["logprobs"] = answer.logprobs
    return metadata


def facts_in_words(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of an answer, by LangChain's names."""
    return {("model_name" if key == "model" else key): value for key, value in facts.items()}


def usage_of(usage: Usage | None) -> UsageMetadata | None:
    """Token counts in LangChain's words; None where the service sent none.

    Examples:
        >>> usage_of(Usage(input=9, output=3, total=12))
        {'input_tokens': 9, 'output_tokens': 3, 'total_tokens': 12}
    """
    if usage is None:
        return None
    found = UsageMetadata(
        input_tokens=usage.input, output_tokens=usage.output, total_tokens=usage.total
    )
    if usage.cached is not None:
        found["input_token_details"] = {"cache_read": usage.cached}
    if usage.reasoning is not None:
        found["output_token_details"] = {"reasoning": usage.reasoning}
    return found
