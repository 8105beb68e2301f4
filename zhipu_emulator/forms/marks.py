"""What stands between the marks of a prompt, found in one go through its text.

A pattern with several open gaps tries every beginning with every end: a prompt that repeats its
marks, as a long conversation about prompts does, would take minutes.
"""

from __future__ import annotations

from itertools import pairwise

__all__ = ["between"]


def between(text: str, *marks: str, start: int = 0) -> tuple[str, ...] | None:
    """The texts between marks that follow each other; None where one is missing.

    Examples:
        >>> between("a << IN >> b << OUT >> c", "<< IN >>", "<< OUT >>")
        (' b ',)
    """
    ends = []
    for mark in marks:
        at = text.find(mark, start)
        if at < 0:
            return None
        start = at + len(mark)
        ends.append((at, start))
    return tuple(text[left:right] for (_, left), (right, _) in pairwise(ends))
