"""What the service refuses of a chat request, in its order, and what it makes of the rest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zhipu_emulator.chat.message_parts import attachments, check_parts, plain
from zhipu_emulator.chat.model_facts import CHAT_MODELS, ChatFacts
from zhipu_emulator.chat.tokens import count_messages
from zhipu_emulator.content.sensitive import risks
from zhipu_emulator.http.errors import ServiceError, content_filter
from zhipu_emulator.http.params import id_text

if TYPE_CHECKING:
    from zhipu_emulator.chat.message_parts import Attachment
    from zhipu_emulator.http.state import State

ROLES = ("system", "user", "assistant", "tool")
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
TOOL_TYPES = ("function", "web_search", "retrieval", "mcp")

# The emulator's content filter knows these words and those of ``sensitive`` only. In a prompt they
# answer 400/1301; in what the emulator would say (a tool's result, for one) they stop the answer.
SENSITIVE_INPUT = ("emulator-sensitive-input", "模拟敏感输入")
SENSITIVE_OUTPUT = ("emulator-sensitive-output", "模拟敏感输出")

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MAX_TOOLS = 128
_MAX_STOPS = 4

# The coding plan maps what the general route refuses (§ thinking effort of glm-5.3).
_CODING_EFFORT = {
    "none": "low",
    "minimal": "low",
    "low": "low",
    "medium": "high",
    "high": "high",
    "xhigh": "max",
    "max": "max",
}
_EFFORT_52 = {"low": "high", "medium": "high", "xhigh": "max"}


@dataclass(frozen=True, kw_only=True)
class ChatRequest:
    """A chat request that was not refused, with its defaults filled in.

    ``choice`` is ``"auto"``, ``"none"``, ``"required"`` or the name of a function; ``documents``
    are texts that the service adds to the prompt by itself.
    """

    model: str
    facts: ChatFacts
    messages: Sequence[Mapping[str, Any]]
    attachments: Sequence[Attachment]
    functions: Sequence[Mapping[str, Any]]
    web_search: Mapping[str, Any] | None
    choice: str
    stream: bool
    tool_stream: bool
    thinking: bool
    effort: str | None
    max_tokens: int
    stop: Sequence[str]
    json_mode: bool
    request_id: str | None
    prompt_tokens: int
    documents: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(repr=False)


def check_chat(body: Mapping[str, Any], state: State, *, coding: bool = False) -> ChatRequest:
    """Refuse what the service refuses; explicit nulls and unknown fields are fine.

    Args:
        body: The request as decoded.
        state: Options and uploaded files.
        coding: Whether it came in through the coding plan's base URL.

    Raises:
        ServiceError: 1211, 1213, 1214, 1210, 1261 or 1301.
    """
    body = {key: value for key, value in body.items() if value is not None}
    model, facts = _model(body)
    messages = _messages(body, facts)
    thinking, effort = _thinking(body, facts, coding=coding)
    tools = _tools(body)
    functions = [t["function"] for t in tools if t["type"] == "function"]
    _sampling(body)
    _types(body)
    max_tokens = _max_tokens(body, facts)
    _filter(messages)
    tokens = count_messages(messages, body.get("tools"))
    if tokens > facts.context:
        raise ServiceError("1261")
    return ChatRequest(
        model=model,
        facts=facts,
        messages=messages,
        attachments=_attachments(messages, facts, state),
        functions=functions if "function" in facts.tools else [],
        web_search=_web_search(tools) if "web_search" in facts.tools else None,
        choice=_choice(body, functions, state),
        stream=bool(body.get("stream", False)),
        tool_stream=bool(body.get("tool_stream", False)) and facts.tool_stream,
        thinking=thinking,
        effort=effort,
        max_tokens=max_tokens,
        stop=body.get("stop", ()),
        json_mode=_json_mode(body),
        request_id=id_text(body.get("request_id")),
        prompt_tokens=tokens,
        raw=body,
    )


def _model(body: Mapping[str, Any]) -> tuple[str, ChatFacts]:
    model = body.get("model")
    if model is None or model == "":
        raise ServiceError(
            "1213", "未正常接收到model参数。", "The model parameter was not received"
        )
    facts = CHAT_MODELS.get(model.lower()) if isinstance(model, str) else None
    if facts is None:
        raise ServiceError("1211")
    return model, facts


def _messages(body: Mapping[str, Any], facts: ChatFacts) -> list[Mapping[str, Any]]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ServiceError("1214")
    for index, message in enumerate(messages):
        _message(message, index, facts)
    roles = [message["role"] for message in messages if message["role"] != "system"]
    first = ("user", "assistant") if facts.greets else ("user",)
    if "user" not in roles or roles[0] not in first:
        raise ServiceError("1214")
    for before, role in zip(["", *roles], roles, strict=False):
        if role == "tool" and before not in ("assistant", "tool"):
            raise ServiceError("1214")
    if messages[-1].get("tool_calls"):  # calls without their results
        raise ServiceError("1214")
    return messages


def _message(message: Any, index: int, facts: ChatFacts) -> None:
    place = f"messages[{index}]"
    if not isinstance(message, Mapping):
        raise ServiceError("1214", f"{place} type error")
    role = message.get("role")
    if role not in ROLES:
        raise ServiceError("1214", "角色信息不正确", "Incorrect role information")
    content = message.get("content")
    if isinstance(content, list):
        check_parts(content, facts, place)
    elif content is not None and not isinstance(content, str):
        raise ServiceError("1214", f"{place}.content type error")
    calls = message.get("tool_calls")
    if calls is not None:
        _calls(calls, f"{place}.tool_calls")
    excused = role == "tool" or calls or message.get("audio") or message.get("reasoning_content")
    if not content and not excused:
        raise ServiceError("1214", "输入不能为空", "Input cannot be empty")


def _calls(calls: Any, place: str) -> None:
    """Check the shape of an assistant's calls; arguments are text, an object is let pass."""
    if not isinstance(calls, list):
        raise ServiceError("1214", f"{place} type error")
    for index, call in enumerate(calls):
        function = call.get("function", {}) if isinstance(call, Mapping) else None
        if not isinstance(function, Mapping):
            raise ServiceError("1214", f"{place}[{index}] type error")
        if not isinstance(function.get("arguments") or "", str | Mapping):
            raise ServiceError("1214", f"{place}[{index}].function.arguments type error")


