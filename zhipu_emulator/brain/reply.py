"""One conversation in, one reply out."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from zhipu_emulator.brain import attached_media, context, jsonmode, results, smalltalk
from zhipu_emulator.brain.conversation import Conversation
from zhipu_emulator.brain.decide import decided, lacking
from zhipu_emulator.brain.reasoning import thoughts
from zhipu_emulator.brain.values import Passage
from zhipu_emulator.chat.answer import Call, Reply
from zhipu_emulator.chat.message_parts import attachments
from zhipu_emulator.http.state import BEIJING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhipu_emulator.chat.checks import ChatRequest
    from zhipu_emulator.http.state import State


def reply_to(asked: ChatRequest, state: State) -> Reply:
    """Make up the answer: calls, or text."""
    today = dt.datetime.fromtimestamp(state.options.clock(), BEIJING).date()
    talk_ = Conversation(asked, today, state.store("files"))
    calls = decided(talk_, known=_known_without_tools(talk_))
    content = "" if calls else _content(talk_)
    made = tuple(Call(name=c.tool.name, arguments=_json(c.arguments)) for c in calls)
    reasoning = thoughts(talk_, calls) if asked.thinking else ""
    if asked.facts.thinking == "inline" and reasoning:
        return Reply(content=f"<think>{reasoning}</think>\n{content}", calls=made)
    return Reply(reasoning=reasoning, content=content, calls=made)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _known_without_tools(view: Conversation) -> bool:
    """Whether the question needs no looking up."""
    return bool(
        smalltalk.small_talk(view.question)
        or smalltalk.order(view.question)
        or smalltalk.sum_of(view.question, view.answer_before)
        or context.from_talk(view.question, view.said_before)
        or context.from_documents(view.question, view.documents)
    )


def _content(view: Conversation) -> str:
    texts = view.texts("system", "user")
    if view.asked.json_mode:
        return _json(_object(view, texts))
    if jsonmode.ordered(texts[-1:] + view.texts("system")) and jsonmode.shape(texts) is not None:
        # Without the JSON mode the service likes to put a fence around it.
        body = json.dumps(_object(view, texts), ensure_ascii=False, indent=2)
        return f"```json\n{body}\n```"
    return _text(view)


def _object(view: Conversation, texts: Sequence[str]) -> dict[str, Any]:
    material = [view.question, view.prompt.rest, *view.documents, *(r.text for r in view.results)]
    text = "\n".join(dict.fromkeys(part for part in material if part))
    wanted = jsonmode.shape(texts)
    text = jsonmode.without_objects(text, list(wanted.properties) if wanted else [])
    quoted = [
        span.value for span in Passage(text, view.today).quotes if len(span.value.split()) > 2
    ]
    # "Extract … from: '…'": what is quoted at length is the source, the rest is the order.
    passage = Passage("\n".join(quoted) or text, view.today)
    return jsonmode.filled(wanted, passage, _text(view), results.facts(view.results))


def _text(view: Conversation) -> str:
    question = view.question
    if view.asked.choice != "none" and not view.results and (needed := lacking(view)):
        names = ", ".join(needed)
        return f"请补充：{names}。" if view.chinese else f"To do that I need to know: {names}."
    here = [found for message in view.media for found in attachments(message, view.files)]
    seen = [a for a in here if a.kind != "file" or a.data is None]
    described = attached_media.described(seen, chinese=view.chinese)
    if view.results:
        told = results.told(view.results, question, chinese=view.chinese)
        return " ".join([*filter(None, [told]), *described])
    if described:
        return " ".join(described)
    if view.documents:
        found = context.from_documents(question, view.documents)
        if found:
            return found
        if view.prompt.documents:
            return "给出的资料里没有答案。" if view.chinese else "The given text does not say."
    return (
        smalltalk.small_talk(question)
        or smalltalk.order(question)
        or smalltalk.sum_of(question, view.answer_before)
        or context.from_talk(question, view.said_before)
        or context.from_documents(question, view.texts("system"))
        or smalltalk.shrug(question)
    )
