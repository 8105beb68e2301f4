"""LlamaIndex's own default prompts: each is answered in the form that it asks for."""

from __future__ import annotations

from typing import Any

import pytest
from llama_index.core import (
    Document,
    KeywordTableIndex,
    SummaryIndex,
    TreeIndex,
    get_response_synthesizer,
)
from llama_index.core.evaluation import (
    AnswerRelevancyEvaluator,
    ContextRelevancyEvaluator,
    CorrectnessEvaluator,
    FaithfulnessEvaluator,
    PairwiseComparisonEvaluator,
    RelevancyEvaluator,
)
from llama_index.core.extractors import KeywordExtractor
from llama_index.core.indices.list.retrievers import SummaryIndexLLMRetriever
from llama_index.core.indices.property_graph import (
    DynamicLLMPathExtractor,
    SimpleLLMPathExtractor,
)
from llama_index.core.postprocessor import LLMRerank
from llama_index.core.postprocessor.rankGPT_rerank import RankGPTRerank
from llama_index.core.question_gen import LLMQuestionGenerator
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.core.selectors import (
    LLMMultiSelector,
    LLMSingleSelector,
    PydanticMultiSelector,
    PydanticSingleSelector,
)
from llama_index.core.tools import ToolMetadata

from tests.zhipu_emulator.harbour import QUESTION, TEXTS


def nodes() -> list[NodeWithScore]:
    return [NodeWithScore(node=TextNode(text=text), score=0.5) for text in TEXTS]


def test_rerank_by_choice_select(llm) -> None:
    found = LLMRerank(llm=llm, top_n=1).postprocess_nodes(nodes(), QueryBundle(QUESTION))
    assert [one.node.get_content() for one in found] == [TEXTS[1]]
    assert 1 < found[0].score <= 10


def test_an_answer_comes_from_the_text_and_not_from_its_metadata(llm) -> None:
    about = {"doc_name": "What a berth costs a night", "url": "https://harbour.example/a-berth"}
    node = NodeWithScore(node=TextNode(text=TEXTS[1], metadata=about))
    answered = get_response_synthesizer(llm=llm).synthesize(QUESTION, [node])
    assert str(answered) == TEXTS[1]


def test_rerank_by_permutation(llm) -> None:
    rerank = RankGPTRerank(llm=llm, top_n=3)
    found = rerank.postprocess_nodes(nodes(), QueryBundle(QUESTION))
    assert found[0].node.get_content() == TEXTS[1]


CHOICES = [
    ToolMetadata(name="weather", description="Reports wind, waves and rain at sea"),
    ToolMetadata(name="prices", description="Prices of berths, fuel and showers"),
]


@pytest.mark.parametrize(
    "kind", [LLMSingleSelector, LLMMultiSelector, PydanticSingleSelector, PydanticMultiSelector]
)
def test_selectors(llm, kind: Any) -> None:
    found = kind.from_defaults(llm=llm).select(CHOICES, "What is the price of a berth?")
    assert found.inds == [1]


def test_sub_questions(llm) -> None:
    generator = LLMQuestionGenerator.from_defaults(llm=llm)
    found = generator.generate(CHOICES, QueryBundle("Compare the rain and the prices."))
    assert [one.tool_name for one in found] == ["weather", "prices"]
    assert all(one.sub_question for one in found)


@pytest.mark.parametrize(
    ("answer", "good"),
    [("A berth costs 24 euros a night.", True), ("Elephants paint quickly in Peru.", False)],
)
def test_evaluators(llm, answer: str, good: bool) -> None:
    given = {"query": QUESTION, "response": answer, "contexts": TEXTS}
    faithful = FaithfulnessEvaluator(llm=llm).evaluate(**given)
    assert (faithful.passing, faithful.feedback) == (good, "YES" if good else "NO")
    assert RelevancyEvaluator(llm=llm).evaluate(**given).passing is good
    correct = CorrectnessEvaluator(llm=llm).evaluate(**given, reference="A berth costs 24 euros.")
    assert 1 <= correct.score <= 5
    assert correct.passing is good
    relevant = AnswerRelevancyEvaluator(llm=llm).evaluate(**given)
    assert relevant.invalid_result is not True
    assert (relevant.score > 0.4) is good
    context = ContextRelevancyEvaluator(llm=llm).evaluate(query=QUESTION, contexts=TEXTS)
    assert 0 < context.score <= 1


async def test_the_better_of_two(llm) -> None:
    found = await PairwiseComparisonEvaluator(llm=llm, enforce_consensus=False).aevaluate(
        query=QUESTION, response="24 euros a night for a berth.", second_response="Dogs bark.",
        reference="A berth costs 24 euros a night.",
    )  # fmt: skip
    assert found.passing is True


def test_keywords(llm) -> None:
    found = KeywordExtractor(llm=llm, keywords=3).extract([TextNode(text=TEXTS[1])])
    assert found[0]["excerpt_keywords"].strip()


def test_triplets(llm) -> None:
    text = "Ines Ferreira is captain of the Aurora. The Aurora was built in Bergen."
    (node,) = SimpleLLMPathExtractor(llm=llm, num_workers=1)([TextNode(text=text)])
    relations = [(r.source_id, r.target_id) for r in node.metadata["relations"]]
    assert [who for who, _ in relations] == ["Ines ferreira", "Aurora"]
    assert "aurora" in relations[0][1].lower()
    (node,) = DynamicLLMPathExtractor(llm=llm, num_workers=1)([TextNode(text=text)])
    assert len(node.metadata["relations"]) == 2


def test_keyword_table_and_tree(llm) -> None:
    documents = [Document(text=text) for text in TEXTS]
    table = KeywordTableIndex.from_documents(documents, llm=llm)
    assert "24 euros" in str(table.as_query_engine(llm=llm).query("What do Berths cost?"))
    tree = TreeIndex.from_documents(documents, llm=llm, num_children=3)
    assert "24 euros" in str(tree.as_query_engine(llm=llm).query(QUESTION))


def test_choices_of_a_summary_index(llm) -> None:
    index = SummaryIndex.from_documents([Document(text=text) for text in TEXTS])
    found = SummaryIndexLLMRetriever(index, llm=llm).retrieve(QUESTION)
    assert [one.node.get_content() for one in found] == [TEXTS[1]]


def test_lines_with_names_that_are_a_documents_own_are_answered_from(llm) -> None:
    text = "author: Ada Vik\n\nThe author of the foreword is not named."
    node = NodeWithScore(node=TextNode(text=text))
    made = get_response_synthesizer(llm=llm).synthesize("Who is the author?", [node])
    assert "Ada Vik" in str(made)
