"""Coming from another class: the same program, with the import changed.

    python cookbook/langchain/migration.py

Before:                                                     After:
    from langchain_openai import ChatOpenAI                     from langchain_zhipu import ...
    from langchain_community.chat_models import ChatZhipuAI     from langchain_zhipu import ...
    from langchain_community.embeddings import ZhipuAIEmbeddings

The arguments of the old classes are taken by their names. What GLM does not have is said in one
warning. Without a key the emulator of this project answers.
"""

from __future__ import annotations

import os
import sys
import warnings

from langchain_zhipu import ChatZhipuAI, ZhipuAIEmbeddings
from langchain_zhipu import ChatZhipuAI as ChatOpenAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in


def main() -> int:
    """Make the models as the old programs did, and ask them."""
    try:
        with stand_in():
            key = os.environ.get("ZHIPUAI_API_KEY")
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                was_openai = ChatOpenAI(
                    model_name="glm-4.7",
                    openai_api_key=key,
                    temperature=0.1,
                    request_timeout=60,
                    frequency_penalty=0.5,
                )
                print("ChatOpenAI:", was_openai.invoke("What is 17 * 19?").text)
            print("warned:", *(str(warning.message) for warning in said))
            was_community = ChatZhipuAI(model="glm-4.7", zhipuai_api_key=key)
            print("langchain_community:", was_community.invoke("What is 323 * 2?").text)
            embeddings = ZhipuAIEmbeddings(model="embedding-3", dimensions=256)
            print("embeddings:", len(embeddings.embed_query("a red kite")))
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
