"""Whether to call functions now, and which; what fills them, or a JSON answer."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from zhipu_emulator.brain import answers
from zhipu_emulator.brain.arithmetic import evaluate, expressions
from zhipu_emulator.brain.fill import Filler
from zhipu_emulator.brain.tools import BACK, Step
from zhipu_emulator.brain.values import Passage
from zhipu_emulator.brain.words import compiled
from zhipu_emulator.forms.json_answers import without_objects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhipu_emulator.brain.conversation import Conversation
    from zhipu_emulator.brain.schema import Schema
    from zhipu_emulator.brain.words import Term

_MAX_ROUNDS = 8


def decided(view: Conversation) -> list[Step]:
    """The calls to make now; without any, the answer is in words."""
    choice, planner, system = view.asked.choice, view.planner, view.texts("system")
    if not planner.tools or choice == "none":
        return []
    told = [*system, view.question, *view.texts("user")[-1:]]
    must = choice == "required" or any(compiled("must call").search(text) for text in told)
    made = Counter(result.name for result in view.results)
    forced = [tool for tool in planner.tools if tool.name == choice]
    known = view.facts or _found_out(view, planner.tools[0].schema)
    if must and known and len(planner.tools) == 1 and not made[planner.tools[0].name]:
        forced = planner.tools  # it is there to report what was found out
    reads = must and len(planner.tools) == 1
    steps = [] if forced else planner.steps(view.question, reads=reads)
    ready = _ready(steps, Counter(made), view) if len(view.results) < _MAX_ROUNDS else []
    # With "no words" results do not end the duty to call: the caller wants a call each time.
    again = not view.results or any(compiled("no words").search(text) for text in system)
    if not (forced or ready) and (choice == "required" or (must and again)):
        fresh = [tool for tool in planner.tools if not made[tool.name]] or planner.tools
        text = " ".join([view.question, *(result.text for result in view.results)])
        forced = [planner.best(text, fresh, 0.0) or planner.tools[0]]
    if forced:
        return [Step(forced[0], filled(view, forced[0].schema, forced[0].order))]
    if steps or view.results or answers.at_once(view) is not None:
        return ready
    found = planner.searching(view.question)
    return [found] if found is not None else []


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
    if BACK.search(step.text):
        last = given[-1].rstrip(" .。") if given else ""
        text = BACK.sub(lambda _: last, step.text, count=1)
        return view.planner.one(step.tool, text) if given else step
    # "The weather and the time in X". Numbers belong to other calls: "What is 2 * 3? Report it."
    whole = Passage(view.rest, view.today)
    said = [*view.said_before[-4:], whole.without(whole.of("number"))]
    return view.planner.one(step.tool, "\n".join([*(given or said), step.text]), view.facts)


def filled(view: Conversation, schema: Schema, words: Sequence[Term] = ()) -> dict[str, Any]:
    """An object of all that is known, what was found out first; the answer in words belongs to it.

    Args:
        view: The conversation.
        schema: What the object is like.
        words: The words of the function whose arguments it is.
    """
    # Beside documents the rest is a frame: "Given the context information, answer the query."
    around = [] if view.given else [view.rest]
    material = [*_found_out(view, schema), view.question, *around, *view.documents]
    text = "\n".join(dict.fromkeys(filter(None, material)))
    passage = Passage(without_objects(text, list(schema.properties)), view.today, words)
    done = Filler(passage, view.question, view.facts, reads=True).fill(schema)
    for name in done.guessed:
        # What the text is silent about may be the very thing asked: the answer in words.
        node = schema.properties[name]
        wanted = view.results or compiled("answer").search(name)
        if wanted and node.type == "string" and not node.enum:
            done.value[name] = answers.in_words(view)
        elif node.type == "boolean" and compiled("satisfied").search(node.label):
            done.value[name] = not compiled("unknown").search(answers.in_words(view))
    return done.value


def _found_out(view: Conversation, schema: Schema) -> list[str]:
    """What tools returned, the last first; else the sums asked for, if as many as are wanted."""
    if view.results:
        return [result.text for result in reversed(view.results)]
    sums = [value for sum_ in expressions(view.question) if (value := evaluate(sum_))]
    wanted = [node for node in schema.properties.values() if node.number]
    return sums if len(sums) == len(wanted) else []
