"""One call as an exchange of the core: the LLM's fields, its additional_kwargs, the call's own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import cache, partial, reduce
from typing import Any

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.bridge.pydantic import BaseModel, ConfigDict, ValidationError, create_model

from llama_index_zhipu._connection import ZhipuSettings
from zhipu_client.adapting import refusal
from zhipu_client.conversation import Exchange, build, combined, is_plain_text
from zhipu_client.dialects import Dialect

from .hiding import revealed
from .media import takes_time
from .messages import to_wire
from .settings import SENT, ChatSettings
from .structured import StructuredHints

__all__ = ["aexchange_for", "exchange_for", "values_of"]

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


def exchange_for(
    llm: ChatSettings,
    messages: Sequence[ChatMessage],
    kwargs: Mapping[str, Any],
    *,
    dialect: Dialect,
    streaming: bool,
    repair: bool = True,
) -> Exchange:
    """Return the exchange for one call.

    Args:
        llm: The LLM.
        messages: The conversation.
        kwargs: The call's arguments.
        dialect: What the server understands.
        streaming: Whether the answer comes in chunks.
        repair: False for an answer that cannot be asked for again (a batch's).

    Raises:
        InvalidRequestError: A value can never be accepted.
    """
    values = values_of(llm, llm.additional_kwargs, kwargs)
    refuse_filtered = values.pop("raise_on_content_filter", False)
    hints = values.get("structured")
    if isinstance(hints, StructuredHints):
        values["structured"] = hints.answer
    built = build(values, dialect=dialect, streaming=streaming, one_answer=True)
    wire = to_wire(messages, built.model)
    if not is_plain_text(wire):
        from zhipu_client.adapting import with_pictures

        wire = with_pictures(wire, built.model)
    return Exchange(wire, built, refuse_filtered=refuse_filtered, repair=repair)


async def aexchange_for(
    llm: ChatSettings, messages: Sequence[ChatMessage], kwargs: Mapping[str, Any], **how: Any
) -> Exchange:
    """Return the exchange for one call, made beside the event loop where that takes time."""
    make = partial(exchange_for, llm, messages, kwargs, **how)
    if any(takes_time(block) for message in messages for block in message.blocks):
        # A file may have 200 MB, an image be decoded for a second: not on the event loop.
        return await asyncio.to_thread(make)
    return make()


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
