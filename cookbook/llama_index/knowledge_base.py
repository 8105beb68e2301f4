"""Questions to a knowledge base that is kept at Zhipu, answered with its documents as sources.

    python cookbook/llama_index/knowledge_base.py [--base ID] [--file PATH] [--question "..."]

Without --base the first knowledge base of the account is asked; with --file one is made of that
document, asked, and removed again. Without a key the emulator of this project answers: it has a
small one on heat pumps.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import NodeWithScore

from llama_index_zhipu import ZhipuAI, ZhipuAIKnowledgeRetriever
from zhipu_client import Client, ZhipuError, knowledge, wait_for
from zhipu_emulator import stand_in

QUESTION = "How do heat pumps work in cold climates?"


def first_base() -> str:
    """The id of the first knowledge base."""
    found = Client().send(knowledge.list(size=1)).data.found
    if not found or found[0].id is None:
        raise ZhipuError("this account has no knowledge base: make one with --file")
    return found[0].id


@contextmanager
def base_of(file: Path) -> Iterator[str]:
    """A knowledge base of one document, which is removed afterwards."""
    client = Client()
    base = client.send(knowledge.create(name=file.name)).data.id
    if base is None:
        raise ZhipuError("the service made a knowledge base and did not say its id")
    try:
        sent = client.send(knowledge.upload(base, file=file))
        wait_for(client, knowledge.waiting(sent))  # until it is embedded, and can be found
        yield base
    finally:
        client.send(knowledge.delete(base))


def answered(question: str, base: str) -> tuple[str, list[NodeWithScore]]:
    """The answer, and the pieces of documents that it rests on."""
    retriever = ZhipuAIKnowledgeRetriever(knowledge_ids=base, similarity_top_k=3)
    engine = RetrieverQueryEngine.from_args(retriever, llm=ZhipuAI(model="glm-4.7"))
    found = engine.query(question)
    return str(found), found.source_nodes


def main(arguments: list[str] | None = None) -> int:
    """Ask a knowledge base."""
    parser = argparse.ArgumentParser(description="Questions to a knowledge base.")
    parser.add_argument("--base", help="the id of a knowledge base; default: the first")
    parser.add_argument("--file", type=Path, help="a document to make a knowledge base of")
    parser.add_argument("--question", default=QUESTION)
    chosen = parser.parse_args(arguments)
    try:
        with stand_in():
            if chosen.file is None:
                answer, pieces = answered(chosen.question, chosen.base or first_base())
            else:
                with base_of(chosen.file) as base:
                    answer, pieces = answered(chosen.question, base)
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    print(f"> {chosen.question}\n{answer}")
    for piece in pieces:
        about = piece.metadata
        print(f"  {piece.score or 0:.2f} {about.get('doc_name')} {about.get('source', '')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
