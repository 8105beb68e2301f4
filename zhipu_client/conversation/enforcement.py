"""A forced tool or a schema: what of it the server is asked to enforce, and what is checked. Pure.

Zhipu's service honours ``tool_choice="auto"`` only, and has JSON mode without a schema: there the
rest is put into words. Servers of the common dialect have grammars of their own, so they are asked
for both; their answers are checked all the same, since some of them ignore what they do not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from zhipu_client import models
from zhipu_client._check import refuse
from zhipu_client._errors import InvalidRequestError
from zhipu_client.conversation.requirement import Requirement
from zhipu_client.conversation.schemas import inlined
from zhipu_client.conversation.tools import (
    Choice,
    ToolNames,
    encode_name,
    encoded_tools,
    function_names,
    function_schema,
    only,
    read_choice,
)
from zhipu_client.dialects import Dialect

__all__ = [
    "StructuredAnswer",
    "ToolChoiceMode",
    "choice_as_text",
    "listed",
    "put_requirement",
    "put_tools",
    "schemas_of",
]

ToolChoiceMode = Literal["auto", "native", "emulate"]


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


def put_requirement(
    params: dict[str, Any],
    values: Mapping[str, Any],
    names: ToolNames,
    info: models.ModelInfo | None,
    dialect: Dialect,
) -> Requirement | None:
    """Put tools, choice and response format into the parameters; what is left must be checked.

    Args:
        params: The parameters of the request, which are changed.
        values: All that the caller has set.
        names: The tools' names on the wire.
        info: What the service says of the model; None where it is not the service's.
        dialect: What the server understands.
    """
    tools, choice = put_tools(params, values, names)
    forced = choice.kind in {"required", "named"} and bool(function_names(tools))
    wanted = params.pop("response_format", None)
    response = _response_format(wanted)
    mode = values.get("tool_choice_mode") or "auto"
    if mode == "native" and _is_json_mode_with_schema(wanted):
        mode = "emulate"
        if forced:  # the choice is still the server's
            params["tool_choice"] = _native_choice(choice, names)
    if response is None and not forced:
        return None
    structured = values.get("structured")
    hints = structured if isinstance(structured, StructuredAnswer) else StructuredAnswer()
    native = mode == "native" or (mode == "auto" and dialect.enforces)
    # With tools on offer only the instruction is sent: servers that enforce JSON would keep the
    # model from calling any.
    free = response is not None and not forced and bool(tools)
    if mode == "auto" and (free or not hints.json_mode):
        native = native and forced
    if native:
        if forced:
            params["tool_choice"] = _native_choice(choice, names)
        wire = None if forced and mode == "auto" else _native_format(response)
        if wire is not None:
            params["response_format"] = wire
    elif response is not None and not tools and hints.json_mode and _has_json_mode(info):
        params["response_format"] = {"type": "json_object"}
    name, schema = response or ("answer", None)
    believed = response is not None and schema is None and structured is None
    return Requirement(
        tools=schemas_of(tools) if forced else None,
        json=response is not None,
        schema=schema,
        name=name,
        native=native,
        trusted=mode == "native",
        structured=structured is not None or schema is not None,
        lenient=hints.lenient or believed,
        replaceable=hints.replaceable,
        check=hints.check,
        names=names,
    )


def _has_json_mode(info: models.ModelInfo | None) -> bool:
    return info is None or info.json_mode


def put_tools(
    params: dict[str, Any], values: Mapping[str, Any], names: ToolNames
) -> tuple[list[Any], Choice]:
    """Offer the tools that may be called, under their names on the wire."""
    tools = listed("tools", values.get("tools"))
    given = params.pop("tool_choice", None)
    choice = read_choice(given, tools) if tools else Choice("auto", None)
    if choice.kind == "none":
        tools = []
    elif choice.kind == "named" and choice.name is not None:
        tools = only(tools, choice.name)
    served = listed("server_tools", values.get("server_tools"))
    offered = [*encoded_tools(tools, names), *served]
    params.pop("tools", None)
    if offered:
        params["tools"] = offered
    return tools, choice


def schemas_of(tools: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
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
    return {
        "type": "json_schema",
        "json_schema": {"name": encode_name(name), "schema": dict(schema)},
    }


def listed(name: str, value: Any) -> list[Any]:
    """Return a list out of a sequence of tools, or of nothing.

    Raises:
        InvalidRequestError: It is something else.
    """
    if value is None or (isinstance(value, Sequence) and not isinstance(value, (str, bytes))):
        return list(value or ())
    raise refuse(name, type(value).__name__, "must be a list of tools")
