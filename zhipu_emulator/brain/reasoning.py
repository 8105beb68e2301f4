"""The reasoning shown: what was considered, in short sentences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhipu_emulator.brain.conversation import Conversation
    from zhipu_emulator.brain.plan import Step

_SHORT = 80


def thoughts(view: Conversation, calls: Sequence[Step]) -> str:
    """Reasoning in the language of the question; ``low`` effort is short, ``max`` checks again."""
    lines = _chinese(view, calls) if view.chinese else _english(view, calls)
    if view.asked.effort == "low":
        lines = lines[:1]
    if view.asked.effort in ("max", "xhigh"):
        lines.append(
            "再检查一遍：以上内容与问题一致。" if view.chinese
            else "Checking once more: this agrees with what was asked."
        )  # fmt: skip
    # Recordings of several models show a line break before the first thought.
    lead = "\n" if view.asked.facts.leading_newline else ""
    return lead + ("" if view.chinese else " ").join(lines)


def _asked(view: Conversation) -> str:
    text = " ".join(view.question.split())
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"


def _call(step: Step) -> str:
    return f"{step.tool.name} {json.dumps(step.arguments, ensure_ascii=False)}"


def _english(view: Conversation, calls: Sequence[Step]) -> list[str]:
    lines = [f"The user asks: “{_asked(view)}”."]
    names = [tool.name for tool in view.planner.tools]
    if names:
        shown = ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
        lines.append(f"I can call {shown}.")
    if calls:
        lines.append(f"I call {' and '.join(_call(step) for step in calls)}.")
    elif view.results:
        count = len(view.results)
        lines.append(
            f"There {'is 1 result' if count == 1 else f'are {count} results'} to answer from."
        )
    elif names:
        lines.append("None of them is needed here.")
    elif view.documents:
        lines.append("I look for the sentences that answer it in the given text.")
    else:
        lines.append("I can answer at once.")
    return lines


def _chinese(view: Conversation, calls: Sequence[Step]) -> list[str]:
    lines = [f"用户的问题是：“{_asked(view)}”。"]
    names = [tool.name for tool in view.planner.tools]
    if names:
        lines.append(f"可以调用{'、'.join(names[:6])}{'等' if len(names) > 6 else ''}。")
    if calls:
        lines.append(f"我调用{'和'.join(_call(step) for step in calls)}。")
    elif view.results:
        lines.append(f"已有{len(view.results)}个结果，据此回答。")
    elif names:
        lines.append("这里不需要工具。")
    elif view.documents:
        lines.append("在给出的资料里找能回答的句子。")
    else:
        lines.append("可以直接回答。")
    return lines
