"""One conversation in, one reply out."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from zhipu_emulator.brain.answers import in_words
from zhipu_emulator.brain.conversation import Conversation
from zhipu_emulator.brain.decide import decided, filled
from zhipu_emulator.brain.words import compiled, sentence
from zhipu_emulator.chat.answer import Call, Reply
from zhipu_emulator.forms.answering import in_form
from zhipu_emulator.forms.json_answers import WANTED, shape
from zhipu_emulator.forms.text_agents import TextAgent
from zhipu_emulator.forms.xml_agents import XmlAgent
from zhipu_emulator.http.state import BEIJING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhipu_emulator.brain.schema import Schema
    from zhipu_emulator.brain.tools import Step
    from zhipu_emulator.chat.checks import ChatRequest
    from zhipu_emulator.http.state import State
_SHORT = 80  # characters of a question that reasoning repeats
_MOST_NAMED = 6  # functions that it names


def reply_to(asked: ChatRequest, state: State) -> Reply:
    """Make up the answer: calls, or text."""
    today = dt.datetime.fromtimestamp(state.options.clock(), BEIJING).date()
    agent = TextAgent.of(asked) or XmlAgent.of(asked)
    view = Conversation(agent.asked if agent else asked, today, state.store("files"))
    calls = decided(view)
    content = "" if calls else _content(view)
    made = tuple(Call(name=c.tool.name, arguments=_json(c.arguments)) for c in calls)
    reasoning = _thoughts(view, calls) if asked.thinking else ""
    if agent is not None:
        content, made = agent.written(made, content), ()
    if asked.facts.thinking == "inline" and reasoning:
        return Reply(content=f"<think>{reasoning}</think>\n{content}", calls=made)
    return Reply(reasoning=reasoning, content=content, calls=made)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _thoughts(view: Conversation, calls: Sequence[Step]) -> str:
    """Reasoning in the language of the question; ``low`` effort is short, ``max`` checks again."""
    names = ", ".join(view.spoken[tool.name] for tool in view.planner.tools[:_MOST_NAMED])
    made = (
        f"{view.spoken[c.tool.name]} {json.dumps(c.arguments, ensure_ascii=False)}" for c in calls
    )
    asked = " ".join(view.question.split())
    lines: list[tuple[str, object]] = [
        ("asked", asked if len(asked) <= _SHORT else f"{asked[: _SHORT - 1]}…")
    ]
    if view.asked.effort != "low":
        otherwise = "not needed" if names else "documents" if view.documents else "at once"
        found = ("results", len(view.results)) if view.results else (otherwise, "")
        lines += [("offered", names)] if names else []
        lines.append(("calls", ", ".join(made)) if calls else found)
    if view.asked.effort in ("max", "xhigh"):
        lines.append(("again", ""))
    # Recordings of several models show a line break before the first thought.
    lead = "\n" if view.asked.facts.leading_newline else ""
    said = (sentence(key, value, chinese=view.chinese) for key, value in lines)
    return lead + ("" if view.chinese else " ").join(said)


def _content(view: Conversation) -> str:
    texts = view.texts("system", "user")
    wanted = shape(texts)
    if view.asked.json_mode:
        return _json(_object(view, wanted))
    said = (view.texts("system"), view.texts("user"), view.answer_before)
    form = None if view.planner.tools else in_form(*said)
    if form is not None:
        return form
    telling = [text for text in texts[-1:] + view.texts("system") if WANTED.search(text)]
    if wanted and any(compiled("ordered").search(text) for text in telling):
        # Without the JSON mode the service likes to put a fence around it.
        body = json.dumps(_object(view, wanted), ensure_ascii=False, indent=2)
        fence = "yaml" if any("YAML" in text for text in telling) else "json"  # JSON is YAML
        return f"```{fence}\n{body}\n```"
    return in_words(view)


def _object(view: Conversation, wanted: Schema | None) -> dict[str, Any]:
    if wanted is None or not wanted.properties:
        return {"answer": in_words(view)}
    return filled(view, wanted)
