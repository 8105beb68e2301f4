"""Settings and arguments of a call as the parameters of a chat request. Pure.

Both adapters hand in what their users set, by the names of the wire or of other providers; here
it is decided what is sent, what is left to the client, and what the answer must be.
"""

from __future__ import annotations

import uuid
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, get_args

from zhipu_client import chat, models
from zhipu_client._check import choice as check_choice
from zhipu_client._check import refuse, suggestion, within
from zhipu_client._half_characters import whole_characters
from zhipu_client.conversation.enforcement import (
    ToolChoiceMode,
    listed,
    put_requirement,
    schemas_of,
)
from zhipu_client.conversation.requirement import Requirement
from zhipu_client.conversation.think_tags import ThinkFilter, ThoughtsMode
from zhipu_client.conversation.thinking import (
    ReasoningHistory,
    clearing,
    is_switched_off,
    reasoning_history,
    template_arguments,
    thinking_fields,
)
from zhipu_client.conversation.tools import ToolNames, function_names
from zhipu_client.dialects import DIALECTS, Dialect
from zhipu_client.errors import InvalidRequestError

__all__ = ["Built", "build", "combined"]

#: Parameters that the client knows by name; everything else a caller names goes to `extra_body`.
_PARAMS = frozenset(chat.ChatParams.__annotations__) - {"extra_body"}
#: Arguments that frameworks pass around, or other providers have, and that mean nothing here.
_IGNORED = frozenset(
    {
        "formatted", "ls_structured_output_format", "run_manager", "stream", "strict",
        "structured_output_format", "tool_required", "verbose",
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
        "server_tools", "web_search", "parallel_tool_calls", "think_tags", "keep_box_marks",
        "stream_usage", "repair_tool_calls",
    }
)  # fmt: skip
_KNOWN = _PARAMS | _IGNORED | _READ | _RENAMED.keys()
#: Parameters of other servers whose names look like others here.
_OF_OTHERS = DIALECTS["zhipu"].unknown | {
    "max_new_tokens", "min_p", "min_tokens", "top_a", "top_k", "tools",
}  # fmt: skip
#: What the service has in the place of others' parameters.
_INSTEAD = {
    "modalities": "a model that speaks, such as glm-4-voice, needs no word for it",
    "prompt_cache_key": "it caches by the beginning of the messages",
    "reasoning": 'it takes reasoning_effort="low" and thinking=False',
    "safety_identifier": "it takes user_id",
    "web_search_options": "it takes web_search=True",
}
#: Further fields of the body that are sent for a setting of another name.
_OWN_EXTRAS = ("chat_template_kwargs", "parallel_tool_calls")
#: Settings of the model that no call can change; in a request's body they would be sent abroad.
_OF_THE_MODEL = (
    "api_key", "zhipuai_api_key", "base_url", "zhipuai_api_base", "api_base", "max_concurrency",
    "http_client", "http_async_client", "auth", "dialect", "proxy", "openai_api_key",
    "openai_api_base", "openai_proxy", "organization", "openai_organization", "shared_limit",
)  # fmt: skip


#: Values that make something of an answer due, or offer tools.
_DEMANDS = ("response_format", "server_tools", "structured", "tool_choice", "tools", "web_search")


@cache
def _no_names(plain: bool) -> ToolNames:
    """Return the names of no tools; those in older turns are encoded by them all the same."""
    return ToolNames(plain=plain)


def _names_of(tools: Sequence[Any], plain: bool) -> ToolNames:
    return ToolNames(function_names(tools), plain=plain) if tools else _no_names(plain)


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
        dialect: What the server understands.
        optional: Fields of the body that can be left out where a server refuses them.
        thoughts: How reasoning may be in the text, see `ThinkFilter`; None: not at all.
        box_marks: Whether the marks around a vision model's answer are kept.
        single_call: Keep only the first tool call.
        file_urls: Whether documents by URL go in the older content part.
        calls_in_text: Where calls of the offered tools are read that the model wrote as markup:
            nowhere, in the ``"text"``, or ``"anywhere"``: in its reasoning too.
    """

    model: str
    params: dict[str, Any] = field(repr=False)  # headers of MCP servers are secrets
    options: dict[str, Any] = field(repr=False)
    history: ReasoningHistory
    names: ToolNames
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    requirement: Requirement | None = None
    dialect: Dialect = DIALECTS["zhipu"]
    optional: frozenset[str] = frozenset()
    thoughts: ThoughtsMode | None = None
    box_marks: bool = False
    single_call: bool = False
    file_urls: bool = False
    calls_in_text: Literal["text", "anywhere"] | None = None

    def think_filter(self) -> ThinkFilter | None:
        """Return what takes reasoning out of an answer's text; None where it cannot be there."""
        return None if self.thoughts is None else ThinkFilter(self.thoughts)


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
    _suggest(call, {*settings, *_KNOWN})
    own = {_RENAMED.get(key, key): value for key, value in call.items() if key not in _IGNORED}
    thinking = own.get("thinking")
    if isinstance(thinking, Mapping) and own.get("clear_thinking") is None:
        own["clear_thinking"] = thinking.get("clear_thinking")
    values = {key: value for key, value in settings.items() if value is not None}
    further = values.pop("model_kwargs", None) or {}
    extra = {**_mapping("extra_body", values), **_mapping("extra_body", own)}
    values.update({key: value for key, value in own.items() if value is not None})
    return {**further, **values, **({"extra_body": extra} if extra else {})}


