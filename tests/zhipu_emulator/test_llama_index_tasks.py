"""LlamaIndex's extractors, transforms, refining and agents are answered in form."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from llama_index.core import Document, PropertyGraphIndex, get_response_synthesizer
from llama_index.core.agent.workflow import ReActAgent
from llama_index.core.evaluation import GuidelineEvaluator
from llama_index.core.extractors import (
    KeywordExtractor,
    QuestionsAnsweredExtractor,
    SummaryExtractor,
    TitleExtractor,
)
from llama_index.core.indices.property_graph import SchemaLLMPathExtractor, SimpleLLMPathExtractor
from llama_index.core.indices.query.query_transform import (
    DecomposeQueryTransform,
    HyDEQueryTransform,
)
from llama_index.core.postprocessor import StructuredLLMRerank
from llama_index.core.program import LLMTextCompletionProgram
from llama_index.core.schema import NodeWithScore, TextNode
from pydantic import BaseModel

LANGUAGES = {
    "en": (
        "How much does a berth cost a night?",
        [
            "The harbour office opens at half past seven.",
            "Berths cost 24 euros a night, showers included.",
            "Dogs must be kept on a lead on the quay.",
        ],
    ),
    "zh": (
        "泊位每晚多少钱？",
        ["港务局早上七点半开门。", "泊位每晚24欧元，含淋浴。", "码头上的狗必须拴绳。"],
    ),
}
GRAPH = "Ines Ferreira is captain of the Aurora. The Aurora was built in Bergen."
both = pytest.mark.parametrize("language", LANGUAGES)


class Person(BaseModel):
    name: str
    age: int


@both
@pytest.mark.parametrize(
    "mode", ["refine", "compact", "tree_summarize", "simple_summarize", "accumulate"]
)
def test_synthesizers(llm, mode: Any, language: str) -> None:
    question, texts = LANGUAGES[language]
    nodes = [NodeWithScore(node=TextNode(text=text)) for text in texts]
    found = get_response_synthesizer(llm=llm, response_mode=mode).synthesize(question, nodes)
    assert texts[1] in str(found)
    others = mode in ("accumulate", "simple_summarize")  # which write more around it
    assert others or str(found) == texts[1]


@both
def test_extractors(llm, language: str) -> None:
    _, texts = LANGUAGES[language]
    nodes = [TextNode(text=texts[1])]
    made: dict[str, Any] = {}
    for extractor in (
        TitleExtractor(llm=llm, nodes=1),
        SummaryExtractor(llm=llm),
        QuestionsAnsweredExtractor(llm=llm, questions=2),
        KeywordExtractor(llm=llm, keywords=2),
    ):
        made |= extractor.extract(nodes)[0]
    assert made["document_title"] == texts[1][:-1]
    assert made["section_summary"] == texts[1]
    assert len(made["questions_this_excerpt_can_answer"].splitlines()) == 2
    assert len(made["excerpt_keywords"].split(", ")) == 2


def test_transforms_of_questions(llm) -> None:
    question, _ = LANGUAGES["en"]
    passage, same = HyDEQueryTransform(llm=llm).run(question).embedding_strs
    assert "passage" in passage
    assert same == question
    decomposed = DecomposeQueryTransform(llm=llm).run(question, {"index_summary": "Prices"})
    assert decomposed.query_str == question


@pytest.mark.parametrize("text", ["Ada is 36.", "Extract a person: Ada, 36"])
def test_a_program_of_text(llm, text: str) -> None:
    program = LLMTextCompletionProgram.from_defaults(
        output_cls=Person, prompt_template_str="{text}", llm=llm
    )
    assert program(text=text) == Person(name="Ada", age=36)


def test_guidelines(llm) -> None:
    evaluator = GuidelineEvaluator(llm=llm, guidelines="The response should name a price.")
    found = evaluator.evaluate(query="A berth?", response="24 euros.", contexts=["x"])
    assert isinstance(found.passing, bool)
    assert found.feedback


def test_graphs(llm) -> None:
    (node,) = SimpleLLMPathExtractor(llm=llm, num_workers=1)(
        [TextNode(text="张三是极光号的船长。")]
    )
    (relation,) = node.metadata["relations"]
    assert (relation.source_id, relation.label, relation.target_id) == (
        "张三",
        "是",
        "极光号的船长",
    )
    for strict in (True, False):
        extractor = SchemaLLMPathExtractor(llm=llm, num_workers=1, strict=strict)
        (node,) = extractor([TextNode(text=GRAPH)])
        names = {one.name for one in node.metadata["nodes"]}
        assert {"Ines Ferreira", "Aurora"} & names
    index = PropertyGraphIndex.from_documents(
        [Document(text=GRAPH)], llm=llm, embed_kg_nodes=False,
        kg_extractors=[SimpleLLMPathExtractor(llm=llm, num_workers=1)],
    )  # fmt: skip
    answer = index.as_query_engine(llm=llm).query("Who is captain of the Aurora?")
    assert "Ines Ferreira" in str(answer)


@both
def test_rerank_by_structured_output(llm, language: str) -> None:
    question, texts = LANGUAGES[language]
    nodes = [NodeWithScore(node=TextNode(text=text), score=0.5) for text in texts]
    found = StructuredLLMRerank(llm=llm, top_n=1).postprocess_nodes(nodes, query_str=question)
    assert [one.node.get_content() for one in found] == [texts[1]]


# The workflow looks at each attribute of the agent, a pydantic model.
@pytest.mark.filterwarnings(
    "ignore::pydantic.PydanticDeprecatedSince20",
    "ignore::pydantic.PydanticDeprecatedSince211",
    "ignore:is_running called from within a step:DeprecationWarning",
)
@pytest.mark.parametrize("asked", ["What is 17 * 19?", "17 乘以 19 等于多少？"])
def test_an_agent_in_words(llm, asked: str) -> None:
    def multiply(a: int, b: int) -> int:
        """Multiply two numbers."""
        return a * b

    async def ask() -> Any:
        return await ReActAgent(tools=[multiply], llm=llm, streaming=False).run(asked)

    assert "323" in str(asyncio.run(ask()))
