"""Prompts with examples of their own: grades, sources, conversations summed up, routes.

Only what is behind the last example is about the request.
"""

from __future__ import annotations

import json
import re

from zhipu_emulator.brain.words import covered, sentences, terms
from zhipu_emulator.forms.marks import between

_GRADED = re.compile(r"\b(?:GRADE|EXPLANATION):\s{0,9}\Z")
_FIELD = r"^{}: (.*?)(?=\n(?:CONTEXT|STUDENT ANSWER|TRUE ANSWER|EXPLANATION|GRADE):)"
_RULE, _WANTED = "=========\n", "\n=========\nFINAL ANSWER:"
_CONTENT = re.compile(r"^Content: ", re.MULTILINE)
_QUESTION = re.compile(r"^QUESTION: (.+)$", re.MULTILINE)
_SUMMED_UP = ("Current summary:\n", "\nNew lines of conversation:\n", "\nNew summary:")
_CANDIDATE = re.compile(r"^([^:\n]{1,80}): (.+)$", re.MULTILINE)
_ENOUGH_OF_A_TRUTH, _ENOUGH = 0.6, 0.34


def written(text: str) -> str | None:
    """The answer in the form that the prompt's examples have; None for other prompts."""
    if "STUDENT ANSWER: " in text and _GRADED.search(text):
        return _grade(text.rpartition("Begin!")[2])
    ended = text.rstrip()
    if ended.endswith(_WANTED):
        question = _QUESTION.findall(text)[-1:]
        return _with_sources("".join(question), ended[: -len(_WANTED)].rpartition(_RULE)[2])
    if ended.endswith("\nNew summary:"):
        parts = between(ended.rpartition("END OF EXAMPLE")[2], *_SUMMED_UP)
        if parts:
            return " ".join([*parts[0].strip().split("\n"), *_said(parts[1])]).strip()
    routes = between(text, "<< CANDIDATE PROMPTS >>\n", "<< INPUT >>\n", "\n<< OUTPUT")
    return _route(*routes) if routes else None


def _field(name: str, text: str) -> str:
    return "".join(re.findall(_FIELD.format(name), text, re.MULTILINE | re.DOTALL)[-1:])


def _grade(text: str) -> str:
    given, true = _field("STUDENT ANSWER", text), _field("TRUE ANSWER", text)
    known = true or _field("CONTEXT", text)
    wanted, there = (known, given) if true else (given, known)  # a context has more than was asked
    right = covered(terms(wanted, numbers=True), terms(there, numbers=True))
    invented = {*re.findall(r"\d[\d,.]*\b", given)} - {*re.findall(r"\d[\d,.]*\b", known)}
    right = 0.0 if invented else right
    grade = "CORRECT" if right >= _ENOUGH_OF_A_TRUTH else "INCORRECT"
    if text.rstrip().endswith("GRADE:"):
        return grade
    return f"It has {right:.0%} of the words that are wanted.\nGRADE: {grade}"


def _with_sources(question: str, summaries: str) -> str:
    asked = terms(question, numbers=True)
    passages = (one.partition("\nSource: ") for one in _CONTENT.split(summaries)[1:])
    parts = [
        (one, source.partition("\n")[0]) for text, _, source in passages for one in sentences(text)
    ]
    scored = [(covered(asked, terms(one, numbers=True)), one, source) for one, source in parts]
    worth, answer, source = max(scored, key=lambda one: one[0], default=(0.0, "", ""))
    return f"{answer}\nSOURCES: {source}" if worth >= _ENOUGH else "I don't know.\nSOURCES:"


def _said(lines: str) -> list[str]:
    told = re.findall(r"^(?:Human|User): (.+)$", lines, re.MULTILINE)
    return [f"The human says: {one}" for one in told]


def _route(candidates: str, asked: str) -> str:
    words = terms(asked)
    kinds = [
        (covered(words, terms(f"{n} {about}")), n) for n, about in _CANDIDATE.findall(candidates)
    ]
    worth, name = max(kinds, key=lambda one: one[0], default=(0.0, "DEFAULT"))
    route = {"destination": name if worth > 0 else "DEFAULT", "next_inputs": asked.strip()}
    return f"```json\n{json.dumps(route, ensure_ascii=False)}\n```"
