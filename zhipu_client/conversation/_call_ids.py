"""Calls of one message that have one id: each gets its own, and its result with it. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zhipu_client.chat._tool_calls import Ids

__all__ = ["with_own_ids"]


def with_own_ids(messages: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield copies of messages in which no two calls of one message have the same id.

    Histories of other providers have such calls. The results that follow under one id are those of
    its calls, in order.

    Args:
        messages: Wire messages in order. They are not changed.

    Examples:
        >>> calls = [{"id": "a"}, {"id": "a"}]
        >>> result = {"role": "tool", "tool_call_id": "a"}
        >>> turns = [{"role": "assistant", "tool_calls": calls}, result, result]
        >>> [message.get("tool_call_id") for message in with_own_ids(turns)]
        [None, 'a', 'a_1']
    """
    #: Id in the history -> the ids of its calls that have no result yet.
    waiting: dict[Any, deque[str]] = {}
    for message in messages:
        made = dict(message)
        if made["role"] == "tool":
            own = waiting.get(made.get("tool_call_id"))
            if own:
                made["tool_call_id"] = own.popleft()
        elif made["role"] == "assistant" and made.get("tool_calls"):
            waiting, ids = {}, Ids()
            made["tool_calls"] = [_with_own_id(call, waiting, ids) for call in made["tool_calls"]]
        yield made


def _with_own_id(
    call: Mapping[str, Any], waiting: dict[Any, deque[str]], ids: Ids
) -> Mapping[str, Any]:
    given = call.get("id")
    if not given:
        return call
    own = ids.own(str(given))
    waiting.setdefault(given, deque()).append(own)
    return call if own == given else {**call, "id": own}
