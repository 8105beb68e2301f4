"""What GLM does to an answer now and then: each habit of ``fault_kinds.HABITS`` as a change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zhipu_emulator.chat.answer import Reply

__all__ = ["CHANGES", "ON_THE_WIRE", "applied", "halved"]

_THOUGHT = "Let me see."
_EMOJI = "\N{SLIGHTLY SMILING FACE}"
_PLANE = 0x10000  # characters from here on are written as two halves


def applied(reply: Reply, habits: Iterable[str]) -> Reply:
    """The answer as a model with these habits gives it; the order of the table counts."""
    chosen = set(habits)
    for name, change in CHANGES.items():
        if name in chosen:
            reply = change(reply)
    return replace(reply, habits=frozenset(chosen))


def _arguments(change: Callable[[str], str]) -> Callable[[Reply], Reply]:
    def changed(reply: Reply) -> Reply:
        calls = (replace(call, arguments=change(call.arguments)) for call in reply.calls)
        return replace(reply, calls=tuple(calls))

    return changed


def _nested_as_text(arguments: str) -> str:
    try:
        found = json.loads(arguments)
    except ValueError:  # cut by a limit
        return arguments
    if not isinstance(found, dict):
        return arguments
    return _text({key: _text(v) if isinstance(v, dict | list) else v for key, v in found.items()})


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _newline(reply: Reply) -> Reply:
    return replace(reply, calls=tuple(replace(c, name=f"{c.name}\n") for c in reply.calls))


def _boxed(reply: Reply) -> Reply:
    if not reply.content:
        return reply
    return replace(reply, content=f"<|begin_of_box|>{reply.content}<|end_of_box|>")


def _emoji(reply: Reply) -> Reply:
    if not reply.content or any(ord(c) >= _PLANE for c in reply.content):
        return reply
    return replace(reply, content=f"{reply.content} {_EMOJI}")


def _think_end(reply: Reply) -> Reply:
    thought = reply.reasoning or _THOUGHT
    return replace(reply, reasoning="", content=f"{thought}</think>\n{reply.content}")


# In this order: arguments that were nested as text may be encoded as a whole after that.
CHANGES: Mapping[str, Callable[[Reply], Reply]] = {
    "nested_as_text": _arguments(_nested_as_text),
    "twice_encoded_arguments": _arguments(_text),
    "null_arguments": _arguments(lambda _: "null"),
    "name_with_newline": _newline,
    "box_marks": _boxed,
    "split_emoji": _emoji,
    "lone_think_end": _think_end,
}

#: Habits that show only in how an answer is written.
ON_THE_WIRE = frozenset({"same_call_id", "index_zero", "split_emoji", "bare_sound"})


def halved(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces of a stream, each emoji's two halves in two of them."""
    for piece in pieces:
        start = 0
        for place, char in enumerate(piece):
            if (code := ord(char) - _PLANE) >= 0:
                yield piece[start:place] + chr(0xD800 + (code >> 10))
                yield chr(0xDC00 + (code & 0x3FF))
                start = place + 1
        if piece[start:]:
            yield piece[start:]
