"""A forced tool or a schema: what of it the server is asked to enforce, and what is checked. Pure.

Zhipu's service honours ``tool_choice="auto"`` only, and has JSON mode without a schema: there the
rest is put into words. Servers of the common dialect have grammars of their own, so they are asked
for both; their answers are checked all the same, since some of them ignore what they do not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from zhipu_client import models
from zhipu_client._check import refuse
from zhipu_client.conversation.requirement import Requirement
from zhipu_client.conversation.response_formats import (
    is_json_mode_with_schema,
    named_schema,
    native_format,
)
from zhipu_client.conversation.server_tools import (
    check_kinds,
    completed,
    search_tool,
    without_strict,
)
from zhipu_client.conversation.tools import (
    CHOICE_WORDS,
    Choice,
    ToolNames,
    encoded_tools,
    function_names,
    function_schema,
    only,
    read_choice,
)
from zhipu_client.dialects import Dialect

__all__ = [
    "StructuredAnswer",
    "StructuredStrategy",
    "ToolChoiceMode",
    "choice_as_text",
    "listed",
    "put_requirement",
    "put_tools",
    "schemas_of",
    "structured_strategies",
]

ToolChoiceMode = Literal["auto", "native", "emulate"]
#: How an instance of a class is asked for: JSON mode, the call of a tool, a schema in words.
StructuredStrategy = Literal["json", "tool", "prompt"]


class StructuredAnswer(NamedTuple):
    """What an adapter knows of an answer that is data for a program.

    Attributes:
        lenient: When the second attempt fails too, return it rather than raise: a parser follows.
        replaceable: What a stream has shown may be replaced by a second attempt.
        json_mode: False keeps ``response_format`` out of the request: the schema goes in words.
        check: What is wrong with a value that fits the schema, in words.

    Examples:
        >>> from zhipu_client.conversation import StructuredAnswer
        >>> needed = StructuredAnswer(check=lambda value: ["total: missing"][len(value) :])
        >>> needed.check({}), needed.check({"total": 7.7})
        (['total: missing'], [])
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
    tools, choice = put_tools(params, values, names, dialect)
    forced = choice.kind in {"required", "named"} and bool(function_names(tools))
    wanted = params.pop("response_format", None)
    response = named_schema(wanted)
    mode = values.get("tool_choice_mode") or "auto"
    if mode == "native" and is_json_mode_with_schema(wanted):
        mode = "emulate"
        if forced:  # the choice is still the server's
            params["tool_choice"] = _native_choice(choice, names)
    if response is None and not forced:
        return None
    structured = values.get("structured")
    if structured is not None and not isinstance(structured, StructuredAnswer):
        raise refuse("structured", structured, "must be a StructuredAnswer")
    hints = structured or StructuredAnswer()
    native = mode == "native" or (mode == "auto" and dialect.enforces)
    # With tools on offer only the instruction is sent: servers that enforce JSON would keep the
    # model from calling any.
    free = response is not None and not forced and bool(tools)
    if mode == "auto" and (free or not hints.json_mode):
        native = native and forced
    if native:
        if forced:
            params["tool_choice"] = _native_choice(choice, names)
        _set_format(params, None if forced and mode == "auto" else native_format(response))
    elif response is not None and not tools and hints.json_mode and _has_json_mode(info):
        params["response_format"] = {"type": "json_object"}
    requirement = _checked_for(response, hints, structured=structured is not None)
    return replace(
        requirement,
        tools=schemas_of(tools) if forced else None,
        native=native,
        trusted=mode == "native",
        names=names,
    )


def _set_format(params: dict[str, Any], wire: dict[str, Any] | None) -> None:
    if wire is not None:
        params["response_format"] = wire


def _checked_for(
    response: tuple[str, Mapping[str, Any] | None] | None,
    hints: StructuredAnswer,
    *,
    structured: bool,
) -> Requirement:
    """Return what an answer is checked for, the calls that are due apart."""
    name, schema = response or ("answer", None)
    believed = response is not None and schema is None and not structured
    return Requirement(
        json=response is not None,
        schema=schema,
        name=name,
        structured=structured or schema is not None,
        lenient=hints.lenient or believed,
        replaceable=hints.replaceable,
        check=hints.check,
    )


def structured_strategies(
    wanted: StructuredStrategy | Literal["auto"], model: str
) -> tuple[StructuredStrategy, ...]:
    """Return the ways to ask for an instance of a class, in the order in which they are tried.

    Args:
        wanted: The way that the user chose, before the schema in words; "auto" takes JSON mode
            where the model has it, and where it is not known.
        model: The model's code.

    Examples:
        >>> structured_strategies("auto", "glm-4.7")
        ('json', 'prompt')
        >>> structured_strategies("prompt", "glm-4.7")
        ('prompt',)
    """
    if wanted == "auto":
        wanted = "json" if _has_json_mode(models.find(model)) else "prompt"
    return ("prompt",) if wanted == "prompt" else (wanted, "prompt")


def _has_json_mode(info: models.ModelInfo | None) -> bool:
    return info is None or info.json_mode


def put_tools(
    params: dict[str, Any], values: Mapping[str, Any], names: ToolNames, dialect: Dialect
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
    search = search_tool(values.get("web_search"))
    served += [search] if search is not None else []
    if dialect.bounds:
        check_kinds([*tools, *served])
        tools = [without_strict(tool) for tool in tools]
    offered = completed([*encoded_tools(tools, names), *served], site=dialect.site)
    params.pop("tools", None)
    if offered:
        params["tools"] = offered
    return tools, choice


def schemas_of(tools: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The offered functions' names -> the schemas of their arguments."""
    return {name: function_schema(tools, name) or {} for name in function_names(tools)}


def choice_as_text(choice: Choice) -> str | dict[str, str] | None:
    """Return a choice to be bound to a call: None, ``"none"``, ``"any"``, or a name.

    A name that is also one of the words, such as ``"auto"``, is in an object.

    Args:
        choice: A choice as `read_choice` returns it.

    Examples:
        >>> from zhipu_client.conversation import Choice, choice_as_text
        >>> choice_as_text(Choice("required")), choice_as_text(Choice("named", "add"))
        ('any', 'add')
    """
    if choice.name is not None and choice.name in CHOICE_WORDS:
        return {"type": "tool", "name": choice.name}
    words = {"auto": None, "none": "none", "required": "any", "named": choice.name}
    return words[choice.kind]


def _native_choice(choice: Choice, names: ToolNames) -> Any:
    if choice.name is None:
        return "required"
    return {"type": "function", "function": {"name": names.encode(choice.name)}}


def listed(name: str, value: Any) -> list[Any]:
    """Return a list out of a sequence of tools, or of nothing.

    Raises:
        InvalidRequestError: It is something else.
    """
    if value is None or (isinstance(value, Sequence) and not isinstance(value, (str, bytes))):
        return list(value or ())
    raise refuse(name, type(value).__name__, "must be a list of tools")
