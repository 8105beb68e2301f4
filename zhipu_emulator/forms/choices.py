"""Numbered choices in a prompt, ranked by what they share with the question."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from zhipu_emulator.content.similarity import coverage, features

_NUMBER = r"(?:\((\d+)\)|(?:Document|Doc|Choice|Summary|Passage) (\d+):|\[(\d+)\])"
_ITEM = re.compile(
    rf"^[ \t]*{_NUMBER}[ \t]*(.*?)"
    rf"(?=^[ \t]*{_NUMBER}|^-{{4,}}|^Question:|^Search Query:|^Using |\Z)",
    re.MULTILINE | re.DOTALL,
)
_ASKED = re.compile(
    r"(?:question|query) is:? *'?(.{1,500}?)'?$|question: '(.{1,500}?)'"
    r"|^(?:Question|Search Query|Query): (.{1,500}?)\.? *$|new piece of information: (.+)$",
    re.MULTILINE,
)
_SORTED = re.compile(r"^Document ID: (\d{1,6})\n```(.*?)```$", re.MULTILINE | re.DOTALL)
_MOST = re.compile(r"no more than (\d+)|up to (\d+)")
_LABEL = re.compile(r"'(\w+): <numbers?>'")
_SCORED = re.compile(r"^(\w+): \d+, (\w+): \d+$", re.MULTILINE)
_ENOUGH, _AS_GOOD = 0.1, 0.5  # of the question; of the best


class Choice(NamedTuple):
    """One item of a list and how much of the question it meets, 0 to 1."""

    number: int
    text: str
    worth: float


def ranked(text: str) -> list[Choice]:
    """The choices of a prompt, the best first; none where there is no question or list."""
    question = next(
        (next(filter(None, m.groups())) for m in reversed([*_ASKED.finditer(text)])), ""
    )
    body = text.rpartition("Let's try this now")[2]
    wanted = features(question)
    found: dict[int, Choice] = {}
    for match in _ITEM.finditer(body):
        number = int(next(filter(None, match.groups()[:3])))
        worth = coverage(wanted, features(match[4]))
        found[number] = Choice(number, " ".join(match[4].split()), worth)
    return sorted(found.values(), key=lambda one: -one.worth) if question and found else []


def chosen(text: str) -> list[Choice]:
    """Those of the choices that a prompt wants."""
    found = ranked(text)
    limit = _MOST.search(text)
    several = limit is not None or "in order of relevance" in text
    best = found[0].worth if found else 0.0
    most = int(limit[1] or limit[2]) if limit else len(found) if several else 1
    good = [one for one in found if one.worth >= max(_ENOUGH, best * _AS_GOOD)]
    return (good or found[:1])[:most]


def reason(choice: Choice) -> str:
    """Why it was chosen: the beginning of what it says."""
    return f"It shares most words with the question: {choice.text[:80]}"


def written(text: str) -> str | None:
    """The choice in the form that the prompt wants; None where it has no such form."""
    label, scored = _LABEL.search(text), _SCORED.search(text)
    if "[] > []" in text:
        return " > ".join(f"[{one.number}]" for one in ranked(text)) or None
    as_json = re.search(r"\bchoice\b\W+\d", text)
    number = "Answer with the number" in text
    if not (label or scored or as_json or number):
        return None
    found = chosen(text)
    if not found:
        return None
    if scored:
        lines = [f"{scored[1]}: {c.number}, {scored[2]}: {_of_ten(c.worth)}" for c in found]
        return "\n".join(lines)
    if label:
        numbers = ", ".join(str(one.number) for one in found)
        return f"{label[1]}: {numbers}. Chosen by the words that it shares with the question."
    if number:
        return str(found[0].number)
    return json.dumps(
        [{"choice": c.number, "reason": reason(c)} for c in found], ensure_ascii=False
    )


def _of_ten(worth: float) -> int:
    return 1 + round(9 * min(worth, 1.0))


def choice_facts(texts: Sequence[str]) -> Mapping[str, Any]:
    """Values by name for a schema that wants a choice: its number, or a list of them."""
    text = "\n".join(texts)
    if listed := _SORTED.findall(text):
        wanted = features("".join(texts[-1:]))
        worth = {int(number): coverage(wanted, features(about)) for number, about in listed}
        return {"ranked_document_ids": sorted(worth, key=lambda number: -worth[number])}
    text = texts[-1] if texts else ""
    if not re.search(r"\bchoices?\b", text) or not (found := chosen(text)):
        return {}
    one = [{"index": c.number, "choice": c.number, "reason": reason(c)} for c in found]
    return {**one[0], "selections": one, "choices": one}