def _suggest(call: Mapping[str, Any], known: set[str]) -> None:
    """Warn of names that are not known and nearly those of others: they are sent as they are."""
    for name in call.keys() - known - _OF_OTHERS:
        meant = suggestion(str(name), known)
        if meant is not None:
            warnings.warn(
                f"no argument of a call is named {name!r} (did you mean {meant!r}?); it is sent as "
                "it is",
                UserWarning,
                stacklevel=2,
            )


def build(
    values: Mapping[str, Any], *, dialect: Dialect, streaming: bool, one_answer: bool = False
) -> Built:
    """Decide what is sent.

    Args:
        values: From `combined`. Those that no one knows are sent as they are.
        dialect: What the server understands.
        streaming: Whether the answer comes in chunks.
        one_answer: Whether the framework has no place for more (``n``).

    Raises:
        InvalidRequestError: Something can never be accepted.
    """
    model = values.get("model")
    if not isinstance(model, str):
        raise InvalidRequestError(f"model is {model!r}, not a string", field="model", value=model)
    _check(values)
    if dialect.relays:
        dialect = dialect.of_model(model)
    # What may be left out or changed: that of the service's own models only.
    info = models.get(model) if dialect.bounds else None
    known = models.find(model)  # what the model is, wherever it runs
    params = {key: values[key] for key in _PARAMS if values.get(key) is not None}
    demands = any(values.get(name) is not None for name in _DEMANDS)
    tools = listed("tools", values.get("tools")) if demands else []
    names = _names_of(tools, dialect.plain_names)
    # A structured answer does not belong to an agent, although it may come as a call.
    agent = names.offered and values.get("structured") is None
    clear = clearing(
        values.get("reasoning_history"), values.get("thinking"), values.get("clear_thinking"),
        agent=agent, info=info, site=dialect.account,
    )  # fmt: skip
    extra = _extra(values, dialect)
    _check_number(extra, streaming=streaming, one_answer=one_answer)
    off = is_switched_off(params.get("thinking"), extra.get("chat_template_kwargs"))
    _put_thinking(params, extra, clear, info, dialect)
    requirement = put_requirement(params, values, names, info, dialect) if demands else None
    _put_streaming(params, info, values, dialect, streaming=streaming)
    _put_extra(params, extra, values, dialect)
    history = reasoning_history(
        values.get("reasoning_history"), values.get("thinking"), clear,
        info=known, site=dialect.account,
    )  # fmt: skip
    return Built(
        model,
        whole_characters(params),  # a tool's description may come from anywhere
        _options(values),
        history,
        names,
        schemas_of(tools) if tools else {},
        requirement,
        dialect,
        optional=_optional(params, values, dialect),
        thoughts=_thoughts(values.get("think_tags"), known, dialect, off=off),
        box_marks=bool(values.get("keep_box_marks")),
        single_call=values.get("parallel_tool_calls") is False,
        file_urls=models.takes_files_by_url(model),
        calls_in_text=_calls_in_text(values.get("repair_tool_calls"), tools, dialect),
    )


def _optional(
    params: Mapping[str, Any], values: Mapping[str, Any], dialect: Dialect
) -> frozenset[str]:
    """The fields that were our decision, and can be left out where a server refuses them."""
    found = {name for name in ("response_format", "tool_choice") if name in params}
    if values.get("tool_choice_mode") == "native":
        found = set()
    if "stream_options" in params and values.get("stream_options") is None:
        found.add("stream_options")
    if not dialect.bounds and values.get("reasoning_history") is None:
        found.add("reasoning_content")  # of earlier answers, in the messages
    extra = params.get("extra_body") or {}
    own = _mapping("extra_body", values)
    found |= {name for name in _OWN_EXTRAS if name in extra and name not in own}
    return frozenset(found)


