"""Whether to call functions now, and which."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from zhipu_emulator.brain import results, smalltalk
from zhipu_emulator.brain.plan import BACK, Step
from zhipu_emulator.brain.schema import roles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhipu_emulator.brain.conversation import Conversation
    from zhipu_emulator.brain.plan import Tool

# Properties that one may word oneself; a place or a number must come from somewhere.
_FREE = {"text", "query", "topic"}
_MUST = re.compile(
    r"\b(?:must|have to|need to|always)\s+(?:\w+\s+){0,2}(?:call|use|invoke)\b"
    r"[^.]*\b(?:tool|function)"
    r"|必须(?:调用|使用)[^。]*(?:工具|函数)",
    re.IGNORECASE,
)
# Told so, results do not end the duty to call: the caller wants a call each time.
_NO_WORDS = re.compile(
    r"\b(?:do not|don't|never|must not)\s+(?:answer|respond|reply)\s+(?:in|with|as)\s+"
    r"(?:plain\s+)?(?:text|words|prose)"
    r"|不要(?:用|以)文字(?:回答|回复)",
    re.IGNORECASE,
)
_MAX_ROUNDS = 8


def decided(view: Conversation, *, known: bool) -> list[Step]:
    """The calls to make now; none means: answer in words."""
    choice, planner = view.asked.choice, view.planner
    if not planner.tools or choice == "none":
        return []
    if choice not in ("auto", "required"):
        tool = next(tool for tool in planner.tools if tool.name == choice)
        return [_forced(tool, view)]
    made = Counter(result.name for result in view.results)
    steps = planner.steps(view.question)
    if len(view.results) < _MAX_ROUNDS:
        ready = _ready(_open(steps, made), steps, view)
        if ready:
            return ready
    if choice == "required" or (_told_to(view) and (not view.results or _no_words(view))):
        return [_forced(_fallback(view, made), view)]
    if steps or view.results or known or smalltalk.small_talk(view.question):
        return []
    found = planner.searching(view.question)
    return [found] if found is not None else []


def lacking(view: Conversation) -> list[str]:
    """What the calls that were asked for could not be made without."""
    steps = view.planner.steps(view.question) if view.planner.tools else []
    return sorted({name for step in steps for name in step.missing})


def _told_to(view: Conversation) -> bool:
    return any(_MUST.search(text) for text in [*view.texts("system"), view.question])


def _no_words(view: Conversation) -> bool:
    return any(_NO_WORDS.search(text) for text in view.texts("system"))


def _open(steps: Sequence[Step], made: Counter[str]) -> list[Step]:
    """The steps of the plan that were not called yet in this turn."""
    left = Counter(made)
    found = []
    for step in steps:
        if left[step.tool.name] > 0:
            left[step.tool.name] -= 1
        else:
            found.append(step)
    return found


def _ready(pending: list[Step], plan: Sequence[Step], view: Conversation) -> list[Step]:
    """Those of the pending steps that can be called with what is known by now."""
    found = []
    for step in pending:
        if step.missing and not _worded(step, plan):
            step = _completed(step, view)
        if not step.missing or _worded(step, plan):
            found.append(step)
    return found


def _worded(step: Step, plan: Sequence[Step]) -> bool:
    """Whether all that is missing may be made up and does not wait for another step's result."""
    if len(plan) > 1 and step is not plan[0] and BACK.search(step.text):
        return False
    properties = step.tool.schema.properties
    return all(
        properties[name].type in ("string", "boolean", "object", "array")
        and (set(roles(name)) & _FREE or not roles(name, properties[name].description))
        for name in step.missing
    )


def _completed(step: Step, view: Conversation) -> Step:
    """The step filled again with the results of this turn, or with what was said before."""
    numbers = [r.text for r in view.results if r.text]
    if numbers and BACK.search(step.text):
        text = BACK.sub(lambda _: numbers[-1].rstrip(" .。"), step.text, count=1)
        again = _filled(step.tool, text, view, {})
        if not again.missing:
            return again
    said = [text for text in view.said_before if text and text.strip() != view.question]
    if said and not view.results and not BACK.search(step.text):
        return _filled(step.tool, "\n".join([*said[-4:], step.text]), view)
    if numbers:
        return _filled(step.tool, "\n".join([step.text, *numbers]), view)
    return step


def _filled(tool: Tool, text: str, view: Conversation, known: dict[str, Any] | None = None) -> Step:
    from zhipu_emulator.brain.fill import Filler
    from zhipu_emulator.brain.values import Passage

    facts = results.facts(view.results) if known is None else known
    done = Filler(Passage(text, view.today), facts=facts).fill(tool.schema)
    return Step(tool, done.value, done.guessed, text)


def _forced(tool: Tool, view: Conversation) -> Step:
    """One call that must be made, filled from everything there is."""
    material = [view.question, *(result.text for result in view.results), *view.documents]
    facts = results.facts(view.results)
    arguments = view.planner.one(tool, "\n".join(material), facts, subject=view.question)
    return Step(tool, arguments)


def _fallback(view: Conversation, made: Counter[str]) -> Tool:
    """The tool that fits best where one must be called: first those not called yet."""
    fresh = [tool for tool in view.planner.tools if not made[tool.name]]
    text = " ".join([view.question, *(result.text for result in view.results)])
    tool, _ = view.planner.best(text, fresh or view.planner.tools)
    return tool or view.planner.tools[0]
