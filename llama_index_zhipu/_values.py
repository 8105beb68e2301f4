"""What one call is made with: fields of the LLM, its additional_kwargs, the call's own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from llama_index.core.bridge.pydantic import BaseModel, ConfigDict, ValidationError, create_model

from zhipu_client import InvalidRequestError
from zhipu_client._check import refusal

if TYPE_CHECKING:
    from .llms import ZhipuAI

__all__ = ["SENT", "values_of"]

#: Fields that go into every request unless the call says otherwise.
SENT = (
    "temperature",
    "top_p",
    "max_tokens",
    "do_sample",
    "stop",
    "reasoning_effort",
    "tool_stream",
    "response_format",
    "server_tools",
    "user_id",
    "sensitive_word_check",
    "watermark_enabled",
    "meta",
)
#: Fields that say how a request is made.
_STEERING = (
    "model",
    "thinking",
    "clear_thinking",
    "reasoning_history",
    "web_search",
    "tool_choice_mode",
    "raise_on_content_filter",
    "extra_body",
)
#: Settings that no call can change; in a request's body they would be told abroad.
_OF_THE_LLM = (
    "api_key",
    "base_url",
    "max_concurrency",
    "http_client",
    "http_async_client",
    "auth",
)


def values_of(llm: ZhipuAI, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a call by their fields' names, and what else was given; None is not given.

    Args:
        llm: The LLM.
        given: The call's own arguments.

    Raises:
        InvalidRequestError: a value is refused by its field, or the setting is not of a call.
    """
    values: dict[str, Any] = {name: getattr(llm, name) for name in (*SENT, *_STEERING)}
    values |= _checked(llm, llm.additional_kwargs)
    values |= _checked(llm, given)
    values["extra_body"] = {**(llm.extra_body or {}), **(values["extra_body"] or {})}
    thinking = _thinking(values.pop("thinking"), values.pop("clear_thinking"))
    if values["reasoning_history"] is None:
        cleared = thinking is None or thinking.get("clear_thinking") is not False
        values["reasoning_history"] = "tool_loop" if cleared else "all"
    return {**values, "thinking": thinking}


def _checked(llm: ZhipuAI, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, by its fields' own names, and held to what the fields take."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        field = llm._aliases.get(name, name)
        if value is not None and (name == field or given.get(field) is None):
            found[field] = value
    for name in _OF_THE_LLM:
        if name in found:
            why = "is a setting of the LLM, not of a call: make another LLM"
            raise InvalidRequestError(f"{name} {why}", field=name)
    try:
        checked = _fields(type(llm)).model_validate(found)
    except ValidationError as failed:
        refused = refusal(failed)
        if refused is None:
            raise
        raise refused from None
    return found | {name: getattr(checked, name) for name in checked.model_fields_set}


@cache
def _fields(owner: type[ZhipuAI]) -> type[BaseModel]:
    """The fields that a call may set, as a model of their own."""
    fields: dict[str, Any] = {
        name: (owner.model_fields[name].annotation, owner.model_fields[name])
        for name in (*SENT, *_STEERING)
    }
    return create_model("Given", __config__=ConfigDict(hide_input_in_errors=True), **fields)


def _thinking(value: Any, clear: bool | None) -> dict[str, Any] | None:
    if isinstance(value, bool):
        value = "enabled" if value else "disabled"
    if isinstance(value, str):
        value = {"type": value}
    made = dict(value or {})
    if clear is not None:
        made["clear_thinking"] = clear
    return made or None
