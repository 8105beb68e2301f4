"""Whether calls of one answer have each other's arguments. Pure.

Some servers stream calls whose fragments nothing tells apart. Then the arguments of one may have
gone to another, and the first is left without any. What is in doubt is not run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from zhipu_client.chat._brackets import Brackets
from zhipu_client.conversation.schemas import problems

__all__ = ["GONE", "Written", "doubts"]

#: Why a call is not run whose arguments may have gone astray.
GONE = "its arguments did not come, or are among those of another call"

Schema = Mapping[str, Any]


class Written(NamedTuple):
    """One call as the model wrote it: the caller's name, the arguments read, or None; their text.

    ``schema`` is that of the tool's arguments; empty where it is not known.
    """

    name: str
    value: Mapping[str, Any] | None
    text: str
    schema: Schema

    @property
    def blank(self) -> bool:
        """True where no arguments came."""
        return not self.text.strip()


def doubts(calls: Sequence[Written]) -> list[str | None]:
    """Return for each call why it must not be run beside the others, or None.

    Examples:
        >>> add = {"properties": {"a": {"type": "integer"}}, "required": ["a"]}
        >>> wipe = {"properties": {"all": {"type": "boolean"}}}
        >>> doubts([Written("add", {}, "", add), Written("wipe", {"a": 1}, '{"a": 1}', wipe)])[1]
        'its arguments may be those of the call of add'
        >>> doubts([Written("wipe", {}, "", wipe), Written("add", {"a": 1}, '{"a": 1}', add)])
        [None, None]
    """
    found: list[str | None] = [None] * len(calls)
    if len(calls) < 2:
        return found
    lost = any(call.value is None and _may_be_anothers(call) for call in calls)
    others = any(call.value != {} for call in calls)
    # Of calls that nothing tells apart one is enough: a model may write thousands of them.
    known: dict[tuple[str, int, bool], bool] = {}
    for number, call in enumerate(calls):
        if call.value != {} or not call.schema:
            continue
        kind = (call.name, id(call.schema), call.blank)
        if kind not in known:
            needs = bool(problems({}, call.schema))
            strayed = [n for n, other in enumerate(calls) if _may_be_of(call, other, needs)]
            for other in strayed:
                found[other] = f"its arguments may be those of the call of {call.name}"
            is_bare = (lost and _takes_any(call)) or (needs and call.blank and others)
            known[kind] = bool(strayed) or is_bare
        if known[kind]:
            found[number] = GONE
    return found


def _may_be_anothers(call: Written) -> bool:
    """Return whether what cannot be read may be more than the beginning of the call's own."""
    return not call.blank and (not call.name.strip() or Brackets().end(call.text) >= 0)


def _may_be_of(empty: Written, other: Written, needs: bool) -> bool:
    """Return whether a call's arguments may be those of one that has none."""
    if not other.value or other.name == empty.name:
        return False
    if not _fits(other.value, other.schema):
        return needs or _fits(other.value, empty.schema)
    return needs and empty.blank and _fits(other.value, empty.schema)


def _fits(value: Mapping[str, Any], schema: Schema) -> bool:
    """Return whether a tool takes these arguments, and knows each of them."""
    known = schema.get("properties")
    open_ended = schema.get("additionalProperties") or "patternProperties" in schema
    if isinstance(known, Mapping) and not open_ended and not value.keys() <= known.keys():
        return False
    return not problems(value, schema)


def _takes_any(call: Written) -> bool:
    return bool(call.schema.get("properties")) and call.blank
