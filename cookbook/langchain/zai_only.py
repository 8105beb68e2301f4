"""With a key of api.z.ai alone: what works there, what does not, and what to do about that.

    export ZAI_API_KEY=...     # alone, it picks the site by itself
    python cookbook/langchain/zai_only.py

z.ai has chat, vision, tools, OCR, web search and pictures, but neither embeddings nor rerank. Here
a retriever by words takes their place; an embedding model of another provider would do as well.
Without a key the emulator of this project answers.
"""

from __future__ import annotations

import sys

from langchain_core.documents import Document

from langchain_zhipu import ChatZhipuAI, ZhipuAIEmbeddings
from zhipu_client import InvalidRequestError, ZhipuError
from zhipu_emulator import stand_in

QUESTION = "What did the two hydrophones cost?"
NOTES = (
    "The two hydrophones cost 4,100 euros together.",
    "Five people were on board for three weeks.",
    "Most porpoises were seen at the harbour mouth.",
)


def nearest(question: str, documents: list[Document]) -> Document:
    """The document that shares most words with a question."""

    def words(text: str) -> set[str]:
        return {word.strip(".,?!").lower() for word in text.split()}

    return max(documents, key=lambda each: len(words(each.page_content) & words(question)))


def main() -> int:
    """Answer a question from notes, without embeddings."""
    try:
        # Refused before anything is sent: the endpoint is not offered on this site.
        ZhipuAIEmbeddings(base_url="zai", api_key="a-key-of-z.ai").embed_query("one")
    except InvalidRequestError as error:
        print(f"embeddings: {error}")
    try:
        with stand_in():
            model = ChatZhipuAI(model="glm-4.7", thinking=True)
            best = nearest(QUESTION, [Document(note) for note in NOTES])
            answer = model.invoke([("system", best.page_content), ("user", QUESTION)])
            print(f"> {QUESTION}\n{answer.text}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
