"""Settings and arguments of a call as the parameters of a chat request. Pure.

Both adapters hand in what their users set, by the names of the wire or of other providers; here
it is decided what is sent, what is left to the client, and what the answer must be.
"""

from __future__ import annotations

import uuid
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from zhipu_client import chat, models
from zhipu_client._check import choice as check_choice
from zhipu_client._check import refuse
from zhipu_client._errors import InvalidRequestError
from zhipu_client.conversation._characters import whole_characters
from zhipu_client.conversation.requirement import Requirement
from zhipu_client.conversation.schemas import inlined
from zhipu_client.conversation.thinking import (
    ReasoningHistory,
    ThinkFilter,
    reasoning_history,
    thinking_fields,
)
from zhipu_client.conversation.tools import (
    Choice,
    ToolNames,
    encoded_tools,
    function_names,
    function_schema,
    only,
    read_choice,
)

__all__ = [
    "Built",
    "StructuredAnswer",
    "ToolChoiceMode",
    "build",
    "choice_as_text",
    "combined",
]

ToolChoiceMode = Literal["auto", "native", "emulate"]

#: Parameters that the client knows by name; everything else a caller names goes to `extra_body`.
_PARAMS = frozenset(chat.ChatParams.__annotations__) - {"extra_body"}
#: Arguments that frameworks pass around, or other providers have, and that mean nothing here.
_IGNORED = frozenset(
    {
        "formatted", "ls_structured_output_format", "run_manager", "stream", "stream_options",
        "stream_usage", "strict", "structured_output_format", "tool_required", "verbose",
    }
)  # fmt: skip
_RENAMED = {
    "max_completion_tokens": "max_tokens", "user": "user_id", "model_name": "model",
    "stop_sequences": "stop", "request_timeout": "timeout",
}  # fmt: skip
#: Values that are read here and not sent under their name.
_READ = frozenset(
    {
        "model", "messages", "clear_thinking", "reasoning_history", "tool_choice_mode", "timeout",
        "max_retries", "extra_headers", "default_headers", "headers", "extra_body", "structured",
        "n", "server_tools", "parallel_tool_calls", "think_tags", "keep_box_marks",
    }
)  # fmt: skip
#: Settings of the model that no call can change; in a request's body they would be sent abroad.
_OF_THE_MODEL = (
    "api_key", "zhipuai_api_key", "base_url", "zhipuai_api_base", "api_base", "max_concurrency",
    "http_client", "http_async_client", "auth",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StructuredAnswer:
    """What an adapter knows of an answer that is data for a program.

    Attributes:
        lenient: When the second attempt fails too, return it rather than raise: a parser follows.
        replaceable: What a stream has shown may be replaced by a second attempt.
        json_mode: False keeps ``response_format`` out of the request: the schema goes in words.
        check: What is wrong with a value that fits the schema, in words.
    """

    lenient: bool = False
    replaceable: bool = False
    json_mode: bool = True
    check: Callable[[Any], Sequence[str]] | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """What one call sends, its messages apart.

    Attributes:
        model: The model code.
        params: Parameters of `zhipu_client.chat.create`.
        options: ``timeout``, ``max_retries`` and ``headers`` of this call alone.
        history: Which earlier reasoning is sent.
        names: The names of the offered tools.
        schemas: The caller's name of a tool -> the schema of its arguments.
        requirement: What the answer must be, where the service does not see to it.
        thoughts: How reasoning may be in the text: not, between ``"tags"``, or ``"implicit"``:
            its opening tag may be missing.
        box_marks: Whether the marks around a vision model's answer are kept.
        single_call: Keep only the first tool call.
        file_urls: Whether documents by URL go in the older content part.
    """

    model: str
    params: dict[str, Any]
    options: dict[str, Any]
    history: ReasoningHistory
    names: ToolNames
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    requirement: Requirement | None = None
    thoughts: Literal["tags", "implicit"] | None = None
    box_marks: bool = False
    single_call: bool = False
    file_urls: bool = False

    def think_filter(self) -> ThinkFilter | None:
        """What takes reasoning out of the text of one answer; None where there is none in it."""
        if self.thoughts is None:
            return None
        return ThinkFilter(implicit=self.thoughts == "implicit")


def combined(settings: Mapping[str, Any], call: Mapping[str, Any]) -> dict[str, Any]:
    """A model's settings with a call's arguments by the names used here; the call's win.

    Args:
        settings: The model's own; None means not set. ``model_kwargs`` in it are further ones.
        call: The call's.

    Raises:
        InvalidRequestError: The call sets what only the model can have.
    """
    for name in _OF_THE_MODEL:
        if call.get(name) is not None:
            why = "is a setting of the model, not of a call: make another model, or a copy"
            raise InvalidRequestError(f"{name} {why}", field=name)
    own = {_RENAMED.get(key, key): value for key, value in call.items() if key not in _IGNORED}
    thinking = own.get("thinking")
    if isinstance(thinking, Mapping) and own.get("clear_thinking") is None:
        own["clear_thinking"] = thinking.get("clear_thinking")
    values = {key: value for key, value in settings.items() if value is not None}
    further = values.pop("model_kwargs", None) or {}
    extra = {**_mapping("extra_body", values), **_mapping("extra_body", own)}
    values.update({key: value for key, value in own.items() if value is not None})
    return {**further, **values, **({"extra_body": extra} if extra else {})}


def build(values: Mapping[str, Any], *, site: str | None, streaming: bool) -> Built:
    """Decide what is sent.

    Args:
        values: From `combined`. Those that no one knows are sent as they are.
        site: The preset that is called, or None for any other server.
        streaming: Whether the answer comes in chunks.

    Raises:
        InvalidRequestError: Something can never be accepted.
    """
    model = values.get("model")
    if not isinstance(model, str):
        raise InvalidRequestError(f"model is {model!r}, not a string", field="model", value=model)
    _check(values)
    info = models.get(model)  # what may be left out or changed
    known = models.find(model)  # what the model is, wherever it runs
    tools = _listed("tools", values.get("tools"))
    names = ToolNames(function_names(tools))
    params = {key: values[key] for key in _PARAMS if values.get(key) is not None}
    _put_thinking(params, values.get("clear_thinking"), info, site)
    if params.get("stop") == []:
        del params["stop"]
    requirement = _requirement(params, values, tools, names, info)
    _put_streaming(params, info, streaming=streaming)
    _set(params, "extra_body", _extra(values))
    history = reasoning_history(
        values.get("reasoning_history"), values.get("thinking"), values.get("clear_thinking"),
        info=known, site=site,
    )  # fmt: skip
    return Built(
        model,
        whole_characters(params),  # a tool's description may come from anywhere
        _options(values),
        history,
        names,
        _schemas(tools),
        requirement,
        thoughts=_thoughts(values.get("think_tags"), known, site),
        box_marks=bool(values.get("keep_box_marks")),
        single_call=values.get("parallel_tool_calls") is False,
        file_urls=models.takes_files_by_url(model),
    )


def _put_thinking(
    params: dict[str, Any], clear: bool | None, info: models.ModelInfo | None, site: str | None
) -> None:
    thinking, effort, notes = thinking_fields(
        params.pop("thinking", None), clear, params.pop("reasoning_effort", None),
        info=info, site=site,
    )  # fmt: skip
    for note in notes:
        warnings.warn(note, UserWarning, stacklevel=2)
    _set(params, "thinking", thinking)
    _set(params, "reasoning_effort", effort)


def _put_streaming(
    params: dict[str, Any], info: models.ModelInfo | None, *, streaming: bool
) -> None:
    if streaming:  # chunks do not repeat it, so it must be known here
        params.setdefault("request_id", uuid.uuid4().hex)
    if not (streaming and params.get("tools")):
        params.pop("tool_stream", None)
    elif info is not None and info.tool_stream:
        params.setdefault("tool_stream", True)


def _extra(values: Mapping[str, Any]) -> dict[str, Any]:
    """What goes into the body by names that the client does not know."""
    named = _PARAMS | _READ | _IGNORED
    extra = {key: value for key, value in values.items() if key not in named and value is not None}
    extra.update(_mapping("extra_body", values))
    return extra


def _thoughts(
    wanted: bool | None, info: models.ModelInfo | None, site: str | None
) -> Literal["tags", "implicit"] | None:
    """How reasoning may be in the text: of some models, and of servers without a parser for it."""
    hybrid = info is not None and info.thinking in {"hybrid", "always"}
    if wanted is None:
        wanted = site is None or (info is not None and info.thinking == "inline")
    if not wanted:
        return None
    return "implicit" if hybrid else "tags"


def _check(values: Mapping[str, Any]) -> None:
    if values.get("n") not in (None, 1):
        raise InvalidRequestError(
            f"n is {values['n']!r}, but the service gives one answer to a request: use batch()",
            field="n",
            value=values["n"],
        )
    check_choice("reasoning_history", values.get("reasoning_history"), get_args(ReasoningHistory))
    check_choice("tool_choice_mode", values.get("tool_choice_mode"), get_args(ToolChoiceMode))


def _mapping(name: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """One of the values, which is a dict of its own or missing."""
    value = values.get(name)
    if value is None or isinstance(value, Mapping):
        return value or {}
    raise refuse(name, type(value).__name__, "must be a dict")


def _options(values: Mapping[str, Any]) -> dict[str, Any]:
    headers = {
        key: text
        for name in ("default_headers", "headers", "extra_headers")
        for key, text in _mapping(name, values).items()
    }
    found = {
        "timeout": values.get("timeout"),
        "max_retries": values.get("max_retries"),
        "headers": headers or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _listed(name: str, value: Any) -> list[Any]:
    if value is None or (isinstance(value, Sequence) and not isinstance(value, (str, bytes))):
        return list(value or ())
    raise refuse(name, type(value).__name__, "must be a list of tools")


def _set(params: dict[str, Any], key: str, value: Any) -> None:
    if value:
        params[key] = value
    else:
        params.pop(key, None)


def _requirement(
    params: dict[str, Any],
    values: Mapping[str, Any],
    tools: list[Any],
    names: ToolNames,
    info: models.ModelInfo | None,
) -> Requirement | None:
    """Put tools, choice and response format into the parameters; what is left must be checked."""
    native = values.get("tool_choice_mode") == "native"
    tools, choice = _put_tools(params, values, tools, names)
    forced = choice.kind in {"required", "named"} and bool(function_names(tools))
    wanted = params.pop("response_format", None)
    response = _response_format(wanted)
    if native:
        if forced:
            params["tool_choice"] = _native_choice(choice, names)
        if not _is_json_mode_with_schema(wanted):
            _set(params, "response_format", _native_format(response))
        else:
            native = False
    if response is None and not forced:
        return None
    structured = values.get("structured")
    hints = structured if isinstance(structured, StructuredAnswer) else StructuredAnswer()
    name, schema = response or ("answer", None)
    # With tools on offer only the instruction is sent: servers that enforce JSON would keep the
    # model from calling any.
    json_mode = hints.json_mode and (info is None or info.json_mode)
    if response is not None and not tools and json_mode and not native:
        params["response_format"] = {"type": "json_object"}
    believed = response is not None and schema is None and structured is None
    return Requirement(
        tools=_schemas(tools) if forced else None,
        json=response is not None,
        schema=schema,
        name=name,
        native=native,
        structured=structured is not None or schema is not None,
        lenient=hints.lenient or believed,
        replaceable=hints.replaceable,
        check=hints.check,
        names=names,
    )


def _put_tools(
    params: dict[str, Any], values: Mapping[str, Any], tools: list[Any], names: ToolNames
) -> tuple[list[Any], Choice]:
    """Offer the tools that may be called, under their names on the wire."""
    given = params.pop("tool_choice", None)
    choice = read_choice(given, tools) if tools else Choice("auto", None)
    if choice.kind == "none":
        tools = []
    elif choice.kind == "named" and choice.name is not None:
        tools = only(tools, choice.name)
    served = _listed("server_tools", values.get("server_tools"))
    _set(params, "tools", [*encoded_tools(tools, names), *served])
    return tools, choice


def _schemas(tools: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The offered functions' names -> the schemas of their arguments."""
    return {name: function_schema(tools, name) or {} for name in function_names(tools)}


def choice_as_text(choice: Choice) -> str | None:
    """A choice in one word, to be bound to a call: None, ``"none"``, ``"any"``, or a name."""
    words = {"auto": None, "none": "none", "required": "any", "named": choice.name}
    return words[choice.kind]


def _native_choice(choice: Choice, names: ToolNames) -> Any:
    if choice.name is None:
        return "required"
    return {"type": "function", "function": {"name": names.encode(choice.name)}}


def _response_format(value: Any) -> tuple[str, Mapping[str, Any] | None] | None:
    """The name and schema of the JSON that is asked for; None for plain text."""
    kind = value.get("type") if isinstance(value, Mapping) else None
    if value is None or kind == "text":
        return None
    inner = value if kind == "json_object" else None
    if kind == "json_schema":
        inner = value.get("json_schema")
    if isinstance(inner, Mapping):
        given = inner.get("schema")
        if given is None or isinstance(given, Mapping):
            name = str(inner.get("name") or (given or {}).get("title") or "answer")
            return name, inlined(given) if given is not None else None
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
