"""Prompts of LangChain's classic classes that have examples of their own."""

from __future__ import annotations

import sqlite3
import warnings
from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_core.prompts import PromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import tool

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the package imports is sunset
    from langchain_classic.agents import AgentExecutor, create_xml_agent
    from langchain_classic.chains import RetrievalQAWithSourcesChain, create_sql_query_chain
    from langchain_classic.chains.router import MultiPromptChain
    from langchain_classic.evaluation import load_evaluator
    from langchain_classic.memory import ConversationSummaryMemory
    from langchain_community.utilities import SQLDatabase

pytestmark = pytest.mark.filterwarnings("ignore")

QUESTION = "How much does a berth cost a night?"
TRUE = "A berth costs 24 euros a night."
RIGHT, WRONG = "It costs 24 euros a night for a berth.", "A berth costs 7 dollars."


@pytest.mark.parametrize("kind", ["qa", "context_qa", "cot_qa"])
def test_a_right_answer_is_right_and_a_wrong_one_wrong(model, kind: str) -> None:
    evaluator = load_evaluator(kind, llm=model)
    scores = [
        evaluator.evaluate_strings(input=QUESTION, prediction=said, reference=TRUE)["score"]
        for said in (RIGHT, WRONG)
    ]
    assert scores == [1, 0]


@pytest.mark.parametrize("kind", ["pairwise_string", "labeled_pairwise_string"])
def test_the_better_of_two_answers(model, kind: str) -> None:
    known = {"reference": TRUE} if kind.startswith("labeled") else {}
    for one, other, better in ((RIGHT, "Dogs bark.", "A"), ("Dogs bark.", RIGHT, "B")):
        found = load_evaluator(kind, llm=model).evaluate_string_pairs(
            input=QUESTION, prediction=one, prediction_b=other, **known
        )
        assert found["value"] == better


class Both(BaseRetriever):
    def _get_relevant_documents(self, query: str, **_: object) -> list[Document]:
        return [
            Document("Dogs must be kept on a lead.", metadata={"source": "dogs.md"}),
            Document(TRUE, metadata={"source": "prices.md"}),
        ]


def test_an_answer_with_its_sources(model) -> None:
    chain = RetrievalQAWithSourcesChain.from_chain_type(model, retriever=Both())
    found = chain.invoke({"question": QUESTION})
    assert (found["answer"].strip(), found["sources"]) == (TRUE, "prices.md")
    assert "don't know" in chain.invoke({"question": "Who was Napoleon's aunt?"})["answer"]


def test_a_conversation_summed_up(model) -> None:
    memory = ConversationSummaryMemory(llm=model)
    memory.save_context({"input": "My name is Ada."}, {"output": "Hello."})
    memory.save_context({"input": "I live in Oslo."}, {"output": "How nice."})
    history = memory.load_memory_variables({})["history"]
    assert "Ada" in history
    assert "Oslo" in history
    assert "artificial" not in history


@pytest.mark.parametrize(
    ("asked", "route"), [("What is a physical force?", "P"), ("Sing me a song.", "")]
)
def test_a_route(model, server, asked: str, route: str) -> None:
    kinds = [
        {"name": name, "description": f"Good for {about}", "prompt_template": name[0] + ": {input}"}
        for name, about in (("Physics", "questions about force"), ("Maths", "sums"))
    ]
    MultiPromptChain.from_prompts(model, kinds).invoke({"input": asked})
    sent = server.requests[-1]["json"]["messages"][-1]["content"]
    assert (f"{route}: {asked}" if route else asked) in sent


@pytest.mark.parametrize(
    ("asked", "number"),
    [("How many people live in Oslo?", 700_000), ("How many cities are there?", 2)],
)
def test_a_number_in_a_table(model, tmp_path: Path, asked: str, number: int) -> None:
    with sqlite3.connect(tmp_path / "cities.db") as database:
        database.execute("CREATE TABLE cities (name TEXT, population INTEGER)")
        database.executemany(
            "INSERT INTO cities VALUES (?, ?)", [("Oslo", 700_000), ("Rome", 2_800_000)]
        )
        reader = SQLDatabase.from_uri(f"sqlite:///{tmp_path / 'cities.db'}")
        query = create_sql_query_chain(model, reader).invoke({"question": asked})
        ((*_, found),) = database.execute(query).fetchall()
        assert found == number


@tool
def wind_report(station: str) -> str:
    """Report the wind at a station."""
    return f"7 knots at {station}"


TAGS = PromptTemplate.from_template(
    "You have access to the following tools:\n\n{tools}\n\nUse <tool></tool> and <tool_input>"
    "</tool_input> tags, such as <tool>search</tool><tool_input>weather in SF</tool_input>\n"
    "<observation>64 degrees</observation>\n\nAnswer between tags, such as <final_answer>The "
    "weather in SF is 64 degrees</final_answer>\n\nBegin!\n\nQuestion: {input}\n{agent_scratchpad}"
)


def test_an_agent_that_uses_tags(model) -> None:
    # Its own parser wants the end tag, which a stop sequence would cut off.
    agent = create_xml_agent(model, [wind_report], TAGS, stop_sequence=False)
    runner = AgentExecutor(agent=agent, tools=[wind_report], max_iterations=3)
    assert "7 knots at Skagen" in runner.invoke({"input": "What is the wind at Skagen?"})["output"]
