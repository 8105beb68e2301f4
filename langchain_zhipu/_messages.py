"""Messages: LangChain's to the wire's (`to_wire`) and back (`from_wire`). Pure functions.

(`to_wire` reads a local file where a user's message has a `pathlib.Path`; nothing else.)
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

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

from langchain_zhipu._media import refused, result_part, to_part
from zhipu_client import chat
from zhipu_client._history import NO_OUTPUT, repaired, unrepaired

__all__ = [
    "PROVIDER",
    "ReasoningHistory",
    "call_id",
    "from_wire",
    "metadata_of",
    "parse_call",
    "to_wire",
    "usage_of",
]

#: ``response_metadata["model_provider"]``, and LangSmith's name for us.
PROVIDER = "zhipu"

ReasoningHistory = Literal["tool_loop", "all", "none"]
Wire = dict[str, Any]

_ROLES = {
    "system": "system", "developer": "system", "user": "user", "human": "user",
    "assistant": "assistant", "ai": "assistant",
}  # fmt: skip
#: Blocks of an assistant's content that speak for themselves elsewhere, or are not sent back.
_TEXT_BLOCKS = frozenset({"text", "text-plain"})
_CALL_BLOCKS = frozenset({"tool_use", "tool_call"})
#: Keys of a body or a chunk that become ``response_metadata`` as they are.
METADATA_KEYS = ("id", "request_id", "created", "web_search", "content_filter", "video_result")


def to_wire(
    messages: Sequence[BaseMessage],
    *,
    reasoning_history: ReasoningHistory = "tool_loop",
    repair: bool = True,
) -> list[Wire]:
    """A conversation as the service takes it, repaired where it would be refused.

    Args:
        messages: The conversation. It is not changed.
        reasoning_history: Which earlier reasoning is sent along: of the running tool loop (the
            messages after the last one of the user), all of it, or none.
        repair: False keeps what the service would refuse, for counting.

    Raises:
        InvalidRequestError: A message or a content block that cannot be sent.

    Example:
        >>> to_wire([HumanMessage("hi", name="Ann")])
        [{'role': 'user', 'content': 'hi'}]
    """
    last_user = max(
        (n for n, message in enumerate(messages) if _is_user_turn(message)),
        default=-1,
    )
    wire: list[Wire] = []
    for position, message in enumerate(messages):
        with_reasoning = reasoning_history == "all" or (
            reasoning_history == "tool_loop" and position > last_user
        )
        wire.extend(_message(message, f"messages[{position}]", with_reasoning))
    return repaired(wire) if repair else unrepaired(wire)


def _is_user_turn(message: BaseMessage) -> bool:
    """True for what a user says; Anthropic's histories carry tool results in user messages."""
    if not isinstance(message, HumanMessage):
        return isinstance(message, ChatMessage) and _ROLES.get(message.role.lower()) == "user"
    content = message.content
    return isinstance(content, str) or not all(
        isinstance(block, Mapping) and block.get("type") == "tool_result" for block in content
    )


def _message(message: BaseMessage, where: str, with_reasoning: bool) -> Iterable[Wire]:
    if isinstance(message, AIMessage):
        return [_assistant(message, with_reasoning)]
    if isinstance(message, ToolMessage):
        return [_tool(message.content, message.tool_call_id, message.name, where)]
    if isinstance(message, FunctionMessage):
        return [_tool(message.content, None, message.name, where)]
    if isinstance(message, SystemMessage):
        return [{"role": "system", "content": _text_only(message.content, where)}]
    if isinstance(message, HumanMessage):
        return _user(message.content, where)
    role = _ROLES.get(message.role.lower()) if isinstance(message, ChatMessage) else None
    if role == "user":
        return _user(message.content, where)
    if role == "assistant":
        return [{"role": role, "content": _assistant_text(message.content)}]
    if role is not None:
        return [{"role": role, "content": _text_only(message.content, where)}]
    kind = message.role if isinstance(message, ChatMessage) else type(message).__name__
    raise refused(where, kind, f"no such message can be sent; roles are {', '.join(_ROLES)}")


