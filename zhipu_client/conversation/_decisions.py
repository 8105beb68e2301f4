"""What is decided about a request from the values of a call. Pure.

What is sent, by model and server, what is left to the client, and what the answer must be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, get_args

from zhipu_client import models
from zhipu_client._check import boolean, not_boolean, refuse, within
from zhipu_client._check import choice as check_choice
from zhipu_client._half_characters import whole_characters
from zhipu_client.conversation._settings import PARAMS, further_fields, mapping, options
from zhipu_client.conversation.enforcement import (
    ToolChoiceMode,
    listed,
    put_requirement,
    schemas_of,
)
from zhipu_client.conversation.left_out import check_nothing_left_out
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

__all__ = ["Built", "decide"]

#: Further fields of the body that are sent for a setting of another name.
_OWN_EXTRAS = ("chat_template_kwargs", "parallel_tool_calls")
#: Values that are True or False.
_BOOLEANS = (
    "clear_thinking", "do_sample", "include_response_headers", "keep_box_marks",
    "parallel_tool_calls", "repair_tool_calls", "stream_usage", "tool_stream", "watermark_enabled",
)  # fmt: skip
#: Values that make something of an answer due, or offer tools.
_NEEDING = ("response_format", "server_tools", "structured", "tool_choice", "tools", "web_search")


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
        file_ids: Whether large local files may go up and be named by their ids.
        calls_in_text: Where calls of the offered tools are read that the model wrote as markup:
            nowhere, in the ``"text"``, or ``"anywhere"``: in its reasoning too.
        priced_by: The site by whose prices the answer's cost is reckoned; None: it is not.
        with_headers: Whether the headers of the answer are among its facts.
        notes: What the caller is to know of what is sent.
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
    file_ids: bool = False
    calls_in_text: Literal["text", "anywhere"] | None = None
    priced_by: str | None = None
    with_headers: bool = False
    notes: tuple[str, ...] = ()

    def think_filter(self) -> ThinkFilter | None:
        """Return what takes reasoning out of an answer's text; None where it cannot be there."""
        return None if self.thoughts is None else ThinkFilter(self.thoughts)


def decide(
    values: Mapping[str, Any], dialect: Dialect, *, streaming: bool, one_answer: bool
) -> Built:
    """Decide what is sent. Arguments, and what is raised, as of `build`."""
    model = _checked_model(values)
    check_nothing_left_out(values)
    if dialect.relays:
        dialect = dialect.of_model(model)
    # What may be left out or changed: that of the service's own models only.
    info = models.get(model) if dialect.bounds else None
    known = models.find(model)  # what the model is, wherever it runs
    params = {key: values[key] for key in PARAMS if values.get(key) is not None}
    needed = any(values.get(name) is not None for name in _NEEDING)
    tools = listed("tools", values.get("tools")) if needed else []
    names = _names_of(tools, dialect.plain_names)
    # A structured answer does not belong to an agent, although it may come as a call.
    agent = names.offered and values.get("structured") is None
    clear = clearing(
        values.get("reasoning_history"), values.get("thinking"), values.get("clear_thinking"),
        agent=agent, info=info, site=dialect.account,
    )  # fmt: skip
    notes: list[str] = []
    extra = further_fields(values, dialect, notes)
    _check_number(extra, streaming=streaming, one_answer=one_answer)
    off = is_switched_off(params.get("thinking"), extra.get("chat_template_kwargs"))
    notes += _put_thinking(params, extra, clear, info, dialect)
    requirement = put_requirement(params, values, names, info, dialect) if needed else None
    _put_streaming(params, info, values, dialect, streaming=streaming)
    _put_extra(params, extra, values, dialect)
    history = reasoning_history(
        values.get("reasoning_history"), values.get("thinking"), clear,
        info=known, site=dialect.account,
    )  # fmt: skip
    return Built(
        model,
        whole_characters(params),  # a tool's description may come from anywhere
        options(values),
        history,
        names,
        schemas_of(tools) if tools else {},
        requirement,
        dialect,
        optional=_optional(params, values, dialect),
        thoughts=_thoughts(values.get("think_tags"), known, dialect, off=off),
        box_marks=bool(values.get("keep_box_marks")),
        single_call=values.get("parallel_tool_calls") is False,
        **_documents(values, model, info),
        calls_in_text=_calls_in_text(values.get("repair_tool_calls"), tools, dialect),
        notes=tuple(notes),
        **_asked_about(values, dialect),
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
    own = mapping("extra_body", values)
    found |= {name for name in _OWN_EXTRAS if name in extra and name not in own}
    return frozenset(found)


def _put_thinking(
    params: dict[str, Any],
    extra: dict[str, Any],
    clear: bool | None,
    info: models.ModelInfo | None,
    dialect: Dialect,
) -> Sequence[str]:
    """Put how to think into the parameters; return what the caller is to know of it."""
    if dialect.thinking == "template":
        arguments = template_arguments(params.pop("thinking", None), clear)
        own = extra.get("chat_template_kwargs")
        if arguments and (own is None or isinstance(own, Mapping)):
            extra["chat_template_kwargs"] = {**arguments, **(own or {})}
        return ()
    thinking, effort, notes = thinking_fields(
        params.pop("thinking", None), clear, params.pop("reasoning_effort", None),
        info=info, site=dialect.site,
    )  # fmt: skip
    _set(params, "thinking", thinking)
    _set(params, "reasoning_effort", effort)
    return notes


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


def _checked_model(values: Mapping[str, Any]) -> str:
    """Return the model, once the values that nothing else looks at are checked too."""
    model = values.get("model")
    if not isinstance(model, str):
        raise InvalidRequestError(f"model is {model!r}, not a string", field="model", value=model)
    within("n", values.get("n"), 1, 2**31, whole=True)
    for name in _BOOLEANS:
        boolean(name, values.get(name))
    check_choice("reasoning_history", values.get("reasoning_history"), get_args(ReasoningHistory))
    for name in ("cost", "think_tags"):
        value = values.get(name)
        if value is None or isinstance(value, bool):
            continue
        # The prices are loaded only where somebody asks for them.
        others = models.PRICED_SITES if name == "cost" else ("opened",)
        if value not in others:
            raise not_boolean(name, value, " or ".join(map(repr, others)))
    effort = values.get("reasoning_effort")
    if not isinstance(effort, (str, type(None))):
        why = 'must be a valid string, such as "max", "high" or "low", or None'
        raise refuse("reasoning_effort", effort, why)
    check_choice("file_mode", values.get("file_mode"), ("inline", "auto"))
    check_choice("tool_choice_mode", values.get("tool_choice_mode"), get_args(ToolChoiceMode))
    return model


def _set(params: dict[str, Any], key: str, value: Any) -> None:
    if value:
        params[key] = value
    else:
        params.pop(key, None)


def _asked_about(values: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """What is to be said of an answer beside it: what it cost, and the headers it came with."""
    return {
        "priced_by": _priced_by(values.get("cost"), dialect),
        "with_headers": bool(values.get("include_response_headers")),
    }


def _documents(
    values: Mapping[str, Any], model: str, info: models.ModelInfo | None
) -> dict[str, Any]:
    """How the documents of the messages go out."""
    by_id = info is not None and info.files_by_id and values.get("file_mode") == "auto"
    return {"file_urls": models.takes_files_by_url(model), "file_ids": by_id}


def _priced_by(wanted: Any, dialect: Dialect) -> str | None:
    """Return the site whose prices are asked for; the own one's where that is asked for."""
    if not wanted:
        return None
    return wanted if isinstance(wanted, str) else dialect.site
