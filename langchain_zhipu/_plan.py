"""What one call sends: the model's settings, the call's own arguments, the demand. Pure."""

from __future__ import annotations

import uuid
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from langchain_core.messages import BaseMessage
from langchain_core.utils.function_calling import convert_to_json_schema

from langchain_zhipu._demand import Demand, with_instruction
from langchain_zhipu._media import with_file_urls
from langchain_zhipu._messages import ReasoningHistory, to_wire
from langchain_zhipu._tools import choice_of, tool_names, without_others
from zhipu_client import InvalidRequestError, Request, StreamRequest, chat, models
from zhipu_client._check import choice as check_choice
from zhipu_client._check import refuse

__all__ = ["Plan", "ToolChoiceMode", "make_plan"]

ToolChoiceMode = Literal["auto", "native", "emulate"]

#: Parameters that the client knows by name; everything else a caller names goes to `extra_body`.
_PARAMS = frozenset(chat.ChatParams.__annotations__) - {"extra_body", "thinking"}
#: Arguments that LangChain passes around, or other providers have, and that mean nothing here.
_SILENT = frozenset(
    {
        "stream", "stream_options", "stream_usage", "strict", "parallel_tool_calls",
        "ls_structured_output_format", "structured_output_format", "run_manager",
    }
)  # fmt: skip
_RENAMED = {
    "max_completion_tokens": "max_tokens", "user": "user_id", "model_name": "model",
    "stop_sequences": "stop",
}  # fmt: skip
#: Settings that are read here and not sent.
_READ = frozenset(
    {
        "model", "messages", "thinking", "clear_thinking", "reasoning_history", "tool_choice_mode",
        "timeout", "request_timeout", "max_retries", "extra_headers", "default_headers",
        "extra_body", "structured", "n",
    }
)  # fmt: skip
#: Settings of the model that no call can change; in a request's body they would be told abroad.
_OF_THE_MODEL = (
    "api_key", "zhipuai_api_key", "base_url", "zhipuai_api_base", "api_base", "max_concurrency",
    "http_client", "http_async_client",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """One call, ready to send."""

    model: str
    messages: list[dict[str, Any]]
    params: dict[str, Any]
    demand: Demand | None = None
    #: Whether the model writes its reasoning into the text.
    inline: bool = False
    #: ``timeout``, ``max_retries`` and ``headers`` of this call alone.
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def has_tools(self) -> bool:
        """True when functions are offered."""
        return bool(tool_names(self.params.get("tools")))

    def request(self) -> Request[dict[str, Any]]:
        """The request for an answer in one piece, given as the decoded JSON."""
        sent = chat.create(model=self.model, messages=self._sent(), **self.params)
        return sent.as_dict()

    def stream_request(self) -> StreamRequest[chat.ChatChunk]:
        """The request for an answer in chunks."""
        return chat.stream(model=self.model, messages=self._sent(), **self.params)

    def _sent(self) -> list[dict[str, Any]]:
        instruction = self.demand.instruction() if self.demand is not None else ""
        return with_instruction(self.messages, instruction)

    def again(self, answer: str, complaint: str) -> Plan:
        """The plan for the second attempt."""
        if self.demand is None:
            return self
        params = {key: value for key, value in self.params.items() if key != "request_id"}
        messages = self.demand.repair(self.messages, answer, complaint)
        return replace(self, messages=messages, params=params)


def make_plan(
    messages: Sequence[BaseMessage],
    settings: Mapping[str, Any],
    kwargs: Mapping[str, Any],
    *,
    site: str | None,
    streaming: bool,
) -> Plan:
    """Join the model's settings with a call's arguments; the call's win.

    Args:
        messages: The conversation.
        settings: The model's fields by name; None means not set.
        kwargs: The call's arguments. Those that no one knows are sent as they are.
        site: The preset that is called, or None for any other server.
        streaming: Whether the answer comes in chunks.

    Raises:
        InvalidRequestError: Something can never be accepted.
    """
    for name in _OF_THE_MODEL:
        if kwargs.get(name) is not None:
            why = "is a setting of the model, not of a call: make another model, or a model_copy"
            raise InvalidRequestError(f"{name} {why}", field=name)
    values = _joined(settings, kwargs)
    model = values.get("model")
    if not isinstance(model, str):
        raise InvalidRequestError(f"model is {model!r}, not a string", field="model", value=model)
    info = models.get(model)  # what may be left out or changed
    known = models.find(model)  # what the model is, wherever it runs
    params = {key: values[key] for key in _PARAMS if values.get(key) is not None}
    _put_thinking(params, values, info, site)
    if params.get("stop") == []:
        del params["stop"]
    demand = _demand(params, values, info)
    if streaming:  # chunks do not tell it, so it must be known here
        params.setdefault("request_id", uuid.uuid4().hex)
    if not (streaming and params.get("tools")):
        params.pop("tool_stream", None)
    elif info is not None and info.tool_stream:
        params.setdefault("tool_stream", True)
    extra = {**_mapping("extra_body", settings), **_mapping("extra_body", kwargs)}
    extra.update(_unknown(values))
    if extra:
        params["extra_body"] = extra
    history: ReasoningHistory = _history(values, known, site)
    wire = to_wire(messages, reasoning_history=history)
    if messages and not wire:
        raise refuse("messages", [m.content for m in messages], "must say something")
    if models.takes_files_by_url(model):
        wire = with_file_urls(wire)
    inline = known is not None and known.thinking == "inline"
    return Plan(model, wire, params, demand, inline, _options(kwargs))


def _joined(settings: Mapping[str, Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    own = {_RENAMED.get(key, key): value for key, value in kwargs.items() if key not in _SILENT}
    thinking = own.get("thinking")
    if isinstance(thinking, Mapping) and own.get("clear_thinking") is None:
        own["clear_thinking"] = thinking.get("clear_thinking")
    values = {key: value for key, value in settings.items() if value is not None}
    extra = values.pop("model_kwargs", None) or {}
    values.update({key: value for key, value in own.items() if value is not None})
    values = {**extra, **values}
    if values.get("n") not in (None, 1):
        raise InvalidRequestError(
            f"n is {values['n']!r}, but the service gives one answer to a request: use batch()",
            field="n",
            value=values["n"],
        )
    check_choice("reasoning_history", values.get("reasoning_history"), get_args(ReasoningHistory))
    check_choice("tool_choice_mode", values.get("tool_choice_mode"), get_args(ToolChoiceMode))
    return values


def _mapping(name: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """One of the values, which is a dict of its own or missing."""
    value = values.get(name)
    if value is None or isinstance(value, Mapping):
        return value or {}
    raise refuse(name, type(value).__name__, "must be a dict")


def _unknown(values: Mapping[str, Any]) -> dict[str, Any]:
    known = _PARAMS | _READ | _SILENT
    return {key: value for key, value in values.items() if key not in known}


def _options(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    headers = {**_mapping("default_headers", kwargs), **_mapping("extra_headers", kwargs)}
    found = {
        "timeout": kwargs.get("timeout", kwargs.get("request_timeout")),
        "max_retries": kwargs.get("max_retries"),
        "headers": headers or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _put_thinking(
    params: dict[str, Any],
    values: Mapping[str, Any],
    info: models.ModelInfo | None,
    site: str | None,
) -> None:
    wanted = _thinking(values.get("thinking"))
    if values.get("clear_thinking") is not None:
        wanted["clear_thinking"] = values["clear_thinking"]
    general = info is not None and info.thinking == "always" and "coding" not in (site or "")
    if general and info is not None:
        if wanted.get("type") == "disabled":
            warnings.warn(
                f"{info.id} always thinks: instead of thinking={values.get('thinking')!r}, "
                'reasoning_effort="low" is sent',
                UserWarning,
                stacklevel=2,
            )
            del wanted["type"]
            params.setdefault("reasoning_effort", "low")
        effort = params.get("reasoning_effort")
        nearest = info.nearest_effort(effort) if isinstance(effort, str) else effort
        if nearest is not None and nearest != effort:
            warnings.warn(
                f"{info.id} has no reasoning_effort={effort!r}: {nearest!r} is sent",
                UserWarning,
                stacklevel=2,
            )
            params["reasoning_effort"] = nearest
    if wanted:
        params["thinking"] = wanted


def _thinking(value: Any) -> dict[str, Any]:
    if value is None or value == "auto":
        return {}
    if isinstance(value, bool):
        return {"type": "enabled" if value else "disabled"}
    if isinstance(value, str) and value in {"enabled", "disabled"}:
        return {"type": value}
    if isinstance(value, Mapping):
        return dict(value)
    raise InvalidRequestError(
        f'thinking is {value!r}, but must be True, False, "auto" or a dict with "type"',
        field="thinking",
        value=value,
    )


def _history(
    values: Mapping[str, Any], info: models.ModelInfo | None, site: str | None
) -> ReasoningHistory:
    """Which earlier reasoning to send: what the caller says, else what the service keeps."""
    if info is not None and info.thinking == "none":
        return "none"
    said: ReasoningHistory | None = values.get("reasoning_history")
    if said is not None:
        return said
    clear = values.get("clear_thinking")
    thinking = values.get("thinking")
    if clear is None and isinstance(thinking, Mapping):
        clear = thinking.get("clear_thinking")
    if clear is None:  # the coding sites keep it by default
        clear = "coding" not in (site or "")
    return "tool_loop" if clear else "all"


def _demand(
    params: dict[str, Any], values: Mapping[str, Any], info: models.ModelInfo | None
) -> Demand | None:
    tools = _offered(params.get("tools"))
    choice = choice_of(params.pop("tool_choice", None), tools) if tools else None
    native = values.get("tool_choice_mode") == "native"
    if choice == "none":
        tools = []
    elif choice is not None and choice != "any":
        tools = without_others(tools, choice)
    _set(params, "tools", tools)
    structured: Mapping[str, Any] | None = values.get("structured")
    lenient = bool(structured and structured.get("lenient"))
    forced: dict[str, Any] | None = None
    if choice not in (None, "none") and tool_names(tools):
        if native:
            named = {"type": "function", "function": {"name": choice}}
            params["tool_choice"] = "required" if choice == "any" else named
        else:
            forced = {tool["function"]["name"]: _parameters(tool) for tool in _functions(tools)}
    wanted = params.pop("response_format", None)
    response = _response_format(wanted)
    if native and not _is_json_mode_with_schema(wanted):
        _set(params, "response_format", _native_format(response))
        return None
    if response is None and forced is None:
        return None
    if response is None:
        return Demand(tools=forced, structured=structured is not None, lenient=lenient)
    name, schema = response
    # With tools on offer only the instruction is sent: servers that enforce JSON would keep the
    # model from calling any.
    if not tools and (info is None or info.json_mode):
        params["response_format"] = {"type": "json_object"}
    return Demand(
        tools=forced,
        json=True,
        schema=schema,
        name=name,
        structured=structured is not None or schema is not None,
        lenient=lenient or (schema is None and structured is None),
    )


def _offered(tools: Any) -> list[Any]:
    if tools is None or (isinstance(tools, Sequence) and not isinstance(tools, (str, bytes))):
        return list(tools or ())
    raise refuse("tools", type(tools).__name__, "must be a list of tools")


def _set(params: dict[str, Any], key: str, value: Any) -> None:
    if value:
        params[key] = value
    else:
        params.pop(key, None)


def _functions(tools: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [tool for tool in tools if tool.get("type") == "function"]


def _parameters(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    found = tool["function"].get("parameters")
    return found if isinstance(found, Mapping) else {}


def _response_format(value: Any) -> tuple[str, Mapping[str, Any] | None] | None:
    """The name and schema of the JSON that is asked for; None for plain text."""
    if value is None:
        return None
    if isinstance(value, type):
        with suppress(ValueError, TypeError):  # what is no schema is told of below
            schema = convert_to_json_schema(value)
            return str(schema.get("title") or value.__name__), schema
    kind = value.get("type") if isinstance(value, Mapping) else None
    if kind == "text":
        return None
    inner = value if kind == "json_object" else None
    if kind == "json_schema":
        inner = value.get("json_schema")
    if isinstance(inner, Mapping):
        given = inner.get("schema")
        if given is None or isinstance(given, Mapping):
            return str(inner.get("name") or (given or {}).get("title") or "answer"), given
    raise InvalidRequestError(
        f"response_format is {str(value)[:80]!r}, but must be a schema class or a dict of type "
        "text, json_object or json_schema, whose schema is a dict",
        field="response_format",
        value=value,
    )


def _is_json_mode_with_schema(response_format: Any) -> bool:
    """True for JSON mode with a schema: no server takes that, so the schema goes into words."""
    return (
        isinstance(response_format, Mapping)
        and response_format.get("type") == "json_object"
        and response_format.get("schema") is not None
    )


def _native_format(
    response: tuple[str, Mapping[str, Any] | None] | None,
) -> dict[str, Any] | None:
    if response is None:
        return None
    name, schema = response
    if schema is None:
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": name, "schema": dict(schema)}}
