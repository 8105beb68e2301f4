"""LlamaIndex's chat engines, and questions that become several."""

from __future__ import annotations

from typing import Any

import pytest
from llama_index.core import (
    Document,
    MockEmbedding,
    SummaryIndex,
    VectorStoreIndex,
    get_response_synthesizer,
)
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.query_engine import SubQuestionQueryEngine
from llama_index.core.question_gen import LLMQuestionGenerator
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.tools import QueryEngineTool

from tests.zhipu_emulator.harbour import QUESTION, TEXTS


@pytest.mark.parametrize("mode", ["condense_question", "condense_plus_context"])
def test_a_talk_of_several_questions(llm, mode: Any) -> None:
    pages = [Document(text=text) for text in TEXTS]
    index = VectorStoreIndex.from_documents(pages, embed_model=MockEmbedding(8))
    # The default, Memory, leaves its database open.
    memory = ChatMemoryBuffer.from_defaults(llm=llm)
    engine = index.as_chat_engine(chat_mode=mode, llm=llm, similarity_top_k=3, memory=memory)
    assert str(engine.chat("When does the harbour office open?")) == TEXTS[0]
    assert str(engine.chat(QUESTION)) == TEXTS[1]
    streamed = engine.stream_chat("Must dogs be kept on a lead?")
    assert "".join(streamed.response_gen) == TEXTS[2]


def test_several_queries_for_one(llm) -> None:
    index = VectorStoreIndex.from_documents([Document(text=TEXTS[1])], embed_model=MockEmbedding(8))
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
            SummaryIndex.from_documents([Document(text=text)]).as_query_engine(llm=llm),
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
