"""Make an exchange of the conversation core from a call of the chat model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from langchain_core.messages import BaseMessage
from pydantic import BaseModel, ValidationError

from langchain_zhipu._chat.messages import to_wire
from zhipu_client.conversation import (
    Exchange,
    StructuredAnswer,
    build,
    combined,
    is_plain_text,
    validation_complaints,
)
from zhipu_client.dialects import Dialect

__all__ = ["exchange_for"]


def exchange_for(
    messages: Sequence[BaseMessage],
    settings: Mapping[str, Any],
    kwargs: Mapping[str, Any],
    *,
    dialect: Dialect,
    streaming: bool,
    repair: bool = True,
) -> Exchange:
    """Return the exchange for one call.

    Args:
        messages: The conversation.
        settings: The model's fields by name.
        kwargs: The call's arguments.
        dialect: What the server understands.
        streaming: Whether the answer comes in chunks.
        repair: False for an answer that cannot be asked for again (a batch's).

    Raises:
        InvalidRequestError: A value can never be accepted.
    """
    values = combined(settings, kwargs)
    values["response_format"] = _response_format(values.get("response_format"))
    structured = values.get("structured")
    if isinstance(structured, Mapping):
        values["structured"] = _structured(structured)
    built = build(values, dialect=dialect, streaming=streaming)
    wire = to_wire(messages, built.model)
    if not is_plain_text(wire):
        from zhipu_client.adapting import with_pictures

        wire = with_pictures(wire, built.model)
    return Exchange(wire, built, repair=repair)


def _response_format(value: Any) -> Any:
    """Return a schema class as a ``json_schema`` dict, and every other value unchanged."""
    if isinstance(value, type):
        from langchain_core.utils.function_calling import convert_to_json_schema

        from langchain_zhipu._chat.recursive import whole_parameters

        with suppress(ValueError, TypeError):  # a class without a schema is refused later, by name
            schema = whole_parameters(value)
            if schema is None:
                schema = convert_to_json_schema(value)
            name = str(schema.get("title") or value.__name__)
            return {"type": "json_schema", "json_schema": {"name": name, "schema": schema}}
    return value


def _structured(hints: Mapping[str, Any]) -> StructuredAnswer:
    """Return the check of an answer from what ``with_structured_output`` has bound."""
    schema = hints.get("schema")
    lenient = bool(hints.get("lenient"))
    if not (isinstance(schema, type) and issubclass(schema, BaseModel)):
        return StructuredAnswer(lenient=lenient, replaceable=True)

    def check(value: Any) -> list[str]:
        try:
            schema.model_validate(value)
        except ValidationError as error:
            return validation_complaints(error)
        return []

    return StructuredAnswer(lenient=lenient, replaceable=True, check=check)
