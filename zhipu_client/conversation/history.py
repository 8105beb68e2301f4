"""Conversations made sendable: the service answers 1214 to what breaks its rules. Pure.

Frameworks trim, merge and fork histories, and models cut their own calls. Works on wire messages,
for the adapters. The rules: tool results follow the calls they answer; each call has a result and
an id of its own; no call is unreadable; nothing is empty; one user turn at least, the first after
the system messages; neighbours of one role become one message. A tool's result may carry its tool's
name under ``_name`` and media under ``_media``, which become a user message after all results. The
parts of a user's message, and the media of a tool's, may have their places in the caller's messages
under ``_places``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import NoneType
from typing import Any

from zhipu_client import models
from zhipu_client.conversation._call_ids import with_own_ids
from zhipu_client.conversation.arguments import (
    read_arguments,
    text_of_arguments,
    whole_characters,
)
from zhipu_client.conversation.seen import seen
from zhipu_client.conversation.thinking import ReasoningHistory
from zhipu_client.conversation.tools import ToolNames, encode_name

__all__ = ["is_plain_text", "prepared", "repaired", "unrepaired", "with_file_urls"]

Wire = dict[str, Any]

#: Who has spoken -> who may speak next, in a conversation that is sent as it is.
_NEXT = {
    "": ("system", "user"), "system": ("user",), "user": ("assistant",), "assistant": ("user",),
}  # fmt: skip
#: Stands in for a user turn that a history lacks.
CONTINUE = "Continue."
#: Stands in for the result of a call that was never run.
NOT_RUN = "(no result: this call was not run)"


def prepared(
    messages: Sequence[Mapping[str, Any]],
    *,
    reasoning: ReasoningHistory = "tool_loop",
    names: ToolNames | None = None,
    repair: bool = True,
    model: str | None = None,
) -> list[Wire]:
    """The messages of a request, from what an adapter made of its framework's.

    Args:
        messages: Wire messages in order. They are not changed. An assistant's calls may have any
            ``arguments`` (an object, or the text that the model wrote) and lack an id; its
            ``reasoning_content`` is always there where the framework has kept it.
        reasoning: Which of that is sent: of the running tool loop (the answers after the last
            user message), all of it, or none.
        names: The names of the offered tools on the wire.
        repair: False keeps what the service would refuse, in any order, for counting.
        model: The model that they go to: media that it cannot take become notes (see
            `conversation.seen`). None sends all media.

    Raises:
        InvalidRequestError: What the user has just sent cannot be sent to this model.

    Examples:
        >>> from zhipu_client.conversation import prepared
        >>> thought = {"role": "assistant", "content": "323", "reasoning_content": "17 * 20 - 17"}
        >>> prepared([{"role": "user", "content": "17 * 19?"}, thought], reasoning="none")[1]
        {'role': 'assistant', 'content': '323'}
    """
    if _is_in_order(messages):
        return list(map(dict, messages))
    if not is_plain_text(messages):
        messages = seen(messages, model, strict=repair)
    dropped: dict[str, str] = {}
    last_user = max((n for n, m in enumerate(messages) if m["role"] == "user"), default=-1)
    sent: list[Wire] = []
    called = any(message.get("tool_calls") for message in messages)
    for position, made in enumerate(with_own_ids(messages) if called else map(dict, messages)):
        if made["role"] == "assistant":
            if reasoning == "none" or (reasoning == "tool_loop" and position <= last_user):
                made.pop("reasoning_content", None)
            _put_calls(made, dropped, names)
        elif made["role"] == "tool" and made.get("tool_call_id") in dropped:
            made.setdefault("_name", dropped[made["tool_call_id"]])
        sent.append(made)
    greets = _greets(model)
    found: list[Wire] = whole_characters(
        repaired(sent, greets=greets) if repair else unrepaired(sent)
    )
    return found


def is_plain_text(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether no wire message of an adapter has parts or media: most have only texts.

    Args:
        messages: Wire messages in order.

    Examples:
        >>> is_plain_text([{"role": "user", "content": "17 * 19?"}])
        True
    """
    for message in messages:
        if message["role"] == "tool" or not isinstance(message.get("content"), (str, NoneType)):
            return False
    return True


