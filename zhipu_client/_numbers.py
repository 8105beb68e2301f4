"""Numbers that others wrote: one bounded way to read them. Pure."""

from __future__ import annotations

from typing import Any

__all__ = ["whole_number"]


def whole_number(value: Any, *, most: int) -> int | None:
    """Return a whole number from outside; None where it is not one, or not from 0 to ``most``.

    Python refuses to read thousands of digits with a bare `ValueError`, and what is read may be
    used to count: so each reader says how large a number may be.

    Args:
        value: What came: a number, or a text with one.
        most: The largest number to take.

    Examples:
        >>> whole_number("12", most=100), whole_number("1" * 9, most=100)
        (12, None)
    """
    if isinstance(value, str):
        digits = value.strip().lstrip("0") or "0"
        if not value.strip() or len(digits) > len(str(most)) or not digits.isdecimal():
            return None
        value = int(digits)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not 0 <= value <= most or value != int(value):
        return None
    return int(value)
