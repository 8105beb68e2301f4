"""Answers with their sources, refined or not, and answers made of those to sub-questions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zhipu_emulator.brain.words import covered, sentences, terms

_CONTENT = re.compile(r"^Content: ", re.MULTILINE)
_ASKED = re.compile(
    r"^QUESTION: (.+)$|question is as follows: (.+)$|answer the question: (.+)$", re.MULTILINE
)
_EXISTING = re.compile(
    r"existing answer, including sources: (.{1,4000}?)\nWe have the opportunity", re.DOTALL
)
_RELEVANT = "\nRelevant text, if any:"
_PART = re.compile(r"^Sub question: (.+)\nResponse: (.+)$", re.MULTILINE)
_ENOUGH = 0.34


def written(text: str) -> str | None:
    """The answer; None where the prompt wants neither."""
    end = text.rstrip()
    if parts := _PART.findall(text):
        return " ".join(dict.fromkeys(answer.strip() for _, answer in parts))
    if end.endswith(_RELEVANT) and "Return any relevant text verbatim" in text:
        portion, _, question = end.removesuffix(_RELEVANT).rpartition("\nQuestion: ")
        portion = portion.partition("relevant text verbatim")[2].partition("\n")[2]
        worth, sentence, _ = _best(question, [(portion, "")])
        return sentence if worth >= _ENOUGH else "Nothing in it is relevant."
    asked = [*_ASKED.finditer(text)]
    body = text[text.rfind("\nQUESTION: ") + 1 :]  # what is above it are examples
    pairs = [*_pairs(body)]
    if not asked or not pairs:
        return None
    return _answer(next(filter(None, asked[-1].groups())), pairs, _EXISTING.search(text))


def _answer(question: str, pairs: list[tuple[str, str]], old: re.Match[str] | None) -> str:
    """The sentence that answers best and its source; the old answer where none is better."""
    worth, sentence, source = _best(question, pairs)
    if old and _worth(question, old[1].partition("\nSOURCES:")[0]) >= worth:
        return old[1]
    if worth < _ENOUGH:
        return "I don't know.\nSOURCES:"
    return f"{sentence}\nSOURCES: {source}"


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for part in _CONTENT.split(text)[1:]:
        content, found, rest = part.partition("\nSource: ")
        if found:
            yield content, rest.partition("\n")[0].strip()


def _best(question: str, pairs: list[tuple[str, str]]) -> tuple[float, str, str]:
    found = [
        (_worth(question, sentence), sentence, source)
        for content, source in pairs
        for sentence in sentences(content)
    ]
    return max(found, key=lambda one: one[0], default=(0.0, "", ""))


def _worth(question: str, answer: str) -> float:
    return covered(terms(question, numbers=True), terms(answer, numbers=True))
