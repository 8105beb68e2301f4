"""Questions about a scanned PDF, answered with citations: OCR, split, embed, store, rerank, answer.

    pip install langchain-text-splitters numpy
    python cookbook/langchain/scanned_pdf_rag.py [report.pdf] [--question "..."]

Without a file a small sample is read. Without a key the emulator of this project answers: it looks
for the sentence of the excerpts that fits the question best.
"""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any

from langchain_core.documents import Document
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.vectorstores import InMemoryVectorStore

from langchain_zhipu import ChatZhipuAI, ZhipuAIEmbeddings, ZhipuAIOCRLoader, ZhipuAIRerank
from zhipu_client import ZhipuError
from zhipu_emulator import sample, stand_in

try:
    import numpy as np  # noqa: F401 - InMemoryVectorStore computes with it
    from langchain_text_splitters import RecursiveCharacterTextSplitter
except ImportError as error:
    command = "pip install langchain-text-splitters numpy"
    raise SystemExit(f"{error}. This recipe needs: {command}") from None

QUESTIONS = (
    "How long was the longest sleep phase of a whale?",
    "How much did the hydrophones cost?",
    "Who was the chief scientist of the expedition?",
)
SAMPLE = sample("expedition.pdf")
#: From this relevance on, a piece says what an answer says.
SAME = 0.7
RULES = (
    "Answer from the excerpts only, in one or two sentences. After each statement cite the excerpt "
    "that says so by its number, like [1]. If none says so, say that."
)
PROMPT = ChatPromptTemplate.from_messages(
    [("system", RULES), ("user", "Excerpts:\n{excerpts}\n\nQuestion: {question}")]
)


class Library:
    """Documents that can be asked."""

    def __init__(self) -> None:
        self._splitter = RecursiveCharacterTextSplitter(chunk_size=200, chunk_overlap=0)
        embeddings = ZhipuAIEmbeddings(model="embedding-3", dimensions=512)
        self._store = InMemoryVectorStore(embeddings)
        self._reranker = ZhipuAIRerank(top_n=3)
        self._chain = PROMPT | ChatZhipuAI(model="glm-4.7")

    def add(self, source: Any) -> int:
        """Read a document, page by page, into the store; answers with the number of pieces."""
        added = 0
        for page in ZhipuAIOCRLoader(source, tables="markdown").lazy_load():
            added += len(self._store.add_documents(self._splitter.split_documents([page])))
        return added

    def ask(self, question: str) -> tuple[str, list[Document]]:
        """Answer a question; with the pieces that the answer rests on."""
        found = self._store.similarity_search(question, k=12)
        best = list(self._reranker.compress_documents(found, question))
        excerpts = "\n\n".join(
            f"[{number}] {piece.page_content}" for number, piece in enumerate(best, 1)
        )
        answer = self._chain.invoke({"excerpts": excerpts, "question": question}).text
        cited = sorted({int(number) for number in re.findall(r"\[(\d+)\]", answer)})
        sources = [best[number - 1] for number in cited if 0 < number <= len(best)]
        return answer, sources or self._nearest(answer, best)

    def _nearest(self, answer: str, pieces: list[Document]) -> list[Document]:
        """For an answer that cites nothing: the piece that says the same, if one does."""
        ranked = self._reranker.compress_documents(pieces, answer)
        return [piece for piece in ranked if piece.metadata["relevance_score"] > SAME][:1]


def main(arguments: list[str] | None = None) -> int:
    """Read a document and answer questions about it."""
    parser = argparse.ArgumentParser(description="Questions about a scanned PDF.")
    parser.add_argument("file", nargs="?", help="a PDF, PNG or JPEG, or its address")
    parser.add_argument("--question", action="append", help="may be given several times")
    chosen = parser.parse_args(arguments)
    try:
        with stand_in():
            library = Library()
            pieces = library.add(chosen.file or SAMPLE)
            print(f"Read {chosen.file or 'the sample'}: {pieces} pieces.")
            for question in chosen.question or QUESTIONS:
                answer, sources = library.ask(question)
                print(f"\n> {question}\n{answer}")
                for source in sources:
                    where = f"page {source.metadata['page_label']}"
                    score = source.metadata["relevance_score"]
                    print(f"  {where}, relevance {score:.2f}: {source.page_content[:60]!r}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
