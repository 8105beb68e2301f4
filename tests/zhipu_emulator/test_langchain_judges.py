"""LangChain's judges of answers: right ones pass, wrong ones do not."""

from __future__ import annotations

import warnings

import pytest

from tests.zhipu_emulator.harbour import QUESTION

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "`langchain-community` is being sunset", DeprecationWarning)
    from langchain_classic.evaluation import load_evaluator

# The loader imports it once more.
pytestmark = pytest.mark.filterwarnings(
    "ignore:`langchain-community` is being sunset:DeprecationWarning"
)

RIGHT, WRONG = "24 euros a night for a berth", "Dogs bark at elephants."
NEARLY = "A berth costs 7 dollars."
REFERENCE = "24 euros a night"


@pytest.mark.parametrize("kind", ["qa", "cot_qa", "context_qa"])
def test_graders_of_a_quiz(model, kind: str) -> None:
    judge = load_evaluator(kind, llm=model)
    for said, score in ((RIGHT, 1), (NEARLY, 0), (WRONG, 0)):
        found = judge.evaluate_strings(input=QUESTION, prediction=said, reference=REFERENCE)
        assert found["score"] == score


@pytest.mark.parametrize(
    ("kind", "criteria"),
    [("criteria", "relevance"), ("labeled_criteria", "correctness")],
)
def test_criteria(model, kind: str, criteria: str) -> None:
    judge = load_evaluator(kind, llm=model, criteria=criteria)
    more = {"reference": REFERENCE} if "labeled" in kind else {}
    for said, score in ((RIGHT, 1), (WRONG, 0)):
        found = judge.evaluate_strings(input=QUESTION, prediction=said, **more)
        assert found["score"] == score


def test_a_criterion_of_form(model) -> None:
    judge = load_evaluator("criteria", llm=model, criteria="conciseness")
    assert judge.evaluate_strings(input=QUESTION, prediction=RIGHT)["score"] == 1


@pytest.mark.parametrize("labelled", [False, True])
def test_scores_and_the_better_of_two(model, labelled: bool) -> None:
    lead, more = ("labeled_", {"reference": REFERENCE}) if labelled else ("", {})
    judge = load_evaluator(f"{lead}score_string", llm=model)
    right, wrong = (
        judge.evaluate_strings(input=QUESTION, prediction=said, **more)["score"]
        for said in (RIGHT, WRONG)
    )
    assert wrong < 4 < right
    judge = load_evaluator(f"{lead}pairwise_string", llm=model)
    for one, two, score in ((RIGHT, WRONG, 1), (WRONG, RIGHT, 0)):
        found = judge.evaluate_string_pairs(
            input=QUESTION, prediction=one, prediction_b=two, **more
        )
        assert found["score"] == score
