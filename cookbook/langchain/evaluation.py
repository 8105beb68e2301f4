"""A small evaluation of retrieval and answers: hits, figures, and a judge.

    pip install numpy
    python cookbook/langchain/evaluation.py

Without a key the emulator of this project answers. Its judgements follow from simple rules, so they
show how the parts fit together and say nothing about GLM.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

from langchain_core.documents import Document
from langchain_core.vectorstores import InMemoryVectorStore

from langchain_zhipu import ChatZhipuAI, ZhipuAIEmbeddings
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    import numpy as np  # noqa: F401 - InMemoryVectorStore computes with it
except ImportError as error:
    raise SystemExit(f"{error}. This recipe needs: pip install numpy") from None

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


JUDGE = """Is this information supported by the context? Answer YES or NO.
Information: {answer}
Context: {context}
Answer: """


def main() -> int:
    """Evaluate all cases; the exit code is 0 when all answers are right."""
    right = 0
    try:
        with stand_in():
            documents = [Document(note, metadata={"n": n}) for n, note in enumerate(NOTES)]
            store = InMemoryVectorStore.from_documents(documents, ZhipuAIEmbeddings())
            model = ChatZhipuAI(model="glm-4.7", temperature=0.0)
            for case in CASES:
                (found,) = store.similarity_search(case.question, k=1)
                messages = [("system", found.page_content), ("user", case.question)]
                answer = model.invoke(messages).text
                asked = JUDGE.format(answer=answer, context=found.page_content)
                supported = model.invoke(asked).text.strip().upper().startswith("YES")
                hit = found.metadata["n"] == case.note
                good = hit and case.contains in answer
                right += good
                print(f"{'right' if good else 'WRONG'}  {case.question}  {answer}")
                print(f"       the right note: {hit}; supported by it, says the judge: {supported}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    print(f"{right} of {len(CASES)} are right")
    return 0 if right == len(CASES) else 1


if __name__ == "__main__":
    sys.exit(main())
