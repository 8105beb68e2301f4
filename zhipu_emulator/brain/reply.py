"""One conversation in, one reply out."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from zhipu_emulator.brain import context, json_answers, results, smalltalk
from zhipu_emulator.brain.conversation import Conversation
from zhipu_emulator.brain.decide import decided, found_out, lacking
from zhipu_emulator.brain.reasoning import thoughts
from zhipu_emulator.brain.values import Passage
from zhipu_emulator.brain.words import sentence
from zhipu_emulator.chat.answer import Call, Reply
from zhipu_emulator.content import attached_media
from zhipu_emulator.forms.answering import in_form
from zhipu_emulator.forms.text_agents import TextAgent
from zhipu_emulator.http.state import BEIJING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhipu_emulator.chat.checks import ChatRequest
    from zhipu_emulator.http.state import State


def reply_to(asked: ChatRequest, state: State) -> Reply:
    """Make up the answer: calls, or text."""
    today = dt.datetime.fromtimestamp(state.options.clock(), BEIJING).date()
    agent = TextAgent.of(asked)
    view = Conversation(agent.asked if agent else asked, today, state.store("files"))
    calls = decided(view, known=_at_once(view) is not None)
    content = "" if calls else _content(view)
    made = tuple(Call(name=c.tool.name, arguments=_json(c.arguments)) for c in calls)
    reasoning = thoughts(view, calls) if asked.thinking else ""
    if agent is not None:
        content, made = agent.written(made, content), ()
    if asked.facts.thinking == "inline" and reasoning:
        return Reply(content=f"<think>{reasoning}</think>\n{content}", calls=made)
    return Reply(reasoning=reasoning, content=content, calls=made)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _at_once(view: Conversation) -> str | None:
    """An answer that needs no looking up."""
    return (
        smalltalk.small_talk(view.question)
        or smalltalk.order(view.question)
        or smalltalk.sum_of(view.question, view.answer_before)
        or context.from_what_was_said(view.question, view.said_before)
        or context.from_documents(view.question, view.documents)
    )


def _content(view: Conversation) -> str:
    texts = view.texts("system", "user")
    if view.asked.json_mode:
        return _json(_object(view, texts))
    in_words = None if view.planner.tools else in_form(view.texts("system"), view.texts("user"))
    if in_words is not None:
        return in_words
    wanted = json_answers.ordered(texts[-1:] + view.texts("system"))
    if wanted and json_answers.shape(texts) is not None:
        # Without the JSON mode the service likes to put a fence around it.
        body = json.dumps(_object(view, texts), ensure_ascii=False, indent=2)
        return f"```json\n{body}\n```"
    return _text(view)


def _object(view: Conversation, texts: Sequence[str]) -> dict[str, Any]:
    wanted = json_answers.shape(texts)
    back = found_out(view, wanted) if wanted else []
    material = [*back, view.question, view.prompt.rest, *view.documents]
    text = "\n".join(dict.fromkeys(filter(None, material)))
    text = json_answers.without_objects(text, list(wanted.properties) if wanted else [])
    passage = Passage(text, view.today)
    return json_answers.filled(wanted, passage, _text(view), view.facts, view.question)


def _text(view: Conversation) -> str:
    question, chinese = view.question, view.chinese
    if view.asked.choice != "none" and not view.results and (needed := lacking(view)):
        return sentence("needed", ", ".join(needed), chinese=chinese)
    media = [attached_media.described(found, chinese=chinese) for found in view.media]
    if view.results:
        media.insert(0, results.reported(view.results, question, chinese=chinese))
    if any(media):
        return " ".join(filter(None, media))
    if view.documents and (found := context.from_documents(question, view.documents)):
        return found
    if view.prompt.documents:
        return sentence("not said", chinese=chinese)
    return (
        _at_once(view)
        or context.from_documents(question, view.texts("system"))
        or smalltalk.shrug(question)
    )
