"""Prompts with examples of their own: grades, sources, conversations summed up, routes.

Only what is behind the last example is about the request.
"""

from __future__ import annotations

import json
import re

from zhipu_emulator.brain.words import covered, sentences, terms

_GRADED = re.compile(r"\b(?:GRADE|EXPLANATION):\s{0,9}\Z")
_FIELD = r"^{}: (.*?)(?=\n(?:CONTEXT|STUDENT ANSWER|TRUE ANSWER|EXPLANATION|GRADE):)"
_SOURCES = re.compile(
    r"^=========\n(.*?)\n=========\nFINAL ANSWER:\s{0,9}\Z", re.MULTILINE | re.DOTALL
)
_SOURCE = re.compile(r"^Content: (.*?)\nSource: (.+?)$", re.MULTILINE | re.DOTALL)
_QUESTION = re.compile(r"^QUESTION: (.+)$", re.MULTILINE)
_LINES = re.compile(
    r"Current summary:\n(.*?)\n+New lines of conversation:\n(.*?)\n+New summary:\s{0,9}\Z",
    re.DOTALL,
)
_CANDIDATES = re.compile(r"<< CANDIDATE PROMPTS >>\n(.*?)<< INPUT >>\n(.*?)\n+<< OUTPUT", re.DOTALL)
_CANDIDATE = re.compile(r"^([^:\n]{1,80}): (.+)$", re.MULTILINE)
_ENOUGH_OF_A_TRUTH, _ENOUGH = 0.6, 0.34


def written(text: str) -> str | None:
    """The answer in the form that the prompt's examples have; None for other prompts."""
    if "STUDENT ANSWER: " in text and _GRADED.search(text):
        return _grade(text.rpartition("Begin!")[2])
    if "FINAL ANSWER:" in text and (summaries := _SOURCES.findall(text)):
        question = _QUESTION.findall(text)[-1:]
        return _with_sources("".join(question), summaries[-1].rpartition("=========\n")[2])
    if "New summary:" in text and (found := _LINES.search(text.rpartition("END OF EXAMPLE")[2])):
        return " ".join([*found[1].split("\n"), *_said(found[2])]).strip()
    if routes := _CANDIDATES.search(text):
        return _route(routes[1], routes[2])
    return None


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
    parts = [
        (one, source) for text, source in _SOURCE.findall(summaries) for one in sentences(text)
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
