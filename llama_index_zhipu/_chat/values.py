"""What one call is made with: fields of the LLM, its additional_kwargs, the call's own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from llama_index.core.bridge.pydantic import BaseModel, ConfigDict, ValidationError, create_model

from zhipu_client.adapting import refusal
from zhipu_client.conversation import combined

if TYPE_CHECKING:
    from llama_index_zhipu.llms import ZhipuAI

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
    "stream_usage",
    "think_tags",
    "keep_box_marks",
    "raise_on_content_filter",
    "extra_body",
)


def values_of(llm: ZhipuAI, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a call by their fields' names, and what else was given.

    Args:
        llm: The LLM.
        given: The call's own arguments.

    Raises:
        InvalidRequestError: a value is refused by its field, or the setting is not of a call.
    """
    own = {name: getattr(llm, name) for name in (*SENT, *_STEERING)}
    settings = combined(own, _checked(llm, llm.additional_kwargs))
    return combined(settings, _checked(llm, given))


def _checked(llm: ZhipuAI, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, by its fields' own names, and held to what the fields take."""
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
def _fields(owner: type[ZhipuAI]) -> type[BaseModel]:
    """The fields that a call may set, as a model of their own."""
    fields: dict[str, Any] = {
        name: (owner.model_fields[name].annotation, owner.model_fields[name])
        for name in (*SENT, *_STEERING)
    }
    return create_model("Given", __config__=ConfigDict(hide_input_in_errors=True), **fields)
