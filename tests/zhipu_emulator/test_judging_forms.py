"""What judges and writers of SQL make of answers: right ones pass, wrong ones do not."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import sqlalchemy
from llama_index.core import MockEmbedding, SQLDatabase
from llama_index.core.query_engine import NLSQLTableQueryEngine

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the package imports is sunset
    from langchain_classic.chains import create_sql_query_chain
    from langchain_classic.evaluation import load_evaluator

pytestmark = pytest.mark.filterwarnings("ignore")

QUESTION = "How much does a berth cost a night?"
RIGHT, WRONG = "24 euros a night for a berth", "Dogs bark at elephants."
REFERENCE = "24 euros a night"


@pytest.mark.parametrize("kind", ["qa", "cot_qa", "context_qa"])
def test_graders_of_a_quiz(model, kind: str) -> None:
    judge = load_evaluator(kind, llm=model)
    for said, score in ((RIGHT, 1), (WRONG, 0)):
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


ROWS = [("Oslo", 709000, "Norway"), ("Bergen", 291000, "Norway"), ("Paris", 2100000, "France")]
ASKED = [
    ("How many people live in Oslo?", 709000),
    ("What is the population of Bergen?", 291000),
    ("How many cities are there?", 3),
    ("How many cities are in Norway?", 2),
    ("In which country is Paris?", "France"),
]


@pytest.fixture
def database() -> Any:
    engine = sqlalchemy.create_engine(
        "sqlite://", poolclass=sqlalchemy.pool.StaticPool, connect_args={"check_same_thread": False}
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE cities (name VARCHAR(20), population INTEGER, country VARCHAR(20))"
        )
        for row in ROWS:
            connection.exec_driver_sql("INSERT INTO cities VALUES (?, ?, ?)", row)
    return engine


class Described:
    """A database as ``SQLDatabase`` of LangChain's community package describes it."""

    dialect = "sqlite"

    def get_usable_table_names(self) -> list[str]:
        return ["cities"]

    def get_table_info(self, table_names: list[str] | None = None) -> str:
        columns = "\tname VARCHAR(20), \n\tpopulation INTEGER, \n\tcountry VARCHAR(20)\n"
        rows = "\n".join("\t".join(map(str, row)) for row in ROWS)
        heads = "name\tpopulation\tcountry"
        sample = f"3 rows from cities table:\n{heads}\n{rows}"
        return f"\nCREATE TABLE cities (\n{columns})\n\n/*\n{sample}\n*/"


@pytest.mark.parametrize(("question", "answer"), ASKED)
def test_sql(model, llm, database, question: str, answer: object) -> None:
    chain = create_sql_query_chain(model, Described())  # type: ignore[arg-type]
    with database.begin() as connection:
        rows = connection.exec_driver_sql(chain.invoke({"question": question})).fetchall()
    assert [row[-1] for row in rows] == [answer]
    engine = NLSQLTableQueryEngine(
        SQLDatabase(database, include_tables=["cities"]), tables=["cities"], llm=llm,
        embed_model=MockEmbedding(8),
    )  # fmt: skip
    found = engine.query(question)
    assert found.metadata["result"][0][-1] == answer
    assert str(answer) in str(found)
