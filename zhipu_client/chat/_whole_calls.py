"""The tool calls of a whole message: in the forms that servers have sent, each once. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from zhipu_client.chat._tool_calls import Ids, identity_of, index_of, value_of

__all__ = ["SERVER_CALLS", "calls_of", "is_served", "unique_ids"]

#: Kinds of ``tool_calls`` that the service has run itself.
SERVER_CALLS = frozenset({"web_search", "retrieval", "mcp"})


def calls_of(message: Mapping[str, Any]) -> list[Any]:
    """Return the tool calls of a message or delta, in the forms that servers have sent.

    Args:
        message: The message or delta, as it came.

    Examples:
        >>> calls_of({"function_call": {"name": "add", "arguments": "{}"}})
        [{'index': 0, 'type': 'function', 'function': {'name': 'add', 'arguments': '{}'}}]
        >>> calls_of({"tool_calls": '{"function": {"name": "add"}}'})
        [{'function': {'name': 'add'}}]
    """
    calls = message.get("tool_calls")
    if isinstance(calls, str):
        try:
            calls = json.loads(calls)
        except (ValueError, RecursionError):
            calls = None
    if isinstance(calls, Mapping):
        calls = [calls]
    if isinstance(calls, list) and calls:
        return [_with_function(call) for call in calls]
    older = message.get("function_call")  # before there could be several
    if isinstance(older, Mapping) and older:
        return [{"index": 0, "type": "function", "function": older}]
    return []


def _with_function(call: Any) -> Any:
    """Return a call with a ``function``: some servers put what is in it beside it."""
    if not isinstance(call, Mapping) or is_served(call):
        return call
    function = call.get("function")
    name = function if isinstance(function, str) else call.get("name")
    if isinstance(function, Mapping) or not (isinstance(name, str) or "arguments" in call):
        return call
    return {**call, "function": {"name": name, "arguments": call.get("arguments")}}


def is_served(call: Any) -> bool:
    """Return whether a call is one that the service has run itself.

    Args:
        call: An item of ``tool_calls``, whatever the server sent there.

    Examples:
        >>> from zhipu_client import chat
        >>> chat.is_served({"type": "mcp"}), chat.is_served({"type": "function"})
        (True, False)
    """
    kind = call.get("type") if isinstance(call, Mapping) else None
    return isinstance(kind, str) and kind in SERVER_CALLS


def unique_ids(calls: Iterable[Any]) -> list[Any]:
    """Return the ``tool_calls`` of a whole message, no two with the same id.

    The first keeps it; the others get ``_1``, ``_2``, … behind theirs. An empty text and ``"null"``
    are not ids, and become None. A call that comes once more (index, id, name and arguments are the
    same) is left out.

    Args:
        calls: The calls. They are not changed.

    Examples:
        >>> [call["id"] for call in unique_ids([{"id": "a"}, {"id": "a"}, {"id": ""}])]
        ['a', 'a_1', None]
    """
    ids = Ids()
    latest: dict[str, Any] = {}
    found = []
    for call in calls:
        if isinstance(call, Mapping) and not is_served(call):
            identity = identity_of(call.get("id"))
            if identity is not None:
                said, latest[identity] = latest.get(identity), _said(call)
                if said is not None and said == latest[identity]:
                    continue
            made = ids.own(identity) if identity is not None else None
            if made != call.get("id"):
                call = {**call, "id": made}
        found.append(call)
    return found


def _said(call: Mapping[str, Any]) -> tuple[int | None, str, str] | None:
    """Return what a whole call says beside its id; None without a name."""
    function = call.get("function")
    name = function.get("name") if isinstance(function, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(name, str) or not name.strip():
        return None
    arguments = function.get("arguments")
    if arguments is None:
        arguments = ""
    elif not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)
    return index_of(call.get("index")), name.strip(), value_of(arguments) or arguments.strip()
