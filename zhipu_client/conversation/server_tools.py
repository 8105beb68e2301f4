"""Tools that the service runs itself, with what they need to do what they are offered for. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhipu_client._check import not_boolean, refuse
from zhipu_client.conversation.call_secrets import is_redacted
from zhipu_client.errors import InvalidRequestError

__all__ = ["SERVER_TOOLS", "check_kinds", "completed", "search_tool", "without_strict"]

#: Tools that the service runs itself.
SERVER_TOOLS = frozenset(
    {"web_search", "retrieval", "mcp", "code_interpreter", "drawing_tool", "web_browser"}
)

#: Tools that OpenAI's servers run -> what to use here.
_OF_OPENAI: Mapping[str, str] = {
    "file_search": "a tool of type 'retrieval' with a knowledge base",
    "image_generation": "an image generator of this package, as a tool",
    "web_search_preview": "web_search=True",
}
#: What server tools have beside their type, and an object by its name.
_TOOL_KEYS = frozenset({"type", "name", "description"})
_SEARCH = "web_search"
_MCP = "mcp"
#: What the service has of OpenAI's form of an MCP server; the rest of it says the same in words.
_SENT_OF_FLAT = ("server_label", "server_url", "transport_type", "allowed_tools", "headers")
_FLAT_KEYS = frozenset(
    {"type", "authorization", "require_approval", "server_description", *_SENT_OF_FLAT}
)
#: The search engine of a site, by how its preset's name begins; the last one is everyone else's.
_ENGINES = (("zai", "search_pro_jina"), ("", "search_std"))


def search_tool(wanted: Any) -> dict[str, Any] | None:
    """Return the web search tool for a setting: True, its options, or a falsy value for no tool.

    Raises:
        InvalidRequestError: It is something else.

    Examples:
        >>> search_tool(True), search_tool({"count": 3})
        ({'type': 'web_search'}, {'type': 'web_search', 'web_search': {'count': 3}})
    """
    if isinstance(wanted, Mapping):
        return {"type": _SEARCH, _SEARCH: dict(wanted)}
    if not wanted:
        return None
    if wanted is not True:
        raise not_boolean(_SEARCH, wanted, "a dict")
    return {"type": _SEARCH}


def check_kinds(tools: Sequence[Any]) -> None:
    """Refuse tools that the service cannot run: those of OpenAI's servers, by their type or shape.

    Raises:
        InvalidRequestError: There is one; the text names what to use in its place.

    Examples:
        >>> check_kinds([{"type": "file_search", "vector_store_ids": ["x"]}])
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: tools[0] is of the type 'file_search', which is ...
    """
    for position, tool in enumerate(tools):
        kind = tool.get("type") if isinstance(tool, Mapping) else None
        if not isinstance(kind, str) or kind == "function":
            continue
        place = f"tools[{position}]"
        known = ", ".join(sorted(SERVER_TOOLS))
        if kind not in SERVER_TOOLS:
            other = _OF_OPENAI.get(kind, f"a function, or one of {known}")
            why = f"is of the type {kind!r}, which is not one of GLM's: use {other}"
            raise InvalidRequestError(f"{place} {why}", field=place, value=kind)
        if is_flat_mcp(tool):
            _check_flat(tool, place)
            continue
        foreign = sorted(tool.keys() - _TOOL_KEYS - {kind})
        if foreign and kind != _SEARCH:
            why = (
                f"has {', '.join(foreign)} beside its type {kind!r}, as OpenAI's have: GLM's "
                f"settings are in {{'type': {kind!r}, {kind!r}: {{...}}}}"
            )
            raise InvalidRequestError(f"{place} {why}", field=place, value=foreign)


def is_flat_mcp(tool: Any) -> bool:
    """Return whether a tool is an MCP server in OpenAI's form, its settings beside its type."""
    return isinstance(tool, Mapping) and tool.get("type") == _MCP and "server_label" in tool


def _check_given(tool: Any, place: str) -> None:
    """Refuse an MCP server without its secrets: what was written down has digests of them."""
    if not isinstance(tool, Mapping) or tool.get("type") != _MCP:
        return
    settings = tool if is_flat_mcp(tool) else tool.get(_MCP)
    if not isinstance(settings, Mapping):
        return
    if any(is_redacted(settings.get(name)) for name in ("server_url", "url", "authorization")):
        raise InvalidRequestError(
            f"{place}: the address or the token of an MCP server was serialised without its "
            "secrets: give it again",
            field=place,
        )
    headers = settings.get("headers")
    if headers is not None and not isinstance(headers, Mapping):
        raise InvalidRequestError(
            f"{place}: the headers of an MCP server must be a dict, got {type(headers).__name__}; "
            "what was serialised does not have them: give them again",
            field=place,
        )


