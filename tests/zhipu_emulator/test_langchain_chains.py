"""LangChain's classic chains, routers, memories, compressors and output parsers."""

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

from tests.zhipu_emulator.harbour import QUESTION, TEXTS

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "`langchain-community` is being sunset", DeprecationWarning)
    from langchain_classic.chains import ConversationalRetrievalChain, RetrievalQAWithSourcesChain
    from langchain_classic.chains.question_answering import load_qa_chain
    from langchain_classic.chains.router import MultiPromptChain
    from langchain_classic.chains.summarize import load_summarize_chain
    from langchain_classic.memory import ConversationSummaryMemory
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

pytestmark = pytest.mark.filterwarnings("ignore:.* was deprecated in LangChain:DeprecationWarning")

DOCUMENTS = [Document(text, metadata={"source": f"{n}.txt"}) for n, text in enumerate(TEXTS)]


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


@pytest.mark.filterwarnings("ignore:The apply_and_parse method is deprecated:UserWarning")
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


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("What is a law of physics?", "physics"),
        ("Is there a physical force?", "physics"),
        ("Help me with maths: 3 * 4", "maths"),
        ("My cat sleeps.", None),
    ],
)
def test_a_router(model, asked: str, name: str | None) -> None:
    kinds = [
        ("physics", "Good for questions about physics and force"),
        ("maths", "Good for maths and sums"),
    ]
    prompts = [
        {"name": name, "description": about, "prompt_template": "{input}"} for name, about in kinds
    ]
    found = MultiPromptChain.from_prompts(model, prompts).router_chain.invoke({"input": asked})
    assert found["destination"] == name
    assert found["next_inputs"] == {"input": asked}


@pytest.mark.parametrize("kind", ["stuff", "map_reduce", "refine"])
def test_an_answer_with_its_source(model, kind: str) -> None:
    chain = RetrievalQAWithSourcesChain.from_chain_type(model, chain_type=kind, retriever=All())
    found = chain.invoke({"question": QUESTION})
    assert found["answer"].strip() == TEXTS[1]
    assert found["sources"] == "1.txt"


def test_a_question_without_an_answer_has_no_source(model) -> None:
    chain = RetrievalQAWithSourcesChain.from_chain_type(model, retriever=All())
    found = chain.invoke({"question": "Who painted elephants in Peru?"})
    assert "don't know" in found["answer"]
    assert found["sources"] == ""


def test_a_summary_that_grows(model) -> None:
    memory = ConversationSummaryMemory(llm=model)
    memory.save_context({"input": "I sail the Aurora."}, {"output": "Welcome."})
    first = memory.buffer
    assert first.startswith("The human says: I sail the Aurora.")
    memory.save_context({"input": "I want a berth for 24 euros."}, {"output": "Yes."})
    assert memory.buffer.startswith(first)
    assert "24 euros" in memory.buffer
    assert "artificial" not in memory.buffer  # the prompt's own example
