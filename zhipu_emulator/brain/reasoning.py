"""The reasoning shown: what was considered, in short sentences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from zhipu_emulator.brain.words import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhipu_emulator.brain.conversation import Conversation
    from zhipu_emulator.brain.tools import Step

_SHORT = 80
_MOST = 6  # functions named


def thoughts(view: Conversation, calls: Sequence[Step]) -> str:
    """Reasoning in the language of the question; ``low`` effort is short, ``max`` checks again."""

    def say(key: str, value: object = "") -> None:
        lines.append(sentence(key, value, chinese=view.chinese))

    lines: list[str] = []
    asked = " ".join(view.question.split())
    say("asked", asked if len(asked) <= _SHORT else asked[: _SHORT - 1] + "…")
    names = [tool.name for tool in view.planner.tools]
    if names:
        say("offered", ", ".join(names[:_MOST]) + (", …" if len(names) > _MOST else ""))
    if calls:
        made = (f"{c.tool.name} {json.dumps(c.arguments, ensure_ascii=False)}" for c in calls)
        say("calls", ", ".join(made))
    elif view.results:
        say("results", len(view.results))
    else:
        say("not needed" if names else "documents" if view.documents else "at once")
    if view.asked.effort == "low":
        del lines[1:]
    if view.asked.effort in ("max", "xhigh"):
        say("again")
    # Recordings of several models show a line break before the first thought.
    lead = "\n" if view.asked.facts.leading_newline else ""
    return lead + ("" if view.chinese else " ").join(lines)
