"""Agents of tags, routers, sources, summaries that grow, and questions in parts."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.prompts import PromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import tool
from llama_index.core import Document as Page
from llama_index.core import MockEmbedding, SummaryIndex, VectorStoreIndex, get_response_synthesizer
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.query_engine import SubQuestionQueryEngine
from llama_index.core.question_gen import LLMQuestionGenerator
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.tools import QueryEngineTool

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the package imports is sunset
    from langchain_classic.agents import AgentExecutor, create_xml_agent
    from langchain_classic.chains import RetrievalQAWithSourcesChain
    from langchain_classic.chains.router import MultiPromptChain
    from langchain_classic.memory import ConversationSummaryMemory

pytestmark = pytest.mark.filterwarnings("ignore")

TEXTS = [
    "The harbour office opens at half past seven.",
    "Berths cost 24 euros a night, showers included.",
    "Dogs must be kept on a lead on the quay.",
]
QUESTION = "How much does a berth cost a night?"


class All(BaseRetriever):
    def _get_relevant_documents(self, query: str, *, run_manager: Any = None) -> list[Document]:
        return [Document(text, metadata={"source": f"{n}.txt"}) for n, text in enumerate(TEXTS)]


@tool
def wind_report(station: str) -> str:
    """Report the wind at a station."""
    return f"7 knots at {station}"


XML = PromptTemplate.from_template(
    "You have access to the following tools:\n\n{tools}\n\n"
    "In order to use a tool, you can use <tool></tool> and <tool_input></tool_input> tags. "
    "You will then get back a response in the form <observation></observation>\n"
    "For example, to search for the weather in SF you would respond:\n\n"
    "<tool>search</tool><tool_input>weather in SF</tool_input>\n"
    "<observation>64 degrees</observation>\n\n"
    "When you are done, respond with a final answer between <final_answer></final_answer>.\n\n"
    "Begin!\n\nPrevious Conversation:\n{chat_history}\n\nQuestion: {input}\n{agent_scratchpad}"
)


def test_an_agent_of_tags(model) -> None:
    # A stop sequence cuts the tag off that the agent's own parser then looks for.
    agent = create_xml_agent(model, [wind_report], XML, stop_sequence=False)
    executor = AgentExecutor(agent=agent, tools=[wind_report], return_intermediate_steps=True)
    found = executor.invoke({"input": "What is the wind at Skagen?", "chat_history": ""})
    ((step, seen),) = found["intermediate_steps"]
    assert (step.tool, step.tool_input, seen) == ("wind_report", "Skagen", "7 knots at Skagen")
    assert "7 knots at Skagen" in found["output"]
    found = executor.invoke({"input": "Hello!", "chat_history": ""})
    assert not found["intermediate_steps"]
    assert found["output"].startswith("Hello")


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("What is a law of physics?", "physics"),
        ("Help me with maths: 3 * 4", "maths"),
        ("My cat sleeps.", None),
    ],
)
def test_a_router(model, asked: str, name: str | None) -> None:
    kinds = [("physics", "Good for questions about physics"), ("maths", "Good for maths and sums")]
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
    assert found["sources"] == ""


def test_a_summary_that_grows(model) -> None:
    memory = ConversationSummaryMemory(llm=model)
    memory.save_context({"input": "I sail the Aurora."}, {"output": "Welcome."})
    first = memory.buffer
    assert first.startswith("The human says: I sail the Aurora.")
    memory.save_context({"input": "I want a berth for 24 euros."}, {"output": "Yes."})
    assert memory.buffer.startswith(first)
    assert "24 euros" in memory.buffer


@pytest.mark.parametrize("mode", ["condense_question", "condense_plus_context"])
def test_a_talk_of_several_questions(llm, mode: Any) -> None:
    pages = [Page(text=text) for text in TEXTS]
    index = VectorStoreIndex.from_documents(pages, embed_model=MockEmbedding(8))
    # The default, Memory, leaves its database open.
    memory = ChatMemoryBuffer.from_defaults(llm=llm)
    engine = index.as_chat_engine(chat_mode=mode, llm=llm, similarity_top_k=3, memory=memory)
    assert str(engine.chat("When does the harbour office open?")) == TEXTS[0]
    assert str(engine.chat(QUESTION)) == TEXTS[1]
    streamed = engine.stream_chat("Must dogs be kept on a lead?")
    assert "".join(streamed.response_gen) == TEXTS[2]


def test_several_queries_for_one(llm) -> None:
    index = VectorStoreIndex.from_documents([Page(text=TEXTS[1])], embed_model=MockEmbedding(8))
    retriever = QueryFusionRetriever(
        [index.as_retriever()], llm=llm, num_queries=4, use_async=False
    )
    queries = [one.query_str for one in retriever._get_queries(QUESTION)]
    assert len(set(queries)) == 3
    assert all("berth" in query for query in queries)


def test_a_question_in_parts(llm) -> None:
    facts = {name: f"The population of {name} is {n} people." for name, n in
             (("Oslo", 709000), ("Bergen", 291000))}  # fmt: skip
    tools = [
        QueryEngineTool.from_defaults(
            SummaryIndex.from_documents([Page(text=text)]).as_query_engine(llm=llm),
            name=name.lower(), description=f"Facts about {name}",
        )
        for name, text in facts.items()
    ]  # fmt: skip
    engine = SubQuestionQueryEngine.from_defaults(
        tools, question_gen=LLMQuestionGenerator.from_defaults(llm=llm), llm=llm,
        response_synthesizer=get_response_synthesizer(llm=llm), use_async=False, verbose=False,
    )  # fmt: skip
    answer = str(engine.query("Compare the population of Oslo and Bergen."))
    assert answer == " ".join(facts.values())
