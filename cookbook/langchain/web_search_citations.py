"""Answers from the web with their sources: the service searches by itself, in the same request.

    python cookbook/langchain/web_search_citations.py ["a question"]

Without a key the emulator of this project answers: its web is a few dozen pages of its own.
"""

from __future__ import annotations

import sys
from typing import Any

from langchain_core.documents import Document
from langchain_core.messages import AIMessage

from langchain_zhipu import ChatZhipuAI, ZhipuAIWebReaderLoader
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

QUESTION = "How many people live in Beijing?"
#: A tool that the service runs. Without search_result it keeps the pages that it found to itself;
#: with search_intent "true" it may decide that there is nothing to look up.
SEARCH = {
    "type": "web_search",
    "web_search": {
        "enable": True,
        "search_engine": "search_pro",
        "search_result": True,
        "search_intent": "false",
        "count": 3,
    },
}


def ask(question: str) -> AIMessage:
    """Answer a question from the web. Streaming works too: the sources come with the last chunk."""
    return ChatZhipuAI(model="glm-4.7").bind_tools([SEARCH]).invoke(question)


def sources(message: AIMessage) -> list[dict[str, Any]]:
    """The pages that an answer rests on, as LangChain's citations."""
    return [
        dict(annotation)
        for block in message.content_blocks
        if block["type"] == "text"
        for annotation in block.get("annotations", [])
        if annotation["type"] == "citation"
    ]


def read(found: list[dict[str, Any]]) -> list[Document]:
    """Read the pages: what the model saw of them are extracts. Without one the answer stays."""
    try:
        return ZhipuAIWebReaderLoader([s["url"] for s in found if s.get("url")]).load()
    except ZhipuError as error:
        print(f"The page could not be read: {error}", file=sys.stderr)
        return []


def main(arguments: list[str]) -> int:
    """Ask, and show the answer with what the service did and where it looked."""
    question = arguments[0] if arguments else QUESTION
    try:
        with stand_in():
            print(f"> {question}")
            answer = ask(question)
            found = sources(answer)
            pages = read(found[:1])
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    print(answer.text)
    for block in answer.content_blocks:
        if block["type"] == "server_tool_result":
            print(f"\nThe service searched and found {len(block.get('output') or [])} pages:")
    for number, source in enumerate(found, 1):
        print(f"  [{number}] {source.get('title', 'no title')} <{source.get('url', 'no address')}>")
    for page in pages:
        print(f"{len(page.page_content)} characters of Markdown are at {page.metadata['source']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
