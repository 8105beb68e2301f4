"""What a prompt wants taken out of a text: keywords, triplets, parts of a question."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from zhipu_emulator.brain.words import covered, sentences, split_name, terms
from zhipu_emulator.content.similarity import keywords

_KEYWORDS = re.compile(r"'(\w+): <keywords>'")
_MOST = re.compile(r"up to (\d+)")
_TRIPLETS = re.compile(r"triplets\b.{0,300}?\bform of \((\w+), (\w+), (\w+)\)", re.DOTALL)
_BLOCK = re.compile(r"-{4,}\n(.*?)\n-{4,}", re.DOTALL)
_TYPES = re.compile(r"^(Entity|Relation) Types: (.*)$", re.MULTILINE)
_VERB = re.compile(
    r"^(?P<who>(?:[\w'’-]+[ ,]+){0,7}?[\w'’-]+) "
    r"(?P<what>(?:(?:is|are|was|were|has|have|had|will|can)\b(?: \w+ed\b)?|[a-z]{3,}(?:ed|[^s]s)\b)"
    r"(?: (?:in|of|by|at|with|for|on|to|from|as)\b)?) (?P<whom>.+?)[.!?]*$"
)
_HAN = re.compile(
    r"^(?P<who>[\u4e00-\u9fff·\w]{2,12}?)"
    r"(?P<what>是|位于|属于|建于|住在|在|喜欢|拥有|有|叫|来自|毕业于|创立了|创建了)"
    r"(?P<whom>.{1,40}?)[。！？；]*$"
)
_QUESTION, _OUTPUT = "<User Question>", "<Output>"
_SHAPE = re.compile(r"<Output>\s{0,9}```json\s{0,9}(\{.{0,4000}?\n\})\s{0,9}```", re.DOTALL)


def written(text: str) -> str | None:
    """What is wanted, in the form that the prompt wants; None where it wants none."""
    if label := _KEYWORDS.search(text):
        return f"{label[1]}: {', '.join(_keywords(text))}"
    if form := _TRIPLETS.search(text):
        return _triplets(text, as_json="JSON format" in text, head=form[1], tail=form[3])
    if text.rstrip().endswith(_OUTPUT):
        tools, asked, question = text.rpartition("<Tools>")[2].partition(_QUESTION)
        return (
            _questions(tools, question.rstrip()[: -len(_OUTPUT)].strip(), text) if asked else None
        )
    return None


def _most(text: str) -> int:
    limit = _MOST.search(text)
    return int(limit[1][:4]) if limit else 10


def _keywords(text: str) -> list[str]:
    found = _BLOCK.search(text)
    return keywords(found[1] if found else text, _most(text))


def _triplets(text: str, *, as_json: bool, head: str, tail: str) -> str:
    given = text.rpartition("\nText:")[2]
    given = re.split(r"\n(?:Triplets|Output): *$", given, flags=re.MULTILINE)[0]
    found = list(_facts(given))[: _most(text)]
    if not as_json:
        return "\n".join(f"({who}, {what}, {whom})" for who, what, whom in found)
    types = {name: kinds.split(",")[0].strip() for name, kinds in _TYPES.findall(text)}
    entity = re.sub(r"\W", "", types.get("Entity", "")) or "ENTITY"
    names = [f"{head}_props", "relation_props", f"{tail}_props"] if "_props'" in text else []
    more: dict[str, Any] = {name: {} for name in names}
    made = [
        {
            head: who,
            f"{head}_type": entity,
            "relation": "_".join(what.upper().split()),
            tail: whom,
            f"{tail}_type": entity,
            **more,
        }
        for who, what, whom in found
    ]
    return json.dumps(made, ensure_ascii=False)


def _facts(text: str) -> Iterator[tuple[str, str, str]]:
    """Subject, verb and object of each sentence that has them."""
    for sentence in sentences(text):
        line = " ".join(sentence.split())[:400]
        if match := _VERB.match(line) or _HAN.match(line):
            whom = re.split(r"[,;] ", match["whom"])[0]
            who, whom = (re.sub(r"^(?:an?|the) ", "", one, flags=re.IGNORECASE)
                         for one in (match["who"], whom))  # fmt: skip
            parts = (who, match["what"], whom)
            who, what, object_ = (re.sub(r"[()\",]", "", part).strip() for part in parts)
            yield who, what, object_


def _questions(listed: str, question: str, text: str) -> str | None:
    """A question for each tool that it has to do with, else for all of them."""
    try:
        tools = json.loads(listed.strip().removeprefix("```json").removesuffix("```"))
        [(key, items), *_] = json.loads(_SHAPE.findall(text)[0]).items()
        names = [*items[0]] if items else ["sub_question", "tool_name"]
        about = {str(name): terms(f"{split_name(name)} {is_for}") for name, is_for in tools.items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None  # its example or its tools are not as LlamaIndex writes them
    asked = terms(question)
    good = [name for name, words in about.items() if covered(asked, words) > 0] or [*about]
    found = [dict(zip(names, (question, name), strict=False)) for name in good]
    return f"```json\n{json.dumps({key: found}, ensure_ascii=False, indent=2)}\n```"