def _user(content: Any, where: str) -> list[Wire]:
    """A user's message; Anthropic's ``tool_result`` blocks in it become messages of their own."""
    if isinstance(content, str):
        return [{"role": "user", "content": content}]
    results: list[Wire] = []
    parts: list[dict[str, Any]] = []
    for number, block in enumerate(content):
        place = f"{where}.content[{number}]"
        if isinstance(block, Mapping) and block.get("type") == "tool_result":
            results.append(_tool(block.get("content"), block.get("tool_use_id"), None, place))
            continue
        part = to_part(block, place, files=True)
        if part is not None:
            parts.append(part)
    if not parts:
        return results
    return [*results, {"role": "user", "content": _collapsed(parts)}]


def _collapsed(parts: list[dict[str, Any]]) -> Any:
    """Parts that are all text as one string: older models take nothing else."""
    if all(part["type"] == "text" for part in parts):
        return "\n".join(part["text"] for part in parts)
    return parts


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
            raise refused(place, part["type"], "this message may hold text only")
        texts.append(part["text"])
    return "\n".join(texts)


def _tool(content: Any, identity: Any, name: str | None, where: str) -> Wire:
    """A tool's result: text; its media wait under ``_media`` for a user message of their own."""
    blocks = [content] if isinstance(content, str) else list(content or ())
    parts = [result_part(block, f"{where}.content[{n}]") for n, block in enumerate(blocks)]
    texts = [part["text"] for part in parts if part and part["type"] == "text"]
    media = [part for part in parts if part and part["type"] != "text"]
    text = "\n".join(texts)
    message: Wire = {"role": "tool"}
    if media:
        label = f"the tool {name}" if name else "the tool"
        text = text or f"(see the next message for what {label} returned)"
        message["_media"] = [{"type": "text", "text": f"Returned by {label}:"}, *media]
    message["content"] = text if text.strip() else NO_OUTPUT
    if identity:
        message["tool_call_id"] = str(identity)
    if name:
        message["_name"] = name
    return message


def _assistant(message: AIMessage, with_reasoning: bool) -> Wire:
    wire: Wire = {"role": "assistant", "content": _assistant_text(message.content)}
    reasoning = _reasoning(message) if with_reasoning else ""
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
        _call(call.get("id"), call.get("name"), call.get("args"))
        for call in message.invalid_tool_calls
        if call.get("name")
    ]
    if not found and isinstance(message.content, list):
        found = [
            _call(block.get("id"), block.get("name"), block.get("input", block.get("args")))
            for block in message.content
            if isinstance(block, Mapping) and block.get("type") in _CALL_BLOCKS
        ]
    for number, call in enumerate(found):
        call["id"] = call["id"] or f"call_{number}"
    return found


def _call(identity: Any, name: Any, arguments: Any) -> Wire:
    if isinstance(arguments, str):
        # A call that was cut: the service refuses arguments that are no JSON.
        text = arguments if _parsed(arguments) is not None else "{}"
    else:
        text = json.dumps(arguments or {}, ensure_ascii=False, default=str)
    return {
        "id": identity,
        "type": "function",
        "function": {"name": name or "", "arguments": text},
    }


def _parsed(arguments: str) -> dict[str, Any] | None:
    try:
        value = json.loads(arguments, strict=False) if arguments.strip() else {}
    except (ValueError, RecursionError):  # the latter when a model got stuck at "[[[["
        return None
    return value if isinstance(value, dict) else None


def call_id(given: Any, answer: Any, number: int) -> str:
    """The id of an answer's call: a result cannot be matched to a call that has none.

    Args:
        given: What the server sent; some send none.
        answer: The id of the whole answer, or None.
        number: Which of the answer's calls this is, from 0.
    """
    return str(given) if given else f"call_{answer or uuid.uuid4().hex}_{number}"


