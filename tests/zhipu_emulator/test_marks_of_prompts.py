"""The marks of known prompts, in any order and number: an answer or none, and soon."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhipu_emulator.forms.answering import in_form
from zhipu_emulator.forms.marks import between

MARKS = [
    "Content: ", "\nContent: a", "\nSource: ", "\n=========\n", "QUESTION: ", "\nFINAL ANSWER:",
    "Begin!", "\nSTUDENT ANSWER: ", "\nTRUE ANSWER: ", "\nCONTEXT: ", "\nGRADE:",
    "\nEXPLANATION:", "Current summary:\n", "\nNew lines of conversation:\n", "\nNew summary:",
    "END OF EXAMPLE", "<< CANDIDATE PROMPTS >>\n", "<< INPUT >>\n", "\n<< OUTPUT", "a: b", "\n",
    "x", "17", "'", "%Y", "\udc80",
    "Your response should be a list of comma separated values, eg: ",
    "Your response should be a markdown list, eg: `", "`",
    "Your response should be a numbered list with each item", "3. baz",
    "The output should be formatted as a XML file.", "output tags:\n```\n", "\n```",
    "Select one of the following options: ",
    "Write a datetime string that matches the following pattern: '", "Return ONLY this string",
    "opportunity to refine", "[] > []", "existing answer, including sources: ",
    "\nWe have the opportunity", "\nRelevant text, if any:", "\n> Question: ",
    "\n> Context:\n>>>\n", "\n>>>", "separated by '^'", "\nQUERY: ", "CREATE TABLE a (",
    "Table 'a' has columns: ", "\nSQL Response: ", "\nResponse: ", "----", "\n-----\n",
    "New Context:", "Query:", "an existing answer: ", "'a: <keywords>'", "<Tools>",
    "triplets in the form of (a, b, c)", "<Output>", "```json", "{", "}", "<User Question>",
    "Sub question: ", "[Ground truth]\n", "Begin your evaluation", "[User Question]",
    "score has to be between", "reference answer to the user's question:\n",
]  # fmt: skip
texts = st.lists(st.sampled_from(MARKS), min_size=1, max_size=30).map("".join)


@given(st.lists(texts, max_size=2), st.lists(texts, min_size=1, max_size=3), st.just("") | texts)
def test_in_any_order(system: list[str], user: list[str], said: str) -> None:
    assert isinstance(in_form(system, user, said), str | None)


@pytest.mark.parametrize("mark", MARKS, ids=range(len(MARKS)))
def test_one_again_and_again(mark: str) -> None:
    """A pattern that tries each beginning with each end takes minutes for such a text."""
    many = mark * (50_000 // len(mark))
    for text in (many, f"{many}\nx", f"{many}\nFINAL ANSWER:"):
        assert isinstance(in_form([], [text]), str | None)


def test_between() -> None:
    assert between("1a2a3b4", "a", "a", "b") == ("2", "3")
    assert between("1a2", "a", "b") is None
    assert between("a", "a") == ()