def _thinking(
    body: Mapping[str, Any], facts: ChatFacts, *, coding: bool
) -> tuple[bool, str | None]:
    thinking = body.get("thinking", {})
    if not isinstance(thinking, Mapping):
        raise ServiceError("1210")
    kind = thinking.get("type") or "enabled"
    effort = body.get("reasoning_effort")
    if kind not in ("enabled", "disabled"):
        raise ServiceError("1210")
    if facts.thinking != "always":
        effort = _EFFORT_52.get(str(effort), effort) if facts.effort else None
        if effort is not None and effort not in EFFORTS:
            raise ServiceError("1210")
        return facts.thinking != "none" and kind == "enabled", effort
    if coding:
        mapped = _CODING_EFFORT.get(str(effort)) if effort is not None else None
        return True, "low" if kind == "disabled" else mapped
    if kind == "disabled" or (effort is not None and effort not in facts.effort):
        raise ServiceError(
            "1210",
            "该模型始终思考，不支持关闭思考；请使用 low、high 或 max。",
            "This model always thinks and thinking cannot be turned off; use low, high or max.",
        )
    return True, effort


def _tools(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    tools = body.get("tools", [])
    if not isinstance(tools, list):
        raise ServiceError("1210")
    for tool in tools:
        kind = tool.get("type") if isinstance(tool, Mapping) else None
        if kind not in TOOL_TYPES or not isinstance(tool.get(kind), Mapping):
            raise ServiceError("1210")
        if kind == "function":
            _function(tool["function"])
    if Counter(tool["type"] for tool in tools)["function"] > _MAX_TOOLS:
        raise ServiceError("1210")
    return tools


def _function(function: Mapping[str, Any]) -> None:
    name, description = function.get("name"), function.get("description")
    parameters = function.get("parameters")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ServiceError("1210")
    if description is not None and not isinstance(description, str):
        raise ServiceError("1210")
    if parameters is None:
        return
    if not isinstance(parameters, Mapping) or parameters.get("type", "object") != "object":
        raise ServiceError("1210")
    properties = parameters.get("properties", {})
    required = parameters.get("required", [])
    good = isinstance(properties, Mapping) and isinstance(required, list)
    good = good and all(isinstance(name, str) for name in required)
    if not good or not all(isinstance(value, Mapping | bool) for value in properties.values()):
        raise ServiceError("1210")


def _choice(body: Mapping[str, Any], functions: Sequence[Mapping[str, Any]], state: State) -> str:
    choice = body.get("tool_choice", "auto")
    name = None
    if isinstance(choice, Mapping):
        function = choice.get("function")
        name = function.get("name") if isinstance(function, Mapping) else None
        if not isinstance(name, str):
            raise ServiceError("1210")
    elif choice not in ("auto", "none", "required", "any"):
        raise ServiceError("1210")
    if choice == "auto" or state.options.tool_choice == "ignore":
        return "auto"
    if state.options.tool_choice == "reject":
        raise ServiceError("1210", "Tool choice must be auto")
    if name is not None:
        return name if any(f["name"] == name for f in functions) else "auto"
    return "required" if choice == "any" else str(choice)


def _web_search(tools: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    found = [tool["web_search"] for tool in tools if tool["type"] == "web_search"]
    # The schema's default is off, yet the documents' own samples leave ``enable`` out.
    return found[0] if found and found[0].get("enable") in (True, None) else None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _sampling(body: Mapping[str, Any]) -> None:
    for name, low, high in (("temperature", 0, 1), ("top_p", 0.01, 1)):
        value = body.get(name)
        if value is None:
            continue
        if not _number(value):
            raise ServiceError("1210")
        if not low <= value <= high:
            raise _range(name, low, high)


def _range(name: str, low: float, high: float) -> ServiceError:
    return ServiceError(
        "1210",
        f"{name}参数非法：限制数值范围[{low},{high}]",
        f"{name} is invalid: the value must be in the range [{low},{high}]",
    )


def _max_tokens(body: Mapping[str, Any], facts: ChatFacts) -> int:
    value = body.get("max_tokens")
    if value is None:
        return facts.default_output or facts.max_output
    if not isinstance(value, int) or isinstance(value, bool):
        raise ServiceError("1210")
    if not 1 <= value <= facts.max_output:
        raise _range("max_tokens", 1, facts.max_output)
    return value


def _types(body: Mapping[str, Any]) -> None:
    for name in ("stream", "tool_stream", "do_sample"):
        if not isinstance(body.get(name, False), bool):
            raise ServiceError("1210")
    for name in ("request_id", "user_id"):
        if id_text(body.get(name, "")) is None:
            raise ServiceError("1210")
    stop = body.get("stop", [])
    good = isinstance(stop, list) and len(stop) <= _MAX_STOPS
    if not good or not all(isinstance(word, str) for word in stop):
        raise ServiceError("1210")


def _json_mode(body: Mapping[str, Any]) -> bool:
    wanted = body.get("response_format", {})
    kind = wanted.get("type", "text") if isinstance(wanted, Mapping) else None
    if kind not in ("text", "json_object", "json_schema"):
        raise ServiceError("1210")
    # json_schema is accepted and does nothing.
    return bool(kind == "json_object")


def sensitive(text: str, words: Sequence[str]) -> bool:
    """Whether the content filter finds something in ``text``."""
    return any(word in text for word in words) or bool(risks(text))


def _filter(messages: Sequence[Mapping[str, Any]]) -> None:
    last = max(i for i, message in enumerate(messages) if message["role"] == "user")
    for index, message in enumerate(messages):
        if message["role"] != "tool" and sensitive(plain(message.get("content")), SENSITIVE_INPUT):
            raise content_filter("history" if index < last else "user")


def _attachments(
    messages: Sequence[Mapping[str, Any]], facts: ChatFacts, state: State
) -> list[Attachment]:
    found = [a for message in messages for a in attachments(message, state.store("files"))]
    kinds = Counter(attachment.kind for attachment in found)
    if kinds["image"] > facts.max_images:
        raise ServiceError("1210", "输入图片数量超过限制", "Too many images")
    if not facts.image_data and any(a.kind == "image" and a.data for a in found):
        raise ServiceError("1210", "图片输入格式/解析错误")
    if kinds["file"] and (kinds["image"] or kinds["video"]):
        raise ServiceError("1210")
    return found
