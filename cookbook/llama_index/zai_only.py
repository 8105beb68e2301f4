"""With a key of api.z.ai alone: what works there, what does not, and what to do about that.

    export ZAI_API_KEY=...     # alone, it picks the site by itself
    python cookbook/llama_index/zai_only.py

z.ai has chat, vision, tools, OCR, web search and pictures, but neither embeddings nor rerank. Here
an index by keywords takes their place; an embedding model of another provider would do as well.
Without a key the emulator of this project answers.
"""

from __future__ import annotations

import sys

from llama_index.core import Document, SimpleKeywordTableIndex

from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding
from zhipu_client import InvalidRequestError, ZhipuError
from zhipu_emulator import stand_in

QUESTION = "What did the two hydrophones cost?"
NOTES = (
    "The two hydrophones cost 4,100 euros together.",
    "Five people were on board for three weeks.",
    "Most porpoises were seen at the harbour mouth.",
)


def main() -> int:
    """Answer a question from notes, without embeddings."""
    try:
        # Refused before anything is sent: the endpoint is not offered on this site.
        ZhipuAIEmbedding(base_url="zai", api_key="a-key-of-z.ai").get_query_embedding("one")
    except InvalidRequestError as error:
        print(f"embeddings: {error}")
    try:
        with stand_in():
            llm = ZhipuAI(model="glm-4.7", thinking=True)
            documents = [Document(text=note) for note in NOTES]
            index = SimpleKeywordTableIndex.from_documents(documents, llm=llm)
            engine = index.as_query_engine(llm=llm, retriever_mode="simple")
            print(f"> {QUESTION}\n{engine.query(QUESTION)}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
