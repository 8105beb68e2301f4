"""Questions about a scanned PDF: OCR, index, rerank, answer with its sources.

    python cookbook/llama_index/ocr_query_engine.py [report.pdf] [--question "..."]

Without a file a small sample is read. Without a key the emulator of this project answers: it looks
for the sentence of the pages that fits the question best.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from llama_index.core import VectorStoreIndex
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import BaseQueryEngine

from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding, ZhipuAIOCRReader, ZhipuAIRerank
from zhipu_client import ZhipuError
from zhipu_emulator import sample, stand_in

QUESTIONS = (
    "How tall is the lighthouse of Skagen?",
    "In which year did the lamp become electric?",
)
SAMPLE = sample("lighthouse.pdf")


def engine_over(source: Any) -> BaseQueryEngine:
    """Read a document and make it answer questions."""
    pages = ZhipuAIOCRReader(tables="markdown").load_data(source)
    index = VectorStoreIndex.from_documents(
        pages,
        embed_model=ZhipuAIEmbedding(dimensions=512),
        transformations=[SentenceSplitter(chunk_size=256, chunk_overlap=16)],
    )
    return index.as_query_engine(
        llm=ZhipuAI(model="glm-4.7"),
        similarity_top_k=8,
        node_postprocessors=[ZhipuAIRerank(top_n=2)],
    )


def main(arguments: list[str] | None = None) -> int:
    """Read a document and answer questions about it."""
    parser = argparse.ArgumentParser(description="Questions about a scanned PDF.")
    parser.add_argument("file", nargs="?", help="a PDF, PNG or JPEG, or its address")
    parser.add_argument("--question", action="append", help="may be given several times")
    chosen = parser.parse_args(arguments)
    try:
        with stand_in():
            engine = engine_over(chosen.file or SAMPLE)
            for question in chosen.question or QUESTIONS:
                response = engine.query(question)
                print(f"\n> {question}\n{response}")
                for source in response.source_nodes:
                    page = source.metadata["page_label"]
                    print(f"  page {page}, relevance {source.score:.2f}: {source.text[:60]!r}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