def _check_flat(tool: Mapping[str, Any], place: str) -> None:
    unknown = sorted(tool.keys() - _FLAT_KEYS)
    if unknown:
        raise InvalidRequestError(
            f"{place} has {', '.join(unknown)}, which GLM's service does not have for MCP servers",
            field=place,
            value=unknown,
        )
    if tool.get("require_approval") not in (None, "never"):
        raise refuse(
            f"{place}.require_approval",
            tool["require_approval"],
            "must be 'never': the service calls the server without asking. To approve each call, "
            "offer the server's tools as functions of your own",
        )
    allowed = tool.get("allowed_tools")
    if isinstance(allowed, Mapping) and allowed.keys() - {"tool_names"}:
        # Left out, it would allow more than the caller meant to.
        raise refuse(
            f"{place}.allowed_tools",
            sorted(map(str, allowed)),
            "must be a list of names, or have tool_names only: the service cannot tell which tools "
            "do no more than read",
        )
    headers = tool.get("headers")
    if headers is not None and not isinstance(headers, Mapping):  # not quoted: it has a secret
        raise refuse(f"{place}.headers", type(headers).__name__, "must be names with values")


def nested_mcp(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Return an MCP server in OpenAI's form as the service takes it.

    Examples:
        >>> flat = {"type": "mcp", "server_label": "docs", "authorization": "t"}
        >>> nested_mcp(flat)["mcp"]
        {'server_label': 'docs', 'headers': {'Authorization': 'Bearer t'}}
    """
    given = {name: tool[name] for name in _SENT_OF_FLAT if tool.get(name) is not None}
    allowed = given.get("allowed_tools")
    if isinstance(allowed, Mapping):  # OpenAI's filter; an empty one leaves nothing out
        del given["allowed_tools"]
        if allowed.get("tool_names") is not None:
            given["allowed_tools"] = list(allowed["tool_names"])
    if tool.get("authorization"):
        token = {"Authorization": f"Bearer {tool['authorization']}"}
        given["headers"] = {**token, **(given.get("headers") or {})}
    return {"type": _MCP, _MCP: given}


def without_strict(tool: Any) -> Any:
    """Return a tool without ``strict``, which the service does not know; any other as it is."""
    function = tool.get("function") if isinstance(tool, Mapping) else None
    if not isinstance(function, Mapping) or "strict" not in function:
        return tool
    return {**tool, "function": {k: v for k, v in function.items() if k != "strict"}}


def completed(tools: Sequence[Any], *, site: str | None) -> list[Any]:
    """Return the tools, each web search with what makes it search and give what it found.

    The service asks for an engine, and keeps what it found to itself unless ``search_result`` is
    true. What the caller has set stays.

    Args:
        tools: Wire tools. They are not changed.
        site: The preset that is called, or None for any other server.

    Raises:
        InvalidRequestError: The headers of an MCP server are not a dict.

    Examples:
        >>> completed([{"type": "web_search", "web_search": {"count": 3}}], site="zai")[0]
        ... # doctest: +NORMALIZE_WHITESPACE
        {'type': 'web_search', 'web_search':
         {'enable': True, 'search_engine': 'search_pro_jina', 'search_result': True, 'count': 3}}
    """
    for position, tool in enumerate(tools):
        _check_given(tool, f"tools[{position}]")
    found = [nested_mcp(tool) if is_flat_mcp(tool) else tool for tool in tools]
    return [_searching(tool, site) if _is_search(tool) else tool for tool in found]


def _is_search(tool: Any) -> bool:
    if not isinstance(tool, Mapping) or tool.get("type") != _SEARCH:
        return False
    return tool.get(_SEARCH) is None or isinstance(tool[_SEARCH], Mapping)


def _searching(tool: Mapping[str, Any], site: str | None) -> dict[str, Any]:
    engine = next(name for prefix, name in _ENGINES if (site or "").startswith(prefix))
    given = {key: value for key, value in (tool.get(_SEARCH) or {}).items() if value is not None}
    options = {"enable": True, "search_engine": engine, "search_result": True, **given}
    return {**tool, _SEARCH: options}
