"""Tools: their names on the wire and back, and the choice among them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from zhipu_client._check import show
from zhipu_client._lazy import pattern
from zhipu_client.chat._requests import check_tool as _check_tool
from zhipu_client.conversation.schemas import inlined
from zhipu_client.errors import InvalidRequestError

__all__ = [
    "CHOICE_WORDS",
    "Choice",
    "ToolNames",
    "check_tool",
    "encode_name",
    "encoded_tools",
    "function_name",
    "function_names",
    "function_schema",
    "only",
    "read_choice",
]

_PLAIN_NAME = pattern(r"[a-zA-Z0-9_-]{1,64}")
#: How an encoded name ends. A plain name that ends so is encoded too: each name of the wire is of
#: one name only, whatever else is on offer, or was in an older turn.
_ENCODED = pattern(r"_x[0-9a-f]{8}\Z")
_NOT_PLAIN = pattern(r"[^a-zA-Z0-9_-]+")
#: What GLM's template for calls leaves around a name: see `ToolNames.decode`.
_LEADING = pattern(
    r"(?:[\s\u200b\ufeff]|<tool_call>|<\|[^|<>\s]{1,40}\|>|functions?\.|tool_call:|[\"'`])+"
)
_TRAILING = "\"'`:,.{\u200b\ufeff"
#: The number that some templates put behind the name of a call.
_NUMBER = pattern(r":\d{1,4}\Z")


def encode_name(name: str) -> str:
    """Return a tool's name as the wire takes it: ASCII letters, digits, ``_``, ``-``, up to 64.

    Other names (Chinese ones, ``Page[int]``) get a short hash of the whole name, so that no two
    become one. The same name is always encoded alike, in requests and in history.

    Examples:
        >>> encode_name("get_weather"), encode_name("查天气"), encode_name("Page[int]")
        ('get_weather', 'tool_x80bac930', 'Page_int_x994ab19b')
    """
    if _PLAIN_NAME.fullmatch(name) and not _ENCODED.search(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    slug = _NOT_PLAIN.sub("_", name).strip("_")[:54] or "tool"
    return f"{slug}_x{digest}"


class ToolNames:
    r"""The names of the tools on offer, on the wire and back.

    Args:
        names: The caller's names. A name that the wire takes is not changed.
        plain: False for a server that takes any name: none is changed.

    Examples:
        >>> names = ToolNames(["查天气", "add"])
        >>> names.decode("tool_x80bac930"), names.decode("add\n"), names.decode(' "add"()')
        ('查天气', 'add', 'add')
    """

    __slots__ = ("_own", "_plain", "_wire")

    def __init__(self, names: Iterable[str] = (), *, plain: bool = True) -> None:
        self._plain = plain
        #: The caller's name -> the wire's, and back.
        self._wire: dict[str, str] = {}
        self._own: dict[str, str] = {}
        for name in dict.fromkeys(names):
            wire = encode_name(name) if plain else name
            self._wire[name] = wire
            self._own[wire] = name

    @classmethod
    def of(cls, tools: Sequence[Mapping[str, Any]] | None) -> ToolNames:
        """Return the names of the functions among wire tools that have the caller's names yet."""
        return cls(function_names(tools))

    @property
    def offered(self) -> bool:
        """True when there is a function on offer."""
        return bool(self._wire)

    @property
    def known(self) -> frozenset[str]:
        """The names that a call of a function on offer may have: the wire's and the caller's."""
        return frozenset(self._own) | frozenset(self._wire)

    @property
    def changed(self) -> bool:
        """True when some name is another one on the wire."""
        return any(name != wire for name, wire in self._wire.items())

    def encode(self, name: str) -> str:
        """Return the wire's name; one that is not on offer (in history) is encoded too."""
        return self._wire.get(name) or (encode_name(name) if self._plain else name)

    def decode(self, name: str) -> str:
        """Return the caller's name for the one in a call.

        What the model's template leaves around a name (line breaks, quotes, ``<arg_key>`` and what
        follows, ``functions.`` or another namespace, ``()``, ``:0``) is taken off where that gives
        a tool on offer. Another name loses only the blanks around it; where there was nothing else,
        it is empty.
        """
        candidates = list(_without_residue(name))
        for candidate in candidates:
            if candidate in self._own:
                return self._own[candidate]
            if candidate in self._wire:  # the model wrote the caller's own name
                return candidate
        return name.strip() if candidates[2] else ""


def _without_residue(name: str) -> Iterator[str]:
    """Yield a name, then what it may have been, from the least change to the most."""
    yield name
    yield name.strip()
    begun = _LEADING.match(name)
    cut = name[begun.end() :] if begun is not None else name
    yield _without_end(cut)
    yield _without_end(cut.partition("<")[0])
    yield _without_end(cut.partition("\n")[0])
    numbered = _NUMBER.sub("", cut.strip())
    yield numbered
    yield numbered.rpartition(".")[2]


def _without_end(name: str) -> str:
    """Return a name without blanks, quotes and empty brackets at its end."""
    # By hand: an expression that is tied to the end of a text begins anew at each of its blanks.
    end = len(name)
    while end:
        if name[end - 1].isspace() or name[end - 1] in _TRAILING:
            end -= 1
            continue
        begin = end - 1 if name[end - 1] == ")" else 0
        while begin and name[begin - 1].isspace():
            begin -= 1
        if not begin or name[begin - 1] != "(":
            break
        end = begin - 1
    return name[:end]


def function_name(tool: Any) -> str | None:
    """Return the name of a function tool; None for other tools, and for anything else."""
    function = tool.get("function") if isinstance(tool, Mapping) else None
    name = function.get("name") if isinstance(function, Mapping) else None
    return name if isinstance(name, str) else None


