"""Questions about a scanned PDF: OCR, index, rerank, answer with its sources.

    python cookbook/llama_index/ocr_query_engine.py [report.pdf] [--question "..."]

Without a file a small sample is made. Without a key the emulator of this project answers: it looks
for the sentence of the pages that fits the question best.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from llama_index.core import VectorStoreIndex
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import BaseQueryEngine

from cookbook.access import access
from cookbook.paper import Table, Text, Title, pdf
from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding, ZhipuAIOCRReader, ZhipuAIRerank
from zhipu_client import ZhipuError

QUESTIONS = (
    "How tall is the lighthouse of Skagen?",
    "In which year did the lamp become electric?",
)


def sample() -> bytes:
    """A leaflet of three pages as a PDF."""
    return pdf(
        [
            [
                Title("The lighthouse of Skagen"),
                Text("The lighthouse of Skagen is 46 metres tall. It stands on the north coast."),
            ],
            [
                Title("Its lamp"),
                Text("The lamp burned coal at first. In 1926 the lamp became electric."),
            ],
            [
                Title("Its keepers"),
                Text("Four families of keepers lived beside the tower until 1988."),
                Table([["Keeper", "Until"], ["Olsen", "1951"], ["Krogh", "1988"]]),
            ],
        ],
        Title="The lighthouse of Skagen",
    )


def engine_over(source: Any, reach: dict[str, Any]) -> BaseQueryEngine:
    """Read a document and make it answer questions."""
    pages = ZhipuAIOCRReader(tables="markdown", **reach).load_data(source)
    index = VectorStoreIndex.from_documents(
        pages,
        embed_model=ZhipuAIEmbedding(dimensions=512, **reach),
        transformations=[SentenceSplitter(chunk_size=256, chunk_overlap=16)],
    )
    return index.as_query_engine(
        llm=ZhipuAI(model="glm-4.7", **reach),
        similarity_top_k=8,
        node_postprocessors=[ZhipuAIRerank(top_n=2, **reach)],
    )


def main(arguments: list[str] | None = None) -> int:
    """Read a document and answer questions about it."""
    parser = argparse.ArgumentParser(description="Questions about a scanned PDF.")
    parser.add_argument("file", nargs="?", help="a PDF, PNG or JPEG, or its address")
    parser.add_argument("--question", action="append", help="may be given several times")
    chosen = parser.parse_args(arguments)
    try:
        with access() as reach:
            engine = engine_over(chosen.file or sample(), reach)
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
