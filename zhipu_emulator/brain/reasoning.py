"""The reasoning shown: what was considered, in short sentences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhipu_emulator.brain.conversation import Conversation
    from zhipu_emulator.brain.tools import Step

_SHORT = 80
_MOST = 6  # functions named
_SENTENCES = {
    "asked": ("The user asks: “{}”.", "用户的问题是：“{}”。"),
    "offered": ("I can call {}.", "可以调用{}。"),
    "calls": ("I call {}.", "我调用{}。"),
    "results": ("Results to answer from: {}.", "据以回答的结果数：{}。"),
    "not needed": ("None of them is needed here.", "这里不需要工具。"),
    "documents": (
        "I look for the sentences that answer it in the given text.",
        "我在给出的文字里找能回答的句子。",
    ),
    "at once": ("I can answer at once.", "我可以直接回答。"),
    "again": ("Checking once more: this agrees with what was asked.", "再检查一遍：与问题一致。"),
}


def thoughts(view: Conversation, calls: Sequence[Step]) -> str:
    """Reasoning in the language of the question; ``low`` effort is short, ``max`` checks again."""

    def say(key: str, value: object = "") -> None:
        lines.append(_SENTENCES[key][view.chinese].format(value))

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
