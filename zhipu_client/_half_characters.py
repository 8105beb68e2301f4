r"""Half characters from a server: read, joined to whole ones, or replaced. Pure.

Some servers escape what is not ASCII and cut a text between tokens, so that the two halves of one
emoji (a surrogate pair) come as ``"\ud83d"`` and ``"\ude42"`` in two chunks. A fast JSON reader
refuses such a text, and UTF-8 cannot carry it. Tools that cut a text in the middle of an emoji
leave halves too, and one of them makes a request unsendable.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic_core import from_json

from zhipu_client._lazy import pattern

__all__ = ["HalfJoiner", "decode", "decode_spoiled", "whole_characters", "whole_text"]

_TEXTS = ("content", "reasoning_content", "reasoning")
_ESCAPED = pattern(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
_UNKNOWN = "\ufffd"


def decode(data: bytes) -> tuple[Any, bool]:
    """Return the value of a JSON text, and whether its strings may contain half characters.

    Raises:
        ValueError: It is not JSON.
    """
    try:
        return from_json(data), False
    except ValueError:
        if _ESCAPED.search(data) is None:
            raise
    try:
        return json.loads(data.decode("utf-8", "surrogatepass")), True
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def decode_spoiled(data: bytes) -> Any:
    r"""Return the value of a JSON text in which some bytes are not UTF-8, each one as U+FFFD.

    It is for what an error carries: such an answer is refused, but it was paid for.

    Raises:
        ValueError: It is not JSON, or all of its bytes are UTF-8.

    Examples:
        >>> decode_spoiled(b'{"text": "caf\xe9"}')
        {'text': 'caf�'}
    """
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        try:
            return whole_characters(json.loads(data.decode("utf-8", "replace")))
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error
    raise ValueError("its bytes are UTF-8")


def whole_text(text: str) -> str:
    r"""Return the text with pairs of surrogates joined and lone halves replaced by U+FFFD.

    Examples:
        >>> whole_text("\ud83d\ude00 and \ud83d") == "\U0001f600 and \ufffd"
        True
    """
    if _is_whole(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def whole_characters(value: Any) -> Any:
    r"""Return a JSON-like value whose texts, keys too, UTF-8 can carry.

    The value itself is returned when nothing had to change; else a copy, in which mappings are
    dicts and tuples are lists.

    Args:
        value: Texts, numbers, and mappings and lists of them. It is not changed.

    Examples:
        >>> whole_characters({"a": ["\ud83d\ude00"]}) == {"a": ["\U0001f600"]}
        True
    """
    if isinstance(value, str):
        return whole_text(value)
    return value if _all_whole(value) else _copied(value)


def _is_whole(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _all_whole(value: Any) -> bool:
    waiting = [value]
    seen: set[int] = set()  # a value may contain itself
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if not _is_whole(item):
                return False
        elif isinstance(item, (Mapping, list, tuple)) and id(item) not in seen:
            seen.add(id(item))
            if isinstance(item, Mapping):
                waiting.extend(item.keys())
                waiting.extend(item.values())
            else:
                waiting.extend(item)
    return True


def _copied(value: Any) -> Any:
    # Without recursion: what a stuck model writes may be nested deeper than Python's stack.
    copies: dict[int, Any] = {}
    waiting: list[Any] = []

    def copy_of(item: Any) -> Any:
        if isinstance(item, str):
            return whole_text(item)
        if not isinstance(item, (Mapping, list, tuple)):
            return item
        if id(item) not in copies:
            copies[id(item)] = {} if isinstance(item, Mapping) else []
            waiting.append(item)
        return copies[id(item)]

    copied = copy_of(value)
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            copies[id(item)].update((copy_of(key), copy_of(part)) for key, part in item.items())
        else:
            copies[id(item)].extend(copy_of(part) for part in item)
    return copied


class _Owner(NamedTuple):
    """The tool call that a piece of arguments says it belongs to."""

    id: Any
    name: Any

    def is_left_by(self, other: _Owner, text: Any, same_field: bool) -> bool:
        """Return whether a piece that follows a half of this call is another call's."""
        if same_field and isinstance(text, str) and "\udc00" <= text[:1] <= "\udfff":
            return False
        return bool(other.name) and (other != self or bool(text))


def _left(field: tuple[Any], owner: _Owner) -> dict[str, Any]:
    """Return the piece of a tool call that says that there was a half that nothing followed."""
    found: dict[str, Any] = {"index": field[0], "function": {"arguments": _UNKNOWN}}
    return {**found, "id": owner.id} if field[0] is None and owner.id else found


class HalfJoiner:
    """Joins the halves of characters over the chunks of one chat stream, each field by itself.

    The first half is kept back until the field goes on, or the answer ends.
    """

    __slots__ = ("_held", "_owners")

    def __init__(self) -> None:
        self._held: dict[Any, str] = {}
        #: Field -> id and name of the tool call whose arguments end with the half.
        self._owners: dict[Any, _Owner] = {}

    def __bool__(self) -> bool:
        """Return whether a half is kept back."""
        return bool(self._held)

    def join(self, chunk: dict[str, Any]) -> dict[str, Any]:
        """Return a chunk without half characters.

        Args:
            chunk: It may be changed.
        """
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if isinstance(choice, dict):
            delta = choice.get("delta") or choice.get("message")
            if isinstance(delta, dict):
                self._join(delta)
            if choice.get("finish_reason") and self._held:
                if not isinstance(delta, dict):
                    choice["delta"] = delta = {}
                self._release(delta)
        found: dict[str, Any] = whole_characters(chunk)
        return found

    def rest(self) -> dict[str, Any]:
        """Return a chunk with what is still kept back when the stream ends."""
        delta: dict[str, Any] = {}
        self._release(delta)
        return {"choices": [{"index": 0, "delta": delta}]}

    def _join(self, delta: dict[str, Any]) -> None:
        for field in _TEXTS:
            if isinstance(delta.get(field), str):
                delta[field] = self._joined(field, delta[field])
        calls = delta.get("tool_calls")
        if isinstance(calls, list):
            delta["tool_calls"] = [made for call in calls for made in self._calls(call)]

    def _calls(self, call: Any) -> Iterator[Any]:
        """Yield a piece of a tool call, behind the half that an earlier call has left."""
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            yield call
            return
        index = call.get("index")
        key = (index if isinstance(index, (int, str)) else None,)
        owner = _Owner(call.get("id"), function.get("name"))
        text = function.get("arguments")
        for field in dict.fromkeys((key, (None,))):
            if field in self._held and self._owners[field].is_left_by(owner, text, field == key):
                del self._held[field]
                yield _left(field, self._owners[field])
        if isinstance(text, str):
            function["arguments"] = self._joined(key, text)
            if key in self._held:
                known = self._owners.get(key, owner)
                self._owners[key] = _Owner(owner.id or known.id, owner.name or known.name)
        if owner.name and key not in self._held:
            self._owners[key] = owner
        yield call

    def _joined(self, field: Any, text: str) -> str:
        if not text:
            return text
        text = self._held.pop(field, "") + text
        if "\ud800" <= text[-1] <= "\udbff":
            self._held[field], text = text[-1], text[:-1]
        return text

    def _release(self, delta: dict[str, Any]) -> None:
        for field in self._held:
            if isinstance(field, str):
                delta[field] = (delta.get(field) or "") + _UNKNOWN
            else:
                last = _left(field, self._owners[field])
                delta["tool_calls"] = [*(delta.get("tool_calls") or ()), last]
        self._held = {}
