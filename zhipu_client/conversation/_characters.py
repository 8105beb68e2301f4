r"""Text that UTF-8 can carry: pairs of surrogates joined, lone halves replaced. Pure.

Halves come from characters that a server split over two chunks, from ``\ud83d`` escapes and
from tools that cut a text in the middle of an emoji. One of them makes a request unsendable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["whole_characters", "whole_text"]


def whole_text(text: str) -> str:
    r"""Return the text with pairs of surrogates joined and lone halves replaced by U+FFFD.

    Example:
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

    Example:
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