def parse_call(
    identity: str | None, name: str | None, arguments: Any
) -> tuple[ToolCall | None, InvalidToolCall | None]:
    """One call of an answer: runnable, or invalid when its arguments are no whole JSON object.

    Example:
        >>> parse_call("call_1", "add", '{"a": 1}')[0]["args"]
        {'a': 1}
        >>> parse_call("call_1", "add", '{"a": ')[1]["args"]
        '{"a": '
    """
    text = arguments
    if not isinstance(arguments, str):
        text = json.dumps(arguments, ensure_ascii=False) if arguments is not None else ""
    args = _parsed(text)
    if args is not None:
        return ToolCall(name=name or "", args=args, id=identity, type="tool_call"), None
    error = "the arguments are not a whole JSON object: the answer was cut or is malformed"
    invalid = InvalidToolCall(
        name=name, args=text, id=identity, error=error, type="invalid_tool_call"
    )
    return None, invalid


def from_wire(body: Mapping[str, Any]) -> AIMessage:
    """An answer as a message.

    Args:
        body: The decoded body of ``/chat/completions``, not streamed.

    Example:
        >>> choice = {"message": {"content": "4"}, "finish_reason": "stop"}
        >>> from_wire({"choices": [choice]}).content
        '4'
    """
    choices = body.get("choices") or [{}]
    wire = choices[0].get("message") or {}
    kwargs: dict[str, Any] = {}
    reasoning = chat.reasoning_of(wire)
    if reasoning:
        kwargs["reasoning_content"] = reasoning
    if isinstance(wire.get("audio"), Mapping):
        kwargs["audio"] = dict(wire["audio"])
    calls: list[ToolCall] = []
    invalid: list[InvalidToolCall] = []
    served: list[Any] = []
    for call in wire.get("tool_calls") or ():
        if not isinstance(call, Mapping):
            continue
        if call.get("type") in chat.SERVER_CALLS:
            served.append(call)
            continue
        function = call.get("function") or {}
        identity = call_id(call.get("id"), body.get("id"), len(calls) + len(invalid))
        good, bad = parse_call(identity, function.get("name"), function.get("arguments"))
        if good is not None:
            calls.append(good)
        elif bad is not None:
            invalid.append(bad)
    metadata = metadata_of(body)
    if served:
        metadata["server_tool_calls"] = served
    if choices[0].get("finish_reason"):
        metadata["finish_reason"] = choices[0]["finish_reason"]
    return AIMessage(
        content=chat.text_of(wire.get("content")),
        additional_kwargs=kwargs,
        tool_calls=calls,
        invalid_tool_calls=invalid,
        response_metadata=metadata,
        usage_metadata=usage_of(body.get("usage")),
    )


def metadata_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What ``response_metadata`` says of a body, the finish reason apart."""
    metadata: dict[str, Any] = {"model_provider": PROVIDER}
    if body.get("model"):
        metadata["model_name"] = body["model"]
    for key in METADATA_KEYS:
        if body.get(key) is not None:
            metadata[key] = body[key]
    if "id" in metadata:
        metadata.setdefault("request_id", metadata["id"])
    if isinstance(body.get("usage"), Mapping):
        metadata["token_usage"] = dict(body["usage"])
    return metadata


def usage_of(usage: Any) -> UsageMetadata | None:
    """Token counts in LangChain's words; None where the service sent none.

    Example:
        >>> usage_of({"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12})
        {'input_tokens': 9, 'output_tokens': 3, 'total_tokens': 12}
    """
    if not isinstance(usage, Mapping):
        return None
    prompt, answer = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    cached = _detail(usage, "prompt_tokens_details", "cached_tokens")
    total = _count(usage.get("total_tokens")) or prompt + answer
    if cached and total == prompt + cached + answer:
        prompt += cached  # some gateways count the cached tokens apart
    found = UsageMetadata(input_tokens=prompt, output_tokens=answer, total_tokens=total)
    if cached is not None:
        found["input_token_details"] = {"cache_read": cached}
    reasoning = _detail(usage, "completion_tokens_details", "reasoning_tokens")
    if reasoning is not None:
        found["output_token_details"] = {"reasoning": reasoning}
    return found


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _detail(usage: Mapping[str, Any], group: str, key: str) -> int | None:
    details = usage.get(group)
    value = details.get(key) if isinstance(details, Mapping) else None
    return value if isinstance(value, int) else None
