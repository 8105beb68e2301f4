"""Coming from another class: the same program, with the import changed.

    python cookbook/llama_index/migration.py

Before:                                                     After:
    from llama_index.llms.openai_like import OpenAILike         from llama_index_zhipu import ...
    from llama_index.llms.zhipuai import ZhipuAI                from llama_index_zhipu import ...
    from llama_index.embeddings.zhipuai import ZhipuAIEmbedding

Of `OpenAILike` the window and the abilities of the model need not be given: they are known. Without
a key the emulator of this project answers.
"""

from __future__ import annotations

import os
import sys

from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding
from llama_index_zhipu import ZhipuAI as OpenAILike
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in


def main() -> int:
    """Make the models as the old programs did, and ask them."""
    try:
        with stand_in():
            key = os.environ.get("ZHIPUAI_API_KEY")
            was_openai = OpenAILike(
                model="glm-4.7",
                api_base=os.environ.get("ZHIPUAI_BASE_URL"),
                api_key=key,
                temperature=0.1,
            )
            known = was_openai.metadata
            print("OpenAILike:", was_openai.complete("What is 17 * 19?"))
            print("known:", known.context_window, known.is_function_calling_model)
            was_zhipuai = ZhipuAI(model="glm-4.7", api_key=key, timeout=60)
            print("llama-index-llms-zhipuai:", was_zhipuai.complete("What is 323 * 2?"))
            embedding = ZhipuAIEmbedding(model="embedding-3", api_key=key, dimensions=256)
            print("embeddings:", len(embedding.get_query_embedding("a red kite")))
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
