"""Whether to call functions now, and which."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from zhipu_emulator.brain import context, results, smalltalk
from zhipu_emulator.brain.arithmetic import evaluate, expressions
from zhipu_emulator.brain.json_answers import ANSWER
from zhipu_emulator.brain.tools import BACK, Step
from zhipu_emulator.brain.words import compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhipu_emulator.brain.conversation import Conversation
    from zhipu_emulator.brain.schema import Schema
    from zhipu_emulator.brain.tools import Tool

_MUST = compiled("must call")
# With this, results do not end the duty to call: the caller wants a call each time.
_NO_WORDS = compiled("no words")
_MAX_ROUNDS = 8


def decided(view: Conversation, *, known: bool) -> list[Step]:
    """The calls to make now; without any, the answer is in words."""
    choice, planner = view.asked.choice, view.planner
    if not planner.tools or choice == "none":
        return []
    if choice not in ("auto", "required"):
        return [_forced(next(tool for tool in planner.tools if tool.name == choice), view)]
    system = view.texts("system")
    told = [*system, view.question, *view.texts("user")[-1:]]
    must = choice == "required" or any(_MUST.search(text) for text in told)
    made = Counter(result.name for result in view.results)
    only = planner.tools[0] if len(planner.tools) == 1 else None
    if must and only and not made[only.name] and (view.facts or found_out(view, only.schema)):
        return [_forced(only, view)]  # it is there to report what was found out
    steps = planner.steps(view.question)
    ready = _ready(steps, Counter(made), view) if len(view.results) < _MAX_ROUNDS else []
    if ready:
        return ready
    again = not view.results or any(_NO_WORDS.search(text) for text in system)
    if choice == "required" or (must and again):
        return [_forced(_fallback(view, made), view)]
    if steps or view.results or known or smalltalk.small_talk(view.question):
        return []
    found = planner.searching(view.question)
    return [found] if found is not None else []


def lacking(view: Conversation) -> list[str]:
    """What the calls that were asked for could not be made without."""
    steps = view.planner.steps(view.question) if view.planner.tools else []
    return sorted({name for step in steps for name in step.missing})


def _ready(steps: Sequence[Step], made: Counter[str], view: Conversation) -> list[Step]:
    """The steps that were not called yet in this turn and need nothing that is not known."""
    found = []
    for step in steps:
        made[step.tool.name] -= 1
        if made[step.tool.name] < 0:
            found.append(_completed(step, view) if step.missing else step)
    return [step for step in found if not step.missing]


def _completed(step: Step, view: Conversation) -> Step:
    """The step filled again with the results of this turn, or with what was said before."""
    given = [result.text for result in view.results if result.text]
    if given and BACK.search(step.text):
        text = BACK.sub(lambda _: given[-1].rstrip(" .。"), step.text, count=1)
        return view.planner.one(step.tool, text)
    if given:
        text = "\n".join([step.text, *given])
        return view.planner.one(step.tool, text, view.facts)
    said = [text for text in view.said_before if text and text.strip() != view.question]
    if said and not BACK.search(step.text):
        return view.planner.one(step.tool, "\n".join([*said[-4:], step.text]))
    return step


def _forced(tool: Tool, view: Conversation) -> Step:
    """One call that must be made, filled from everything there is: what was found out first."""
    text = "\n".join([*found_out(view, tool.schema), view.question, *view.documents])
    step = view.planner.one(tool, text, view.facts, subject=view.question)
    said = results.reported(view.results, view.question, chinese=view.chinese)
    said = (
        said
        or context.from_documents(view.question, view.documents)
        or smalltalk.sum_of(view.question, view.answer_before)
        or ""
    )
    for name in step.missing if said else ():
        node = tool.schema.properties[name]
        wanted = view.results or ANSWER.search(name)
        if wanted and node.type == "string" and not node.enum:
            step.arguments[name] = said  # the very thing that is asked: in words
    return step


def found_out(view: Conversation, schema: Schema) -> list[str]:
    """What tools returned, the last first; else the sums asked for, if as many as are wanted."""
    if view.results:
        return [result.text for result in reversed(view.results)]
    sums = [value for sum_ in expressions(view.question) if (value := evaluate(sum_))]
    wanted = [p for p in schema.properties.values() if p.type in ("integer", "number")]
    return sums if len(sums) == len(wanted) else []


def _fallback(view: Conversation, made: Counter[str]) -> Tool:
    """The tool that fits best where one must be called: first those not called yet."""
    fresh = [tool for tool in view.planner.tools if not made[tool.name]]
    text = " ".join([view.question, *(result.text for result in view.results)])
    tool, _ = view.planner.best(text, fresh or view.planner.tools)
    return tool or view.planner.tools[0]