def _is_in_order(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether nothing is to be put right: texts alone, each of who speaks next.

    Most conversations are such ones, and none of the rules has to be asked for them.
    """
    last = ""
    for message in messages:
        role, content = message["role"], message.get("content")
        if len(message) > 2 or role not in _NEXT[last] or not isinstance(content, str):
            return False
        if not content.strip() or not (content.isascii() or _is_whole(content)):
            return False
        last = role
    return last in {"user", "assistant"}


def _is_whole(text: str) -> bool:
    """Return whether UTF-8 can carry a text: it may have half of a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _put_calls(message: Wire, dropped: dict[str, str], names: ToolNames | None) -> None:
    """Put an assistant's calls as they are sent into its message.

    A call that cannot be read is left out: with other arguments, ``{}`` say, it would teach the
    model that this was its call. A result of it (an agent's note that it was not run) then follows
    in the user's words, see `_orphan`.

    Args:
        message: The message. It is changed.
        dropped: The ids of the calls that are left out -> their names; added to.
        names: The names of the offered tools on the wire.
    """
    calls = []
    for number, call in enumerate(message.pop("tool_calls", None) or ()):
        sent = _sent_call(call, number, names)
        if sent is not None:
            dropped.pop(sent["id"], None)
            calls.append(sent)
        elif call.get("id"):
            dropped[call["id"]] = str(call["function"].get("name") or "")
    if calls:
        message["tool_calls"] = calls


def _sent_call(call: Mapping[str, Any], number: int, names: ToolNames | None) -> Wire | None:
    """A call of the model as it is sent; None for one that cannot be read."""
    function = call["function"]
    name = function.get("name")
    arguments = _arguments_text(function.get("arguments"))
    if arguments is None or not isinstance(name, str) or not name.strip():
        return None
    return {
        "id": call.get("id") or f"call_{number}",
        "type": "function",
        "function": {
            "name": names.encode(name) if names is not None else encode_name(name),
            "arguments": arguments,
        },
    }


def _arguments_text(arguments: Any) -> str | None:
    """Arguments as JSON text: as the model wrote them where that is an object's."""
    if arguments is None or isinstance(arguments, Mapping):
        return text_of_arguments(arguments)
    found = read_arguments(arguments).value
    if found is None:
        return None
    try:
        plain = isinstance(json.loads(arguments), dict)
    except (ValueError, TypeError):
        plain = False
    return str(arguments) if plain else text_of_arguments(found)


@lru_cache
def _greets(model: str | None) -> bool:
    """Whether the first message may be the assistant's, as of a character that speaks first."""
    info = models.find(model) if model is not None else None
    return info is not None and info.kind == "character"


def repaired(messages: list[Wire], *, join: bool = True, greets: bool = False) -> list[Wire]:
    """The conversation with what the service would refuse put right.

    Args:
        messages: Wire messages in order. They are not changed.
        join: Whether neighbours of one role become one message.
        greets: Whether the first of them may be the assistant's, before one of the user.
    """
    kept = _without_empty(_paired(messages))
    kept = _joined(kept) if join else kept
    if greets and any(message["role"] == "user" for message in kept):
        return kept
    return _with_user_turn(kept)


def unrepaired(messages: list[Wire]) -> list[Wire]:
    """The same messages, each as it is and in any order, for counting.

    LangChain's ``trim_messages`` counts parts of a conversation, and backwards: what a repair
    would add there is not in the conversation.

    Args:
        messages: Wire messages. They are not changed.
    """
    out: list[Wire] = []
    for message in messages:
        out.append({key: value for key, value in message.items() if key[0] != "_"})
        if message.get("_media"):
            out.append({"role": "user", "content": message["_media"]})
    return out


def _paired(messages: list[Wire]) -> list[Wire]:
    """Every tool result after its call, every call with a result, media after both."""
    out: list[Wire] = []
    open_calls: dict[str, Wire] = {}
    waiting: list[Wire] = []

    def close() -> None:
        out.extend(
            {"role": "tool", "tool_call_id": identity, "content": NOT_RUN}
            for identity in open_calls
        )
        open_calls.clear()
        out.extend(_joined(waiting))
        waiting.clear()

    for message in messages:
        role = message["role"]
        if role == "tool":
            hoisted = message.get("_media")
            # Histories of 2024 have results without an id: they follow the order of the calls.
            identity = message.get("tool_call_id") or next(iter(open_calls), None)
            if identity in open_calls:
                del open_calls[identity]
                sent = {key: value for key, value in message.items() if key[0] != "_"}
                out.append({**sent, "tool_call_id": identity})
            else:
                waiting.append(_orphan(message))
            if hoisted:
                waiting.append({"role": "user", "content": hoisted})
            continue
        close()
        out.append(message)
        if role == "assistant":
            open_calls.update({call["id"]: call for call in message.get("tool_calls") or ()})
    if open_calls or waiting:
        close()
    return out


def _orphan(message: Wire) -> Wire:
    """A result whose call is gone (a trimmed history): what it says is kept, as the user's."""
    name = message.get("_name")
    label = f"Result of the tool {name}" if name else "Result of an earlier tool call"
    return {"role": "user", "content": f"{label}:\n{message['content']}"}


def _without_empty(messages: list[Wire]) -> list[Wire]:
    return [
        message
        for message in messages
        if message["role"] == "tool"
        or message.get("tool_calls")
        or message.get("audio")
        or _is_filled(message.get("content"))
    ]


def _is_filled(content: Any) -> bool:
    if isinstance(content, str):
        return bool(content.strip())
    return bool(content)


def _joined(messages: list[Wire]) -> list[Wire]:
    out: list[Wire] = []
    for message in messages:
        last = out[-1] if out else None
        if last is not None and _may_join(last, message):
            out[-1] = _join(last, message)
        else:
            out.append(message)
    return out


def _may_join(left: Wire, right: Wire) -> bool:
    if left["role"] != right["role"] or left["role"] == "tool":
        return False
    apart = ("tool_calls", "audio", "reasoning_content")
    return not any(message.get(key) for message in (left, right) for key in apart)


def _join(left: Wire, right: Wire) -> Wire:
    if isinstance(left["content"], str) and isinstance(right["content"], str):
        return {**left, "content": f"{left['content']}\n\n{right['content']}"}
    return {**left, "content": [*_parts(left["content"]), *_parts(right["content"])]}


def _parts(content: Any) -> list[Any]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _with_user_turn(messages: list[Wire]) -> list[Wire]:
    """The first message after the system's is a user's."""
    if not messages:
        return []  # nothing was said at all: refused by the client, by name
    first = next((n for n, m in enumerate(messages) if m["role"] != "system"), len(messages))
    if first < len(messages) and messages[first]["role"] == "user":
        return messages
    turn: Wire = {"role": "user", "content": CONTINUE}
    if first == len(messages):
        # Only instructions: the last of them is what the caller asks.
        return [*messages[:-1], {**messages[-1], "role": "user"}]
    return [*messages[:first], turn, *messages[first:]]


def with_file_urls(messages: Sequence[Wire]) -> list[Wire]:
    """The messages with documents by URL in the older part (`models.takes_files_by_url`)."""
    return [
        {**message, "content": [_older(part) for part in message["content"]]}
        if isinstance(message.get("content"), list)
        else message
        for message in messages
    ]


def _older(part: Any) -> Any:
    inner = part.get("file") if isinstance(part, Mapping) and part.get("type") == "file" else None
    url = inner.get("file_url") if isinstance(inner, Mapping) else None
    return {"type": "file_url", "file_url": {"url": url}} if url else part
