"""The answer in the form that a prompt states."""

from __future__ import annotations

from collections.abc import Sequence

from zhipu_emulator.forms import (
    choices,
    extracts,
    output_formats,
    quizzes,
    sourced,
    sql,
    tasks,
    verdicts,
)

__all__ = ["in_form"]

_READERS = (
    quizzes.written,
    sourced.written,
    output_formats.written,
    choices.written,
    extracts.written,
    sql.written,
    tasks.written,
    verdicts.written,
)
_LONGEST = 60_000  # characters of a prompt that are read for a form


def in_form(system: Sequence[str], user: Sequence[str], said: str = "") -> str | None:
    """The answer to the last of a user's texts; None where neither it nor the system's has a form.

    Args:
        system: What the system's messages say.
        user: What the user's messages say, oldest first.
        said: What the assistant said last.
    """
    last = user[-1][-_LONGEST:]
    if said and user[:-1] and "opportunity to refine" in last:  # the answer is a message of its own
        last = f"Question: {user[-2]}\nWe have provided an existing answer: {said}\n{last}"
    before = [*system, *user[:-1]] if "[] > []" in last else system  # passages have messages
    for text in (last, "\n".join([*before, last])[-_LONGEST:]):
        for read in _READERS:
            if (found := read(text)) is not None:
                return found
    return None