def function_names(tools: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """Return the names of the functions among wire tools."""
    return [name for tool in tools or () if (name := function_name(tool)) is not None]


def function_schema(
    tools: Sequence[Mapping[str, Any]] | None, name: str
) -> Mapping[str, Any] | None:
    """Return the schema of a function's arguments; None where there is no such function or schema.

    Args:
        tools: The wire tools on offer.
        name: As it is in ``tools``.
    """
    for tool in tools or ():
        if function_name(tool) == name:
            schema = tool["function"].get("parameters")
            return schema if isinstance(schema, Mapping) else None
    return None


def check_tool(tool: Any, field: str) -> None:
    """Refuse a tool that can never be offered, whatever its name is on the wire.

    Args:
        tool: A wire tool with the caller's name.
        field: What to call it in the error, such as ``tools[2]``.

    Raises:
        InvalidRequestError: It has no name, or no usable schema.

    Examples:
        >>> check_tool({"type": "function", "function": {}}, "tools[2]")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: tools[2]...
    """
    named = bool(function_name(tool))
    _check_tool(encoded_tools([tool])[0] if named else tool, field)


def encoded_tools(
    tools: Sequence[Mapping[str, Any]], names: ToolNames | None = None
) -> list[Mapping[str, Any]]:
    """Return tools as they are sent: names that the wire takes, references in schemas inlined.

    A name that was changed opens the description. GLM writes a value as JSON text where the schema
    has a ``$ref`` for it.

    Args:
        tools: Wire tools with the caller's names. They are not changed.
        names: The names of these tools, where they were made already.

    Examples:
        >>> tool = {"type": "function", "function": {"name": "查天气", "description": "Weather."}}
        >>> encoded_tools([tool])[0]["function"]["name"]
        'tool_x80bac930'
    """
    names = names or ToolNames.of(tools)
    return [_encoded(tool, names) for tool in tools]


def _has_references(schema: Any) -> bool:
    waiting = [schema]
    seen: set[int] = set()  # a schema of a caller's may contain itself
    while waiting:
        part = waiting.pop()
        if not isinstance(part, (Mapping, list)) or id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, Mapping):
            if isinstance(part.get("$ref"), str):
                return True
            waiting.extend(part.values())
        else:
            waiting.extend(part)
    return False


def _encoded(tool: Mapping[str, Any], names: ToolNames) -> Mapping[str, Any]:
    name = function_name(tool)
    if name is None:
        return tool
    function = tool["function"]
    changed: dict[str, Any] = {}
    parameters = function.get("parameters")
    if isinstance(parameters, Mapping) and _has_references(parameters):
        changed["parameters"] = inlined(parameters)
    wire = names.encode(name)
    if wire != name:
        description = function.get("description") or ""
        if not description.startswith(name):
            description = f"{name}: {description}" if description else name
        changed |= {"name": wire, "description": description}
    return {**tool, "function": {**function, **changed}} if changed else tool


class Choice(NamedTuple):
    """What the caller wants of the model: any answer, no call, some call, or the call ``name``.

    Examples:
        >>> read_choice("any", [{"type": "function", "function": {"name": "add"}}])
        Choice(kind='required', name=None)
    """

    kind: Literal["auto", "none", "required", "named"]
    name: str | None = None


#: The words for a choice without a name -> what they mean.
CHOICE_WORDS: Mapping[str, Literal["auto", "none", "required"]] = {
    "": "auto", "auto": "auto", "none": "none", "any": "required", "required": "required",
}  # fmt: skip
#: Types of the object form that are followed by a name.
_NAMING = frozenset({"function", "tool"})


def read_choice(value: Any, tools: Sequence[Mapping[str, Any]] | None) -> Choice:
    """Return what ``tool_choice`` asks for, in any spelling of the frameworks, OpenAI or Anthropic.

    A name in an object is always a tool's. What is on offer under the very name comes first.

    Args:
        value: None, a bool, ``"auto"``, ``"none"``, ``"any"``, ``"required"``, a tool's name, or an
            object with a ``type``, a ``name`` or a ``function``.
        tools: The wire tools on offer, with the caller's names or the wire's.

    Raises:
        InvalidRequestError: It names a tool that is not on offer, or has no known form.

    Examples:
        >>> read_choice({"type": "tool", "name": "add"}, [{"type": "function",
        ...     "function": {"name": "add"}}])
        Choice(kind='named', name='add')
    """
    if value is None or value is False:
        return Choice("auto")
    if value is True:
        return Choice("required")
    name = value
    if isinstance(value, Mapping):
        function = value.get("function")
        inner = function.get("name") if isinstance(function, Mapping) else None
        name = inner or value.get("name")
        kind = value.get("type", "auto")
        named = name is not None
        name = name if named or kind in _NAMING else kind
    else:
        named = False
    if isinstance(name, str):
        if not named and name in CHOICE_WORDS:
            return Choice(CHOICE_WORDS[name])
        found = _offered(tools)
        if name in found:
            return Choice("named", name)
        for offered in found:
            if encode_name(offered) == name or encode_name(name) == offered:
                return Choice("named", offered)
    offer = ", ".join(_offered(tools)) or "(no tools)"
    raise InvalidRequestError(
        f"tool_choice is {show(value)}, but must be auto, none, any, required or one of the tools "
        f"on offer: {offer}",
        field="tool_choice",
        value=value,
    )


def _offered(tools: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """Return what can be named: functions by their names, other tools by their types."""
    found = [function_name(tool) or str(tool.get("type")) for tool in tools or ()]
    return list(dict.fromkeys(found))


def only(tools: Sequence[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    """Return only the tool of that name (or type): what is not on offer cannot be called."""
    return [
        tool
        for tool in tools
        if function_name(tool) == name or (function_name(tool) is None and tool.get("type") == name)
    ]
