"""Finds the whole object in text that repeats it from its start, each time a bit longer. Pure.

Some servers stream the arguments so far with every chunk, or the beginning in pieces and then
everything. Put together that is not JSON, but what is meant is certain.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["last_repeat"]

#: How many braces are tried as the start of the last repeat.
_MOST_STARTS = 64


def last_repeat(text: str, ends_at: Callable[[int], int]) -> int | None:
    """Return where the last repeat starts: a whole object that all before it are beginnings of.

    Args:
        text: Text that is not JSON, and not the beginning of JSON either.
        ends_at: Returns where the JSON object that starts at a place ends; -1 where none does.

    Examples:
        >>> text = '{"a": {"a": 1{"a": 12}'
        >>> last_repeat(text, lambda start: len(text) if start == 13 else -1)
        13
    """
    start = len(text)
    for _ in range(_MOST_STARTS):
        start = text.rfind("{", 0, start)
        if start <= 0:
            return None
        if ends_at(start) == len(text):
            # Only one brace opens what the last one closes.
            return start if _are_beginnings(text[:start], text[start:]) else None
    return None


def _are_beginnings(text: str, whole: str) -> bool:
    """Return whether a text is nothing but beginnings of another one, in a row."""
    common = _common(f"{whole}\0{text}")[len(whole) + 1 :]
    reached = 0
    for position, length in enumerate(common):
        if position > reached:
            return False
        reached = max(reached, position + length)
    return reached >= len(text)


def _common(text: str) -> list[int]:
    """Return for each place how many characters from there on are those of the start."""
    # The Z-algorithm: linear, however often the start comes again.
    lengths = [0] * len(text)
    left = right = 0
    for place in range(1, len(text)):
        length = min(right - place, lengths[place - left]) if place < right else 0
        while place + length < len(text) and text[length] == text[place + length]:
            length += 1
        lengths[place] = length
        if place + length > right:
            left, right = place, place + length
    return lengths
