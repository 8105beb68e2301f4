"""What ``response_format`` asks for, in any spelling, and as servers take it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhipu_client.conversation.schemas import inlined
from zhipu_client.conversation.tools import encode_name
from zhipu_client.errors import InvalidRequestError

__all__ = ["is_json_mode_with_schema", "named_schema", "native_format"]


def named_schema(value: Any) -> tuple[str, Mapping[str, Any] | None] | None:
    """Return the name and schema of the JSON that is asked for; None for plain text.

    The schema is as it was given: references in it reach deeper than what is sent.

    Raises:
        InvalidRequestError: It has no known form.
    """
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
            return name, given
    raise InvalidRequestError(
        f"response_format is {str(value)[:80]!r}, but must be a schema class or a dict of type "
        "text, json_object or json_schema, whose schema is a dict",
        field="response_format",
        value=value,
    )


def is_json_mode_with_schema(response_format: Any) -> bool:
    """Return True for JSON mode with a schema, which goes into words: no server takes it."""
    return (
        isinstance(response_format, Mapping)
        and response_format.get("type") == "json_object"
        and response_format.get("schema") is not None
    )


def native_format(
    response: tuple[str, Mapping[str, Any] | None] | None,
) -> dict[str, Any] | None:
    """Return the format for a server that enforces it; None for plain text."""
    if response is None:
        return None
    name, schema = response
    if schema is None:
        return {"type": "json_object"}
    return {
        "type": "json_schema",
        "json_schema": {"name": encode_name(name), "schema": inlined(schema)},
    }