def _put_thinking(
    params: dict[str, Any],
    extra: dict[str, Any],
    clear: bool | None,
    info: models.ModelInfo | None,
    dialect: Dialect,
) -> None:
    if dialect.thinking == "template":
        arguments = template_arguments(params.pop("thinking", None), clear)
        own = extra.get("chat_template_kwargs")
        if arguments and (own is None or isinstance(own, Mapping)):
            extra["chat_template_kwargs"] = {**arguments, **(own or {})}
        return
    thinking, effort, notes = thinking_fields(
        params.pop("thinking", None), clear, params.pop("reasoning_effort", None),
        info=info, site=dialect.site,
    )  # fmt: skip
    for note in notes:
        warnings.warn(note, UserWarning, stacklevel=2)
    _set(params, "thinking", thinking)
    _set(params, "reasoning_effort", effort)


def _put_streaming(
    params: dict[str, Any],
    info: models.ModelInfo | None,
    values: Mapping[str, Any],
    dialect: Dialect,
    *,
    streaming: bool,
) -> None:
    if not streaming:
        params.pop("stream_options", None)
        params.pop("tool_stream", None)
        return
    if dialect.request_id == "body":  # chunks do not repeat it, so it must be known here
        params.setdefault("request_id", uuid.uuid4().hex)
    if values.get("stream_usage") is not False:
        params.setdefault("stream_options", {"include_usage": True})
    if not params.get("tools"):
        params.pop("tool_stream", None)
    elif dialect.tool_stream and info is not None and info.tool_stream:
        params.setdefault("tool_stream", True)


def _check_number(extra: Mapping[str, Any], *, streaming: bool, one_answer: bool) -> None:
    """Refuse more answers than there is a place for."""
    if "n" in extra and (streaming or one_answer):
        why = "a stream has one answer" if streaming else "the framework's response has one answer"
        raise refuse("n", extra["n"], f"must be 1: {why}")


def _extra(values: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """What goes into the body by names that the client does not know."""
    named = _PARAMS | _READ | _IGNORED
    extra = {key: value for key, value in values.items() if key not in named and value is not None}
    if extra.get("n") == 1:  # every server's own number
        del extra["n"]
    for name in sorted(extra.keys() & dialect.unknown):
        del extra[name]
        other = f"; {_INSTEAD[name]}" if name in _INSTEAD else ""
        warnings.warn(
            f"{name} is not sent: the service does not know it{other} (extra_body sends it all "
            "the same)",
            UserWarning,
            stacklevel=2,
        )
    extra.update(_mapping("extra_body", values))
    return extra


def _put_extra(
    params: dict[str, Any], extra: dict[str, Any], values: Mapping[str, Any], dialect: Dialect
) -> None:
    """Put the further fields of the body into the parameters, by the names of this server."""
    if params.get("stop") == []:
        del params["stop"]
    single = values.get("parallel_tool_calls")
    if dialect.parallel_tool_calls and params.get("tools") and single is not None:
        extra.setdefault("parallel_tool_calls", single)
    if dialect.end_user != "user_id" and "user_id" in params:
        extra.setdefault(dialect.end_user, params.pop("user_id"))
    _set(params, "extra_body", extra)


def _thoughts(
    wanted: bool | Literal["opened"] | None,
    info: models.ModelInfo | None,
    dialect: Dialect,
    *,
    off: bool,
) -> ThoughtsMode | None:
    """How reasoning may be in the text: of some models, and of servers without a parser for it."""
    thinks = info.thinking if info is not None else None
    if wanted is None:
        wanted = thinks == "inline" or (dialect.site is None and thinks != "none")
        implicit = dialect.site is None and thinks is not None
    else:
        implicit = True
    if not wanted:
        return None
    if off and thinks not in {"always", "inline"}:
        return "off"
    if wanted == "opened":
        return "opened"
    return "implicit" if implicit else "tags"


def _calls_in_text(
    wanted: bool | None, tools: list[Any], dialect: Dialect
) -> Literal["text", "anywhere"] | None:
    """Where calls may be written as text: on servers without a parser for it, or where asked."""
    if wanted:
        return "anywhere"
    parsed = wanted is False or dialect.bounds or not function_names(tools)
    return None if parsed else "text"


def _check(values: Mapping[str, Any]) -> None:
    within("n", values.get("n"), 1, 2**31, whole=True)
    check_choice("reasoning_history", values.get("reasoning_history"), get_args(ReasoningHistory))
    if not isinstance(values.get("think_tags"), bool):
        check_choice("think_tags", values.get("think_tags"), ("opened",), "a text")
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


def _set(params: dict[str, Any], key: str, value: Any) -> None:
    if value:
        params[key] = value
    else:
        params.pop(key, None)
