"""Answers from the web with their sources: by an agent that searches, by a query engine.

    python cookbook/llama_index/web_search_citations.py ["a question"]

Without a key the emulator of this project answers: its web is a few dozen pages of its own.
"""

from __future__ import annotations

import asyncio
import sys

from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.query_engine import CitationQueryEngine

from llama_index_zhipu import (
    ZhipuAI,
    ZhipuAIWebReader,
    ZhipuAIWebSearchRetriever,
    ZhipuAIWebSearchToolSpec,
)
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

QUESTION = "How many people live in Beijing?"


async def by_agent(llm: ZhipuAI, question: str) -> str:
    """The answer of an agent that decides what to search for."""
    agent = FunctionAgent(tools=ZhipuAIWebSearchToolSpec(count=3).to_tool_list(), llm=llm)
    handler = agent.run(question)
    async for event in handler.stream_events():
        if isinstance(event, ToolCallResult):
            print(f"{event.tool_name}({event.tool_kwargs})")
    return str(await handler)


def by_engine(llm: ZhipuAI, question: str) -> tuple[str, list[str]]:
    """The answer of an engine that searches for each question, and the addresses of its sources."""
    retriever = ZhipuAIWebSearchRetriever(similarity_top_k=3)
    engine = CitationQueryEngine(retriever, llm=llm)
    found = engine.query(question)
    return str(found), [node.metadata["url"] for node in found.source_nodes]


def main(arguments: list[str] | None = None) -> int:
    """Ask in both ways, and read the first page whole."""
    question = next(iter(sys.argv[1:] if arguments is None else arguments), QUESTION)
    try:
        with stand_in():
            llm = ZhipuAI(model="glm-4.7")
            print(f"agent: {asyncio.run(by_agent(llm, question))}")
            answer, sources = by_engine(llm, question)
            print(f"engine: {answer}")
            for number, source in enumerate(sources, 1):
                print(f"  [{number}] {source}")
            for page in ZhipuAIWebReader().load_data(sources[0]) if sources else ():
                print(f"{len(page.text)} characters of Markdown are at {sources[0]}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
