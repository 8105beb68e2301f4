"""LangChain's classic chains, compressors, evaluators and output parsers on the emulator."""

from __future__ import annotations

import datetime as dt
import warnings
from enum import Enum
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.output_parsers import (
    CommaSeparatedListOutputParser,
    JsonOutputParser,
    MarkdownListOutputParser,
    NumberedListOutputParser,
    PydanticOutputParser,
    XMLOutputParser,
)
from langchain_core.prompts import PromptTemplate
from langchain_core.retrievers import BaseRetriever
from pydantic import BaseModel, Field

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the package imports is sunset
    from langchain_classic.chains import ConversationalRetrievalChain
    from langchain_classic.chains.question_answering import load_qa_chain
    from langchain_classic.chains.summarize import load_summarize_chain
    from langchain_classic.evaluation import load_evaluator
    from langchain_classic.output_parsers import (
        DatetimeOutputParser,
        EnumOutputParser,
        OutputFixingParser,
        ResponseSchema,
        StructuredOutputParser,
        YamlOutputParser,
    )
    from langchain_classic.retrievers.document_compressors import (
        LLMChainExtractor,
        LLMChainFilter,
        LLMListwiseRerank,
    )
    from langchain_classic.retrievers.multi_query import MultiQueryRetriever

pytestmark = pytest.mark.filterwarnings("ignore")

TEXTS = [
    "The harbour office opens at half past seven.",
    "Berths cost 24 euros a night, showers included.",
    "Dogs must be kept on a lead on the quay.",
]
DOCUMENTS = [Document(text) for text in TEXTS]
QUESTION = "How much does a berth cost a night?"


class Person(BaseModel):
    name: str = Field(description="name of the person")
    age: int = Field(description="age in years")


class Colour(Enum):
    RED = "red"
    GREEN = "green"


class All(BaseRetriever):
    def _get_relevant_documents(self, query: str, *, run_manager: Any = None) -> list[Document]:
        return DOCUMENTS


ADA = Person(name="Ada", age=36)


@pytest.mark.parametrize(
    ("parser", "asked", "wanted"),
    [
        (PydanticOutputParser(pydantic_object=Person), "Ada is 36.", ADA),
        (JsonOutputParser(pydantic_object=Person), "张三，36岁", {"name": "张三", "age": 36}),
        (YamlOutputParser(pydantic_object=Person), "Ada is 36.", ADA),
        (CommaSeparatedListOutputParser(), "Ada met Bob and Ines.", ["Ada", "Bob", "Ines"]),
        (MarkdownListOutputParser(), "Ada met Bob and Ines.", ["Ada", "Bob", "Ines"]),
        (NumberedListOutputParser(), "Ada met Bob and Ines.", ["Ada", "Bob", "Ines"]),
        (
            XMLOutputParser(tags=["person", "name", "age"]),
            "Ada is 36.",
            {"person": [{"name": "Ada"}, {"age": "36"}]},
        ),
        (DatetimeOutputParser(), "It was founded on 2001-03-04.", dt.datetime(2001, 3, 4)),  # noqa: DTZ001
        (EnumOutputParser(enum=Colour), "What is green?", Colour.GREEN),
    ],
    ids=lambda value: type(value).__name__,
)
def test_format_instructions(model, parser: Any, asked: str, wanted: Any) -> None:
    prompt = PromptTemplate.from_template("Answer the user query.\n{form}\n{asked}\n")
    chain = prompt.partial(form=parser.get_format_instructions()) | model | parser
    assert chain.invoke({"asked": asked}) == wanted


def test_a_schema_of_comments(model) -> None:
    schemas = [ResponseSchema(name="name", description="the name", type="string"),
               ResponseSchema(name="age", description="the age", type="integer")]  # fmt: skip
    parser = StructuredOutputParser.from_response_schemas(schemas)
    prompt = PromptTemplate.from_template("{asked}\n{form}")
    chain = prompt.partial(form=parser.get_format_instructions()) | model | parser
    assert chain.invoke({"asked": "Ada is 36."}) == {"name": "Ada", "age": 36}


def test_a_parser_that_asks_again(model) -> None:
    parser = OutputFixingParser.from_llm(
        llm=model, parser=PydanticOutputParser(pydantic_object=Person)
    )
    assert parser.parse("{'name': 'Ada', 'age': 36}") == ADA


@pytest.mark.parametrize("kind", ["stuff", "map_reduce", "refine"])
def test_summaries(model, kind: str) -> None:
    found = load_summarize_chain(model, chain_type=kind).invoke({"input_documents": DOCUMENTS})
    assert found["output_text"] == " ".join(TEXTS)


@pytest.mark.parametrize("kind", ["stuff", "map_reduce", "refine", "map_rerank"])
def test_questions_over_documents(model, kind: str) -> None:
    chain = load_qa_chain(model, chain_type=kind)
    found = chain.invoke({"input_documents": DOCUMENTS, "question": QUESTION})
    assert found["output_text"] == TEXTS[1]


def test_a_question_that_stands_alone(model) -> None:
    chain = ConversationalRetrievalChain.from_llm(model, All(), return_generated_question=True)
    said = [("When does the office open?", "At half past seven.")]
    found = chain.invoke({"question": "And how much is a berth?", "chat_history": said})
    assert found["generated_question"] == "And how much is a berth?"
    assert found["answer"] == TEXTS[1]


def test_several_questions_for_one(model, server) -> None:
    found = MultiQueryRetriever.from_llm(All(), model).invoke(QUESTION)
    assert found == DOCUMENTS


@pytest.mark.parametrize(
    "compressor",
    [
        lambda model: LLMListwiseRerank.from_llm(model, top_n=1),
        LLMChainExtractor.from_llm,
        LLMChainFilter.from_llm,
    ],
    ids=["listwise", "extractor", "filter"],
)
def test_compressors(model, compressor: Any) -> None:
    found = compressor(model).compress_documents(DOCUMENTS, QUESTION)
    assert [one.page_content for one in found] == [TEXTS[1]]


@pytest.mark.parametrize(("said", "score"), [("24 euros a night", 1), ("Dogs bark.", 0)])
def test_the_evaluator_of_answers(model, said: str, score: int) -> None:
    found = load_evaluator("qa", llm=model).evaluate_strings(
        input=QUESTION, prediction=said, reference="24 euros a night"
    )
    assert found["score"] == score


def test_evaluators_are_answered_in_form(model) -> None:
    given = {"input": QUESTION, "prediction": "24 euros a night for a berth"}
    criteria = load_evaluator("criteria", llm=model, criteria="conciseness")
    assert criteria.evaluate_strings(**given)["score"] == 1
    scored = load_evaluator("labeled_score_string", llm=model)
    assert 1 <= scored.evaluate_strings(**given, reference="24 euros")["score"] <= 10
    pairs = load_evaluator("pairwise_string", llm=model)
    assert pairs.evaluate_string_pairs(**given, prediction_b="Dogs bark.")["score"] in (0, 0.5, 1)
