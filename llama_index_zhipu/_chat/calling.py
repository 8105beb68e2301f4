"""The values of one call: the LLM's fields, its additional_kwargs, the call's own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, reduce
from typing import Any

from llama_index.core.bridge.pydantic import BaseModel, ConfigDict, ValidationError, create_model

from llama_index_zhipu._connection import ZhipuSettings
from zhipu_client.adapting import refusal
from zhipu_client.conversation import combined

from .hiding import revealed

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
    "extra",
)
#: Fields that decide how a request is made.
_STEERING = (
    "model",
    "thinking",
    "clear_thinking",
    "reasoning_history",
    "web_search",
    "tool_choice_mode",
    "stream_usage",
    "think_tags",
    "keep_box_marks",
    "cost",
    "include_response_headers",
    "file_mode",
    "repair_tool_calls",
    "raise_on_content_filter",
    "extra_body",
)


def values_of(llm: ZhipuSettings, *arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a call by their fields' names, and the arguments that are not fields.

    Args:
        llm: The LLM.
        *arguments: Arguments that replace the LLM's fields, the weakest first.

    Raises:
        InvalidRequestError: A field refuses its value, or a setting cannot be given with a call.
    """
    own = {name: getattr(llm, name) for name in (*SENT, *_STEERING)}
    return reduce(combined, (_checked(llm, revealed(given)) for given in arguments), own)


def _checked(llm: ZhipuSettings, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments by their fields' own names, checked by the fields."""
    if not given:
        return {}
    found: dict[str, Any] = {}
    for name, value in given.items():
        field = llm._aliases.get(name, name)
        if value is not None and (name == field or given.get(field) is None):
            found[field] = value
    try:
        checked = _fields(type(llm)).model_validate(found)
    except ValidationError as failed:
        refused = refusal(failed)
        if refused is None:
            raise
        raise refused from None
    return found | {name: getattr(checked, name) for name in checked.model_fields_set}


@cache
def _fields(owner: type[ZhipuSettings]) -> type[BaseModel]:
    """Return the fields that a call may set, as a model of their own."""
    fields: dict[str, Any] = {
        name: (owner.model_fields[name].annotation, owner.model_fields[name])
        for name in (*SENT, *_STEERING)
    }
    return create_model("Given", __config__=ConfigDict(hide_input_in_errors=True), **fields)
