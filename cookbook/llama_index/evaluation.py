"""A small evaluation of a query engine: hits of the retriever, figures, LlamaIndex's own judges.

    python cookbook/llama_index/evaluation.py

Without a key the emulator of this project answers. Its judgements follow from simple rules, so they
show how the parts fit together and say nothing about GLM.
"""

from __future__ import annotations

import asyncio
import sys
from typing import NamedTuple

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.base.response.schema import Response
from llama_index.core.evaluation import FaithfulnessEvaluator, RelevancyEvaluator

from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

NOTES = (
    "The two hydrophones cost 4,100 euros together.",
    "Five people were on board for three weeks.",
    "Most porpoises were seen at the harbour mouth.",
)


class Case(NamedTuple):
    """A question, the note that answers it, and what a right answer contains."""

    question: str
    note: int
    contains: str


CASES = (
    Case("What did the hydrophones cost?", 0, "4,100"),
    Case("How many people were on board?", 1, "Five"),
    Case("Where were most porpoises seen?", 2, "harbour mouth"),
)


async def evaluated() -> int:
    """How many answers are right; shows each."""
    llm = ZhipuAI(model="glm-4.7", temperature=0.0)
    index = VectorStoreIndex.from_documents(
        [Document(text=note) for note in NOTES], embed_model=ZhipuAIEmbedding()
    )
    engine = index.as_query_engine(llm=llm, similarity_top_k=1)
    faithful, relevant = FaithfulnessEvaluator(llm=llm), RelevancyEvaluator(llm=llm)
    right = 0
    for case in CASES:
        answer = await engine.aquery(case.question)
        if not isinstance(answer, Response):  # a stream, where one was asked for
            raise TypeError
        judged = await asyncio.gather(
            faithful.aevaluate_response(response=answer),
            relevant.aevaluate_response(query=case.question, response=answer),
        )
        hit = answer.source_nodes[0].text == NOTES[case.note]
        good = hit and case.contains in str(answer)
        right += good
        print(f"{'right' if good else 'WRONG'}  {case.question}  {answer}")
        print(f"       hit: {hit}; faithful: {judged[0].passing}; relevant: {judged[1].passing}")
    return right


def main() -> int:
    """Evaluate all cases; the exit code is 0 when all answers are right."""
    try:
        with stand_in():
            right = asyncio.run(evaluated())
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    print(f"{right} of {len(CASES)} are right")
    return 0 if right == len(CASES) else 1


if __name__ == "__main__":
    sys.exit(main())
